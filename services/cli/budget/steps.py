"""The steps of a pool: opened, appropriated, divided, granted, paid, returned, released."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.budget.options import (
    Amount,
    Authority,
    By,
    Document,
    Line,
    Number,
    On,
    Project,
    Reason,
    Unit,
    Year,
)
from services.cli.refusing import refusing
from services.cli.session import AsJson, asking
from services.kernel.chinese import Sentence


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    group.command("open")(open_)
    for command in (appropriate, amend, propose, decide, grant, pay):
        group.command()(command)
    group.command("return")(return_)
    group.command()(release)


def open_(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    file: Annotated[Path, typer.Argument(help="The rule text, a YAML file.", metavar="FILE")],
    document: Document,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Open the pool of a budget year and line, by rules that know the line."""
    from services.cli.budget import sending
    from services.cli.session import connected
    from zoneledger.incentive.v1.budget_commands_pb2 import OpenPool

    with refusing():
        text = file.read_text("utf-8")
    command = OpenPool(
        budget_year=year, line_id=line, opened_on=sending.day(on), document=document, text=text
    )
    with connected() as clients:
        answer = sending.call(clients, "OpenPool", "opening", command)
        done = Sentence(f"资金池{year}.{line}已设立", f"the pool {year}.{line} is open")
        sending.report(answer.outcome, done, as_json=as_json)


def appropriate(  # noqa: PLR0917  # The options are named.
    year: Year, line: Line, amount: Amount, document: Document, on: On = "", as_json: AsJson = False
) -> None:
    """Say how much the pool has."""
    from services.cli.budget import sending
    from zoneledger.incentive.v1.budget_commands_pb2 import AppropriatePool

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        command = AppropriatePool(
            **pool.fields(),
            amount=sending.amount(pool, amount),
            appropriated_on=sending.day(on),
            document=document,
        )
        answer = sending.call(clients, "AppropriatePool", "appropriation", command)
        done = Sentence(f"已安排{amount}", f"{amount} is appropriated")
        sending.report(answer.outcome, done, as_json=as_json)


def amend(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    amount: Amount,
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Say that the pool has another amount; never less than is reserved."""
    from services.cli.budget import sending
    from zoneledger.incentive.v1.budget_commands_pb2 import AmendAppropriation

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        command = AmendAppropriation(
            **pool.fields(),
            amount=sending.amount(pool, amount),
            amended_on=sending.day(on),
            document=document,
            reason=reason,
        )
        answer = sending.call(clients, "AmendAppropriation", "amendment", command)
        done = Sentence(f"额度已调整为{amount}", f"the pool has {amount} now")
        sending.report(answer.outcome, done, as_json=as_json)


def propose(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    by: By,
    authority: Authority,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the allocation and write nothing.")
    ] = False,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Divide what the pool has among the projects that wait (拟定分配方案)."""
    from services.cli.budget import sending, showing
    from zoneledger.incentive.v1.budget_commands_pb2 import ProposeAllocation

    with asking() as clients:
        pool = sending.pool(clients, year, line)
        command = ProposeAllocation(
            **pool.fields(), proposed_on=sending.day(on), proposed_by=by, authority=authority
        )
        answer = sending.call(
            clients, "ProposeAllocation", "proposal", command, validate_only=dry_run
        )
        showing.allocation(answer.allocation, pool, is_dry=dry_run, as_json=as_json)


def decide(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    proposal_hash: Annotated[
        str, typer.Option("--hash", help="Of the proposal that was looked at: budget show.")
    ],
    by: By,
    authority: Authority,
    document: Document,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Decide the proposed allocation, by another person than the one who proposed it."""
    from services.cli.budget import sending
    from zoneledger.incentive.v1.budget_commands_pb2 import DecideAllocation

    command = DecideAllocation(
        budget_year=year,
        line_id=line,
        proposal_hash=proposal_hash,
        decided_on=sending.day(on),
        decided_by=by,
        authority=authority,
        document=document,
    )
    done = Sentence(f"资金池{year}.{line}的分配已决定", f"the pool {year}.{line} is allocated")
    _step("DecideAllocation", "decision", command, done, as_json=as_json)


def grant(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    amount: Amount,
    document: Document,
    authority: Authority,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Grant what is reserved for a project, or a part of it (下达)."""
    from zoneledger.incentive.v1.budget_commands_pb2 import GrantLine

    more = {"document": document, "authority": authority}
    done = Sentence(f"已向{project}下达{amount}", f"{amount} is granted to {project}")
    _move(GrantLine, "grant", (year, line, unit, project, amount), more, on, done, as_json=as_json)


def pay(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    amount: Amount,
    number: Number,
    document: Document,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Enter a payment (拨付)."""
    from zoneledger.incentive.v1.budget_commands_pb2 import PayLine

    more = {"document": document, "payment_id": number}
    done = Sentence(f"已向{project}拨付{amount}", f"{amount} is paid to {project}")
    _move(PayLine, "payment", (year, line, unit, project, amount), more, on, done, as_json=as_json)


def return_(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    amount: Amount,
    number: Number,
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Enter that money came back (退回)."""
    from zoneledger.incentive.v1.budget_commands_pb2 import ReturnLine

    more = {"document": document, "return_id": number, "reason": reason}
    done = Sentence(f"{project}已退回{amount}", f"{project} has returned {amount}")
    what = (year, line, unit, project, amount)
    _move(ReturnLine, "restitution", what, more, on, done, as_json=as_json)


def release(  # noqa: PLR0917  # The options are named.
    year: Year,
    line: Line,
    unit: Unit,
    project: Project,
    amount: Amount,
    number: Number,
    document: Document,
    reason: Reason,
    authority: Authority,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Free what is reserved and not paid; the pool can be divided again by it (收回)."""
    from zoneledger.incentive.v1.budget_commands_pb2 import ReleaseLine

    more = {"document": document, "release_id": number, "reason": reason, "authority": authority}
    done = Sentence(f"已收回{project}的{amount}", f"{amount} of {project} is released")
    what = (year, line, unit, project, amount)
    _move(ReleaseLine, "release", what, more, on, done, as_json=as_json)


def _move(  # noqa: PLR0917  # What a movement of a line is made of.
    type_: Any,
    field: str,
    what: tuple[int, str, str, str, str],
    more: dict[str, str],
    on: str,
    done: Sentence,
    *,
    as_json: bool,
) -> None:
    """Move an amount of a line."""
    from services.cli.budget import sending

    year, line, unit, project, amount = what
    [day] = [each.name for each in type_.DESCRIPTOR.fields if each.name in _DAYS]
    with asking() as clients:
        pool = sending.pool(clients, year, line)
        command = type_(
            **pool.fields(),
            unit_id=sending.unit(clients, unit),
            project_id=project,
            amount=sending.amount(pool, amount),
            **{day: sending.day(on)},
            **more,
        )
        answer = sending.call(clients, type_.DESCRIPTOR.name, field, command)
        sending.report(answer.outcome, done, as_json=as_json)


_DAYS = ("granted_on", "paid_on", "returned_on", "released_on")


def _step(name: str, field: str, command: Any, done: Sentence, *, as_json: bool) -> None:
    from services.cli.budget import sending

    with asking() as clients:
        answer = sending.call(clients, name, field, command)
        sending.report(answer.outcome, done, as_json=as_json)
