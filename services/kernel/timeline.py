"""What a log says of each subject, by two clocks: when it is true, and when the log learnt it.

A question names a day (as of) and a moment (known at). It is answered from the events that the log
knew at that moment and that were true by that day, in the order of the log, as if there were no
others. So an answer given once can be given again for ever.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from services.kernel.decision import Recorded

NOW = 2**63 - 1


class Question(NamedTuple):
    """Empty or at their limit, the parts of a question ask for everything.

    `as_of` is an ISO 8601 day, `known_ns` nanoseconds since 1970 UTC.
    """

    subject: str = ""
    as_of: str = ""
    known_ns: int = NOW


class Timeline:
    """The events of one log by subject; it grows with the log.

    `subject` and `effective_on` say of an event whom it is about and from which ISO 8601 day it
    holds ("" where that is unknown: then it holds on every day). An event about nobody is left out.
    """

    def __init__(self, subject: Callable[[Any], str], effective_on: Callable[[Any], str]) -> None:
        self._subject, self._effective_on = subject, effective_on
        self._entries: dict[str, list[Recorded]] = {}

    def add(self, entry: Recorded) -> None:
        """Take in the next event of the log."""
        subject = self._subject(entry.event)
        if subject:
            self._entries.setdefault(subject, []).append(entry)

    def ask(self, question: Question) -> Iterator[Sequence[Recorded]]:
        """The events that answer, subject by subject in the order of their names."""
        for subject in [question.subject] if question.subject else sorted(self._entries):
            entries = self._entries.get(subject, [])
            if answer := answering(entries, question, self._effective_on):
                yield answer


def answering(
    entries: Sequence[Recorded], question: Question, effective_on: Callable[[Any], str]
) -> list[Recorded]:
    """Those of one subject's `entries`, in the order of the log, that answer the question."""
    known = bisect_right(entries, question.known_ns, key=lambda entry: entry.recorded_ns)
    if not question.as_of:
        return list(entries[:known])
    return [e for e in entries[:known] if effective_on(e.event) <= question.as_of]
