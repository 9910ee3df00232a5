"""A data folder has one writer at a time, and who is refused learns who it is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from services.kernel.errors import FolderInUse, Unavailable
from services.runtime.folder import Holder, held, holder, log_file

_HOLD = """
import sys
from pathlib import Path
from services.runtime.folder import held
with held(Path(sys.argv[1]), "zoneledger serve") as announce:
    announce("127.0.0.1:4000")
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _another_process_holds(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "zoneledger"
    with held(folder, "zoneledger serve"):
        assert folder.is_dir()


def test_each_service_has_a_file_of_its_own_in_the_folder(tmp_path: Path) -> None:
    files = {log_file(tmp_path, name) for name in ("evaluation", "incentive", "financing")}
    assert {file.parent for file in files} == {tmp_path}
    assert len(files) == 3


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    with held(tmp_path, "zoneledger serve"):
        with pytest.raises(FolderInUse), held(tmp_path, "zoneledger import"):
            pass
        with pytest.raises(FolderInUse), held(tmp_path, "zoneledger import"):
            pass


def test_a_folder_is_free_when_its_writer_is_done(tmp_path: Path) -> None:
    with held(tmp_path, "zoneledger import"):
        pass
    assert holder(tmp_path) is None
    with held(tmp_path, "zoneledger serve"):
        assert holder(tmp_path) is not None


def test_a_folder_is_free_when_its_writer_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(tmp_path, "zoneledger import"):
        raise ZeroDivisionError
    with held(tmp_path, "zoneledger serve"):
        pass


def test_who_is_refused_learns_the_process_its_command_and_its_address(tmp_path: Path) -> None:
    with _another_process_holds(tmp_path) as process:
        with pytest.raises(FolderInUse) as refused, held(tmp_path, "zoneledger import"):
            pass
        for told in (str(tmp_path), str(process.pid), "zoneledger serve", "127.0.0.1:4000"):
            assert told in str(refused.value)


def test_a_client_learns_where_the_folder_is_served(tmp_path: Path) -> None:
    with held(tmp_path, "zoneledger serve") as announce:
        before = holder(tmp_path)
        assert before is not None
        assert before.address == ""
        announce("127.0.0.1:4000")
        after = holder(tmp_path)
    assert after == Holder(os.getpid(), "zoneledger serve", before.since, "127.0.0.1:4000")


def test_a_shorter_word_of_the_holder_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    with held(tmp_path, "zoneledger serve") as announce:
        announce("a-very-long-name.example:65535")
        announce("[::1]:1")
        assert holder(tmp_path) == Holder(**json.loads((tmp_path / "lock").read_bytes()))


def test_the_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    with _another_process_holds(tmp_path) as process:
        assert holder(tmp_path) is not None
        process.kill()
        process.wait()
        assert holder(tmp_path) is None
        with held(tmp_path, "zoneledger serve"):
            assert holder(tmp_path) is not None


def test_nobody_holds_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert holder(tmp_path / "missing") is None
    assert not (tmp_path / "missing").exists()


GARBAGE = [
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[1, 2, 3]",
    b"null",
    b'{"pid": 1}',
    b'{"unheard": "of"}',
    b"x" * 100_000,
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:12]))
def test_garbage_in_the_lock_file_of_nobody_keeps_nobody_out(
    tmp_path: Path, garbage: bytes
) -> None:
    (tmp_path / "lock").write_bytes(garbage)
    assert holder(tmp_path) is None
    with held(tmp_path, "zoneledger serve"):
        found = holder(tmp_path)
    assert found is not None
    assert found.command == "zoneledger serve"


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:12]))
def test_garbage_in_the_lock_file_of_a_writer_keeps_a_second_one_out(
    tmp_path: Path, garbage: bytes
) -> None:
    with held(tmp_path, "zoneledger serve"):
        (tmp_path / "lock").write_bytes(garbage)
        with pytest.raises(FolderInUse, match="in use"), held(tmp_path, "zoneledger import"):
            pass


def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    for folder in (file, file / "below"):
        with (
            pytest.raises(Unavailable, match=f"{folder} cannot be used"),
            held(folder, "zoneledger serve"),
        ):
            pass
    (tmp_path / "taken" / "lock").mkdir(parents=True)
    with (
        pytest.raises(Unavailable, match="cannot be used"),
        held(tmp_path / "taken", "zoneledger serve"),
    ):
        pass


def test_nobody_can_hold_what_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    assert holder(file) is None


def test_to_ask_who_holds_a_folder_keeps_nobody_from_taking_it(tmp_path: Path) -> None:
    done = Event()

    def ask() -> None:
        while not done.is_set():
            holder(tmp_path)

    asking = [Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(2_000):
            with held(tmp_path, "zoneledger serve"):
                pass
    finally:
        done.set()
        for thread in asking:
            thread.join()


def test_a_lock_that_cannot_be_read_is_told_and_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("lock")
    with pytest.raises(Unavailable, match="lock cannot be read"):
        holder(tmp_path)
