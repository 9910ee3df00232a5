"""A fault of a step is told under the name of an argument or option that the command line has."""

import warnings
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import typer

from services.cli import refusals
from services.cli.main import app
from services.cli.rounds.sending import by_option
from services.evaluation.round import requests
from services.evaluation.round.requests import Form
from services.kernel.errors import Malformed, Violation
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

# What comes out of a file is told by its row and column.
OF_FILES = (requests.REPORT, requests.OPENING_OF_SHEET, requests.SEALING, requests.BONUS)


def forms() -> Iterator[tuple[str, Form]]:
    for name, form in vars(requests).items():
        if (
            isinstance(form, Form)
            and not name.startswith("_")
            and all(form is not each for each in OF_FILES)
        ):
            yield name, form


def names() -> set[str]:
    """Every option and argument of `zoneledger round`."""
    whole: Any = typer.main.get_command(app)
    command = whole.commands["round"]
    found: set[str] = set()
    for each in command.commands.values():
        for parameter in each.params:
            found |= {*parameter.opts, *parameter.secondary_opts}
            found.add(parameter.metavar or "")
    return found


def named(monkeypatch: pytest.MonkeyPatch, field: str) -> str:
    """How a fault of the field is told."""

    def refused() -> BatchOutcome:
        raise grpc.RpcError

    def violations(_: grpc.RpcError) -> list[Violation]:
        return [Violation(field, "is wrong")]

    monkeypatch.setattr(refusals, "violations", violations)
    with pytest.raises(Malformed) as refusal:
        by_option(refused)
    [told] = refusal.value.violations
    return told.field


def test_every_field_of_a_step_is_called_as_the_command_line_calls_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = names()
    for step, form in forms():
        for field in (*form.fields, *form.lists):
            assert named(monkeypatch, f"{step.lower()}.{field}") in known, (step, field)
            assert named(monkeypatch, f"{step.lower()}.{field}[0]") in known, (step, field)


def test_naming_an_option_says_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert named(monkeypatch, "decision.admitted[2]") == "--admit"
        assert named(monkeypatch, "signature.results_hash") == "--hash"
