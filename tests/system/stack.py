"""The three services apart, as they run in production: processes on PostgreSQL and Kafka.

Every process is the `zoneledger` command, started here and ended here by its process id.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, RLock, Thread
from urllib.error import HTTPError
from urllib.request import urlopen

from psycopg.conninfo import make_conninfo

from services.cli.client import Clients, dialled
from services.cli.waiting import LISTENING
from services.runtime.service import SERVICES
from services.runtime.store.postgres_schema import role_of
from tests.servers import accepts, free_port, new_database
from tests.system.commands import COMMAND
from zoneledger.ledger.v1.service_pb2 import GetCursorRequest, GetFrontierRequest

PARTITIONS = 4
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_LOOK_SECONDS = 0.2


class Stack:
    """One database, three topics, and the processes that were started on them."""

    def __init__(self, folder: Path, admin: str, brokers: str) -> None:
        self._folder, self.brokers = folder, brokers
        self.database = new_database(admin)
        self.topics = f"t{os.getpid()}x{free_port()}"
        self.addresses = {name: f"127.0.0.1:{free_port()}" for name in SERVICES}
        self._shared = {
            **os.environ,
            "ZONELEDGER_ADMIN_DATABASE": self.database,
            "ZONELEDGER_KAFKA": brokers,
            "ZONELEDGER_KAFKA_SESSION_SECONDS": os.environ.get(
                "ZONELEDGER_KAFKA_SESSION_SECONDS", "2"
            ),
            "ZONELEDGER_TOPIC_PARTITIONS": str(PARTITIONS),
            "ZONELEDGER_TOPIC_PREFIX": self.topics,
            "ZONELEDGER_SERVERS": ",".join(f"{n}={a}" for n, a in self.addresses.items()),
        }
        self.processes: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self.ended: list[tuple[str, str, int]] = []  # By themselves: service, name, exit code.
        self.databases = dict.fromkeys(SERVICES, self.database)
        self._turn = RLock()  # Of whoever starts and ends processes.
        self.https: dict[tuple[str, str], str] = {}
        subprocess.run([*COMMAND, "prepare"], env=self._shared, check=True)

    def environment(self, service: str) -> dict[str, str]:
        """What a process of this service is told."""
        return {
            **self._shared,
            "ZONELEDGER_DATABASE": self.database_of(service),
            "ZONELEDGER_LISTEN": self.addresses[service],
            "ZONELEDGER_HTTP": f"127.0.0.1:{free_port()}",
        }

    def ask(self, service: str, name: str, path: str) -> tuple[int, str]:
        """What a process answers over HTTP: the status and the text."""
        try:
            with urlopen(f"http://{self.https[service, name]}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def database_of(self, service: str) -> str:
        """The database as a service's own role reaches it."""
        return make_conninfo(self.databases[service], user=role_of(service), password="")

    def run(self, *arguments: str, service: str = "") -> subprocess.CompletedProcess[str]:
        """One command of an operator, who may be told what a service is told."""
        return subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            env=self.environment(service) if service else self._shared,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
        )

    def tell_demo(self) -> None:
        """Let the stack tell the demo's story; what went wrong is said."""
        done = self.run("demo")
        assert done.returncode == 0, f"{done.stdout[-2_000:]}{done.stderr}"

    def start(self, service: str, role: str, *, name: str = "", **given: str) -> None:
        """Start a process; `name` tells several of one role apart, `given` is told it too."""
        key = (service, name or role)
        environment = self.environment(service) | given
        with self._turn, self.log(*key).open("ab") as log:
            self.https[key] = environment["ZONELEDGER_HTTP"]
            self.processes[key] = subprocess.Popen(
                [*COMMAND, "run", service, role],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def log(self, service: str, name: str) -> Path:
        """What a process said."""
        return self._folder / f"{service}-{name}.log"

    def start_all(self, **given: str) -> None:
        """Start an api and a worker of each service; return when the apis answer."""
        for service in SERVICES:
            for role in ("api", "worker"):
                self.start(service, role, **given)
        self.wait_for_apis()

    def wait_for_apis(self) -> None:
        """Return when every api answers."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for address in self.addresses.values():
            while not accepts(int(address.rpartition(":")[2])):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"nobody answers at {address}; see {self._folder}")
                time.sleep(_PAUSE_SECONDS)

    def wait_until_heard(self) -> None:
        """Return when all that evaluation decided was heard or is known to wait."""
        with self.clients() as clients:
            end = clients.logs["evaluation"].GetFrontier(GetFrontierRequest(service="evaluation"))
            deadline = time.monotonic() + _PATIENCE_SECONDS
            for name in LISTENING:
                asked = GetCursorRequest(service=name, source="evaluation")
                while clients.logs[name].GetCursor(asked).position < end.size:
                    if time.monotonic() > deadline:
                        raise TimeoutError(f"{name} has not heard everything; see {self._folder}")
                    time.sleep(_PAUSE_SECONDS)

    def end(self, service: str, name: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """End a process; its exit code."""
        with self._turn:
            process = self.processes.pop((service, name))
        process.send_signal(with_signal)
        return process.wait(_PATIENCE_SECONDS)

    def keep_running(self) -> None:
        """Start again what ended by itself, as whoever runs it would."""
        with self._turn:
            for (service, name), process in list(self.processes.items()):
                if process.poll() is not None:
                    self.ended.append((service, name, process.returncode))
                    self.start(service, "api" if name == "api" else "worker", name=name)

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Keep all of it running meanwhile."""
        done = Event()

        def keep() -> None:
            while not done.wait(_LOOK_SECONDS):
                self.keep_running()

        keeper = Thread(target=keep)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    @contextmanager
    def clients(self) -> Iterator[Clients]:
        """Clients of the three apis."""
        with dialled(self.addresses) as clients:
            yield clients

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()


@contextmanager
def standing(folder: Path, admin: str, brokers: str) -> Iterator[Stack]:
    """A new stack, prepared; gone at the end of the block."""
    stack = Stack(folder, admin, brokers)
    try:
        yield stack
    finally:
        stack.close()
