"""Page tokens: where a walk through a list goes on, in the state that its first page was read from.

A token is bound to the arguments of the walk. It is no secret and gives no right: whoever shows one
sees what it may see.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

from google.protobuf.message import Message

from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why
from services.kernel.timeline import NOW
from services.runtime import fields

USUAL_SIZE, LARGEST_SIZE = 100, 1_000

_LONGEST = 1_000


class Page(NamedTuple):
    """Where a page begins: behind the resource `after`, in the log up to `position`.

    `as_of` and `known_ns` are the two clocks of the walk, `arguments` stands for its arguments.
    """

    position: int
    as_of: str
    known_ns: int
    after: str
    arguments: str


def arguments_of(request: Message) -> str:
    """What stands for all arguments of a list request but its page."""
    asked = type(request)()
    asked.CopyFrom(request)
    for field in ("page_size", "page_token"):
        asked.ClearField(field)
    said = asked.SerializeToString(deterministic=True)
    return sha256(request.DESCRIPTOR.full_name.encode() + b" " + said).hexdigest()[:16]


def written(page: Page) -> str:
    """The token of a page."""
    return urlsafe_b64encode(json.dumps(page, ensure_ascii=False).encode()).decode().rstrip("=")


def opened(token: str, arguments: str, newest: int) -> Page:
    """The page of a token; `Malformed` where it is none, or of another walk or log."""
    page = _read(token)
    if page is None or not 0 <= page.position <= newest:
        raise Malformed(Violation("page_token", Why.NOT_A_PAGE_TOKEN()))
    if page.arguments != arguments:
        raise Malformed(Violation("page_token", Why.PAGE_OF_ANOTHER_LIST()))
    return page


def size(asked: int) -> int:
    """How many to put on a page; `Malformed` for less than nothing."""
    if asked < 0:
        raise Malformed(Violation("page_size", Why.LESS_THAN_NOTHING(value=asked)))
    return min(asked or USUAL_SIZE, LARGEST_SIZE)


def _read(token: str) -> Page | None:
    if len(token) > _LONGEST:
        return None
    try:
        parts = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        return None
    kinds = (int, str, int, str, str)
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        return None
    page = Page(*parts)
    is_day = not page.as_of or not fields.day(page.as_of)
    return page if is_day and 0 <= page.known_ns <= NOW else None
