"""The words of the contract's enums: GRADE_EXCELLENT is "excellent" wherever people read it."""

import re
from collections.abc import Hashable, Sequence
from functools import cache
from typing import Protocol

from google.protobuf.descriptor import EnumDescriptor

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Enum(Hashable, Protocol):
    """An enum as the generated contract has it."""

    @property
    def DESCRIPTOR(self) -> EnumDescriptor: ...  # noqa: N802  # protobuf's own name

    def items(self) -> Sequence[tuple[str, int]]: ...


def word(enum: Enum, number: int) -> str:
    """The lower-case word of a value; "" for UNSPECIFIED and for a value that the enum lacks."""
    return _words(enum)[0].get(number, "")


def number(enum: Enum, text: str) -> int:
    """The value of a word; 0 (UNSPECIFIED) for a word that the enum lacks."""
    return _words(enum)[1].get(text, 0)


@cache
def _words(enum: Enum) -> tuple[dict[int, str], dict[str, int]]:
    prefix = _WORD_START.sub("_", enum.DESCRIPTOR.name).upper() + "_"
    words = {
        value: name.removeprefix(prefix).lower()
        for name, value in enum.items()
        if name != f"{prefix}UNSPECIFIED"
    }
    return words, {text: value for value, text in words.items()}
