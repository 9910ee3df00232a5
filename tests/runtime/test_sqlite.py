"""What the store on SQLite keeps to as a file, beside what every store keeps to."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest

from services.kernel.errors import CorruptHistory, Unavailable, ZoneledgerError
from services.runtime.store import Heard, Inbox, Parked
from services.runtime.store.sqlite import SqliteStore
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decision, decoded, log

UNIT = "unit-xiangtan"
OTHER = "unit-tongling"


async def _write(path: Path, *streams: str) -> None:
    """A closed log at `path` with a decision on each of `streams`."""
    store = SqliteStore(path)
    await store.append([decision(stream) for stream in streams])
    await store.close()


def _files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@contextmanager
def _raw(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as anybody with SQLite gets at it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


# --- append-only, enforced by the database ----------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET data = x'00' WHERE position = 1",
        "UPDATE decisions SET position = 9 WHERE position = 2",
        "UPDATE OR REPLACE decisions SET position = 1 WHERE position = 2",
        "DELETE FROM decisions WHERE position = 2",
        "DELETE FROM decisions",
        (
            "REPLACE INTO decisions"
            " SELECT position, decision_id, stream, version, next_version, x'00', leaf"
            " FROM decisions"
        ),
        (
            "INSERT OR REPLACE INTO decisions"
            " SELECT 3, decision_id, 'unit-new', 0, 1, data, leaf FROM decisions WHERE position = 1"
        ),
        (
            "INSERT OR REPLACE INTO decisions"
            " SELECT 3, 'new', stream, version, next_version, x'00', leaf FROM decisions"
        ),
        (
            "INSERT OR IGNORE INTO decisions"
            " SELECT 9, 'new', 'unit-new', 0, 1, data, leaf FROM decisions WHERE position = 1"
        ),
        (
            "INSERT INTO decisions"
            " SELECT position, 'new', 'unit-new', 0, 1, x'00', leaf"
            " FROM decisions WHERE position = 1"
            " ON CONFLICT (position) DO UPDATE SET data = excluded.data"
        ),
    ],
    ids=lambda statement: " ".join(statement.replace("(", "").split()[:8]),
)
@pytest.mark.parametrize("recursive_triggers", ["OFF", "ON"])
@asynchronous
async def test_the_database_itself_refuses_to_change_or_lose_a_decision(
    tmp_path: Path, statement: str, recursive_triggers: str
) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, UNIT, OTHER)
    with _raw(path) as db:
        before = db.execute("SELECT * FROM decisions ORDER BY position").fetchall()
        db.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)
        assert db.execute("SELECT * FROM decisions ORDER BY position").fetchall() == before


@asynchronous
async def test_the_file_is_sound_and_in_wal_mode(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, UNIT)
    with _raw(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@asynchronous
async def test_a_closed_log_is_one_file(tmp_path: Path) -> None:
    await _write(tmp_path / "log.sqlite", UNIT)
    assert _files(tmp_path) == ["log.sqlite"]


# --- a full disk ------------------------------------------------------------------------------


@contextmanager
def _files_grow_no_further_than(size: int) -> Iterator[None]:
    """The disk as it looks to this process when it is full."""
    soft, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, (soft, hard))


@contextmanager
def _pages_of_each_connection_end_at(
    pages: int, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[sqlite3.Connection]]:
    """SQLite's own full database, on the connections that are opened in this block."""
    opened: list[sqlite3.Connection] = []

    class Limited(sqlite3.Connection):
        def __init__(self, *values: object, **named: object) -> None:
            super().__init__(*values, **named)  # type: ignore[arg-type]
            self.execute(f"PRAGMA max_page_count = {pages}")
            opened.append(self)

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(
            sqlite3, "connect", lambda *args, **named: connect(*args, factory=Limited, **named)
        )
        yield opened


@asynchronous
async def test_on_a_full_disk_nothing_is_written_and_the_store_works_again_afterwards(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.sqlite"
    store = SqliteStore(path)
    large = bytes(300_000)
    before = await store.append([decision(UNIT)], Inbox("evaluation", 1))
    wal = path.with_name(f"{path.name}-wal")
    with _files_grow_no_further_than(wal.stat().st_size + 100_000):
        appends = [
            store.append(
                [decision(f"unit-{n}", payload=large)],
                Inbox("evaluation", 5, (Heard("evaluation", f"unit-{n}", 0, 1),)),
            )
            for n in range(3)
        ]
        for outcome in await asyncio.gather(*appends, return_exceptions=True):
            assert isinstance(outcome, Unavailable), outcome
        assert await check_whole(store) == before
        assert await store.cursor("evaluation") == 1
        assert await store.heard("evaluation", ["unit-0", "unit-1", "unit-2"]) == {}
    after = await store.append([decision("unit-0", payload=large)])
    assert await check_whole(store) == [*before, *after]
    await store.close()
    store = SqliteStore(path)
    assert await check_whole(store) == [*before, *after]
    await store.close()


@asynchronous
async def test_in_a_full_database_nothing_is_written_and_what_fits_still_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, UNIT)
    with _pages_of_each_connection_end_at(60, monkeypatch) as opened:
        store = SqliteStore(path)
        await store.append([decision(OTHER)])
        with pytest.raises(Unavailable):
            await store.append([decision("unit-large", payload=bytes(300_000))])
        await store.append([decision("unit-small")])
        assert len(opened) == 2
    assert [row.stream for row in await check_whole(store)] == [UNIT, OTHER, "unit-small"]
    await store.close()


