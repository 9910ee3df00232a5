"""An event on its way is a CloudEvent in binary mode, and says all that the log says of it."""

from pathlib import Path

import pytest

from services.kernel.errors import CorruptHistory
from services.runtime.bus.envelope import Letter, letters, notice_of, topic_of
from services.runtime.reactor import Notice, notices
from services.runtime.service import load
from tests import rounds
from tests.asynchronous import asynchronous
from tests.runtime.story import ADOPT_NOTICE, listening, publish, register, rows, tell

EVALUATION = load("evaluation")
UNIT = "xiangtan"


async def sent(folder: Path) -> tuple[list[Letter], list[Notice]]:
    """The letters of the smallest story, and what the log says of the same events."""
    async with listening(EVALUATION, folder) as evaluation:
        await tell(evaluation, ADOPT_NOTICE, register(UNIT), publish(UNIT))
        log = await rows(evaluation)
    return list(letters(EVALUATION, log)), list(notices(log))


def headers(letter: Letter) -> dict[str, str]:
    return {name: value.decode() for name, value in letter.headers}


@asynchronous
async def test_whoever_opens_a_letter_reads_what_the_log_says(tmp_path: Path) -> None:
    carried, told = await sent(tmp_path)
    opened = [notice_of(dict(letter.headers), letter.value) for letter in carried]
    # Headers tell the moment to the microsecond, which serves to tell a lag.
    assert [each._replace(recorded_ns=0) for each in opened] == [
        each._replace(recorded_ns=0) for each in told
    ]
    for mine, theirs in zip(opened, told, strict=True):
        assert abs(mine.recorded_ns - theirs.recorded_ns) < 2_000


@asynchronous
async def test_a_letter_is_a_cloud_event_of_its_service(tmp_path: Path) -> None:
    [_, _, rated], [_, _, told] = await sent(tmp_path)
    said = headers(rated)
    assert said["content-type"] == "application/protobuf"
    assert said["ce_specversion"] == "1.0"
    assert said["ce_id"] == told.event_id
    assert said["ce_source"] == "/zoneledger/evaluation"
    assert said["ce_type"] == "zone-rated-excellent"
    assert said["ce_subject"] == said["ce_partitionkey"] == UNIT
    assert said["ce_time"] == "2021-06-21T00:00:00+08:00"  # The day of publication, in China.
    assert rated.value == told.event.value


@asynchronous
async def test_a_stream_about_several_units_keeps_its_order_by_its_own_key(tmp_path: Path) -> None:
    async with listening(EVALUATION, tmp_path) as evaluation:
        await tell(evaluation, *rounds.COLLECTED)
        carried = list(letters(EVALUATION, await rows(evaluation)))
    assert {letter.key for letter in carried} == {b"round-2020"}
    assert {"xiangtan", "zhuzhou"} < {headers(letter)["ce_subject"] for letter in carried}


@asynchronous
async def test_the_key_is_the_unit_so_that_its_events_keep_their_order(tmp_path: Path) -> None:
    [adopted, registered, rated], _ = await sent(tmp_path)
    assert registered.key == rated.key == UNIT.encode()
    assert adopted.key != rated.key


@asynchronous
async def test_a_header_that_is_missing_or_cannot_be_read_is_said(tmp_path: Path) -> None:
    [*_, rated], _ = await sent(tmp_path)
    whole = dict(rated.headers)
    needed = [
        *("ce_id", "ce_stream", "ce_sequence", "ce_position"),
        *("ce_dataschema", "ce_recordedtime", "ce_correlationid"),
    ]
    for name in needed:
        without = {each: value for each, value in whole.items() if each != name}
        for wrong in (without, whole | {name: b"\xff"}):
            with pytest.raises(CorruptHistory, match="headers cannot be read"):
                notice_of(wrong, rated.value)
    for name in ("ce_sequence", "ce_position", "ce_recordedtime"):
        with pytest.raises(CorruptHistory):
            notice_of(whole | {name: b"soon"}, rated.value)


def test_a_topic_bears_the_name_of_its_service() -> None:
    assert topic_of("evaluation") == "zoneledger.evaluation.events"
    assert topic_of("evaluation", "test") == "test.evaluation.events"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_stream", b"unit-\x00"),
        ("ce_stream", b"x" * 2_000),
        ("ce_id", b"a\nb"),
        ("ce_sequence", b"0"),
        ("ce_sequence", str(2**63).encode()),
        ("ce_position", b"-1"),
        ("ce_position", b"9" * 400),
    ],
)
@asynchronous
async def test_what_no_log_can_hold_is_no_letter_of_ours(
    tmp_path: Path, name: str, value: bytes
) -> None:
    [*_, rated], _ = await sent(tmp_path)
    with pytest.raises(CorruptHistory, match=name):
        notice_of(dict(rated.headers) | {name: value}, rated.value)
