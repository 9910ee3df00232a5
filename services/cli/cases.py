"""The commands on benefit cases (受益事项): each step of one, and how far they have come."""

from typing import Annotated, Any

import typer

from services.cli.session import AsJson, AsOf, KnownAt, asking, connected

CaseName = Annotated[
    str,
    typer.Argument(
        metavar="CASE", help="UNIT/ROUND.INSTRUMENT.ID: 黄石/2020.land_guarantee.plot-1."
    ),
]
On = Annotated[str, typer.Option("--on", help="The day of the step (2021-09-01).")]
Document = Annotated[str, typer.Option("--document", help="The document (文号) of the step.")]
Source = Annotated[str, typer.Option("--source", help="Where this is written.")]
TitleZh = Annotated[str, typer.Option("--title-zh", help="What is applied for.")]
TitleEn = Annotated[str, typer.Option("--title-en", help="The same in English.")]
ProjectCode = Annotated[
    str, typer.Option("--project-code", help="The project's code by GB/T 40058-2021 (项目代码).")
]
CarriedOutBy = Annotated[str, typer.Option("--carried-out-by", help="Who carries it out.")]
Amount = Annotated[
    str, typer.Option("--amount", help="How much: 120.5万元, 33.3公顷, 200000平方米, 1个.")
]
By = Annotated[str, typer.Option("--by", help="The authority that says it: mnr.")]
PreparedBy = Annotated[str, typer.Option("--prepared-by", help="Who prepared it (经办): a number.")]
ApprovedBy = Annotated[str, typer.Option("--approved-by", help="Who approved it (审核).")]
Condition = Annotated[str, typer.Option("--condition", help="The precondition: spatial-plan.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
EffectiveFrom = Annotated[
    str, typer.Option("--effective-from", help="From when on it has effect; that day, if empty.")
]


def attach(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(
        help="Benefit cases (受益事项), from the application to their end.", no_args_is_help=True
    )
    for command in (apply, attest, fail, withdraw, grant, refuse, lapse, complete, stop, recover):
        group.command(command.__name__)(command)
    group.command("show")(show)
    group.command("list")(list_cases)
    app.add_typer(group, name="case")


def apply(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    title_zh: TitleZh,
    on: On,
    document: Document,
    amount: Amount = "",
    project_code: ProjectCode = "",
    carried_out_by: CarriedOutBy = "",
    title_en: TitleEn = "",
    source: Source = "",
) -> None:
    """Enter that a unit applies for what it is entitled to (申请)."""
    from services.cli import case_entering as entering

    step = entering.At(case, on, document, source)
    benefit = entering.Asked(title_zh, title_en, project_code, carried_out_by, amount)
    _enter(entering.apply, step, benefit)


def attest(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    condition: Condition,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that a precondition holds, by the authority that says so (确认前提条件)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.attest, step, checked, condition)


def fail(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    condition: Condition,
    reason: Reason,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that a precondition does not hold, or no longer: what hangs on it is suspended."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.fail, step, checked, condition, reason)


def withdraw(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    condition: Condition,
    reason: Reason,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that an authority takes back what it said of a precondition (撤回确认)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.withdraw, step, checked, condition, reason)


def grant(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    amount: Amount = "",
    effective_from: EffectiveFrom = "",
    source: Source = "",
) -> None:
    """Enter that the authority gives the benefit: all that was asked for, or less (批准)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.grant, step, checked, amount, effective_from)


def refuse(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    reason: Reason,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that the authority does not give the benefit (不予批准)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.refuse, step, checked, reason)


def lapse(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    reason: Reason,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that nothing came of a case in time (失效)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.lapse, step, checked, reason)


def complete(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that what was given was used to its end (办结)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.complete, step, checked)


def stop(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    reason: Reason,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    source: Source = "",
) -> None:
    """Enter that a benefit ends before its time; what was given stays given (终止)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.stop, step, checked, reason)


def recover(  # noqa: PLR0917  # All of them are named options.
    case: CaseName,
    reason: Reason,
    by: By,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    on: On,
    document: Document,
    amount: Amount = "",
    source: Source = "",
) -> None:
    """Enter that what was given was taken back, or some of it (收回)."""
    from services.cli import case_entering as entering

    step, checked = entering.At(case, on, document, source), (by, prepared_by, approved_by)
    _enter(entering.recover, step, checked, amount, reason)


def show(case: CaseName, as_of: AsOf = "", known_at: KnownAt = "", as_json: AsJson = False) -> None:
    """One case: what was asked for, its preconditions, and whom it waits for."""
    from services.cli import case_lists, lists

    with asking() as clients:
        asked = lists.Filter("", 0, as_of, known_at)
        case_lists.show_case(clients, asked, case, as_json=as_json)


def list_cases(  # noqa: PLR0917  # All of them are named options.
    unit: Annotated[str, typer.Option("--unit", help="Only this unit, by id or name.")] = "",
    round_: Annotated[int, typer.Option("--round", help="Only this performance year.")] = 0,
    authority: Annotated[
        str, typer.Option("--authority", help="Only what waits for this authority: mnr.")
    ] = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    as_json: AsJson = False,
) -> None:
    """The cases: how far each has come, and whom it waits for."""
    from services.cli import case_lists, lists

    with asking() as clients:
        asked = lists.Filter(unit, round_, as_of, known_at)
        case_lists.list_cases(clients, asked, authority, as_json=as_json)


def _enter(command: Any, at: Any, *said: Any) -> None:
    """Carry a step out, and say whether that changed anything."""
    with connected() as clients:
        outcome = command(clients, at, *said)
        unchanged = f", {outcome.unchanged} unchanged" if outcome.unchanged else ""
        print(f"case: {outcome.recorded} recorded{unchanged}")
