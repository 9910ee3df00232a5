"""Dividing a large pool: 100,000 projects, with caps that are reached in many rounds.

One figure is the limit that was promised: seconds of processor time for the whole division with its
arithmetic. The other is a ratio to what nobody can do without: sorting the same claims once by a
number that is there and making as many lines, without dividing anything.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from benchmarks import figure
from benchmarks.figure import Figure, Pair
from services.incentive.budget.allocation import Claim, Share, divide_money

T = TypeVar("T")

_CLAIMS = 100_000
_LIMIT_SECONDS = 2.0
_ROUNDS = 5


def measure() -> list[Figure]:
    """The promised limit, and a ratio round by round."""
    claims = _claims()
    total = sum(claim.cap for claim in claims) * 2 // 3
    whole, pairs = [], []
    for _ in range(_ROUNDS):
        seconds, shares = _timed(partial(divide_money, total, claims))
        bare, _ = _timed(partial(_sorted_and_made, claims))
        assert sum(share.amount for share in shares) == total
        whole.append(seconds)
        pairs.append(Pair(_CLAIMS / seconds, _CLAIMS / bare))
    middle = sorted(whole)[_ROUNDS // 2]
    ratio = round(middle / _LIMIT_SECONDS, 3)
    return [
        Figure(
            "allocation, 100,000 projects", "s", middle, _LIMIT_SECONDS, ratio, 1.0, at_most=True
        ),
        figure.of("dividing a pool", "lines/s", pairs, 0.1),
    ]


def _claims() -> list[Claim]:
    """Requests from 1 to 100 million yuan, no two in a row alike; every fifth has a low cap."""
    requests = [100 * (1 + index * 7_919 % 100_000_000) for index in range(_CLAIMS)]
    return [
        Claim(
            f"project-{index:06}",
            request * (3 if index % 7 == 0 else 2),
            request // 10 if index % 5 == 0 else request,
        )
        for index, request in enumerate(requests)
    ]


def _sorted_and_made(claims: list[Claim]) -> list[Share]:
    in_order = sorted(claims, key=lambda claim: (claim.cap, claim.claim_id))
    return [Share(claim, claim.cap, claim.cap) for claim in in_order]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result
