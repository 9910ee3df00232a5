"""A process says each thing in one line, with the ids that tell what it belongs to."""

import io
import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer  # It comes without.
from aiokafka.errors import KafkaConnectionError

from services.runtime.bound import bound
from services.runtime.journal import Rarely, handler
from services.runtime.tracing import current_traceparent, span
from tests.asynchronous import asynchronous

NOBODY = "127.0.0.1:9"
AWAY = "Unable connect to node with id %s: %s"


@contextmanager
def speaking(name: str = "services.spoken") -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger of this name that writes lines to a stream."""
    stream = io.StringIO()
    lines = handler(stream, "evaluation", "worker")
    logger = logging.getLogger(name)
    before = logger.propagate, logger.level
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(lines)
    try:
        yield logger, stream
    finally:
        logger.removeHandler(lines)
        logger.propagate, logger.level = before


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def process(program: str, stderr: Any = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    """A process that begins its journal and then runs this program."""
    begun = "from services.runtime import journal; journal.begin('incentive', 'api')\n"
    command = [sys.executable, "-c", f"import logging\n{begun}{program}"]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, check=False, timeout=60)


# --- a line -----------------------------------------------------------------------------------


def test_a_line_is_one_json_object_with_time_level_logger_and_process() -> None:
    with speaking() as (logger, stream):
        logger.info("relayed to %d", 7, extra={"topic": "zoneledger.evaluation.events"})
    [line] = written(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "message": "relayed to 7",
        "level": "info",
        "logger": "services.spoken",
        "service": "evaluation",
        "role": "worker",
        "topic": "zoneledger.evaluation.events",
    }


def test_a_line_says_chinese_in_chinese_and_stays_one_line() -> None:
    with speaking() as (logger, stream):
        logger.warning("湘潭\n2020")
    assert "湘潭" in stream.getvalue()
    [line] = written(stream)
    assert line["message"] == "湘潭\n2020"


def test_ids_are_on_each_line_of_their_block_and_on_no_other() -> None:
    with speaking() as (logger, stream):
        with bound(correlation_id="c", decision_id=""):
            logger.info("first")
            with bound(decision_id="d"):
                logger.info("second")
        logger.info("third")
    ids = [{name: line[name] for name in line if name.endswith("_id")} for line in written(stream)]
    assert ids == [{"correlation_id": "c"}, {"correlation_id": "c", "decision_id": "d"}, {}]


def test_a_line_within_a_span_names_its_trace() -> None:
    with speaking() as (logger, stream), span("hear"):
        logger.info("heard")
        trace_id = current_traceparent().split("-")[1]
    assert [line["trace_id"] for line in written(stream)] == [trace_id]


def test_an_error_is_on_its_line_with_where_it_came_from() -> None:
    with speaking() as (logger, stream):
        try:
            int("broken")
        except ValueError:
            logger.exception("failed")
    [line] = written(stream)
    assert "test_journal.py" in line["exception"]
    assert "ValueError: invalid literal" in line["exception"]


# --- what is repetitive -----------------------------------------------------------------------


def test_while_the_broker_is_away_each_kind_of_line_comes_once_a_minute() -> None:
    seconds = 0.0
    rarely = Rarely(60.0, lambda: seconds)
    passed = []
    for tenth in range(1_300):
        seconds = tenth / 10
        for name, text in (("aiokafka", AWAY), ("faust.transport.drivers.aiokafka", "No broker")):
            record = logging.LogRecord(name, logging.ERROR, "", 0, text, (tenth, "x"), None)
            if rarely.filter(record):
                passed.append((seconds, name, getattr(record, "left_out", 0)))
    assert passed == [
        (0.0, "aiokafka", 0),
        (0.0, "faust.transport.drivers.aiokafka", 0),
        (60.0, "aiokafka", 599),
        (60.0, "faust.transport.drivers.aiokafka", 599),
        (120.0, "aiokafka", 599),
        (120.0, "faust.transport.drivers.aiokafka", 599),
    ]


@asynchronous
async def test_a_consumer_whose_broker_is_away_says_so_in_few_lines() -> None:
    with speaking("aiokafka") as (_, stream):
        for _ in range(20):
            consumer = AIOKafkaConsumer("zoneledger.evaluation.events", bootstrap_servers=NOBODY)
            with pytest.raises(KafkaConnectionError):
                await consumer.start()
            await consumer.stop()
    lines = written(stream)
    assert lines
    assert len({(line["logger"], line["level"], line["message"]) for line in lines}) == len(lines)


def test_the_numbers_in_a_text_make_no_kind_of_their_own() -> None:
    with speaking("aiokafka.told") as (logger, stream):
        for node in range(5):
            logger.error(f"node {node} is away")  # noqa: G004  # As the libraries do it.
            logger.error("something else")
    assert [line["message"] for line in written(stream)] == ["node 0 is away", "something else"]


def test_what_we_say_ourselves_is_never_left_out() -> None:
    with speaking() as (logger, stream):
        for _ in range(5):
            logger.error("the broker is away")
    assert len(written(stream)) == 5


# --- a process --------------------------------------------------------------------------------


def test_a_process_writes_its_lines_to_stderr_and_nothing_to_stdout() -> None:
    done = process(
        "import structlog\n"
        "logging.getLogger('services.x').info('ours')\n"
        "logging.getLogger('psycopg.pool').info('chatter')\n"
        "logging.getLogger('psycopg.pool').warning('of a library')\n"
        "structlog.get_logger('services.y').info('structured %s', 'too', position=7)\n"
        "import warnings; warnings.warn('of Python')\n"
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    messages = [line["message"] for line in lines]
    assert messages[:3] == ["ours", "of a library", "structured too"]
    assert "of Python" in messages[3]
    assert lines[2]["position"] == 7
    assert {line["service"] for line in lines} == {"incentive"}
    assert done.stdout == b""


def test_the_error_that_ends_a_process_is_its_last_line() -> None:
    done = process("raise RuntimeError('no broker')")
    line = json.loads(done.stderr.splitlines()[-1])
    assert done.returncode == 1
    assert (line["level"], line["message"]) == ("critical", "the process ends: no broker")
    assert "RuntimeError: no broker" in line["exception"]


def test_on_a_terminal_lines_are_for_people_and_show_no_local_variables() -> None:
    terminal, end = pty.openpty()
    process(
        "password = 'top secret'\n"
        "try:\n    raise RuntimeError('broken')\n"
        "except RuntimeError:\n    logging.getLogger('services.x').exception('failed')\n",
        stderr=end,
    )
    os.close(end)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert not shown.startswith("{")
    assert "failed" in shown
    assert "RuntimeError: broken" in shown
    assert "top secret" not in shown
