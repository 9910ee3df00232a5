"""The call that is being answered: who asks, and what the answer was read from.

It goes with the task of the call, so that what answers need not hand it on. Outside of a call,
whoever works on the data here is the operator.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.kernel.viewer import OPERATOR, Viewer


class Call:
    """Who asks; the log position and how many resources the answer to it has."""

    __slots__ = ("position", "rows", "viewer")

    def __init__(self, viewer: Viewer) -> None:
        self.viewer, self.position, self.rows = viewer, 0, 0


_current: ContextVar[Call] = ContextVar("call", default=Call(OPERATOR))  # noqa: B039


@contextmanager
def of(viewer: Viewer) -> Iterator[Call]:
    """Answer a call of this viewer in the block."""
    call = Call(viewer)
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


def viewer() -> Viewer:
    """Who asks."""
    return _current.get().viewer


def note(position: int, rows: int) -> None:
    """Say what the answer was read from, for the access log."""
    call = _current.get()
    call.position, call.rows = position, rows
