"""Turns that write one after the other, each drawn up while the one before it is being written.

A draft is made on the draft of the turn before, as if that were written already. It is written only
after that was, exactly as it was drafted; otherwise it is made again on what stands then. Where a
turn fails, so do those that were taken behind it before it did: nothing is written over a gap.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from services.kernel.errors import Unavailable, WrongExpectedVersion

Draft = TypeVar("Draft")


class Turn(Generic[Draft]):
    """A turn behind another one, if there is one that has not ended."""

    def __init__(self, former: "Turn[Draft] | None" = None) -> None:
        self._former = former
        self._believed: Draft | None = None
        self._draft: Draft | None = None
        self._is_drafted, self._has_ended = asyncio.Event(), asyncio.Event()
        self._fault: BaseException | None = None

    async def ahead(self) -> Draft | None:
        """What is about to be written before this; None where all of it stands."""
        self._believed = None
        if self._former is not None:
            await self._former._is_drafted.wait()
            self._believed = self._former._draft
        return self._believed

    async def come(self, draft: Draft) -> None:
        """Wait until this may be written; `WrongExpectedVersion` if it was made on what was not."""
        self._draft = draft
        self._is_drafted.set()
        if await self.settle() is not self._believed:
            raise WrongExpectedVersion("what was decided on was not written")

    async def settle(self) -> Draft | None:
        """Wait until all before this is written; the last of it. `Unavailable` if it failed."""
        if self._former is None:
            return None
        await self._former._has_ended.wait()
        if self._former._fault is not None:
            raise Unavailable("what came before was not answered") from self._former._fault
        former, self._former = self._former, None
        return former._draft

    def end(self, fault: BaseException | None = None) -> None:
        """It is written, or it failed."""
        self._fault = fault
        self._is_drafted.set()
        self._has_ended.set()


class Turns(Generic[Draft]):
    """Gives them out."""

    def __init__(self) -> None:
        self._last: Turn[Draft] | None = None

    @contextmanager
    def take(self) -> Iterator[Turn[Draft]]:
        """The turn behind the one that was taken last."""
        turn = self._last = Turn(self._last)
        try:
            yield turn
        except BaseException as fault:
            turn.end(fault)
            raise
        else:
            turn.end()
        finally:
            if self._last is turn:
                self._last = None
