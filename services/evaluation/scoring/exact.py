"""Decimals as whole numbers, and the one way to round: half to even."""

import re
from decimal import Decimal

MICRO_PLACES = 6  # Decimals of a millionth.

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")


def scaled(text: str, decimals: int) -> int | None:
    """The decimal in units of its last place, 12.3 with two decimals is 1230; None for no such."""
    whole, _, places = text.partition(".")
    if not _DECIMAL.fullmatch(text) or len(places) > decimals:
        return None
    return int(whole + places.ljust(decimals, "0"))


def written(number: int, decimals: int) -> str:
    """The decimal that so many units of its last place are: 1230 with two decimals is "12.30"."""
    whole, places = divmod(abs(number), 10**decimals)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}.{places:0{decimals}d}" if decimals else f"{sign}{whole}"


def scaled_decimal(value: Decimal, decimals: int) -> int:
    """The same of a decimal that has no more places than that."""
    return int(value.scaleb(decimals))


def half_even(numerator: int, denominator: int) -> int:
    """The nearest whole number to a fraction with a positive denominator; a half goes to even."""
    whole, rest = divmod(numerator, denominator)
    is_up = 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    return whole + is_up


def decimal_text(value: Decimal) -> str:
    """As it was written, without an exponent."""
    return format(value, "f")


def micro_text(micro: int) -> str:
    """Millionths as a decimal: 81_250_000 is "81.250000"."""
    return written(micro, MICRO_PLACES)
