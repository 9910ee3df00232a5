"""The `zoneledger` command: 0 done, 1 a difference was found, 2 refused or not possible."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import operating, output
from services.cli.refusing import refusing

app = typer.Typer(
    name="zoneledger",
    help="From the rating of a demonstration zone (示范区) to every incentive that follows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Take in a CSV or XLSX file, whole or not at all.", no_args_is_help=True)
policies = typer.Typer(help="The policy documents in force, and what they leave open.")
parked = typer.Typer(help="Streams that wait because an event has no answer.", no_args_is_help=True)
app.add_typer(imports, name="import")
app.add_typer(policies, name="policies")
app.add_typer(parked, name="parked")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Unit = Annotated[str, typer.Option("--unit", help="Only this unit.")]
Round = Annotated[int, typer.Option("--round", help="Only this performance year.")]
AsOf = Annotated[str, typer.Option("--as-of", help="What was true on this day (2021-06-09).")]
KnownAt = Annotated[
    str, typer.Option("--known-at", help="What the log knew by the end of this day or moment.")
]
Stream = Annotated[str, typer.Argument(help="The stream, such as unit-xiangtan.")]
File = Annotated[Path, typer.Argument(help="A CSV (UTF-8) or XLSX file.", metavar="FILE")]


DEFAULT_FOLDER = Path("var/zoneledger")


class _Named:
    """What the command line or the environment names: a data folder, or servers elsewhere."""

    folder: Path | None = None
    servers: Mapping[str, str] | None = None


@app.callback()
def _options(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="ZONELEDGER_DATA",
            help=f"The data folder.  [default: {DEFAULT_FOLDER}]",
        ),
    ] = None,
    server: Annotated[
        str,
        typer.Option(
            "--server",
            envvar="ZONELEDGER_SERVERS",
            help="Services that run elsewhere: evaluation=HOST:PORT,incentive=...,financing=...",
        ),
    ] = "",
) -> None:
    _Named.folder = data
    if server:
        from services.runtime.settings import servers

        try:
            _Named.servers = servers(server)
        except ValueError as fault:
            raise typer.BadParameter(str(fault), param_hint="--server") from fault


def _folder() -> Path:
    return _Named.folder or DEFAULT_FOLDER


@imports.command("units")
def import_units(file: File) -> None:
    """Enter units in the register, or bring their entries up to date."""
    _import("units", file)


@imports.command("ratings")
def import_ratings(file: File) -> None:
    """Enter ratings as their documents published them."""
    _import("ratings", file)


@imports.command("honours")
def import_honours(file: File) -> None:
    """Enter honours (通报表扬) as their documents gave them."""
    _import("honours", file)


@app.command("units")
def list_units(
    unit: Unit = "", as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False
) -> None:
    """The register of units."""
    from services.cli import lists

    _show(lists.units, lists.Filter(unit, 0, as_of, known_at), as_json)


@app.command("ratings")
def list_ratings(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The published ratings."""
    from services.cli import lists

    _show(lists.ratings, lists.Filter(unit, round_, as_of, known_at), as_json)


