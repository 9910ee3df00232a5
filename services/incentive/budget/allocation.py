"""How what a pool has is divided among claims: money by water-filling, places by Sainte-Laguë.

Money is divided in proportion to the weights, and nobody has more than the cap of the claim: who
would, has the cap, and what is left is divided again among the others. The last shares are whole
fen by the largest remainders. Places cannot be divided; they go one by one to the claim with the
largest quotient weight / (2 * places + 1), so that one more place takes none from anybody. Ties go
to the first by id. What nobody can take is left over.

All of it is exact: no float, and no order of the claims matters. Of money, more in the pool lowers
no due before rounding; but largest remainders are not house-monotone, so that it may cost a claim
one fen, and never more.
"""

from collections.abc import Sequence
from fractions import Fraction
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple

# Keys of ratios are whole numbers: two different ratios of numbers below 2**63 lie further apart.
_SHIFT = 128


class Claim(NamedTuple):
    """Who wants a part: by which weight, and how much at the most; neither is below 0."""

    claim_id: str
    weight: int
    cap: int


class Share(NamedTuple):
    """What a claim has of divided money, and its arithmetic.

    `quota` and `rest` (below 1) are its due when it was served. It reached its cap in the round
    `filled_in` of water-filling, or shared in the last one by its `remainder_rank` (else 0). A
    claim of weight 0 or cap 0 is in no round.
    """

    claim: Claim
    amount: int
    quota: int = 0
    rest: Fraction = Fraction(0)
    remainder_rank: int = 0
    filled_in: int = 0


class Seats(NamedTuple):
    """What a claim has of indivisible places, and its arithmetic.

    `quota` and `rest` are its due by weight alone. It won its last place by the quotient `last`,
    and would have claimed the next one by `following`; 0 where there is none.
    """

    claim: Claim
    amount: int
    quota: int
    rest: Fraction
    last: Fraction
    following: Fraction


def divide_money(total: int, claims: Sequence[Claim]) -> Sequence[Share]:
    """The shares of `total` fen, by the ids of the claims; ids are different."""
    able = [each for each in claims if each.weight and each.cap]
    unable = [Share(each, 0) for each in claims if not (each.weight and each.cap)]
    able.sort(key=_by_cap)
    filled, left, weight, round_ = _fill(total, able)
    shared = _share(left, weight, able[len(filled) :], round_)
    return sorted([*unable, *filled, *shared], key=lambda share: share.claim.claim_id)


def divide_places(total: int, claims: Sequence[Claim]) -> Sequence[Seats]:
    """The shares of `total` places, by the ids of the claims; ids are different."""
    able = {each.claim_id: each for each in claims}
    weights = sum(each.weight for each in able.values())
    places = dict.fromkeys(able, 0)
    waiting = [(-_key(each.weight, 1), each.claim_id) for each in able.values() if _wants(each, 0)]
    heapify(waiting)
    for _ in range(total):
        if not waiting:
            break
        _, first = waiting[0]
        places[first] += 1
        claim, has = able[first], places[first]
        if _wants(claim, has):
            heapreplace(waiting, (-_key(claim.weight, 2 * has + 1), first))
        else:
            heappop(waiting)
    return [_seats(able[name], places[name], total, weights) for name in sorted(able)]


def _by_cap(claim: Claim) -> tuple[int, str]:
    """Who reaches the cap first, comes first."""
    return _key(claim.cap, claim.weight), claim.claim_id


def _key(part: int, whole: int) -> int:
    return (part << _SHIFT) // whole


def _fill(total: int, able: Sequence[Claim]) -> tuple[list[Share], int, int, int]:
    """Those that reach their caps; what is left, the weight of the others, the next round."""
    left, weight = total, sum(each.weight for each in able)
    filled: list[Share] = []
    round_ = 1
    while len(filled) < len(able):
        before, due, whole = len(filled), left, weight
        for claim in able[before:]:
            if claim.cap * whole > due * claim.weight:
                break
            quota, rest = divmod(due * claim.weight, whole)
            filled.append(Share(claim, claim.cap, quota, Fraction(rest, whole), 0, round_))
            left -= claim.cap
            weight -= claim.weight
        if len(filled) == before:
            break
        round_ += 1
    return filled, left, weight, round_


def _share(left: int, weight: int, claims: Sequence[Claim], round_: int) -> list[Share]:
    """What is left among claims whose dues are below their caps."""
    dues = [(claim, *divmod(left * claim.weight, weight)) for claim in claims]
    over = left - sum(quota for _, quota, _ in dues) if dues else 0
    dues.sort(key=lambda due: (-due[2], due[0].claim_id))
    return [
        Share(
            claim,
            quota + (rank <= over),
            quota,
            Fraction(rest, weight),
            rank if rest else 0,
            round_,
        )
        for rank, (claim, quota, rest) in enumerate(dues, 1)
    ]


def _wants(claim: Claim, has: int) -> bool:
    return claim.weight > 0 and has < claim.cap


def _seats(claim: Claim, places: int, total: int, weights: int) -> Seats:
    quota, rest = divmod(total * claim.weight, weights) if weights else (0, 0)
    return Seats(
        claim,
        places,
        quota,
        Fraction(rest, weights or 1),
        Fraction(claim.weight, 2 * places - 1) if places else Fraction(0),
        Fraction(claim.weight, 2 * places + 1) if _wants(claim, places) else Fraction(0),
    )
