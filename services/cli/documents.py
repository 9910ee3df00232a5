"""The commands on policy documents: which are in force, what they leave open, a new one."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli import output
from services.cli.listing import show
from services.cli.refusing import refusing
from services.cli.session import AsJson, KnownAt, connected, folder, has_data

policies = typer.Typer(help="The policy documents in force, and what they leave open.")


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(policies, name="policies")


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

    if not has_data() and not known_at:
        with refusing():
            output.complain(
                f"note: there is no data in {folder()}; these are the shipped documents"
            )
            lists.show_shipped(open_norms=open_norms, as_json=as_json)
        return
    view = lists.open_norms if open_norms else lists.policies
    show(view, lists.Filter("", 0, "", known_at), as_json)


@policies.command("supplements")
def list_supplements(known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """What is said beside the documents: answers to open norms, and streak rules."""
    from services.cli import lists

    if not has_data() and not known_at:
        with refusing():
            output.complain(
                f"note: there is no data in {folder()}; these are the shipped supplements"
            )
            lists.show_shipped_supplements(as_json=as_json)
        return
    show(lists.supplements, lists.Filter("", 0, "", known_at), as_json)


@policies.command("supplement")
def adopt_supplements(
    files: Annotated[list[Path], typer.Argument(help="YAML files, one a supplement.")],
) -> None:
    """Adopt supplements to documents; a supplement is never edited afterwards."""
    from services.cli.supplementing import adopt, read

    with refusing():
        supplements = read(files)
    with connected() as clients:
        outcome = adopt(clients, supplements)
        print(f"supplements: {outcome.recorded} adopted, {outcome.unchanged} adopted before")
        if outcome.changed:
            output.complain(
                "note: the streaks of these units came to something else:"
                f" {', '.join(outcome.changed)}"
            )


@policies.command("adopt")
def adopt_policies(
    files: Annotated[list[Path], typer.Argument(help="YAML files, one a document.")],
) -> None:
    """Adopt documents; a document is never edited afterwards."""
    from services.cli.shipped import adopt_read, read

    with refusing():
        documents = read(files)  # First of all, so that what is no document makes no folder.
    with connected() as clients:
        outcome = adopt_read(clients, documents)
        print(f"policies: {outcome.recorded} adopted, {outcome.unchanged} adopted before")
