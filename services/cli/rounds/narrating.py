"""A story while it is told: steps are taken on the services, and what came of each is kept.

What is kept has no id, no moment and no hash of a run, so that the story reads the same each time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from services.cli import refusals
from services.cli.client import Clients
from services.cli.intake import IntakeProblems
from services.cli.lists import Columns
from services.cli.problems import render
from services.cli.records import Record
from services.cli.rounds import sending
from services.cli.rounds.taking import Plan, take
from services.kernel.chinese import Sentence
from services.kernel.errors import Malformed


@dataclass(slots=True)
class Stage:
    """A part of the story: its title, and sentences and tables in the order of their telling."""

    title: Sentence
    said: list[str | tuple[str, Columns, list[Record]]] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """The services, the folder of the example, and what was told so far."""

    clients: Clients
    year: int
    files: Path
    stages: list[Stage] = field(default_factory=list)

    def begin(self, zh: str, en: str) -> None:
        """A new stage."""
        self.stages.append(Stage(Sentence(zh, en)))

    def say(self, zh: str, en: str) -> None:
        """A sentence."""
        self._line(refusals.chosen(en, zh))

    def table(self, title: str, columns: Columns, records: Iterable[Record]) -> None:
        """A table."""
        self.stages[-1].said.append((title, columns, list(records)))

    def step(self, name: str, field_: str, said: Any, day: str, done: Sentence) -> None:
        """A step that is taken, on its day."""
        sending.call(self.clients, name, field_, said)
        self._line(f"{day}  {refusals.chosen(done.en, done.zh)}")

    def refused(self, tried: Sentence, attempt: Callable[[], Any]) -> None:
        """Something that must not succeed, and why it does not."""
        try:
            attempt()
        except grpc.RpcError as error:
            why = [each.what for each in refusals.violations(error)]
            if not why:
                raise
        except IntakeProblems as error:
            why = render(error.problems).splitlines()
        except Malformed as error:
            why = [each.what for each in error.violations]
        else:
            raise AssertionError(f"{tried.en} should have been refused")
        head = refusals.chosen(f"refused: {tried.en}", f"拒绝：{tried.zh}")
        self._line("\n".join([head, *(f"    {each}" for each in why)]))

    def take(self, name: str, plan: Plan, day: str) -> None:
        """A file that goes in, with its warnings and its receipt."""
        taken = take(self.clients, self.files / name, plan, lambda what: self._line(f"    {what}"))
        given = taken.receipt
        zh = f"{name}：接收{given['rows']}行，记录{given['recorded']}项"
        en = f"{name}: {given['rows']} rows accepted, {given['recorded']} recorded"
        self._line(f"{day}  {refusals.chosen(en, zh)}, sha256 {given['sha256'][:12]}")

    def _line(self, text: str) -> None:
        self.stages[-1].said.append(text)
