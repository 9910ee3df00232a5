"""Whatever breaks, what follows is what was decided: none lost, none twice, each unit in order."""

import logging
import os
import pwd
import random
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from services.cli.client import Clients
from services.runtime.audit import audit
from services.runtime.audit_reactions import audit_reactions
from services.runtime.bus.envelope import Letter
from services.runtime.bus.local import Listener
from services.runtime.handler import Handler
from services.runtime.reactor import Reactor
from services.runtime.service import SERVICES, load
from services.runtime.store import Log, Row
from services.runtime.store.postgres import PostgresStore
from services.runtime.store.postgres_outbox import outbox
from services.runtime.store.postgres_schema import connecting, prepare, role_of
from tests.asynchronous import asynchronous
from tests.runtime.logs import check_whole, decoded
from tests.runtime.story import ADOPT_NOTICE, GOOD, correct, publish, register, tell, unit
from tests.servers import Broker, Postgres, new_database, running_broker, running_postgres
from tests.system.effects import LISTENING, check_effects
from tests.system.load import CALLERS, publish_some, publishing
from tests.system.stack import Stack, standing
from tests.system.topic import ends, events_topic, of_rows, received, relayed, send, skip_to
from zoneledger.evaluation.v1 import service_pb2 as messages

KILLS = int(os.environ.get("ZONELEDGER_KILLS", "20"))
_LONGEST_LIFE_SECONDS = 1.5
_CHECK_EVERY = 50
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_HOUR_NS = 3_600 * 10**9
_SOME = 8  # Units, of which each fourth goes through every grade.


class Ground(NamedTuple):
    """A stack at work, and the servers that it stands on; `broker` where it is ours to break."""

    stack: Stack
    postgres: Postgres
    broker: Broker | None

    def own_broker(self) -> Broker:
        if self.broker is None:
            pytest.skip("the broker that ZONELEDGER_TEST_KAFKA names is not ours to break")
        return self.broker


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    given = os.environ.get("ZONELEDGER_TEST_KAFKA")
    with ExitStack() as held:
        postgres = held.enter_context(running_postgres())
        broker = None if given else held.enter_context(running_broker())
        address = given or (broker.address if broker else "")
        folder = tmp_path_factory.mktemp("stack")
        stack = held.enter_context(standing(folder, postgres.admin, address))
        stack.start_all()
        held.enter_context(stack.kept_running())
        yield Ground(stack, postgres, broker)


@pytest.fixture
def stack(ground: Ground) -> Stack:
    return ground.stack


def wait_until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(_PAUSE_SECONDS)


# --- what is carried ----------------------------------------------------------------------------


def test_what_is_carried_twice_counts_once(stack: Stack) -> None:
    acknowledged = publish_some(stack, _SOME)
    before = check_effects(stack, acknowledged)
    again = of_rows(before["evaluation"])
    send(stack, [*again, *again])
    acknowledged = publish_some(stack, _SOME)
    after = check_effects(stack, acknowledged)
    for name, rows in before.items():
        assert after[name][: len(rows)] == rows


@contextmanager
def unrelayed(stack: Stack) -> Iterator[list[Letter]]:
    """Letters that no relay will send: whoever takes them out of the list drops them."""
    wait_until(lambda: relayed(stack) == len(check_effects(stack)["evaluation"]), "the relay's end")
    stack.end("evaluation", "worker")
    place = relayed(stack)
    acknowledged = publish_some(stack, _SOME)
    with outbox(stack.database_of("evaluation"), "evaluation") as own:
        rows = own.rows(place, 10_000)
    waiting = of_rows(rows)
    yield waiting
    send(stack, waiting)
    skip_to(stack, rows[-1].position)
    stack.start("evaluation", "worker")
    check_effects(stack, acknowledged)


def test_what_is_carried_in_another_order_is_answered_in_the_right_one(stack: Stack) -> None:
    with unrelayed(stack) as waiting:
        waiting.reverse()


def test_what_is_not_carried_is_heard_from_the_source(stack: Stack) -> None:
    with unrelayed(stack) as waiting:
        del waiting[::3]
        del waiting[-1]


