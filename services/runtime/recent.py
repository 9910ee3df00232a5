"""Keeps what was used last, up to a weight: what is let go is found again elsewhere."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key; together they weigh `most` at the most, one of them alone included."""

    def __init__(self, most: int, weight: Callable[[Value], int]) -> None:
        self._most, self._weight = most, weight
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._weighs = 0

    def get(self, key: Key) -> Value | None:
        """What is kept under the key; it counts as used."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, in place of the one before it; let go of what was used longest ago."""
        self.drop(key)
        self._kept[key] = value
        self._weighs += self._weight(value)
        while self._weighs > self._most:
            _, gone = self._kept.popitem(last=False)
            self._weighs -= self._weight(gone)

    def drop(self, key: Key) -> None:
        """Keep nothing under the key."""
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._weighs -= self._weight(gone)

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._weighs = 0
