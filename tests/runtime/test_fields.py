"""What is wrong with a field is told with its reason, so that it can be told in Chinese too."""

from typing import Any

import pytest

from services.evaluation import api
from services.kernel.reasons import Told, Why
from services.runtime import fields
from services.runtime.log_api import RESOLUTION

TABLES = {
    "unit": api.UNIT,
    "rating": api.RATING,
    "correction": api.CORRECTION,
    "honour": api.HONOUR,
    "policy": api.POLICY,
    "resolution": RESOLUTION,
}
TEXTS = ["", "No Name", "a\x00b", "x" * 2_000, "2021-02-30", "评" * 600_000]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_whatever_a_table_finds_wrong_has_a_reason(table: fields.Table) -> None:
    for field, rule in table.items():
        wrong = [what for value in _values(field) if (what := rule(value))]
        assert wrong, f"{field} is never wrong"
        assert all(isinstance(what, Told) for what in wrong), field


def _values(field: str) -> list[Any]:
    numbers = {"round", "grade", "kind", "visibility", "beneficiary_class"}
    return [-1, 0, 99, 2_000_000] if field in numbers else TEXTS


def test_a_value_is_repeated_in_a_refusal_at_no_great_length() -> None:
    assert len(fields.identifier("x" * 10_000)) < 200
    assert len(fields.day("9" * 10_000)) < 200


def test_a_day_that_nobody_can_report_of_yet_is_told_with_today() -> None:
    assert fields.day_by("2021-06-21")("2021-06-22") == Why.STILL_TO_COME(
        day="2021-06-22", today="2021-06-21"
    )
    assert fields.day_by("2021-06-21")("2021-06-21") == ""