# --- files that are no log --------------------------------------------------------------------


@pytest.mark.parametrize("read_only", [False, True])
@asynchronous
async def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"round,unit_id,grade\n" * 1_000)
    with pytest.raises(CorruptHistory, match=r"log\.sqlite cannot be read as a log"):
        SqliteStore(path, read_only=read_only)
    assert path.read_bytes() == b"round,unit_id,grade\n" * 1_000


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("read_only", [False, True])
@asynchronous
async def test_a_file_that_was_cut_off_is_named_as_such(
    tmp_path: Path, share: float, read_only: bool
) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, *(f"unit-{n}" for n in range(500)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CorruptHistory, match=r"log\.sqlite cannot be read as a log"):
        SqliteStore(path, read_only=read_only)


@asynchronous
async def test_damage_inside_the_file_is_named_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, *(f"unit-{n}" for n in range(500)))
    page = 4096
    with path.open("r+b") as file:
        for number in range(8, path.stat().st_size // page):
            file.seek(number * page)
            file.write(b"\xff" * page)
    store = SqliteStore(path)
    with pytest.raises(CorruptHistory):
        await log(store)
    await store.close()


@pytest.mark.parametrize("read_only", [False, True])
@asynchronous
async def test_a_log_of_a_newer_program_is_left_alone(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, UNIT)
    with _raw(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match=r"log\.sqlite .*schema 99"):
        SqliteStore(path, read_only=read_only)
    with _raw(path) as db:
        assert db.execute("SELECT count(*) FROM decisions").fetchone() == (1,)


@pytest.mark.parametrize("read_only", [False, True])
@asynchronous
async def test_a_place_where_no_file_can_be_is_unavailable(tmp_path: Path, read_only: bool) -> None:
    (tmp_path / "folder.sqlite").mkdir()
    for path in (tmp_path / "folder.sqlite", tmp_path / "missing" / "log.sqlite"):
        with pytest.raises(Unavailable):
            SqliteStore(path, read_only=read_only)


@asynchronous
async def test_a_file_that_was_made_and_never_written_is_a_new_log(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.touch()
    await _write(path, UNIT)
    store = SqliteStore(path)
    assert len(await check_whole(store)) == 1
    await store.close()


# --- for reading only -------------------------------------------------------------------------


@asynchronous
async def test_a_log_that_is_not_there_is_not_made_by_reading_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no log at"):
        SqliteStore(tmp_path / "log.sqlite", read_only=True)
    assert _files(tmp_path) == []


@asynchronous
async def test_reading_makes_no_file_and_changes_none(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, UNIT)
    before = path.read_bytes()
    store = SqliteStore(path, read_only=True)
    assert len(await check_whole(store)) == 1
    await store.close()
    assert _files(tmp_path) == ["log.sqlite"]
    assert path.read_bytes() == before


@asynchronous
async def test_a_reader_sees_the_log_as_it_was_when_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    writer = SqliteStore(path)
    waiting = Parked("evaluation", OTHER, 0, "no answer")
    then = await writer.append([decision(UNIT)], Inbox("evaluation", 1, (), (waiting,)))
    reader = SqliteStore(path, read_only=True)
    heard = Heard("evaluation", OTHER, 0, 1)
    now = await writer.append([decision(OTHER)], Inbox("evaluation", 2, (heard,)))
    assert await check_whole(reader) == then
    assert await reader.cursor("evaluation") == 1
    assert await reader.parked() == [waiting]
    assert await check_whole(writer) == [*then, *now]
    await reader.close()
    await writer.close()


@asynchronous
async def test_a_reader_of_a_log_whose_writer_was_killed_sees_what_was_committed(
    tmp_path: Path,
) -> None:
    writer = SqliteStore(tmp_path / "log.sqlite")
    await writer.append([decision(UNIT, payload=bytes(10_000))])
    left = tmp_path / "left"
    left.mkdir()
    for name in ("log.sqlite", "log.sqlite-wal"):
        (left / name).write_bytes((tmp_path / name).read_bytes())
    await writer.close()
    reader = SqliteStore(left / "log.sqlite", read_only=True)
    assert [each.stream for each in decoded(await check_whole(reader))] == [UNIT]
    await reader.close()


@asynchronous
async def test_a_reader_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    await _write(path, UNIT)
    reader = SqliteStore(path, read_only=True)
    with pytest.raises(ZoneledgerError):
        await reader.append([decision(OTHER)])
    assert len(await log(reader)) == 1
    await reader.close()
