"""What a process says of itself on stderr: one JSON object a line, or, on a terminal, for people.

The log of decisions is elsewhere; nothing here is evidence. Whoever speaks, ours or a library,
each line has its time in UTC, level, logger, the service and role of the process, the ids that
are bound at that place and the trace it belongs to. While the broker is away the Kafka libraries
say the same 65 times a second: of each kind one line a minute passes, with how many did not.
"""

import logging
import re
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from services.runtime.bound import bound_ids

# They repeat themselves for as long as what they want to reach is away.
_REPETITIVE = ("aiokafka", "faust.transport", "kafka", "opentelemetry")
_PAUSE_SECONDS = 60.0
_MOST_KINDS = 1_000

_log = logging.getLogger(__name__)


def begin(service: str = "", role: str = "", stream: TextIO | None = None) -> None:
    """Write everything that is logged from now on to `stream`, or else to stderr.

    Ours from INFO, of others what is a warning or worse. Also told are warnings of Python, and
    the error that ends the process.
    """
    root = logging.getLogger()
    root.handlers[:] = [handler(stream or sys.stderr, service, role)]
    root.setLevel(logging.WARNING)
    logging.getLogger("services").setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _last_words
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def handler(stream: TextIO, service: str = "", role: str = "") -> logging.Handler:
    """Writes lines to `stream`, in the form that suits it."""
    lines = logging.StreamHandler(stream)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[*_facts({"service": service, "role": role}), *_form(stream)]
        )
    )
    lines.addFilter(Rarely())
    return lines


def _facts(process: dict[str, str]) -> list[Processor]:
    """What a line has beside its message."""
    known = {name: value for name, value in process.items() if value}

    def of_the_process(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        return {**line, **known}

    return [
        structlog.processors.TimeStamper(fmt="iso", key="time"),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        of_the_process,
        _bound_ids,
        _trace_id,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.EventRenamer("message"),
    ]


def _bound_ids(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    return {**bound_ids(), **line}


def _trace_id(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line.setdefault("trace_id", trace.format_trace_id(context.trace_id))
    return line


def _form(stream: TextIO) -> list[Processor]:
    if stream.isatty():
        # A plain traceback: the pretty one shows local variables, and with them passwords.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(event_key="message", exception_formatter=plain)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


class Rarely(logging.Filter):
    """Lets each kind of what is repetitive through once in `pause_seconds`, and all else always.

    A kind is a logger, a level and a message without its numbers.
    """

    def __init__(
        self,
        pause_seconds: float = _PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._pause_seconds, self._clock = pause_seconds, clock
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not any(f"{record.name}.".startswith(f"{name}.") for name in _REPETITIVE):
            return True
        kind = (record.name, record.levelno, re.sub(r"\d+", "0", str(record.msg)))
        now = self._clock()
        said_at, left_out = self._said.get(kind, (-self._pause_seconds, 0))
        if now - said_at < self._pause_seconds:
            self._said[kind] = said_at, left_out + 1
            return False
        if len(self._said) >= _MOST_KINDS:
            self._said.clear()  # Rare and harmless: some lines come once more.
        self._said[kind] = now, 0
        if left_out:
            record.left_out = left_out
        return True


def _last_words(
    kind: type[BaseException], error: BaseException, where: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)
        return
    _log.critical("the process ends: %s", error, exc_info=(kind, error, where))
