"""Every call of an agency is one line, written before its answer, whole, and lost by no kill."""

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.kernel.errors import Unavailable
from services.kernel.timeline import NOW
from services.runtime.access_log import AccessLog, Line, file_of, read

METHOD = "zoneledger.incentive.v1.IncentiveService/ListEntitlements"
WRITER = """
import sys
from pathlib import Path
from services.runtime.access_log import AccessLog
log = AccessLog(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    log.write(sys.argv[2], "urn:x", "m", ("huangshi",) * 50, "", 0, number, "OK", 1)
    print(number, flush=True)
"""


def write(log: AccessLog, **said: Any) -> None:
    """A call as it usually is, but for what is said."""
    usual: dict[str, Any] = {
        "agency": "most",
        "name": "urn:zoneledger:most",
        "method": METHOD,
        "units": ("huangshi",),
        "as_of": "2026-11-25",
        "known_at_ns": NOW,
        "position": 120,
        "code": "OK",
        "rows": 5,
    }
    log.write(**(usual | said))


def said(folder: Path, since: str = "") -> list[dict[str, Any]]:
    """What the readable lines of a folder say."""
    return [line.said for line in read(folder, since) if line.said is not None]


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """No file of this process may become longer, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_says_who_asked_what_and_when_and_how_it_was_answered(tmp_path: Path) -> None:
    write(AccessLog(tmp_path), known_at_ns=1_624_233_600 * 10**9 + 5)
    (line,) = said(tmp_path)
    assert line.pop("at").endswith("Z")
    assert line == {
        "agency": "most",
        "name": "urn:zoneledger:most",
        "method": METHOD,
        "units": ["huangshi"],
        "as_of": "2026-11-25",
        "known_at": "2021-06-21T00:00:00.000000005Z",
        "position": 120,
        "rows": 5,
        "code": "OK",
    }


@pytest.mark.parametrize("now", [0, NOW])
def test_what_is_known_now_has_no_moment(tmp_path: Path, now: int) -> None:
    write(AccessLog(tmp_path), known_at_ns=now)
    assert said(tmp_path)[0]["known_at"] == ""


def test_the_moment_of_a_line_is_when_it_was_written(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    write(AccessLog(tmp_path))
    at = datetime.fromisoformat(said(tmp_path)[0]["at"])
    assert before <= at <= datetime.now(UTC)


def test_each_utc_day_has_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AccessLog(tmp_path)
    for second in (1_624_233_599, 1_624_233_600):
        monkeypatch.setattr(time, "time_ns", lambda second=second: second * 10**9)
        write(log)
    assert [file.name for file in sorted(tmp_path.iterdir())] == [
        "access-2021-06-20.jsonl",
        "access-2021-06-21.jsonl",
    ]
    assert [line["at"] for line in said(tmp_path, "2021-06-21")] == ["2021-06-21T00:00:00.000000Z"]
    assert len(said(tmp_path, "2021-06-20T23:59:59")) == 2


def test_whatever_is_asked_stays_on_its_line(tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    write(log, as_of='\n{"at":"2020"}\n', units=["黄石\u2028", '"}'])
    write(log)
    lines = list(read(tmp_path))
    assert [line.number for line in lines] == [1, 2]
    assert said(tmp_path)[0]["units"] == ["黄石\u2028", '"}']
    assert said(tmp_path)[0]["as_of"] == '\n{"at":"2020"}\n'


def test_a_line_has_a_limit_whatever_is_asked(tmp_path: Path) -> None:
    write(
        AccessLog(tmp_path), units=["u" * 1_000] * 5_000, as_of="x" * 10**6, known_at_ns=-(10**30)
    )
    (line,) = said(tmp_path)
    assert (len(line["units"]), line["more_units"]) == (100, 4_900)
    assert next(tmp_path.iterdir()).stat().st_size < 30_000


def test_processes_share_a_file_without_mixing_lines(tmp_path: Path) -> None:
    agencies = ["ndrc", "most", "miit", "cdb"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), agency, "500"], stdout=subprocess.DEVNULL
        )
        for agency in agencies
    ]
    assert [writer.wait(60) for writer in writers] == [0] * len(agencies)
    lines = [line for each in read(tmp_path) if (line := each.said)]
    assert sorted((line["agency"], line["position"]) for line in lines) == sorted(
        (agency, number) for agency in agencies for number in range(500)
    )
    assert all(line.said for line in read(tmp_path))


def test_a_kill_loses_no_line_of_what_was_answered(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), "most", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        answered = [int(writer.stdout.readline()) for _ in range(500)]
        writer.send_signal(signal.SIGKILL)
    numbers = [line["position"] for line in said(tmp_path)]
    assert numbers[: len(answered)] == answered


def test_a_line_that_cannot_be_written_refuses_the_answer(tmp_path: Path) -> None:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    file_of(tmp_path, day).symlink_to("/dev/full")
    with pytest.raises(Unavailable, match=r"nothing is answered.*No space left on device"):
        write(AccessLog(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"File exists|Not a directory"):
        write(AccessLog(tmp_path / "file"))


def test_a_line_that_was_cut_short_was_refused_and_damages_no_other(tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    write(log, position=1)
    (file,) = tmp_path.iterdir()
    with files_end_at(file.stat().st_size + 50), pytest.raises(Unavailable, match="no room"):
        write(log, position=2)
    write(log, position=3)
    assert [line["position"] for line in said(tmp_path)] == [1, 3]


def test_a_line_that_cannot_be_read_is_told_and_not_passed_over(tmp_path: Path) -> None:
    write(AccessLog(tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(b'no line\n[]\n{"at":5}\n' + file.read_bytes())
    lines = list(read(tmp_path))
    assert lines[:3] == [Line(file, number, None) for number in (1, 2, 3)]
    assert lines[3].said is not None


def test_a_file_that_is_taken_away_is_begun_again(tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    write(log, position=1)
    (file,) = tmp_path.iterdir()
    file.unlink()
    write(log, position=2)
    assert [line["position"] for line in said(tmp_path)] == [2]


def test_without_a_folder_lines_go_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    write(AccessLog(None))
    out, _ = capfd.readouterr()
    assert json.loads(out)["agency"] == "most"


def test_only_who_runs_the_services_reads_the_lines(tmp_path: Path) -> None:
    write(AccessLog(tmp_path))
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o007 == 0


def test_a_log_that_is_closed_goes_on_when_it_is_written_to(tmp_path: Path) -> None:
    log = AccessLog(tmp_path)
    write(log)
    log.close()
    log.close()
    write(log)
    assert len(said(tmp_path)) == 2
    before = len(list(Path("/proc/self/fd").iterdir()))
    log.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before - 1


def test_a_line_takes_less_than_fifteen_microseconds(tmp_path: Path) -> None:
    log, took = AccessLog(tmp_path), []
    for _ in range(2_000):
        began = time.perf_counter()
        write(log)
        took.append(time.perf_counter() - began)
    assert sorted(took)[len(took) // 10] < 15e-6
