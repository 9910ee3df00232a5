"""Every way to refuse, in one tree; why is said by one of the reasons in `reasons.py`.

    ZoneledgerError
      Rejected              the rules say no
      Malformed             the request cannot be taken: one violation for each field
      UnknownStream         nobody has heard of it
      WrongExpectedVersion  somebody else decided on the stream in the meantime
        EtagMismatch        what the caller looked at is another thing by now
      Unidentified          nobody knows who asks
      Forbidden             who asks may not ask for this
      Overloaded            too much is asked for at once
      TooLate               it took longer than a call may take
      Unavailable           the data cannot be reached now
        Hole                events in between have not arrived
        FolderInUse         another process holds the data folder
      CorruptHistory        the log does not say what a log can say
      OurFault              nobody foresaw it

A message says what is wrong, on which id, and what to do. What is said to whoever calls a method
comes from the reasons. What only those hear who run the program is a sentence of its own, under the
general reason of its class.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.kernel.reasons import Told, Why


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one field, named by its path in the request: `ratings[3].grade`."""

    field: str
    what: str

    @property
    def told(self) -> Told:
        """What is wrong, with its reason."""
        return Why.MALFORMED.said(self.what)

    def __str__(self) -> str:
        return f"{self.field}: {self.what}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of item `index` of a batch, from 0."""

    index: int
    field: str
    what: str

    @property
    def told(self) -> Told:
        """What is wrong, with its reason."""
        return Why.MALFORMED.said(self.what)


class ZoneledgerError(Exception):
    """The root: everything that is refused on purpose."""

    general = Why.ZONELEDGER_ERROR

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.told = self.general.said(what)

    @property
    def why(self) -> Why:
        """The reason."""
        return self.told.why

    @property
    def reason(self) -> str:
        """The reason's name, which machines read."""
        return self.why.name


class Rejected(ZoneledgerError):
    """The command was understood and the rules say no."""

    general = Why.REJECTED

    def __init__(self, what: str, *, field: str = "") -> None:
        super().__init__(what)
        self.field = field


class Malformed(ZoneledgerError):
    """The request cannot be taken; `violations` has every fault, not only the first.

    One violation gives its own reason. Several are CONDITIONS_UNMET where only the rules say no,
    and MALFORMED where one cannot even be read.
    """

    general = Why.MALFORMED

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(str(violation) for violation in violations))
        self.violations = violations
        self.faults: tuple[Fault, ...] = ()
        self.told = _summary(violations)

    @staticmethod
    def batch(name: str, faults: Iterable[Fault]) -> "Malformed":
        """The faults of a batch, by item, under the name that the request gives the batch.

        Of the faults of one field the first is told: what else is wrong with it follows from that.
        """
        first: dict[tuple[int, str], Fault] = {}
        for fault in faults:
            first.setdefault((fault.index, fault.field or fault.what), fault)
        in_order = sorted(first.values(), key=lambda fault: fault.index)
        malformed = Malformed(
            *(Violation(f"{name}[{f.index}].{f.field}".rstrip("."), f.what) for f in in_order)
        )
        malformed.faults = tuple(in_order)
        return malformed


class UnknownStream(ZoneledgerError):
    """A name that stands for nothing."""

    general = Why.UNKNOWN_STREAM


class WrongExpectedVersion(ZoneledgerError):
    """A decision was made on a state that is no longer the latest."""

    general = Why.WRONG_EXPECTED_VERSION


class EtagMismatch(WrongExpectedVersion):
    """What the caller looked at is another thing by now."""

    general = Why.ETAG_MISMATCH


class Unidentified(ZoneledgerError):
    """The certificate names no agency that the access table knows."""

    general = Why.UNIDENTIFIED


class Forbidden(ZoneledgerError):
    """The access table does not let this agency do this, or not for this unit."""

    general = Why.FORBIDDEN


class Overloaded(ZoneledgerError):
    """More is asked for at once than can be answered; nothing was done, and later it can be."""

    general = Why.OVERLOADED


class TooLate(ZoneledgerError):
    """It was not answered in the longest time that a call may take; see whether it was done."""

    general = Why.NOT_IN_TIME


class Unavailable(ZoneledgerError):
    """The data cannot be reached at the moment; nothing was changed."""

    general = Why.UNAVAILABLE


class FolderInUse(Unavailable):
    """A data folder has one writer, and it is another process."""

    general = Why.FOLDER_IN_USE


class Hole(Unavailable):
    """What happened in between has not arrived; it is in the source's log."""

    general = Why.HOLE


class CorruptHistory(ZoneledgerError):
    """What was read cannot have been written by this program."""

    general = Why.CORRUPT_HISTORY


class OurFault(ZoneledgerError):
    """What nobody foresaw; its insides are in our log, and told to nobody."""

    general = Why.INTERNAL


def _summary(violations: Sequence[Violation]) -> Told:
    """What several violations say together; one alone speaks for itself."""
    told = [violation.told for violation in violations]
    english, chinese = "; ".join(map(str, violations)), ""
    if any(each.chinese for each in told):
        chinese = "；".join(f"{v.field}：{v.told.chinese or v.what}" for v in violations)
    if len(told) == 1:
        return Told(english, told[0].why, chinese, told[0].facts)
    is_readable = told and all(each.why.is_unmet for each in told)
    return Told(english, Why.CONDITIONS_UNMET if is_readable else Why.MALFORMED, chinese)
