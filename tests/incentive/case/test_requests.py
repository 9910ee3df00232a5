"""An application is read field by field, and every fault of it is told."""

import pytest

from services.incentive.case.requests import benefit_faults
from services.kernel.errors import Fault
from services.kernel.reasons import Why
from tests.incentive.case.story import APPLY, PLOT
from zoneledger.incentive.v1.case_commands_pb2 import ApplyForBenefit
from zoneledger.incentive.v1.case_events_pb2 import Benefit


def coded(code: str) -> ApplyForBenefit:
    """The application of the story, for a project with this code."""
    benefit = Benefit()
    benefit.CopyFrom(PLOT)
    benefit.project_code = code
    return ApplyForBenefit(step=APPLY.step, benefit=benefit)


def test_what_is_no_investment_project_has_no_code() -> None:
    assert benefit_faults([coded("")]) == []


def test_a_project_has_a_code_by_the_standard() -> None:
    assert benefit_faults([coded("2108-430302-04-01-123456")]) == []


@pytest.mark.parametrize(
    "code", ["2108", "2108-430302-04-01-12345", "2108-430302-04-01-123456 ", "二期用地"]
)
def test_what_has_not_the_form_of_the_standard_is_no_code_of_a_project(code: str) -> None:
    fault = Fault(1, "benefit.project_code", Why.NOT_A_PROJECT_CODE(value=code))
    assert benefit_faults([coded(""), coded(code)]) == [fault]