def test_what_is_no_event_is_set_aside_and_missed_nowhere(stack: Stack) -> None:
    with unrelayed(stack) as waiting:
        headless = Letter(b"unit", b"\xff\xff", [])
        unreadable = waiting[0]._replace(value=b"\xff\xff")  # It has the place of a true event.
        waiting[1:1] = [headless, headless._replace(headers=[("ce_id", b"\xff")])]
        waiting[3] = waiting[3]._replace(headers=waiting[3].headers[:4])
        waiting[0] = unreadable


# --- the broker ---------------------------------------------------------------------------------


def test_a_broker_that_is_killed_and_started_again_holds_nothing_up(ground: Ground) -> None:
    stack, broker = ground.stack, ground.own_broker()
    with publishing(stack) as acknowledged:
        for _ in range(2):
            time.sleep(1)
            broker.kill()
            time.sleep(1)
            broker.start()
            if not broker.keeps:
                prepare_again(stack)
    check_effects(stack, acknowledged)
    check_carried(stack)


def test_a_worker_that_is_told_to_stop_ends_with_0_also_while_the_broker_is_away(
    ground: Ground,
) -> None:
    stack, broker = ground.stack, ground.own_broker()
    publish_some(stack, _SOME)
    stack.wait_until_heard()
    broker.kill()
    assert stack.end("incentive", "worker", signal.SIGTERM) == 0
    broker.start()
    if not broker.keeps:
        prepare_again(stack)
    stack.start("incentive", "worker")
    check_effects(stack)


def test_an_emptied_topic_is_missed_by_nobody_and_can_be_filled_again(ground: Ground) -> None:
    stack, broker = ground.stack, ground.own_broker()
    for service in LISTENING:
        stack.end(service, "worker")
    acknowledged = publish_some(stack, _SOME)
    wait_until(lambda: relayed(stack) == size(stack, "evaluation"), "relaying")
    broker.empty()
    prepare_again(stack)
    for service in LISTENING:
        stack.start(service, "worker")
    before = check_effects(stack, acknowledged)  # Heard from the source: no carrier has it.
    done = stack.run("relay", "evaluation", "--from-start", service="evaluation")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: relayed(stack) == size(stack, "evaluation"), "relaying")
    check_topic(stack)
    check_carried(stack)
    assert check_effects(stack) == before


def prepare_again(stack: Stack) -> None:
    done = stack.run("prepare")
    assert done.returncode == 0, done.stderr


def check_topic(stack: Stack) -> None:
    """Every event is in the topic, and no new one stands behind a later one of its partition."""
    rows = check_effects(stack)["evaluation"]
    place = {dict(each.headers)["ce_id"].decode(): n for n, each in enumerate(of_rows(rows))}
    partitions = [list(dict.fromkeys(ids)) for ids in received(stack)]
    assert {each for ids in partitions for each in ids} >= set(place)
    for ids in partitions:
        places = [place[each] for each in ids if each in place]
        assert places == sorted(places)


def check_carried(stack: Stack) -> None:
    """Whatever the topic has was brought by it to everybody."""
    end = ends(stack)
    wait_until(lambda: all(carried(stack, name) == end for name in LISTENING), "carrying")


# --- the database -------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [Postgres.stop, Postgres.kill], ids=["stopped", "killed"])
def test_a_database_that_goes_away_under_load_is_found_again(
    ground: Ground, end: Callable[[Postgres], None]
) -> None:
    with publishing(ground.stack) as acknowledged:
        time.sleep(1)
        end(ground.postgres)
        time.sleep(1)
        ground.postgres.start()
        time.sleep(1)
    check_effects(ground.stack, acknowledged)


def test_a_database_restored_from_an_older_copy_hears_again_what_it_forgot(
    ground: Ground, tmp_path: Path
) -> None:
    stack = ground.stack
    publish_some(stack, _SOME)
    check_effects(stack)
    older = tmp_path / "older.dump"
    copy(ground.postgres, stack.databases["incentive"], older)
    acknowledged = publish_some(stack, _SOME)
    before = check_effects(stack, acknowledged)
    check_carried(stack)
    stack.end("incentive", "worker", signal.SIGTERM)  # It tells its group how far it has read.
    stack.end("incentive", "api", signal.SIGTERM)
    stack.databases["incentive"] = restored(ground.postgres, older)
    assert size(stack, "incentive") < len(before["incentive"])
    for role in ("worker", "api"):
        stack.start("incentive", role)
    stack.wait_for_apis()
    after = check_effects(stack, acknowledged)
    check_carried(stack)
    assert "is read again from" in stack.log("incentive", "worker").read_text()
    assert names(after["incentive"]) == names(before["incentive"])


