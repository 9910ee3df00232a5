"""A project's code has the form of GB/T 40058-2021: five groups of digits, 24 characters."""

import pytest

from services.kernel.project_code import is_project_code


def test_a_code_is_five_groups_of_digits() -> None:
    assert is_project_code("2108-430302-04-01-123456")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21084303020401123456",
        "2108-430302-04-01-12345",
        "2108-430302-04-01-1234567",
        "2108-43030X-04-01-123456",
        "２１０８-430302-04-01-123456",
        "2108-430302-04-01-123456\n",
        " 2108-430302-04-01-123456",
    ],
)
def test_what_has_another_form_is_no_code(text: str) -> None:
    assert not is_project_code(text)
