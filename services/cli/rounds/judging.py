"""The commands that change what a round says of one unit: vetoes, objections, corrections."""

from typing import Annotated

import typer

from services.cli.rounds.data import of_unit
from services.cli.rounds.options import Admits, Document, On, Reason, Unit, Year
from services.cli.session import AsJson
from services.kernel.chinese import Sentence

Veto = Annotated[str, typer.Option("--veto", help="The veto of the rule set.")]
Objection = Annotated[str, typer.Argument(help="The objection by its id.", metavar="OBJECTION")]


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    for command in (veto, lift_veto, object_, decide_objection, correct):
        group.command(command.__name__.rstrip("_").replace("_", "-"))(command)


def veto(  # noqa: PLR0917  # The options are named.
    year: Year,
    unit: Unit,
    veto_id: Veto,
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Cap the grade of a unit after the ranking (一票否决); the results are proposed anew."""
    from services.cli.rounds.sending import day
    from zoneledger.evaluation.v1.round_commands_pb2 import VetoUnit

    def command(unit_id: str) -> VetoUnit:
        return VetoUnit(
            round=year,
            unit_id=unit_id,
            veto_id=veto_id,
            document=document,
            reason=reason,
            vetoed_on=day(on),
        )

    done = Sentence(f"{unit}被一票否决（{veto_id}）", f"{unit} is vetoed: {veto_id}")
    of_unit("VetoUnit", "veto", year, unit, command, done, as_json)


def lift_veto(  # noqa: PLR0917  # The options are named.
    year: Year,
    unit: Unit,
    veto_id: Veto,
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Lift a veto; the results are proposed anew."""
    from services.cli.rounds.sending import day
    from zoneledger.evaluation.v1.round_commands_pb2 import LiftVeto

    def command(unit_id: str) -> LiftVeto:
        return LiftVeto(
            round=year,
            unit_id=unit_id,
            veto_id=veto_id,
            document=document,
            reason=reason,
            lifted_on=day(on),
        )

    done = Sentence(f"{unit}的否决已撤销（{veto_id}）", f"the veto on {unit} is lifted: {veto_id}")
    of_unit("LiftVeto", "lifting", year, unit, command, done, as_json)


def object_(  # noqa: PLR0917  # The options are named.
    year: Year,
    unit: Unit,
    objection: Annotated[str, typer.Option("--id", help="An id for the objection.")],
    by: Annotated[str, typer.Option(help="Who objects.")],
    text: Annotated[str, typer.Option(help="What is said against the result.")],
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Lodge an objection while the notice is open."""
    from services.cli.rounds.sending import day
    from zoneledger.evaluation.v1.round_commands_pb2 import LodgeObjection

    def command(unit_id: str) -> LodgeObjection:
        return LodgeObjection(
            round=year,
            objection_id=objection,
            unit_id=unit_id,
            lodged_by=by,
            lodged_on=day(on),
            text=text,
        )

    done = Sentence(f"已受理异议{objection}", f"the objection {objection} is lodged")
    of_unit("LodgeObjection", "objection", year, unit, command, done, as_json)


def decide_objection(  # noqa: PLR0917  # The options are named.
    year: Year,
    objection: Objection,
    by: Annotated[str, typer.Option(help="Who decides.")],
    document: Document,
    reason: Reason,
    uphold: Annotated[bool, typer.Option("--uphold/--dismiss", help="What is decided.")],
    admit: Admits = None,
    unit: Annotated[str, typer.Option(help="About whom, where several have that id.")] = "",
    remedy: Annotated[str, typer.Option(help="What is done, where no report is let in.")] = "",
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Decide on an objection; upheld, it takes the proposal back and says what is done."""
    from services.cli.rounds.sending import day
    from zoneledger.evaluation.v1.round_commands_pb2 import DecideObjection

    def command(unit_id: str) -> DecideObjection:
        return DecideObjection(
            round=year,
            objection_id=objection,
            unit_id=unit_id,
            is_upheld=uphold,
            decided_by=by,
            decided_on=day(on),
            document=document,
            reason=reason,
            admitted=admit or (),
            remedy=remedy,
        )

    done = Sentence(
        f"异议{objection}{'成立' if uphold else '不成立'}",
        f"the objection {objection} is {'upheld' if uphold else 'dismissed'}",
    )
    of_unit("DecideObjection", "decision", year, unit, command, done, as_json)


def correct(  # noqa: PLR0917  # The options are named.
    year: Year,
    unit: Unit,
    grade: Annotated[str, typer.Option(help="The right grade, in English or Chinese.")],
    document: Document,
    reason: Reason,
    signed_by: Annotated[
        list[str], typer.Option(help="An issuer that signed the document; all of them, one each.")
    ],
    admit: Admits = None,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Correct a published result; its rating, and what followed from it, follow."""
    from services.cli.correcting import grade_called
    from services.cli.refusing import refusing
    from services.cli.rounds.sending import day
    from services.kernel.chinese import AUTHORITIES, english
    from zoneledger.evaluation.v1.round_commands_pb2 import CorrectResult

    with refusing():
        right = grade_called(grade)

    def command(unit_id: str) -> CorrectResult:
        return CorrectResult(
            round=year,
            unit_id=unit_id,
            grade=right,  # type: ignore[arg-type]  # any int
            corrected_on=day(on),
            document=document,
            reason=reason,
            signatories=[english(each, AUTHORITIES) for each in signed_by],
            admitted=admit or (),
        )

    done = Sentence(f"{unit}的结果已更正", f"the result of {unit} is corrected")
    of_unit("CorrectResult", "correction", year, unit, command, done, as_json)
