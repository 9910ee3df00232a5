"""What a release promised is kept: a contract that breaks it does not pass `make check`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUF = ROOT / ".venv" / "bin" / "buf"
FILES = ("contract/compare", "contract/released", "protos/buf.yaml", "pyproject.toml")
VERSION = "7.0.0"

THING = """syntax = "proto3";

package zoneledger.thing.v1;

// Something that was recorded.
message ThingRecorded {
  string name = 1;
  int32 round = 2;
}
"""
IN_ANOTHER_FILE = """syntax = "proto3";

package zoneledger.thing.v1;

import "zoneledger/thing/v1/events.proto";

message ThingSeen {
  ThingRecorded thing = 1;
}
"""


class Clone:
    """A repository with a contract of one message, and with the script that compares it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._thing = folder / "protos/zoneledger/thing/v1/events.proto"
        self._thing.parent.mkdir(parents=True)
        for name in FILES:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        project = '[project]\nname = "zoneledger"\n'
        (folder / "pyproject.toml").write_text(f'{project}version = "{VERSION}"\n')
        (folder / "contract/released").write_text("# What the contract promised.\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.write(THING)
        self.commit()

    def git(self, *words: str) -> None:
        named = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *named, *words], cwd=self.folder, check=True, capture_output=True)

    def write(self, text: str, file: str = "events.proto") -> None:
        self._thing.with_name(file).write_text(text)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a step")

    def compare(self, *words: str) -> tuple[int, str]:
        """Its exit code and everything that it says."""
        done = subprocess.run(
            [self.folder / "contract/compare", *words],
            env={**os.environ, "BUF": str(BUF)},
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone in which the contract was released, and its tag is not there."""
    made = Clone(tmp_path / "clone")
    assert made.compare("--release")[0] == 0
    made.commit()
    return made


def test_before_the_first_release_it_says_that_nothing_was_promised(tmp_path: Path) -> None:
    code, said = Clone(tmp_path / "clone").compare()
    assert (code, said) == (
        0,
        "contract: nothing was released yet, so there is nothing to compare with\n",
    )


def test_what_is_added_keeps_the_promise(clone: Clone) -> None:
    clone.write(THING.replace("round = 2;", "round = 2;\n  string source = 3;"))
    clone.write(IN_ANOTHER_FILE, "views.proto")
    code, said = clone.compare()
    assert code == 0, said
    assert said.startswith(f"contract: keeps what {VERSION} promised (its tree ")


@pytest.mark.parametrize(
    ("breaking", "why"),
    [
        (THING.replace("  int32 round = 2;\n", ""), '"2" with name "round"'),
        (THING.replace("int32 round = 2", "string round = 2"), "changed type"),
        (THING.replace("round = 2", "round = 3"), '"2" with name "round"'),
        (THING.replace("round", "year"), "changed name"),
        (THING.replace("ThingRecorded", "ThingNoted"), '"ThingRecorded" was deleted'),
    ],
    ids=["removed", "another type", "another number", "another name", "another message"],
)
def test_a_field_that_was_promised_stays_what_it_was(clone: Clone, breaking: str, why: str) -> None:
    clone.write(breaking)
    code, said = clone.compare()
    assert code == 1
    assert why in said
    assert f"breaks what {VERSION} promised" in said


def test_a_message_stays_in_its_file(clone: Clone) -> None:
    clone.write(THING.replace("ThingRecorded", "ThingSeen"))
    clone.write(THING, "moved.proto")
    assert clone.compare()[0] == 1


def test_the_tag_of_the_release_counts_where_it_is_there(clone: Clone) -> None:
    clone.git("tag", f"v{VERSION}")
    assert clone.compare() == (
        0,
        f"contract: keeps what {VERSION} promised (tag v{VERSION})\n",
    )
    clone.write(THING.replace("round", "year"))
    assert clone.compare()[0] == 1


def test_a_tag_that_was_moved_is_not_believed(clone: Clone) -> None:
    clone.write(THING.replace("round", "year"))
    clone.commit()
    clone.git("tag", f"v{VERSION}")
    code, said = clone.compare()
    assert code == 1
    assert "one of the two was changed" in said


def test_a_clone_without_tag_and_history_is_told_what_to_fetch(
    clone: Clone, tmp_path: Path
) -> None:
    clone.write(THING.replace("round = 2;", "round = 2;\n  string source = 3;"))
    clone.commit()
    shallow = f"file://{clone.folder}"
    clone.git("clone", "--quiet", "--depth=1", "--no-tags", shallow, str(tmp_path / "shallow"))
    clone.folder = tmp_path / "shallow"
    code, said = clone.compare()
    assert code == 1
    assert "git fetch --tags" in said


def test_an_archive_says_that_it_cannot_compare(clone: Clone) -> None:
    shutil.rmtree(clone.folder / ".git")
    code, said = clone.compare()
    assert code == 0
    assert said == f"contract: not compared with {VERSION}: this copy has no git history\n"


def test_a_version_is_released_once_and_only_as_it_was_committed(clone: Clone) -> None:
    code, said = clone.compare("--release")
    assert code == 1
    assert "was released" in said
    clone.write(THING.replace("round = 2;", "round = 2;\n  string source = 3;"))
    assert "commit protos/ first" in clone.compare("--release")[1]


def test_a_release_that_breaks_the_one_before_is_refused(clone: Clone) -> None:
    project = clone.folder / "pyproject.toml"
    project.write_text(project.read_text().replace(VERSION, "8.0.0"))
    clone.write(THING.replace("round", "year"))
    clone.commit()
    before = (clone.folder / "contract/released").read_text()
    assert clone.compare("--release")[0] == 1
    assert (clone.folder / "contract/released").read_text() == before
