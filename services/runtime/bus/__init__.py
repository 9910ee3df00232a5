"""The port to what carries events between services.

A bus carries; it never holds the truth. Whoever reads from it may get a thing twice and must get
each stream's events in order.
"""

from typing import Protocol


class Bus(Protocol):
    """What a ledger needs of a bus."""

    def wake(self) -> None:
        """Say that something new was decided; returns at once."""

    async def settle(self) -> None:
        """Return when everything decided before the call has been heard, if that can be known."""
