"""Who asked what and when: one JSON line for each call of an agency, written before its answer.

Lines go to a file a UTC day in a folder, which any number of processes may share, or to standard
output, where whoever runs a container collects them. One write puts a whole line into the hands of
the operating system: a process that is killed loses none of what it had answered, a machine that
loses power may lose the last ones. A line that cannot be written refuses the answer.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from services.kernel.decision import moment
from services.kernel.errors import Unavailable
from services.kernel.timeline import NOW

_MOST_UNITS, _LONGEST = 100, 200
_SECOND = 10**9
_BEGINNING = b'{"at":'  # Within a text a quotation mark has a stroke before it.
_encode = json.JSONEncoder(separators=(",", ":")).encode  # ASCII only, so a line is one line.


class AccessLog:
    """Where the lines of this process go; None is standard output."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._file, self._day = -1 if folder else sys.stdout.fileno(), ""
        self._second, self._stamp = -1, ""

    def write(  # noqa: PLR0917  # What a line says is this long.
        self,
        agency: str,
        name: str,
        method: str,
        units: Sequence[str],
        as_of: str,
        known_at_ns: int,
        position: int,
        code: str,
        rows: int,
    ) -> None:
        """Write the line of one call; `Unavailable` where it cannot be.

        `name` is what the certificate shows. `units` are the ids of those that were asked about, ()
        for every unit that the agency may ask about; `as_of` is an ISO day or "", `known_at_ns`
        nanoseconds since 1970 UTC, `NOW` and 0 for now. `code` is the name of the gRPC status,
        `position` the log position that was read and `rows` how many items the answer holds.
        """
        at = self._at(time.time_ns())
        line = {
            "at": at,
            "agency": agency[:_LONGEST],
            "name": name[:_LONGEST],
            "method": method[:_LONGEST],
            "units": [unit[:_LONGEST] for unit in units[:_MOST_UNITS]],
            "as_of": as_of[:_LONGEST],
            "known_at": "" if known_at_ns in (0, NOW) else _moment(known_at_ns),
            "position": position,
            "rows": rows,
            "code": code,
        }
        if len(units) > _MOST_UNITS:
            line["more_units"] = len(units) - _MOST_UNITS
        self._put(at[:10], f"{_encode(line)}\n".encode())

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._day:
            os.close(self._file)
            self._file, self._day = -1, ""

    def _put(self, day: str, line: bytes) -> None:
        try:
            written = os.write(self._opened(day), line)
        except OSError as error:
            raise _unwritten(error.strerror or str(error)) from error
        if written < len(line):
            raise _unwritten("there is no room for a whole line")

    def _opened(self, day: str) -> int:
        """The file of the day; another one where somebody took it away."""
        if self._folder is None:
            return self._file
        if day != self._day or os.fstat(self._file).st_nlink == 0:
            self.close()
            self._folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.open(file_of(self._folder, day), flags, 0o640)
            self._day = day
        return self._file

    def _at(self, now_ns: int) -> str:
        second, nanoseconds = divmod(now_ns, _SECOND)
        if second != self._second:
            self._second, self._stamp = second, time.strftime("%FT%T", time.gmtime(second))
        return f"{self._stamp}.{nanoseconds // 1000:06d}Z"


class Line(NamedTuple):
    """A line of the log where it stands; `said` is None where it cannot be read."""

    file: Path
    number: int
    said: dict[str, Any] | None


def file_of(folder: Path, day: str) -> Path:
    """Where the lines of a UTC day are."""
    return folder / f"access-{day}.jsonl"


def read(folder: Path, since: str = "") -> Iterator[Line]:
    """The lines of a folder from a moment on ("2026-11-24T16:00:00Z"), day by day."""
    for file in sorted(folder.glob("access-*.jsonl")):
        if file.name < file_of(folder, since[:10]).name:
            continue
        with file.open("rb") as lines:
            for number, text in enumerate(lines, 1):
                said = _said(text)
                if said is None or said["at"] >= since:
                    yield Line(file, number, said)


def _said(text: bytes) -> dict[str, Any] | None:
    """What a line says; what was cut short before it, on a full disk, was never answered."""
    try:
        said = json.loads(text[max(0, text.rfind(_BEGINNING)) :])
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("at"), str) else None


def _unwritten(why: str) -> Unavailable:
    return Unavailable(
        f"nothing is answered that the access log does not hold, and it cannot be written: {why}"
    )


def _moment(known_at_ns: int) -> str:
    try:
        return moment(known_at_ns).ToJsonString()
    except ValueError:
        return f"{known_at_ns} ns"  # Beyond the calendar: it is refused, and told as it was asked.
