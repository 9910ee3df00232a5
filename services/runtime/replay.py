"""The state of every stream of a log, folded again from its first row.

Millions of small values are made on the way and none of them refers back to another, so the search
for reference cycles is paused.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf.message import DecodeError

from services.kernel.decision import events_of
from services.runtime.service import Service
from services.runtime.store import Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision

ROWS_AT_ONCE = 2_000


async def fold_log(service: Service, store: Store) -> dict[str, Any]:
    """The state of each stream, by its name; `CorruptHistory` for what cannot be read."""
    states: dict[str, Any] = {}
    position = 0
    with without_cycles():
        while rows := await store.read(position, ROWS_AT_ONCE):
            _fold(service, rows, states)
            position = rows[-1].position
    return states


@contextmanager
def without_cycles() -> Iterator[None]:
    """Pause the search for reference cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _fold(service: Service, rows: list[Row], states: dict[str, Any]) -> None:
    known, decider_named = service.events, service.decider_named
    for row in rows:
        stream = row.stream
        decider = decider_named[stream.partition("-")[0]]
        state, evolve = states.get(stream, decider.initial), decider.evolve
        decision = Decision.FromString(row.data)
        try:
            for packed in decision.events:
                state = evolve(state, known[packed.type_url].FromString(packed.value))
        except (KeyError, DecodeError):
            events_of(decision, known)  # It says which event cannot be read, and why.
            raise
        states[stream] = state
