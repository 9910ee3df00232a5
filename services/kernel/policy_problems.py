"""What is wrong with the text of a policy document: every fault with its line and its rule."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import Node

from services.kernel.errors import Malformed, Violation
from services.kernel.policy_terms import Clause


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, which rule of the format it breaks, and what to do about it."""

    file: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        """As compilers print it, so that editors jump to the line."""
        return f"{self.file}:{self.line}: {self.rule}: {self.what}"


class PolicyProblems(Malformed):
    """The text is no policy document; holds every problem of the pass that failed, by line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems; the message is one line for each."""
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.line, p.rule, p.what)))
        super().__init__(
            *(Violation(f"{p.file}:{p.line}", f"{p.rule}: {p.what}") for p in self.problems)
        )

    def __str__(self) -> str:
        """One problem a line."""
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(slots=True)
class Found:
    """The problems of a pass, the clauses to cite, and the lines where records were written."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    clauses: dict[str, Clause] | None = None
    lines: dict[tuple[int, str], int] = field(default_factory=dict)

    def add(self, line: int, rule: str, what: str) -> None:
        self.problems.append(Problem(self.file, line, rule, what))

    def at(self, record: object, key: str, rule: str, what: str) -> None:
        """Add a problem where the record gives the key."""
        self.add(self.line(record, key), rule, what)

    def remember(self, record: object, nodes: dict[str, Node]) -> None:
        """Keep the line of each key that the record gives."""
        self.lines |= {(id(record), key): line_of(nodes[key]) for key in nodes}

    def line(self, record: object, key: str) -> int:
        return self.lines[id(record), key]

    def must_be_none(self) -> None:
        if self.problems:
            raise PolicyProblems(self.problems)


def line_of(node: Node) -> int:
    return mark_line(node.start_mark)


def mark_line(mark: Any) -> int:
    return int(mark.line) + 1 if mark is not None else 1


def nearest(text: str, known: Iterable[str]) -> str:
    words = [str(word) for word in known]
    near = difflib.get_close_matches(text, words, n=1)
    return f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(words)}"
