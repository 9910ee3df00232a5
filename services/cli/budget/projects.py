"""What is put forward to a pool: by a file, then corrected and withdrawn; blocks are split."""

from typing import Annotated

import typer

from services.cli.budget.options import (
    Document,
    File,
    Line,
    On,
    Project,
    Reason,
    Unit,
    Year,
)
from services.cli.session import AsJson, asking
from services.kernel.chinese import Sentence


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    group.command("put-forward")(put_forward)
    for command in (correct, withdraw, split):
        group.command()(command)


def put_forward(  # noqa: PLR0917  # The options are named.
    year: Year, line: Line, file: File, document: Document, on: On = "", as_json: AsJson = False
) -> None:
    """Put projects and blocks forward, all of a file or none (申报)."""
    from services.cli.budget import entering, sending
    from services.cli.importing import bring_in

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        kind = entering.projects(pool, document, sending.day(on))
        outcome = bring_in(clients, file, kind)
        done = Sentence(
            f"已申报{outcome.recorded}项，未变{outcome.unchanged}项",
            f"projects: {outcome.recorded} recorded, {outcome.unchanged} unchanged",
        )
        sending.report(outcome, done, as_json=as_json)


def correct(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    document: Document,
    reason: Reason,
    requested: Annotated[str, typer.Option(help="The right request.")] = "",
    total_investment: Annotated[str, typer.Option(help="The right total investment.")] = "",
    cap: Annotated[str, typer.Option(help="The right cap.")] = "",
    title_zh: Annotated[str, typer.Option(help="The right title.")] = "",
    project_code: Annotated[str, typer.Option(help="The right code by GB/T 40058-2021.")] = "",
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Correct what was put forward; what is not named stays as it is (更正)."""
    from services.cli.budget import entering, sending
    from zoneledger.incentive.v1.budget_commands_pb2 import CorrectProject

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        standing = entering.standing(clients, pool, sending.unit(clients, unit), project)
        right = standing.project
        right.title_zh = title_zh or right.title_zh
        right.project_code = project_code or right.project_code
        money = pool._replace(is_money=True)
        if requested:
            right.requested = sending.amount(pool, requested, "--requested")
        if total_investment:
            right.total_investment_fen = sending.amount(
                money, total_investment, "--total-investment"
            )
        if cap:
            right.cap = sending.amount(pool, cap, "--cap")
        command = CorrectProject(
            **pool.fields(),
            project=right,
            corrected_on=sending.day(on),
            document=document,
            reason=reason,
        )
        answer = sending.call(clients, "CorrectProject", "correction", command, etag=standing.etag)
        done = Sentence(f"{project}的申报已更正", f"{project} is corrected")
        sending.report(answer.outcome, done, as_json=as_json)


def withdraw(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Withdraw what was put forward, before it is decided on (撤回)."""
    from services.cli.budget import sending
    from zoneledger.incentive.v1.budget_commands_pb2 import WithdrawProject

    with asking() as clients:
        command = WithdrawProject(
            budget_year=year,
            line_id=line,
            unit_id=sending.unit(clients, unit),
            project_id=project,
            withdrawn_on=sending.day(on),
            document=document,
            reason=reason,
        )
        answer = sending.call(clients, "WithdrawProject", "withdrawal", command)
        done = Sentence(f"{project}的申报已撤回", f"{project} is withdrawn")
        sending.report(answer.outcome, done, as_json=as_json)


def split(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    file: File,
    document: Document,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Record how a province split its block, as it reports it (切块分解)."""
    from services.cli.budget import entering, sending
    from zoneledger.incentive.v1.budget_commands_pb2 import SplitBlock

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        command = SplitBlock(
            **pool.fields(),
            unit_id=sending.unit(clients, unit),
            project_id=project,
            shares=entering.shares(file, pool),
            split_on=sending.day(on),
            document=document,
        )
        answer = sending.call(clients, "SplitBlock", "split", command)
        done = Sentence(f"{project}已分解", f"{project} is split")
        sending.report(answer.outcome, done, as_json=as_json)
