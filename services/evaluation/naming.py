"""Which unit is meant by what somebody calls it: an id, a name, an alias, with or without province.

An id means its unit and nothing else. A name means whatever is called so; where that is several
units, those that are rated for the round that was named, by the document that governs it, else
nobody: it is never guessed. Who is called by no name gets the names that are most like it. The work
is bounded: a name is compared with those only that share most of its characters. No new unit gets a
name by which it could not be told from another one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple
from unicodedata import normalize

from services.evaluation import membership
from services.kernel.errors import Fault, Malformed, Violation
from services.kernel.gaps import Gaps
from services.kernel.policy import Policies
from services.kernel.reasons import Why
from services.kernel.words import word
from services.runtime import fields
from zoneledger.evaluation.v1.events_pb2 import Alias, Unit, UnitKind
from zoneledger.evaluation.v1.service_pb2 import (
    ResolveUnitsRequest,
    UnitCandidate,
    UnitResolution,
)

MOST_AT_ONCE = 1_000

_ADVISED = 100  # Unknown names for which like ones are looked for, of those asked at once.
_CANDIDATES, _COMPARED = 3, 30
_LEAST_LIKE, _LEAST_LIKE_IN_CHINESE = 0.6, 0.5  # Of two characters one may be another.
_LONGEST = 100  # Characters of a name that is compared; what is longer is like nothing.
_DASHES = str.maketrans("‐‑‒–—―", "------")


class Called(NamedTuple):
    """A unit by one of its names, as it is written and as it is compared."""

    unit: Unit
    name: str
    key: str


class Names:
    """What the units of a register are called on a day; "" is any day."""

    def __init__(self, units: Sequence[Unit], as_of: str) -> None:
        self._ids = {unit.unit_id: unit for unit in units}
        self._called = [each for unit in units for each in _names(unit, as_of)]
        self._by_key: dict[str, dict[str, Called]] = {}
        self._with: dict[str, list[int]] = {}
        for place, each in enumerate(self._called):
            self._by_key.setdefault(each.key, {}).setdefault(each.unit.unit_id, each)
            for part in set(_parts(each.key)):
                self._with.setdefault(part, []).append(place)

    def resolve(
        self, name: str, is_preferred: Callable[[Unit], bool], *, is_advised: bool = True
    ) -> UnitResolution:
        """The unit that is called so, or those that may be meant: like ones if `is_advised`."""
        named = _key(name).removeprefix("units/")
        if named in self._ids:
            return UnitResolution(name=name, unit_id=named)
        called = list(self._by_key.get(named, {}).values())
        preferred = [each for each in called if is_preferred(each.unit)]
        for meant in (called, preferred):
            if len(meant) == 1:
                return UnitResolution(name=name, unit_id=meant[0].unit.unit_id)
        like = self._like(named) if is_advised and not called else called
        return UnitResolution(name=name, candidates=map(_told, like), is_ambiguous=len(called) > 1)

    def _like(self, key: str) -> list[Called]:
        """The few units whose names are most like it, each by that name, the nearest first."""
        shared: Counter[int] = Counter()
        for part in set(_parts(key[:_LONGEST])):
            shared.update(self._with.get(part, ()))
        matcher = SequenceMatcher(b=key[:_LONGEST], autojunk=False)
        like: list[tuple[float, str, int]] = []
        least = _LEAST_LIKE if key.isascii() else _LEAST_LIKE_IN_CHINESE
        for place, _ in shared.most_common(_COMPARED):
            matcher.set_seq1(self._called[place].key)
            if (ratio := matcher.ratio()) >= least:
                like.append((-ratio, self._called[place].unit.unit_id, place))
        nearest: dict[str, Called] = {}
        for _, unit_id, place in sorted(like):
            nearest.setdefault(unit_id, self._called[place])
        return list(nearest.values())[:_CANDIDATES]


def check_names(request: ResolveUnitsRequest) -> None:
    """`Malformed` where there are too many names, or one cannot be read."""
    if len(request.names) > MOST_AT_ONCE:
        why = Why.TOO_MANY(count=len(request.names), limit=MOST_AT_ONCE)
        raise Malformed(Violation("names", why))
    wrong = [
        Violation(f"names[{index}]", what)
        for index, name in enumerate(request.names)
        if (what := fields.text(name))
    ]
    if request.round and (what := fields.year(request.round)):
        wrong.append(Violation("round", what))
    if wrong:
        raise Malformed(*wrong)


def resolved(
    asked: Sequence[str], names: Names, is_preferred: Callable[[Unit], bool]
) -> Sequence[UnitResolution]:
    """What each of the names stands for; like ones are looked for only so often."""
    found: list[UnitResolution] = []
    unknown = 0
    for name in asked:
        found.append(names.resolve(name, is_preferred, is_advised=unknown < _ADVISED))
        unknown += not found[-1].unit_id
    return found


def namesakes(units: Sequence[Unit], register: Mapping[str, Unit]) -> list[Fault]:
    """A fault for each new name that a unit of the same kind, zone and province bears already.

    A unit that stands in the register under such a name may go on to do so.
    """
    known = {**register, **{unit.unit_id: unit for unit in units}}
    bearing: dict[tuple[str, ...], list[str]] = {}
    for unit in known.values():
        bearing.setdefault(_told_apart_by(unit), []).append(unit.unit_id)
    return [
        Fault(index, "name_zh", Why.CALLED_AS_ANOTHER(name=unit.name_zh, kind=kind, unit=others[0]))
        for index, unit in enumerate(units)
        if (kind := word(UnitKind, unit.kind)) and unit.name_zh
        if (others := [each for each in bearing[_told_apart_by(unit)] if each != unit.unit_id])
        if _told_apart_by(register.get(unit.unit_id, Unit())) != _told_apart_by(unit)
    ]


def _told_apart_by(unit: Unit) -> tuple[str, ...]:
    """What two units do not share: a name, a kind, a zone and a province."""
    return _key(unit.name_zh), str(unit.kind), unit.zone_id, unit.province


def rated_in(round_: int, policies: Policies, gaps: Mapping[str, Gaps]) -> Callable[[Unit], bool]:
    """Whether a unit is a member in the year and of a kind that its document rates; 0 is nobody.

    `gaps` are the times for which units were disqualified, by their ids.
    """
    governing = policies.for_round(round_) if round_ else None
    kinds = governing.rated.unit_kinds if governing and governing.rated else ()
    return lambda unit: (
        word(UnitKind, unit.kind) in kinds
        and membership.is_member(unit, "", round_, gaps.get(unit.unit_id, ()))
    )


def _names(unit: Unit, as_of: str) -> Iterator[Called]:
    own = [unit.name_zh, *(each.name_zh for each in unit.aliases if _is_used(each, as_of))]
    prefixed = [unit.province + name for name in own if not name.startswith(unit.province)]
    for name in dict.fromkeys([*own, *prefixed, unit.name_en, unit.unit_id]):
        if name:
            yield Called(unit, name, _key(name)[:_LONGEST])


def _is_used(alias: Alias, as_of: str) -> bool:
    """Whether the alias may be used on the day; an unknown day excludes nothing."""
    is_over = alias.valid_until != "" and alias.valid_until < as_of
    return not as_of or (alias.valid_from <= as_of and not is_over)


def _key(name: str) -> str:
    """The name without what is only another way of writing it: width, case, dashes, blanks."""
    return "".join(normalize("NFKC", name).translate(_DASHES).casefold().split())


def _parts(key: str) -> Iterator[str]:
    """What like names share: single characters of Chinese, pairs of other letters."""
    yield from (character for character in key if not character.isascii())
    yield from (one + other for one, other in pairwise(key) if (one + other).isascii())


def _told(called: Called) -> UnitCandidate:
    unit = called.unit
    return UnitCandidate(unit_id=unit.unit_id, called=called.name, kind=unit.kind)
