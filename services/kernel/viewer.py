"""Who asks, and what of the log there is for it.

An answer to an agency is made from the events that it may see, as if there were no others: so what
it may not see does not show in an order, a count or an error either.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from zoneledger.ledger.v1.visibility_pb2 import Visibility

_SUBJECT, _INTERNAL = Visibility.VISIBILITY_SUBJECT, Visibility.VISIBILITY_INTERNAL


class Viewer(NamedTuple):
    """An agency with what the access table in force gives it for one method.

    `units` are the ids of those it may ask about, None for all. It sees what is `level` or more
    public, of any unit, and of its `own` units what is told to the subject. What is told to the
    subjects and is about no single unit, such as the rules of a round, is for each that has units
    of its own. Fields with full names in `hidden` are empty in every answer to it.
    """

    agency: str
    level: int = Visibility.VISIBILITY_PUBLIC
    units: frozenset[str] | None = frozenset()
    own: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    @property
    def sees_everything(self) -> bool:
        """Whether no event is kept from it."""
        return self.level == _INTERNAL and self.units is None

    def may_ask_about(self, unit: str) -> bool:
        """Whether it may name this unit in a request."""
        return self.units is None or unit in self.units

    def sees(self, subject: str, visibility: int) -> bool:
        """Whether an event about `subject` is for it; one that says nothing is internal.

        A subject that is no identifier ("", "documents adopted") is no unit.
        """
        is_of_units = " " in subject
        if subject and not is_of_units and not self.may_ask_about(subject):
            return False
        shown = visibility or _INTERNAL
        concerned = bool(self.own) if is_of_units else subject in self.own
        return shown <= self.level or (shown <= _SUBJECT and concerned)


def as_it_is(event: Any, sees: Callable[[int], bool]) -> Any:
    """An event that is told whole, or not at all."""
    return event


OPERATOR = Viewer("operator", _INTERNAL, None)
