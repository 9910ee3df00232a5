"""The commands that bring data into a round: who takes part, statistics, experts, bonuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.refusing import refusing
from services.cli.rounds.options import Document, Expert, File, On, Reason, Receipt, Unit, Year
from services.cli.session import AsJson, asking
from services.kernel.chinese import Sentence


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    commands: tuple[Callable[..., None], ...] = (
        admit,
        dismiss,
        report,
        appoint,
        dismiss_expert,
        seal,
        open_sheet,
        bonuses,
        withdraw_bonus,
    )
    for command in commands:
        group.command()(command)


def admit(  # noqa: PLR0917  # The options are named.
    year: Year,
    units: Annotated[
        list[str] | None, typer.Argument(help="Units by id, name or alias.", metavar="[UNIT...]")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every member of the year of a kind that is rated.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(help="A CSV or XLSX file of units.", metavar="FILE")
    ] = None,
    on: On = "",
    receipt: Receipt = None,
    as_json: AsJson = False,
) -> None:
    """Let units take part in the round: those named, those of a file, or all that are rated."""
    from services.cli.rounds import admitting
    from services.cli.rounds.sending import day

    if sum(map(bool, (units, every, file))) != 1:
        raise typer.BadParameter("name units, or a --file, or say --all", param_hint="UNIT")
    if file is not None:
        _take(file, lambda clients: admitting.plan(clients, year, day(on)), receipt, as_json)
        return
    with asking() as clients:
        admitting.admit(clients, year, units or (), day(on), as_json=as_json)


def dismiss(year: Year, unit: Unit, reason: Reason, on: On = "", as_json: AsJson = False) -> None:
    """Take a unit out of the round, which it entered by mistake or is no member for any more."""
    from services.cli.rounds.sending import day
    from zoneledger.evaluation.v1.round_commands_pb2 import DismissUnit

    def command(unit_id: str) -> DismissUnit:
        return DismissUnit(round=year, unit_id=unit_id, reason=reason, dismissed_on=day(on))

    done = Sentence(f"{unit}退出参评", f"{unit} takes no part any more")
    of_unit("DismissUnit", "dismissal", year, unit, command, done, as_json)


def report(
    year: Year, file: File, on: On = "", receipt: Receipt = None, as_json: AsJson = False
) -> None:
    """Report statistics: a row for each value, or for each unit with a column per indicator."""
    from services.cli.rounds import observing
    from services.cli.rounds.rule_sets import frozen
    from services.cli.rounds.sending import day

    _take(
        file,
        lambda clients: observing.plan(clients, frozen(clients, year), day(on)),
        receipt,
        as_json,
    )


def appoint(  # noqa: PLR0917  # All but the first two are named options.
    year: Year,
    experts: Annotated[list[str], typer.Argument(help="Ids that tell outsiders nothing.")],
    conflict: Annotated[
        list[str] | None, typer.Option(help="A unit that they must not mark.", metavar="UNIT")
    ] = None,
    document: Annotated[
        str, typer.Option(help="What a conflict rests on that is declared after the opening.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why it is declared only then.")] = "",
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Appoint experts, or say their conflicts of interest anew; who they are stays outside."""
    from services.cli import naming
    from services.cli.rounds.sending import by_option, call, day
    from services.cli.rounds.sending import report as told
    from zoneledger.evaluation.v1.round_commands_pb2 import AppointAssessor

    with asking() as clients:
        conflicts = [naming.unit_id(clients, "--conflict", each, year) for each in conflict or ()]
        commands = [
            AppointAssessor(
                round=year,
                assessor_id=each,
                conflicts=conflicts,
                appointed_on=day(on),
                document=document,
                reason=reason,
            )
            for each in experts
        ]
        found = by_option(
            lambda: call(clients, "AppointAssessors", "assessors", commands), commands
        )
        done = Sentence(f"聘请{found.recorded}名专家", f"{found.recorded} experts are appointed")
        told(found, done, as_json=as_json)


