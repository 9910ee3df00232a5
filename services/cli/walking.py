"""A list from its first page to its last, read from one state of the log."""

from collections.abc import Callable
from typing import Any

_PAGE = 1_000


def every(
    method: Callable[..., Any], request: Any, field: str, timeout: float | None = None
) -> list[Any]:
    """All resources that a list method answers with in `field`, page by page.

    A page takes `timeout` seconds at the most, or what the client gives every call.
    """
    found: list[Any] = []
    asked = type(request)()
    asked.CopyFrom(request)
    asked.page_size = _PAGE
    while True:
        answer = method(asked, timeout=timeout)
        found += getattr(answer, field)
        if not answer.next_page_token:
            return found
        asked.page_token = answer.next_page_token
