"""`zoneledger round ...`, `zoneledger import circulars` and `zoneledger circulars`."""

import typer

from services.cli.rounds import data, judging, procedure, reading, steps
from services.cli.rounds.options import File, Receipt
from services.cli.session import AsJson

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