@app.command("honours")
def list_honours(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The honours, which do not depend on grades."""
    from services.cli import lists

    _show(lists.honours, lists.Filter(unit, round_, as_of, known_at), as_json)


@app.command("entitlements")
def list_entitlements(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Who is entitled to what, on which clause, since when."""
    from services.cli import lists

    _show(lists.entitlements, lists.Filter(unit, round_, as_of, known_at), as_json)


@app.command("credit-tilts")
def list_credit_tilts(
    unit: Unit = "",
    round_: Round = 0,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """Whose credit is tilted at the development bank, in which dimensions."""
    from services.cli import lists

    _show(lists.credit_tilts, lists.Filter(unit, round_, as_of, known_at), as_json)


@app.command("correct-rating")
def correct_rating(  # noqa: PLR0917  # All of them are named options.
    unit: Annotated[str, typer.Option(help="The unit that was rated.")],
    round_: Annotated[int, typer.Option("--round", help="The performance year.")],
    grade: Annotated[str, typer.Option(help="The right grade, in English or Chinese.")],
    corrected_on: Annotated[str, typer.Option(help="The day of the correction.")],
    document: Annotated[str, typer.Option(help="The document that corrects.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")],
) -> None:
    """Replace a published rating; what followed from it follows."""
    from services.cli.correcting import Correction, correct

    wish = Correction(unit, round_, grade, corrected_on, document, reason)
    with _connected() as clients:
        changed = correct(clients, wish)
    print("corrected" if changed else "unchanged: the rating says so already")


@app.command("log")
def show_log(
    service: Annotated[str, typer.Option(help="Only this service's log.")] = "",
    stream: Annotated[str, typer.Option(help="Only this stream.")] = "",
    after: Annotated[int, typer.Option(help="Only decisions behind this position.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Every decision as readable JSON: the command, the events, and why it exists."""
    from services.cli import logs

    with _connected() as clients:
        logs.show(clients, logs.Range(service, stream, after), as_json=as_json)


@app.command("audit")
def audit(as_json: AsJson = False) -> None:
    """Decide the whole log again: 0 the same, 1 a difference, 2 it could not be checked."""
    from services.cli import auditing

    with refusing():
        reports = auditing.run(_Named.servers or _folder())
        auditing.show(reports, as_json=as_json)
    raise typer.Exit(auditing.verdict(reports))


@policies.callback(invoke_without_command=True)
def list_policies(
    context: typer.Context,
    open_norms: Annotated[
        bool, typer.Option("--open-norms", help="What the documents leave open.")
    ] = False,
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    from services.cli import lists

    view = lists.open_norms if open_norms else lists.policies
    _show(view, lists.Filter("", 0, "", known_at), as_json)


@policies.command("adopt")
def adopt_policies(
    files: Annotated[list[Path], typer.Argument(help="YAML files, one a document.")],
) -> None:
    """Adopt documents; a document is never edited afterwards."""
    from services.cli.shipped import adopt

    with _connected() as clients:
        outcome = adopt(clients, files)
    print(f"policies: {outcome.recorded} adopted, {outcome.unchanged} adopted before")


@app.command("serve")
def serve(
    address: Annotated[
        str, typer.Option(help="Where to listen; without TLS only on loopback.")
    ] = "127.0.0.1:50051",
) -> None:
    """Keep the three services running in one process."""
    from services.cli.serving import serve as run

    with refusing():
        run(_folder(), address)


@app.command("demo")
def demo(as_json: AsJson = False) -> None:
    """The 2020 round in a fresh folder: every incentive, the clause behind it, the audit."""
    from services.cli import demonstration

    with refusing():
        code = demonstration.run(_Named.servers or _Named.folder, as_json=as_json)
    raise typer.Exit(code)


operating.attach(app)


@parked.command("list")
def list_parked(as_json: AsJson = False) -> None:
    """Every stream that waits, and why."""
    from services.cli import waiting

    with _connected() as clients:
        waiting.show_all(clients, as_json=as_json)


@parked.command("show")
def show_parked(service: operating.ServiceName, stream: Stream) -> None:
    """One stream that waits, with the decisions that wait, as JSON."""
    from services.cli import waiting

    with _connected() as clients:
        waiting.show_one(clients, service, stream)


@parked.command("retry")
def retry_parked(
    service: Annotated[str, typer.Option(help="Only this service's.")] = "",
) -> None:
    """Try what waits again now; exit code 1 while something goes on waiting."""
    from services.cli import waiting

    with _connected() as clients:
        left = waiting.retry(clients, service)
    raise typer.Exit(1 if left else 0)


@parked.command("resolve")
def resolve_parked(
    service: operating.ServiceName,
    stream: Stream,
    reason: Annotated[str, typer.Option(help="Why nothing follows from the event.")],
    document: Annotated[str, typer.Option(help="The document that says so.")],
) -> None:
    """Pass over the event that a stream waits for; the decision is recorded."""
    from services.cli import waiting

    with _connected() as clients:
        waiting.resolve(clients, service, stream, reason, document)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # Text streams have it.
    app()


def _import(name: str, file: Path) -> None:
    from services.cli.importing import KINDS, bring_in

    with _connected() as clients:
        outcome = bring_in(clients, file, KINDS[name])
    print(f"{name}: {outcome.recorded} recorded, {outcome.unchanged} unchanged")


def _show(view: Callable[..., Any], filter_: Any, as_json: bool) -> None:
    with _connected() as clients:
        view(clients, filter_, as_json=as_json)


@contextmanager
def _connected() -> Iterator[Any]:
    """Clients of the services on the data folder, with the shipped documents adopted."""
    from services.cli.client import connected
    from services.cli.shipped import adopt_shipped

    place = _Named.servers or _folder()
    with refusing(), connected(place, " ".join(["zoneledger", *sys.argv[1:]])) as clients:
        for policy_id in adopt_shipped(clients):
            output.complain(
                f"note: the shipped text of {policy_id} is not the adopted one; the adopted one"
                " decides (a change of policy is a document of its own)"
            )
        yield clients