def dismiss_expert(  # noqa: PLR0917  # The options are named.
    year: Year,
    expert: Expert,
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Dismiss an expert, whose sheet does not count then."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import DismissAssessor

    command = DismissAssessor(
        round=year, assessor_id=expert, document=document, reason=reason, dismissed_on=day(on)
    )
    done = Sentence(f"{expert}已解聘", f"{expert} is dismissed")
    step("DismissAssessor", "dismissal", command, done, as_json=as_json)


def seal(  # noqa: PLR0917  # The options are named.
    year: Year,
    file: File,
    expert: Annotated[str, typer.Option(help="Whose sheet it is.", metavar="EXPERT")],
    to: Annotated[
        Path | None,
        typer.Option(
            help="A new folder for the opening.  [default: opening-YEAR-EXPERT]", metavar="DIR"
        ),
    ] = None,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Seal an expert's sheet: only its seal is sent, and what opens it stays with the expert."""
    from services.cli import output, refusals
    from services.cli.rounds import sheets
    from services.cli.rounds.sending import day, raising

    wish = sheets.Wish(year, expert, day(on), to or Path(f"opening-{year}-{expert}"))
    with asking() as clients, raising():
        made = sheets.seal(clients, file, wish)
        if as_json:
            output.print_json(
                {
                    "commitment": made.commitment,
                    "units": made.units,
                    "opening": str(made.opening),
                }
            )
            return
        print(
            refusals.chosen(
                f"sealed: {made.units} units, commitment {made.commitment}\n"
                f"keep {made.opening}: it alone opens the sheet, and whoever has it can read it",
                f"已封存：{made.units}个单位，承诺值 {made.commitment}\n"
                f"请妥善保管 {made.opening}：仅凭该文件可以开封，持有者即可看到评分",
            )
        )


def open_sheet(
    file: Annotated[Path, typer.Argument(help="What sealing made: opening.json.", metavar="FILE")],
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Open a sealed sheet, after the day by which sheets were due."""
    from services.cli.rounds import openings, sheets
    from services.cli.rounds.sending import by_option, day
    from services.cli.rounds.sending import report as told

    with refusing():
        opening = openings.read(file)
    with asking() as clients:
        found = by_option(lambda: sheets.open_(clients, opening, day(on)))
        who = opening.assessor_id
        told(found, Sentence(f"{who}的评分已开封", f"{who} is open"), as_json=as_json)


def bonuses(
    year: Year, file: File, on: On = "", receipt: Receipt = None, as_json: AsJson = False
) -> None:
    """Recognise bonuses, each of them resting on a circular of the register."""
    from services.cli.rounds import entering
    from services.cli.rounds.sending import day

    _take(file, lambda clients: entering.bonuses(clients, year, day(on)), receipt, as_json)


def withdraw_bonus(  # noqa: PLR0917  # The options are named.
    year: Year,
    unit: Unit,
    bonus: Annotated[str, typer.Option(help="The bonus of the rule set.")],
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Withdraw a bonus whose basis is gone."""
    from services.cli.rounds.sending import day
    from zoneledger.evaluation.v1.round_commands_pb2 import WithdrawBonus

    def command(unit_id: str) -> WithdrawBonus:
        return WithdrawBonus(
            round=year,
            unit_id=unit_id,
            bonus_id=bonus,
            document=document,
            reason=reason,
            withdrawn_on=day(on),
        )

    done = Sentence(f"已撤回{unit}的加分", f"the bonus of {unit} is withdrawn")
    of_unit("WithdrawBonus", "withdrawal", year, unit, command, done, as_json)


def of_unit(  # noqa: PLR0917  # A step has that many parts.
    name: str,
    field: str,
    year: int,
    unit: str,
    command: Callable[[str], Any],
    done: Sentence,
    as_json: bool,
) -> None:
    """A step about one unit, which may be called by a name; "" where it need not be said."""
    from services.cli import naming
    from services.cli.rounds.sending import by_option, call
    from services.cli.rounds.sending import report as told

    with asking() as clients:
        made = command(naming.unit_id(clients, "UNIT", unit, year) if unit else "")
        told(by_option(lambda: call(clients, name, field, made)), done, as_json=as_json)


def _take(file: Path, plan: Callable[[Any], Any], kept: Path | None, as_json: bool) -> None:
    """Take a file in and print its receipt."""
    from services.cli.rounds import receipts, taking

    with refusing():
        receipts.must_be_new(kept)
    with asking() as clients:
        taken = taking.take(clients, file, plan(clients))
        receipts.show(taken.receipt, taken.warnings, as_json=as_json, kept=kept)
