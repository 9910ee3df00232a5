"""Units by what people call them: an id, a name or an alias becomes the id before anything is sent.

What is called by nobody, or by several, is refused with the nearest candidates. A server or an
access table from before names could be resolved takes ids as they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import grpc

from services.cli.client import Clients
from services.kernel.chinese import KINDS, both
from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import NONE, Told, Why
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import UnitKind
from zoneledger.evaluation.v1.service_pb2 import ResolveUnitsRequest, UnitCandidate, UnitResolution

_AT_ONCE = 500  # A question is short.
_LONGEST = 100  # Characters; nobody is called by more.
_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_THERE = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNIMPLEMENTED)


class Called(NamedTuple):
    """What a unit is called, on which day and in which round, of which kind; "" and 0 are any."""

    name: str
    as_of: str = ""
    round: int = 0
    kind: int = 0


def unit_id(clients: Clients, option: str, name: str, round_: int = 0) -> str:
    """The unit that an option names; `Malformed` with the candidates where it names none."""
    called = Called(name, round=round_)
    found = unit_ids(clients, [called])[called]
    if isinstance(found, Told):
        raise Malformed(Violation(option, found))
    return found


def unit_ids(clients: Clients, called: Iterable[Called]) -> Mapping[Called, str | Told]:
    """The id of each unit, or why there is none."""
    found: dict[Called, str | Told] = {}
    alike: dict[tuple[str, int], list[Called]] = {}
    for each in dict.fromkeys(called):
        if len(each.name) > _LONGEST:
            found[each] = Why.NO_UNIT_CALLED_SO(name=each.name[:_LONGEST], near=NONE)
        else:
            alike.setdefault((each.as_of, each.round), []).append(each)
    for group in alike.values():
        for begin in range(0, len(group), _AT_ONCE):
            found |= _asked(clients, group[begin : begin + _AT_ONCE])
    return found


def answer(resolution: UnitResolution, kind: int = 0) -> str | Told:
    """The id, or why there is none; of several the one of the kind, where that is one."""
    if resolution.unit_id:
        return resolution.unit_id
    meant = [each.unit_id for each in resolution.candidates if each.kind == kind]
    if resolution.is_ambiguous and len(meant) == 1:
        return meant[0]
    if resolution.is_ambiguous:
        units = [f"{each.unit_id} ({_kind(each)})" for each in resolution.candidates]
        return Why.SEVERAL_CALLED_SO(name=resolution.name, units=", ".join(units))
    near = [f"{each.unit_id} {each.called}" for each in resolution.candidates]
    return Why.NO_UNIT_CALLED_SO(name=resolution.name, near=", ".join(near) or NONE)


def _kind(candidate: UnitCandidate) -> str:
    return both(word(UnitKind, candidate.kind), KINDS)


def resolutions(
    clients: Clients, names: Sequence[str], as_of: str, round_: int, known_at: Any = None
) -> Sequence[UnitResolution]:
    """What the register says of the names."""
    request = ResolveUnitsRequest(names=names, as_of=as_of, round=round_, known_at=known_at)
    answered: Sequence[UnitResolution] = clients.evaluation.ResolveUnits(request).resolutions
    return answered


def _asked(clients: Clients, called: Sequence[Called]) -> dict[Called, str | Told]:
    try:
        told = resolutions(
            clients, [each.name for each in called], called[0].as_of, called[0].round
        )
    except grpc.RpcError as refusal:
        are_ids = all(_IDENTIFIER.fullmatch(each.name) for each in called)
        if not are_ids or refusal.code() not in _NOT_THERE:
            raise
        return {each: each.name for each in called}
    return {each: answer(said, each.kind) for each, said in zip(called, told, strict=True)}
