"""The ids of what is going on here: each line that is logged meanwhile has them (`journal.py`).

Apart from the journal, so that a command that logs nothing does not load what writes its lines.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_ids: ContextVar[Mapping[str, str]] = ContextVar("ids", default=MappingProxyType({}))


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Put these ids on every line of the block: `correlation_id`, `decision_id`; not the empty."""
    before = _ids.set({**_ids.get(), **{name: value for name, value in ids.items() if value}})
    try:
        yield
    finally:
        _ids.reset(before)


def bound_ids() -> Mapping[str, str]:
    """What is bound at this place."""
    return _ids.get()
