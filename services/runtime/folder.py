"""A data folder: the three logs, and the lock that lets one process at a time write them.

The lock is the operating system's, so it goes with the process that holds it, however that ends.
What the lock file says (who holds it, where it can be reached) is for people and clients only.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from services.kernel.errors import FolderInUse, Unavailable

_LOCK = "lock"
_MOMENTS, _MOMENT_SECONDS = 20, 0.005


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that writes to a folder.

    `address` is empty where it serves nobody; `by_tls` says that it is dialled with a certificate.
    """

    pid: int
    command: str
    since: str
    address: str = ""
    by_tls: bool = False


def log_file(folder: Path, service: str) -> Path:
    """Where a service's log lies."""
    return folder / f"{service}.sqlite"


def has_data(folder: Path) -> bool:
    """Whether anything was ever written there."""
    return any(folder.glob("*.sqlite"))


@contextmanager
def held(folder: Path, command: str, *, by_tls: bool = False) -> Iterator[Callable[[str], None]]:
    """Hold the folder, made where it is missing; `FolderInUse` where another process does.

    What is yielded announces the address at which the folder is served.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        hint = ""
        if has_data(folder) and not os.access(folder, os.W_OK):
            hint = (
                "; to answer, its logs must be opened for writing. Only an audit reads them as they"
                " are: ask whoever may write there, or copy the folder"
            )
        raise Unavailable(
            f"the data folder {folder} cannot be used: {error.strerror}{hint}"
        ) from error
    try:
        if not _take(lock):
            raise FolderInUse(_in_use(folder))
        since = datetime.now(UTC).isoformat(timespec="seconds")
        me = Holder(os.getpid(), command, since, by_tls=by_tls)
        _write(lock, me)
        yield lambda address: _write(lock, replace(me, address=address))
    finally:
        os.close(lock)


def holder(folder: Path) -> Holder | None:
    """Who holds the folder now; None where nobody does."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(f"{folder / _LOCK} cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(lock)
    finally:
        os.close(lock)
    return None


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """Keep writers away while nobody holds the folder; where somebody does, read beside them."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDONLY)
    except OSError as error:
        raise Unavailable(f"there is no data in {folder}: {error.strerror}") from error
    try:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _take(lock: int) -> bool:
    """Take the lock for writing; whoever only asks who holds it is gone in a moment."""
    for _ in range(_MOMENTS):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_MOMENT_SECONDS)
    return False


def _in_use(folder: Path) -> str:
    who = holder(folder)
    if who is None or not who.command:
        return f"the data folder {folder} is in use by another process; try again"
    served = f" and serves it at {who.address}" if who.address else ""
    return (
        f"the data folder {folder} is in use: {who.command!r} (process {who.pid}) has held it"
        f" since {who.since}{served}; stop it, or use another folder with --data"
    )


def _write(lock: int, who: Holder) -> None:
    text = json.dumps(asdict(who)).encode()
    os.pwrite(lock, text, 0)
    os.ftruncate(lock, len(text))


def _read(lock: int) -> Holder:
    """What the holder says of itself; between taking the lock and writing that, nothing."""
    try:
        return Holder(**json.loads(os.pread(lock, 65_536, 0)))
    except (ValueError, TypeError):
        return Holder(0, "", "")
