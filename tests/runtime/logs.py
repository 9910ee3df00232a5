"""What every test of a log needs: decisions to write, and a look at what is there."""

from collections.abc import Iterable
from uuid import uuid4

from google.protobuf.any_pb2 import Any as Packed

from services.kernel.merkle import EMPTY, Frontier, extend, leaf_hash
from services.runtime.store import Row, Store
from zoneledger.ledger.v1.decision_pb2 import Decision


def decision(
    stream: str, version: int = 0, *, events: int = 1, id_: str = "", payload: bytes = b"said"
) -> Decision:
    """A decision on `stream` as it was at `version`."""
    return Decision(
        decision_id=id_ or str(uuid4()),
        stream=stream,
        version=version,
        actor="test",
        command=Packed(type_url="type.googleapis.com/test.Said", value=payload),
        events=[Packed(type_url="type.googleapis.com/test.Happened", value=payload)] * events,
    )


async def log(store: Store) -> list[Row]:
    """The whole log."""
    return await store.read(0, 1_000_000)


def decoded(rows: Iterable[Row]) -> list[Decision]:
    """The decisions as their stored bytes have them."""
    return [Decision.FromString(row.data) for row in rows]


def tree(rows: Iterable[Row]) -> Frontier:
    """The Merkle tree over the stored bytes, from the first leaf on."""
    return extend(EMPTY, [leaf_hash(row.data) for row in rows])


async def check_whole(store: Store) -> list[Row]:
    """The whole log, after a look at what holds for every log at every moment."""
    rows = await log(store)
    versions: dict[str, int] = {}
    for row, each in zip(rows, decoded(rows), strict=True):
        before = versions.get(each.stream, 0)
        after = versions[each.stream] = before + len(each.events)
        assert each.version == before, f"{each.stream} goes from {before} to {each.version}"
        assert (row.decision_id, row.stream) == (each.decision_id, each.stream)
        assert (row.version, row.next_version) == (before, after)
    moments = [each.recorded_at.ToNanoseconds() for each in decoded(rows)]
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert len({row.decision_id for row in rows}) == len(rows)
    assert moments == sorted(moments)
    assert [row.leaf for row in rows] == [leaf_hash(row.data) for row in rows]
    assert await store.frontier() == tree(rows)
    return rows
