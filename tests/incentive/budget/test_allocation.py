"""What is divided adds up exactly, passes no cap, and does not depend on any order."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.incentive.budget.allocation import (
    Claim,
    Seats,
    Share,
    divide_money,
    divide_places,
)

LAW = settings(deadline=None, max_examples=150)

numbers = st.one_of(st.integers(0, 12), st.integers(0, 10**15))
money = st.one_of(st.integers(0, 60), st.integers(0, 10**16))
claims_of = st.lists(
    st.builds(Claim, st.integers(0, 40).map(lambda n: f"p-{n:02}"), numbers, numbers),
    max_size=12,
    unique_by=lambda claim: claim.claim_id,
)
# Claims that are often tied, and often just at their caps.
tight = st.lists(
    st.builds(Claim, st.integers(0, 40).map(str), st.integers(0, 3), st.integers(0, 4)),
    max_size=10,
    unique_by=lambda claim: claim.claim_id,
)
claims = st.one_of(claims_of, tight)


def amounts(shares: Sequence[Share] | Sequence[Seats]) -> dict[str, int]:
    return {share.claim.claim_id: share.amount for share in shares}


def slowly(total: int, claims: Sequence[Claim]) -> dict[str, int]:
    """Money divided as it would be with pencil and paper: round by round, in fractions."""
    open_ = {each.claim_id: each for each in claims if each.weight and each.cap}
    result, left = dict.fromkeys((each.claim_id for each in claims), 0), total
    while open_:
        level = Fraction(left, sum(each.weight for each in open_.values()))
        full = [each for each in open_.values() if each.cap <= level * each.weight]
        if not full:
            break
        for each in full:
            result[each.claim_id] = each.cap
            left -= each.cap
            del open_[each.claim_id]
    if not open_:
        return result
    level = Fraction(left, sum(each.weight for each in open_.values()))
    dues = {name: level * each.weight for name, each in open_.items()}
    for name, due in dues.items():
        result[name] = int(due)
    over = left - sum(map(int, dues.values()))
    for name in sorted(dues, key=lambda name: (-(dues[name] % 1), name))[:over]:
        result[name] += 1
    return result


# Money.


def test_money_is_divided_in_proportion_to_the_weights() -> None:
    shares = divide_money(1_000, [Claim("a", 3, 1_000), Claim("b", 2, 1_000)])
    assert amounts(shares) == {"a": 600, "b": 400}


def test_what_a_cap_keeps_from_one_is_divided_among_the_others() -> None:
    claims = [Claim("a", 1, 100), Claim("b", 1, 1_000), Claim("c", 2, 1_000)]
    shares = divide_money(1_000, claims)
    assert amounts(shares) == {"a": 100, "b": 300, "c": 600}
    assert [share.filled_in for share in shares] == [1, 2, 2]


def test_the_last_fen_goes_to_the_largest_remainder_and_of_equal_ones_to_the_first_id() -> None:
    shares = divide_money(11, [Claim(name, weight, 99) for name, weight in (("b", 1), ("a", 1))])
    assert amounts(shares) == {"a": 6, "b": 5}
    assert [(share.rest, share.remainder_rank) for share in shares] == [
        (Fraction(1, 2), 1),
        (Fraction(1, 2), 2),
    ]


def test_a_claim_without_weight_or_without_cap_has_nothing() -> None:
    shares = divide_money(10, [Claim("a", 0, 5), Claim("b", 5, 0), Claim("c", 1, 20)])
    assert amounts(shares) == {"a": 0, "b": 0, "c": 10}


def test_what_nobody_can_take_is_left_over() -> None:
    assert sum(amounts(divide_money(100, [Claim("a", 7, 30), Claim("b", 1, 20)])).values()) == 50


@given(money, claims)
@LAW
def test_money_is_divided_as_with_pencil_and_paper(total: int, claims: Sequence[Claim]) -> None:
    assert amounts(divide_money(total, claims)) == slowly(total, claims)


@given(money, claims)
@LAW
def test_all_of_the_money_is_divided_or_every_claim_has_its_cap(
    total: int, claims: Sequence[Claim]
) -> None:
    shares = divide_money(total, claims)
    most = sum(each.cap for each in claims if each.weight)
    assert sum(share.amount for share in shares) == min(total, most)


@given(money, claims)
@LAW
def test_no_share_of_money_is_above_its_cap_or_below_nothing(
    total: int, claims: Sequence[Claim]
) -> None:
    assert all(0 <= share.amount <= share.claim.cap for share in divide_money(total, claims))


@given(money, claims, st.data())
@LAW
def test_the_order_of_claims_changes_no_share_of_money(
    total: int, claims: Sequence[Claim], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(claims))
    assert divide_money(total, mixed) == divide_money(total, claims)


@given(money, numbers, claims)
@LAW
def test_more_money_lowers_no_due_and_costs_nobody_more_than_a_fen(
    total: int, more: int, claims: Sequence[Claim]
) -> None:
    for before, after in zip(
        divide_money(total, claims), divide_money(total + more, claims), strict=True
    ):
        assert _due(after) >= _due(before)
        assert after.amount >= before.amount - 1


def _due(share: Share) -> Fraction:
    return min(share.quota + share.rest, Fraction(share.claim.cap))


@given(money, claims)
@LAW
def test_every_share_of_money_can_be_worked_out_from_its_line(
    total: int, claims: Sequence[Claim]
) -> None:
    shares = [each for each in divide_money(total, claims) if each.filled_in]
    last = max((each.filled_in for each in shares), default=0)
    over = [each for each in shares if each.amount == each.quota + 1]
    for each in shares:
        is_full = each.amount == each.claim.cap and each.remainder_rank == 0
        assert is_full or each.filled_in == last
        if not is_full:
            assert each.amount == each.quota + (0 < each.remainder_rank <= len(over))


# Places.


def test_six_six_two_share_ten_eleven_and_twelve_places_and_nobody_loses_one() -> None:
    claims = [Claim("a", 6, 99), Claim("b", 6, 99), Claim("c", 2, 99)]
    assert list(amounts(divide_places(10, claims)).values()) == [5, 4, 1]
    assert list(amounts(divide_places(11, claims)).values()) == [5, 5, 1]
    assert list(amounts(divide_places(12, claims)).values()) == [5, 5, 2]


def test_places_beyond_a_cap_go_to_the_next() -> None:
    claims = [Claim("a", 9, 1), Claim("b", 1, 9)]
    assert amounts(divide_places(3, claims)) == {"a": 1, "b": 2}


def test_of_equal_quotients_the_first_id_has_the_place() -> None:
    assert amounts(divide_places(1, [Claim("b", 1, 1), Claim("a", 1, 1)])) == {"a": 1, "b": 0}


places = st.integers(0, 60)


@given(places, claims)
@LAW
def test_one_more_place_takes_none_from_anybody(total: int, claims: Sequence[Claim]) -> None:
    fewer, more = divide_places(total, claims), divide_places(total + 1, claims)
    gained = [b.amount - a.amount for a, b in zip(fewer, more, strict=True)]
    assert sorted(gained) in ([0] * len(gained), [*[0] * (len(gained) - 1), 1])


@given(places, claims)
@LAW
def test_all_places_are_given_or_every_claim_has_its_cap(
    total: int, claims: Sequence[Claim]
) -> None:
    seats = divide_places(total, claims)
    most = sum(each.cap for each in claims if each.weight)
    assert sum(each.amount for each in seats) == min(total, most)
    assert all(0 <= each.amount <= each.claim.cap for each in seats)


@given(places, claims, st.data())
@LAW
def test_the_order_of_claims_changes_no_place(
    total: int, claims: Sequence[Claim], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(claims))
    assert divide_places(total, mixed) == divide_places(total, claims)


@given(places, claims)
@LAW
def test_no_place_would_have_gone_to_a_larger_quotient(total: int, claims: Sequence[Claim]) -> None:
    """What each line says proves the division without doing it again."""
    seats = divide_places(total, claims)
    won = [each.last for each in seats if each.amount]
    lost = [each.following for each in seats if each.following]
    assert not won or not lost or min(won) >= max(lost)
