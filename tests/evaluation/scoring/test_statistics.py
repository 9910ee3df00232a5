"""A value counts by its place between frozen goalposts, exactly, and every treatment is a line."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.scoring.exact import half_even, micro_text, scaled
from services.evaluation.scoring.score import Report, score
from services.evaluation.scoring.statistics import value_fault
from services.kernel.errors import Malformed
from services.kernel.reasons import Why
from tests.evaluation.scoring.rules import CLASSES, WITHOUT_EXPERTS, rule_set
from zoneledger.evaluation.v1.scoring_pb2 import Contribution, Score, ScorePart, Treatment

# Growth (0 to 10) and research (0.50 to 3.50) of the economy, energy (-6 to 2, less is better).
RULES = rule_set(*WITHOUT_EXPERTS)
WHOLE = {"growth": "5.0", "research": "2.00", "energy": "-2.0"}


def scored(**values: str) -> Score:
    return score(RULES, Report("anshan", WHOLE | values))


def line(name: str, of: Score) -> Contribution:
    [found] = [each for each in of.contributions if each.line_id == name]
    return found


# What a value contributes.


def test_a_value_in_the_middle_contributes_half_of_its_weight() -> None:
    assert line("growth", scored()) == Contribution(
        line_id="growth",
        part=ScorePart.SCORE_PART_STATISTICS,
        dimension_id="economy",
        raw="5.0",
        treatment=Treatment.TREATMENT_NONE,
        treated="5.0",
        low="0.0",
        high="10.0",
        normalised_micro=500_000,
        weight_micro=400_000,
        contribution_micro=200_000,
    )


def test_less_of_an_adverse_indicator_contributes_more() -> None:
    assert line("energy", scored(energy="-6.0")).contribution_micro == 400_000
    assert line("energy", scored(energy="2.0")).contribution_micro == 0


def test_the_score_is_the_sum_of_its_lines() -> None:
    of = scored(growth="3.3", research="1.23", energy="0.1")
    assert of.score_micro == sum(each.contribution_micro for each in of.contributions)


def test_a_score_says_by_which_rules_it_was_made_and_that_they_are_illustrative() -> None:
    of = scored()
    assert (of.rule_set_id, of.rule_set_hash) == ("small-2021", RULES.content_hash)
    assert of.is_illustrative


def test_a_line_is_rounded_once_and_half_to_even() -> None:
    # 200,000 x (1.00 - 0.50) / 3.00 = 33,333.33...
    assert line("research", scored(research="1.00")).contribution_micro == 33_333
    assert [half_even(n, 2) for n in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]


# What is treated.


@pytest.mark.parametrize(
    ("value", "treatment", "treated", "contribution"),
    [
        ("-0.1", Treatment.TREATMENT_CLAMPED_LOW, "0.0", 0),
        ("0.0", Treatment.TREATMENT_NONE, "0.0", 0),
        ("10.0", Treatment.TREATMENT_NONE, "10.0", 400_000),
        ("10.1", Treatment.TREATMENT_CLAMPED_HIGH, "10.0", 400_000),
    ],
)
def test_a_value_beyond_a_goalpost_counts_as_the_goalpost_and_says_so(
    value: str, treatment: Treatment.ValueType, treated: str, contribution: int
) -> None:
    one = line("growth", scored(growth=value))
    assert (one.raw, one.treatment, one.treated) == (value, treatment, treated)
    assert one.contribution_micro == contribution


def test_an_adverse_value_beyond_the_low_goalpost_has_all_of_its_weight() -> None:
    one = line("energy", scored(energy="-7.5"))
    assert one.treatment == Treatment.TREATMENT_CLAMPED_LOW
    assert one.contribution_micro == 400_000


def test_a_missing_value_may_count_nothing_and_keep_its_weight() -> None:
    one = line("research", scored(research=""))
    assert (one.is_missing, one.treatment) == (True, Treatment.TREATMENT_MISSING_ZERO)
    assert (one.weight_micro, one.contribution_micro) == (200_000, 0)


def test_a_missing_value_may_give_its_weight_to_what_was_reported_in_its_dimension() -> None:
    of = scored(growth="")
    one = line("growth", of)
    assert (one.is_missing, one.treatment) == (True, Treatment.TREATMENT_MISSING_REWEIGHTED)
    assert (one.weight_micro, one.contribution_micro) == (0, 0)
    assert line("research", of).weight_micro == 600_000
    assert line("research", of).contribution_micro == 300_000
    assert line("energy", of).weight_micro == 400_000


def test_where_nothing_of_a_dimension_was_reported_all_of_it_counts_nothing() -> None:
    one = line("energy", scored(energy=""))
    assert one.treatment == Treatment.TREATMENT_MISSING_ZERO
    assert (one.weight_micro, one.contribution_micro) == (400_000, 0)


def test_a_value_that_is_not_named_is_missing() -> None:
    assert line("energy", score(RULES, Report("anshan", {}))).is_missing


def test_each_class_has_goalposts_of_its_own() -> None:
    rules = rule_set(
        *WITHOUT_EXPERTS,
        CLASSES,
        (
            "[{low: 0.0, high: 10.0}]",
            "[{peer_class: coal, low: 0.0, high: 5.0}, {peer_class: steel, low: 0.0, high: 20.0}]",
        ),
    )
    coal, steel = (score(rules, Report(unit, WHOLE)) for unit in ("datong", "anshan"))
    assert (coal.peer_class_id, steel.peer_class_id) == ("coal", "steel")
    assert line("growth", coal).normalised_micro == 1_000_000
    assert line("growth", steel).normalised_micro == 250_000


# What cannot be read.


@pytest.mark.parametrize("text", ["5.00", "1,5", "+5", "05", "5.", "1e1", " 5", "NaN", "五", "٥"])
def test_a_value_is_a_decimal_as_its_indicator_has_it(text: str) -> None:
    fault = value_fault(RULES.indicators[0], text)
    assert fault is not None
    assert fault.why is Why.NOT_A_DECIMAL


def test_every_value_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(Malformed) as refusal:
        scored(growth="x", energy="1.23", wealth="1")
    assert [each.field for each in refusal.value.violations] == [
        "values[energy]",
        "values[growth]",
        "values[wealth]",
    ]


def test_a_value_of_no_indicator_is_refused_even_if_it_is_missing() -> None:
    with pytest.raises(Malformed) as refusal:
        score(RULES, Report("anshan", {"wealth": ""}))
    assert refusal.value.why is Why.INDICATOR_UNKNOWN


# What always holds.

Number = st.integers(-200, 300)
Maybe = st.none() | Number


def text(number: int | None, decimals: int) -> str:
    if number is None:
        return ""
    whole, places = divmod(abs(number), 10**decimals)
    return f"{'-' if number < 0 else ''}{whole}.{places:0{decimals}d}"


def of_numbers(growth: int | None, research: int | None, energy: int | None) -> Score:
    return scored(growth=text(growth, 1), research=text(research, 2), energy=text(energy, 1))


@settings(deadline=None)
@given(Maybe, Maybe, Maybe)
def test_lines_add_up_and_stay_near_what_is_exact(
    growth: int | None, research: int | None, energy: int | None
) -> None:
    of = of_numbers(growth, research, energy)
    assert of.score_micro == sum(each.contribution_micro for each in of.contributions)
    assert abs(of.score_micro - exact(growth, research, energy)) <= Fraction(3, 2)


def exact(growth: int | None, research: int | None, energy: int | None) -> Fraction:
    """The score by its definition, in fractions, without what the program has."""

    def place(number: int | None, low: int, high: int) -> Fraction:
        if number is None:
            return Fraction(0)
        return Fraction(min(max(number, low), high) - low, high - low)

    of_growth, of_research = place(growth, 0, 100), place(research, 50, 350)
    economy = 400_000 * of_growth + 200_000 * of_research
    if growth is None and research is not None:
        economy = 600_000 * of_research
    green = 400_000 * (1 - place(energy, -60, 20)) if energy is not None else Fraction(0)
    return Fraction(economy) + green


@settings(deadline=None)
@given(Number, Maybe, Maybe, st.integers(1, 100))
def test_raising_a_beneficial_indicator_never_lowers_the_score(
    growth: int, research: int | None, energy: int | None, more: int
) -> None:
    lower, higher = (of_numbers(n, research, energy) for n in (growth, growth + more))
    assert higher.score_micro >= lower.score_micro


@settings(deadline=None)
@given(Maybe, Maybe, Number, st.integers(1, 100))
def test_raising_an_adverse_indicator_never_raises_the_score(
    growth: int | None, research: int | None, energy: int, more: int
) -> None:
    lower, higher = (of_numbers(growth, research, n) for n in (energy, energy + more))
    assert higher.score_micro <= lower.score_micro


@settings(deadline=None)
@given(st.permutations(sorted(WHOLE.items())))
def test_the_order_in_which_values_come_changes_nothing(items: list[tuple[str, str]]) -> None:
    assert score(RULES, Report("anshan", dict(items))) == scored()


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_millionths_are_written_as_they_are_read(micro: int) -> None:
    assert scaled(micro_text(micro), 6) == micro
