"""Every reason to refuse, in one tree.

    ZoneledgerError
      Rejected              the rules say no
      Malformed             the request cannot be read: one violation for each field
      UnknownStream         nobody has heard of it
      WrongExpectedVersion  somebody else decided on the stream in the meantime
        EtagMismatch        what the caller looked at is another thing by now
      Unidentified          nobody knows who asks
      Forbidden             who asks may not ask for this
      Overloaded            too much is asked for at once
      Unavailable           the data cannot be reached now
        Hole                events in between have not arrived
        FolderInUse         another process holds the data folder
      CorruptHistory        the log does not say what a log can say

A message says what is wrong, on which id, and what to do. `reason` is stable; machines read it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one field, named by its path in the request: `ratings[3].grade`."""

    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.field}: {self.what}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of item `index` of a batch, from 0."""

    index: int
    field: str
    what: str


class ZoneledgerError(Exception):
    """The root: everything that is refused on purpose."""

    reason = "ZONELEDGER_ERROR"


class Rejected(ZoneledgerError):
    """The command was understood and the rules say no."""

    reason = "REJECTED"

    def __init__(self, what: str, *, field: str = "") -> None:
        super().__init__(what)
        self.field = field


class Malformed(ZoneledgerError):
    """The request cannot be read; `violations` has every fault, not only the first."""

    reason = "MALFORMED"

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(str(violation) for violation in violations))
        self.violations = violations
        self.faults: tuple[Fault, ...] = ()

    @staticmethod
    def batch(name: str, faults: Iterable[Fault]) -> "Malformed":
        """The faults of a batch, by item, under the name that the request gives the batch."""
        in_order = sorted(faults, key=lambda fault: fault.index)
        malformed = Malformed(
            *(Violation(f"{name}[{f.index}].{f.field}".rstrip("."), f.what) for f in in_order)
        )
        malformed.faults = tuple(in_order)
        return malformed


class UnknownStream(ZoneledgerError):
    """A name that stands for nothing."""

    reason = "UNKNOWN_STREAM"


class WrongExpectedVersion(ZoneledgerError):
    """A decision was made on a state that is no longer the latest."""

    reason = "WRONG_EXPECTED_VERSION"


class EtagMismatch(WrongExpectedVersion):
    """What the caller looked at is another thing by now."""

    reason = "ETAG_MISMATCH"


class Unidentified(ZoneledgerError):
    """The certificate names no agency that the access table knows."""

    reason = "UNIDENTIFIED"


class Forbidden(ZoneledgerError):
    """The access table does not let this agency do this, or not for this unit."""

    reason = "FORBIDDEN"


class Overloaded(ZoneledgerError):
    """More is asked for at once than can be answered; nothing was done, and later it can be."""

    reason = "OVERLOADED"


class Unavailable(ZoneledgerError):
    """The data cannot be reached at the moment; nothing was changed."""

    reason = "UNAVAILABLE"


class FolderInUse(Unavailable):
    """A data folder has one writer, and it is another process."""

    reason = "FOLDER_IN_USE"


class Hole(Unavailable):
    """What happened in between has not arrived; it is in the source's log."""

    reason = "HOLE"


class CorruptHistory(ZoneledgerError):
    """What was read cannot have been written by this program."""

    reason = "CORRUPT_HISTORY"
