"""A stream that waits is seen, tried again, and passed over by somebody who answers for it."""

from pathlib import Path

from tests.system.commands import import_2020, run, told

UNIT = "unit-xuzhou"
WORDS = ("--reason", "the event was written by a program that nobody has", "--document", "复函")


def park(folder: Path) -> None:
    """Let incentive forget how to answer Xuzhou's next event, as a fault would."""
    import_2020(folder)
    corrected = ("--grade", "excellent", "--corrected-on", "2021-09-01", "--document", "x")
    ran = run(
        folder,
        *("correct-rating", "--unit", "xuzhou", "--round", "2020", *corrected, "--reason", "y"),
    )
    assert ran.code == 0, ran.err


def test_nothing_waits_in_a_folder_that_is_well(tmp_path: Path) -> None:
    import_2020(tmp_path)
    assert told(tmp_path, "parked", "list") == []
    assert run(tmp_path, "parked", "retry").code == 0


def test_a_stream_that_does_not_wait_cannot_be_passed_over(tmp_path: Path) -> None:
    import_2020(tmp_path)
    ran = run(tmp_path, "parked", "resolve", "incentive", UNIT, *WORDS)
    assert (ran.code, ran.out) == (2, "")
    assert UNIT in ran.err
