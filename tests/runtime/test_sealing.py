"""A log is signed as it grows, and not signed any more once it was changed behind a checkpoint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from services.kernel.checkpoint import body, new_key, opened, origin, signer_of, verifier_of
from services.kernel.errors import CorruptHistory
from services.runtime.sealing import Sealer
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_schema import connecting, prepare, role_of
from tests.asynchronous import asynchronous
from tests.runtime.logs import decision

NAME = origin("evaluation")
PRIVATE, PUBLIC = new_key(NAME)
KEY, CHECK = signer_of(PRIVATE), verifier_of(PUBLIC)


@asynccontextmanager
async def opened_log(database: str) -> AsyncIterator[PostgresStore]:
    prepare(database, "evaluation", None)
    store = PostgresStore(make_conninfo(database, user=role_of("evaluation")), "evaluation")
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def grow(store: PostgresStore, *names: str) -> None:
    await store.append([decision(f"unit-{name}") for name in names])


def tamper(database: str, statement: str) -> None:
    """What the owner of the database can do to a log."""
    with psycopg.connect(connecting(database, "evaluation")) as db:
        db.execute("ALTER TABLE decisions DISABLE TRIGGER ALL")
        db.execute("ALTER TABLE checkpoints DISABLE TRIGGER ALL")
        db.execute(statement)


@asynchronous
async def test_the_tree_is_signed_as_it_is_and_signed_again_when_it_has_grown(
    database: str,
) -> None:
    async with opened_log(database) as store:
        sealer = Sealer("evaluation", store, KEY)
        await sealer.seal()
        assert await store.checkpoint() is None  # Of an empty log there is nothing to say.
        for name in ("xiangtan", "tongling"):
            await grow(store, name)
            await sealer.seal()
            await sealer.seal()
            kept = await store.checkpoint()
            assert kept is not None
            assert kept[0] == await store.frontier()
            assert opened(kept[1], CHECK) == body(NAME, kept[0])


@asynchronous
async def test_another_process_signs_on_from_the_last_checkpoint(database: str) -> None:
    async with opened_log(database) as store:
        await grow(store, "xiangtan")
        await Sealer("evaluation", store, KEY).seal()
        await grow(store, "tongling", "loudi")
        await Sealer("evaluation", store, KEY).seal()
        kept = await store.checkpoint()
        assert kept is not None
        assert kept[0].size == 3


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decisions SET data = data || 'x' WHERE position = 3",
        "DELETE FROM decisions WHERE position = 3",
        "UPDATE frontier SET size = 2",
        "UPDATE checkpoints SET peaks = decode(repeat('00', 32), 'hex')",
        "UPDATE checkpoints SET note = replace(note, 'zoneledger/evaluation\n2', 'x\n2')",
    ],
)
@asynchronous
async def test_what_was_changed_is_not_signed(database: str, change: str) -> None:
    async with opened_log(database) as store:
        await grow(store, "xiangtan", "tongling")
        await Sealer("evaluation", store, KEY).seal()
        await grow(store, "loudi")
        tamper(database, change)
        with pytest.raises(CorruptHistory):
            await Sealer("evaluation", store, KEY).seal()


@asynchronous
async def test_a_checkpoint_of_another_key_is_not_gone_on_from(database: str) -> None:
    async with opened_log(database) as store:
        await grow(store, "xiangtan")
        await Sealer("evaluation", store, KEY).seal()
        with pytest.raises(CorruptHistory):
            await Sealer("evaluation", store, signer_of(new_key(NAME)[0])).seal()


@asynchronous
async def test_the_role_of_a_service_cannot_change_a_checkpoint(database: str) -> None:
    async with opened_log(database) as store:
        await grow(store, "xiangtan")
        await Sealer("evaluation", store, KEY).seal()
    own = make_conninfo(database, user=role_of("evaluation"))
    with (
        psycopg.connect(connecting(own, "evaluation")) as db,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        db.execute("DELETE FROM checkpoints")
