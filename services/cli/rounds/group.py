"""`zoneledger round ...`, `zoneledger import circulars`, `circulars`, `withdraw-circular`."""

from typing import Annotated

import typer

from services.cli.rounds import data, judging, procedure, reading, steps
from services.cli.rounds.options import Document, File, On, Reason, Receipt
from services.cli.session import AsJson
from services.kernel.chinese import Sentence

group = typer.Typer(
    help="Rounds of evaluation (年度评估): rules, data, experts, results, objections, corrections.",
    no_args_is_help=True,
)


def attach(app: typer.Typer, imports: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(group, name="round")
    for part in (steps, procedure, data, judging, reading):
        part.attach(group)
    imports.command("circulars")(import_circulars)
    app.command("circulars")(reading.circulars)
    app.command("withdraw-circular")(withdraw_circular)


def import_circulars(file: File, receipt: Receipt = None, as_json: AsJson = False) -> None:
    """Enter circulars of commendation (督查激励通报) with their places."""
    from services.cli.refusing import refusing
    from services.cli.rounds import entering, receipts, taking
    from services.cli.session import connected

    with refusing():
        receipts.must_be_new(receipt)
    with connected() as clients:
        taken = taking.take(clients, file, entering.circulars(clients))
        receipts.show(taken.receipt, taken.warnings, as_json=as_json, kept=receipt)


def withdraw_circular(
    circular: Annotated[str, typer.Argument(help="A circular by its id.", metavar="CIRCULAR")],
    document: Document,
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Record that a circular was withdrawn; no bonus that rests on it counts any more."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.circular_commands_pb2 import WithdrawCircular

    command = WithdrawCircular(
        circular_id=circular, withdrawn_on=day(on), document=document, reason=reason
    )
    done = Sentence(f"通报{circular}已撤回", f"the circular {circular} is withdrawn")
    step("WithdrawCircular", "withdrawal", command, done, as_json=as_json)