def names(rows: Sequence[Row]) -> set[str]:
    """The ids of decisions. Between units, their order may be another one the second time."""
    return {row.decision_id for row in rows}


def copy(server: Postgres, database: str, file: Path) -> None:
    command = [server.program("pg_dump"), "-n", "incentive", "-Fc", "-f", str(file), database]
    subprocess.run(command, check=True)


def restored(server: Postgres, file: Path) -> str:
    database = new_database(server.admin)
    subprocess.run([server.program("pg_restore"), "-d", database, str(file)], check=True)
    return database


def size(stack: Stack, service: str) -> int:
    """How many decisions a log has."""
    return int(asked(stack, service, "SELECT size FROM frontier")[0][0])


def carried(stack: Stack, service: str) -> dict[int, int]:
    """How far evaluation's topic was read for a service."""
    sql = "SELECT partition, next_offset FROM carried WHERE topic = %s"
    return dict(asked(stack, service, sql, events_topic(stack)))


def asked(stack: Stack, service: str, question: str, *values: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(connecting(stack.databases[service], service)) as db:
        return db.execute(question, values).fetchall()


# --- processes ----------------------------------------------------------------------------------


def test_two_workers_share_the_work_and_either_goes_on_alone(stack: Stack) -> None:
    with publishing(stack) as acknowledged:
        for service in SERVICES:
            stack.start(service, "worker", name="second")
        time.sleep(6)  # The partitions are divided anew.
        for service in SERVICES:
            stack.end(service, "worker")
        time.sleep(1)
    check_effects(stack, acknowledged)
    check_carried(stack)
    for service in SERVICES:
        stack.start(service, "worker")
        assert stack.end(service, "second", signal.SIGTERM) == 0
    check_effects(stack, publish_some(stack, _SOME))


def test_a_relay_that_loses_its_turn_ends_and_is_started_again(stack: Stack) -> None:
    for service in SERVICES:
        before = len(stack.ended)
        with publishing(stack) as acknowledged:
            wait_until(partial(asked, stack, service, _RELAYING), "a relay's turn")
            asked(stack, service, _END_RELAY)
            wait_until(partial(ended_since, stack, before), "the end of a worker")
        assert stack.ended[before:] == [(service, "worker", 1)]
        check_effects(stack, acknowledged)


def ended_since(stack: Stack, before: int) -> bool:
    return len(stack.ended) > before


def test_the_next_relay_takes_over_where_the_one_before_it_was(stack: Stack) -> None:
    stack.start("evaluation", "worker", name="second")
    with publishing(stack) as acknowledged:
        for _ in range(3):
            wait_until(lambda: asked(stack, "evaluation", _RELAYING), "a relay's turn")
            assert len(asked(stack, "evaluation", _RELAYING)) == 1
            asked(stack, "evaluation", _END_RELAY)
            time.sleep(1)
    check_effects(stack, acknowledged)
    check_topic(stack)
    stack.end("evaluation", "second", signal.SIGTERM)


# An advisory lock of two keys stands in pg_locks as unsigned numbers.
_RELAYING = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid::bigint = hashtext('zoneledger.relay')::bigint & 4294967295
AND objid::bigint = hashtext(current_schema)::bigint & 4294967295
"""
_END_RELAY = f"SELECT pg_terminate_backend(pid) FROM ({_RELAYING}) AS relaying"


def test_killed_processes_lose_nothing_and_do_nothing_twice(stack: Stack) -> None:
    seed = random.randrange(2**32)
    logging.getLogger(__name__).info("seed %d", seed)  # Shown when the test fails.
    dice = random.Random(seed)
    acknowledged: list[str] = []
    for first in range(0, KILLS, _CHECK_EVERY):
        with publishing(stack) as said:
            for _ in range(first, min(first + _CHECK_EVERY, KILLS)):
                time.sleep(dice.uniform(0, _LONGEST_LIFE_SECONDS))
                service, role = dice.choice(list(stack.processes))
                stack.end(service, role)
                stack.start(service, role)
        acknowledged += said
        check_effects(stack, acknowledged)


# --- a full disk --------------------------------------------------------------------------------


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder of which `data` has room for a new database and little more."""
    with tempfile.TemporaryDirectory(prefix="zl-full-") as made:
        folder = Path(made)
        folder.chmod(0o755)  # PostgreSQL runs as nobody.
        (folder / "data").mkdir()
        owner = f"size={_DISK_MB}m,mode=0700,uid={pwd.getpwnam('nobody').pw_uid}"
        mount = ["mount", "-t", "tmpfs", "-o", owner, "tmpfs", str(folder / "data")]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("to make a small disk takes the rights of root")
        yield folder
        subprocess.run(["umount", "--lazy", str(folder / "data")], check=True)


def test_a_full_disk_is_told_in_plain_words_and_nothing_is_half_written(
    small_disk: Path, tmp_path: Path, kafka: str
) -> None:
    with ExitStack() as held:
        server = Postgres(small_disk, _SMALL)
        server.make()
        server.start()
        held.callback(server.stop, signal.SIGQUIT)
        stack = held.enter_context(standing(tmp_path, server.admin, kafka))
        stack.start_all()
        held.enter_context(stack.kept_running())
        acknowledged = publish_some(stack, _SOME)
        ballast = small_disk / "data" / "ballast"
        with publishing(stack) as said:
            fill(ballast)
            words = refusal(stack)
            ballast.unlink()
            if not server.runs:
                server.start()
            before = len(said)
            wait_until(lambda: len(said) > before + CALLERS, "going on")
        assert "No space left on device" in words or "the database cannot be" in words, words
        check_effects(stack, [*acknowledged, *said])


_DISK_MB = 160
_ENOUGH = 5_000  # Decisions, for what is left of files that are there already.
_SMALL = ("fsync=off", "shared_buffers=16MB", "min_wal_size=32MB", "max_wal_size=32MB")


def fill(ballast: Path) -> None:
    """Leave no byte free."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))


def register_large(clients: Clients, number: int) -> None:
    large = [unit(f"large-{number}-{n}", f"{'大' * 900}{number}之{n}") for n in range(20)]
    request = messages.RegisterUnitsRequest(units=large)
    clients.evaluation.RegisterUnits(request, _PATIENCE_SECONDS)


def refusal(stack: Stack) -> str:
    """What the api says when there is no room for more."""
    with stack.clients() as clients, pytest.raises(grpc.RpcError) as refused:
        deque(map(partial(register_large, clients), range(_ENOUGH)))
    assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
    return str(refused.value.details())


# --- the clock ----------------------------------------------------------------------------------


@asynchronous
async def test_a_clock_that_jumps_changes_no_order_and_no_answer(database: str) -> None:
    now, jumps = time.time_ns(), count()

    def jumping() -> int:
        """Ever further ahead, and ever further back."""
        number = next(jumps)
        return now + (number if number % 2 else -number) * _HOUR_NS

    async with AsyncExitStack() as held:
        stores: dict[str, Log] = {}
        told = {}
        for service in (load("evaluation"), load("incentive")):
            prepare(database, service.name, None)
            conninfo = make_conninfo(database, user=role_of(service.name))
            store = PostgresStore(conninfo, service.name, clock=jumping)
            await store.open()
            held.push_async_callback(store.close)
            handler = Handler(service, store)
            stores[service.name] = store
            told[service.name] = Listener(service, store, handler, Reactor(service, store, handler))
        evaluation, incentive = told["evaluation"], told["incentive"]
        await tell(evaluation, ADOPT_NOTICE)
        for number in range(30):
            await tell(evaluation, register(f"unit-{number}"), publish(f"unit-{number}"))
            await tell(evaluation, correct(f"unit-{number}", GOOD))
            heard = await incentive.store.cursor("evaluation")
            await incentive.reactor.hear("evaluation", await evaluation.store.read(heard, 100))
        for each in (evaluation, incentive):
            rows = decoded(await check_whole(each.store))  # Moments never go back in it.
            assert len({row.recorded_at.ToNanoseconds() for row in rows}) > 1
            report = await audit(each.service, each.store)
            await audit_reactions(each.service, each.store, stores, report)
            assert report.findings == []
