"""The commands on construction plans (建设方案): each step of one, and how far they have come."""

from typing import Annotated, Any

import typer

from services.cli.of_plan import OfPlan
from services.cli.session import AsJson, AsOf, KnownAt, asking, connected

Unit = Annotated[
    str, typer.Argument(help="The unit whose plan it is, by id, name or alias; or --unit.")
]
PlanId = Annotated[str, typer.Argument(help="The plan's id, of its unit's plans; or --plan.")]
On = Annotated[str, typer.Option("--on", help="The day of the step (2021-06-09).")]
OnIfKnown = Annotated[str, typer.Option("--on", help="The day, where it is known.")]
Document = Annotated[str, typer.Option("--document", help="The document (文号) of the step.")]
DocumentIfAny = Annotated[
    str, typer.Option("--document", help="The document (文号) of the step, where it has one.")
]
Source = Annotated[str, typer.Option("--source", help="Where this is written.")]
TitleZh = Annotated[str, typer.Option("--title-zh", help="The plan's title.")]
TitleEn = Annotated[str, typer.Option("--title-en", help="Its title in English.")]
Period = Annotated[str, typer.Option("--period", help="The period as the plan calls it: 十四五.")]
FirstYear = Annotated[int, typer.Option("--first-year", help="The first year of the period.")]
LastYear = Annotated[int, typer.Option("--last-year", help="The last year of the period.")]
Signatories = Annotated[
    list[str] | None,
    typer.Option("--signed-by", help="A department that signed; once for each of them."),
]
GovernmentOn = Annotated[
    str,
    typer.Option("--government-approved-on", help="When the province's government approved it."),
]
GovernmentDocument = Annotated[
    str, typer.Option("--government-document", help="The document of that approval.")
]
Recipients = Annotated[
    list[str], typer.Option("--recipient", help="Who was sent a copy: cdb; once for each of them.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
Step = Annotated[
    str,
    typer.Option("--step", help="The last step: agreed_in_principle, issued, amended, copied ..."),
]
CopyOf = Annotated[
    str, typer.Option("--recipient", help="Of a copy: who was sent it; write --step copied.")
]
RightDay = Annotated[str, typer.Option("--on", help="The right day of the step.")]
RightDocument = Annotated[
    str, typer.Option("--document", help="The right document (文号) of the step.")
]
CorrectedOn = Annotated[str, typer.Option("--corrected-on", help="The day of the correction.")]
CorrectedBy = Annotated[
    str, typer.Option("--corrected-by", help="The document (文号) that corrects.")
]
By = Annotated[str, typer.Option("--by", help="The id of the plan that took its place.")]


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(
        help="Construction plans (建设方案), from the draft to their end.", no_args_is_help=True
    )
    for command in (
        draft,
        recommend,
        assess,
        agree,
        revise,
        issue,
        approve,
        copy,
        amend,
        supersede,
        correct,
        show,
    ):
        group.command(command.__name__, cls=OfPlan)(command)
    group.command("list")(list_plans)
    app.add_typer(group, name="plan")


def draft(  # noqa: PLR0917  # All of them are named options.
    unit: Unit,
    plan: PlanId,
    title_zh: TitleZh,
    period: Period,
    first_year: FirstYear,
    last_year: LastYear,
    title_en: TitleEn = "",
    on: OnIfKnown = "",
    document: DocumentIfAny = "",
    source: Source = "",
) -> None:
    """Enter the draft of a plan: its title and its period (起草)."""
    from services.cli import planning

    step = planning.step(unit, plan, on, document, source)
    contents = planning.contents(title_zh, title_en, period, first_year, last_year)
    _enter(planning.draft, step, contents)


def recommend(
    unit: Unit,
    plan: PlanId,
    on: OnIfKnown = "",
    document: DocumentIfAny = "",
    source: Source = "",
) -> None:
    """Enter that the province recommended a plan (省级推荐)."""
    from services.cli import planning

    _enter(planning.recommend, planning.step(unit, plan, on, document, source))


def assess(
    unit: Unit,
    plan: PlanId,
    on: OnIfKnown = "",
    document: DocumentIfAny = "",
    source: Source = "",
) -> None:
    """Enter that the national assessment of a plan began (综合评估)."""
    from services.cli import planning

    _enter(planning.assess, planning.step(unit, plan, on, document, source))


def agree(unit: Unit, plan: PlanId, on: On, document: Document, source: Source = "") -> None:
    """Enter the consent in principle by an adopted document, which binds the plan (原则同意)."""
    from services.cli import planning

    _enter(planning.agree, planning.step(unit, plan, on, document, source))


def revise(
    unit: Unit,
    plan: PlanId,
    on: OnIfKnown = "",
    document: DocumentIfAny = "",
    source: Source = "",
) -> None:
    """Enter that the revision of a plan began (修改完善)."""
    from services.cli import planning

    _enter(planning.revise, planning.step(unit, plan, on, document, source))


def issue(  # noqa: PLR0917  # All of them are named options.
    unit: Unit,
    plan: PlanId,
    on: On,
    document: Document,
    signed_by: Signatories = None,
    government_approved_on: GovernmentOn = "",
    government_document: GovernmentDocument = "",
    source: Source = "",
) -> None:
    """Enter that the departments of the province issued a plan together (联合印发)."""
    from services.cli import planning

    step = planning.step(unit, plan, on, document, source)
    signing = planning.signing(signed_by or (), government_approved_on, government_document)
    _enter(planning.issue, step, signing)


def approve(  # noqa: PLR0917  # All of them are named options.
    unit: Unit,
    plan: PlanId,
    on: On,
    document: Document,
    signed_by: Signatories = None,
    government_approved_on: GovernmentOn = "",
    government_document: GovernmentDocument = "",
    source: Source = "",
) -> None:
    """Enter that the departments of the province approved a plan together (联合批复)."""
    from services.cli import planning

    step = planning.step(unit, plan, on, document, source)
    signing = planning.signing(signed_by or (), government_approved_on, government_document)
    _enter(planning.approve, step, signing)


def copy(  # noqa: PLR0917  # All of them are named options.
    unit: Unit,
    plan: PlanId,
    recipient: Recipients,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that copies of a plan were sent, all of them or none (抄送)."""
    from services.cli import planning

    _enter(planning.copy, planning.step(unit, plan, on, document, source), recipient)


def amend(  # noqa: PLR0917  # All of them are named options.
    unit: Unit,
    plan: PlanId,
    on: On,
    document: Document,
    reason: Reason,
    title_zh: TitleZh = "",
    title_en: TitleEn = "",
    period: Period = "",
    first_year: FirstYear = 0,
    last_year: LastYear = 0,
    source: Source = "",
) -> None:
    """Enter another version of a plan; what is not named stays as it is (修订)."""
    from services.cli import planning

    step = planning.step(unit, plan, on, document, source)
    contents = planning.contents(title_zh, title_en, period, first_year, last_year)
    _enter(planning.amend, step, contents, reason)


def supersede(  # noqa: PLR0917  # All of them are named options.
    unit: Unit, plan: PlanId, by: By, on: On, document: Document, source: Source = ""
) -> None:
    """Enter that another plan of the unit took the place of this one."""
    from services.cli import planning

    _enter(planning.supersede, planning.step(unit, plan, on, document, source), by)


def correct(  # noqa: PLR0917  # All but the plan are named options.
    unit: Unit,
    plan: PlanId,
    step: Step,
    corrected_on: CorrectedOn,
    corrected_by: CorrectedBy,
    reason: Reason,
    on: RightDay = "",
    document: RightDocument = "",
    recipient: CopyOf = "",
    source: Source = "",
) -> None:
    """Put right the day or the document of the last step, or of a copy (更正)."""
    from services.cli import planning

    meant = planning.Meant(step, recipient)
    correction = planning.Correction(corrected_on, corrected_by, reason)
    _enter(planning.correct, planning.step(unit, plan, on, document, source), meant, correction)


def list_plans(
    unit: Annotated[str, typer.Option("--unit", help="Only this unit.")] = "",
    outstanding: Annotated[
        bool, typer.Option("--outstanding", help="Only plans with copies that are due.")
    ] = False,
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The plans: how far each has come, and whose copy is outstanding."""
    from services.cli import lists, planning

    with asking() as clients:
        asked = lists.Filter(unit, 0, as_of, known_at)
        planning.list_plans(clients, asked, outstanding=outstanding, as_json=as_json)


def show(
    unit: Unit, plan: PlanId, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False
) -> None:
    """One plan: its steps, its copies, and what it is bound by."""
    from services.cli import lists, planning

    with asking() as clients:
        asked = lists.Filter(unit, 0, as_of, known_at)
        planning.show_plan(clients, asked, plan, as_json=as_json)


def _enter(command: Any, step: Any, *said: Any) -> None:
    """Carry a step out, and say whether that changed anything."""
    from services.cli import planning

    with connected() as clients:
        outcome = command(clients, planning.at_unit(clients, step), *said)
        unchanged = f", {outcome.unchanged} unchanged" if outcome.unchanged else ""
        print(f"plan: {outcome.recorded} recorded{unchanged}")
