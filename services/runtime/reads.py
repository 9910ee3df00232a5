"""Get, BatchGet and List (AIP-131, 231, 132) of what a service's views show.

A read names two clocks and how far the log must have come; its answer says what it was read from.
It is made of the events that the caller may see, as if there were no others. A page is read from
the state that the first page of its walk was read from.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message

from services.kernel.decision import Recorded
from services.kernel.errors import Malformed, Unavailable, UnknownStream, Violation
from services.kernel.policy import Policies
from services.kernel.reasons import Why
from services.kernel.timeline import NOW, Question
from services.kernel.viewer import OPERATOR, Viewer
from services.runtime import calling, clock, fields, masks, names, pages
from services.runtime.ledger import Ledger
from services.runtime.names import Pattern
from services.runtime.pages import Page
from services.runtime.waiting import Waiting
from zoneledger.ledger.v1.reading_pb2 import Reading

Response = TypeVar("Response", bound=Message)

MOST_AT_ONCE = 100
_NO_VERSION = -1
_ROWS_FOR_ONE = 3  # A subject has a few rows; a page needs about as many subjects as it is long.


class Asked(NamedTuple):
    """What a view needs of a request: a round (0 is any), a day, and the documents adopted.

    `day` is the one on which an answer is given: that which was asked for, else that of the moment
    asked for, else today in China. `beside` is what the log says of a second subject.
    """

    round: int
    as_of: str
    policies: Policies
    day: str = ""
    beside: Sequence[Recorded] = ()


class Collection(NamedTuple):
    """Resources of one kind: how they are named, and the view that shows those of one subject.

    `field` is theirs in a list's answer, `one` in a Get's. Of `subject` are all of them, where they
    belong to no unit. Where a request names no day, it is today in China if `is_of_today`.
    `is_about` says whether an event of the subject made the resource with these ids what it is.
    Where the view needs what is said of a second subject, such as the supplements, that is
    `beside`: it is public.
    """

    pattern: Pattern
    field: str
    one: str
    view: Callable[[Sequence[Recorded], Asked], Sequence[Any]]
    subject: str = ""
    is_of_today: bool = False
    is_about: Callable[[Any, Mapping[str, str]], bool] = lambda event, ids: False
    beside: str = ""


class Reads:
    """The reads of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._waiting = ledger, Waiting(ledger.sources)

    async def get(self, collection: Collection, request: Any, response: type[Response]) -> Response:
        """The resource of a name; `UnknownStream` where there is none that the caller may see."""
        masks.check(request.read_mask, response, collection.one)
        position, question, found = await self.find(collection, request)
        calling.note(position, 1)
        [shown] = masks.masked([found], request.read_mask)
        reading = await self.reading(position, question, [names.unit_in(request.name)])
        return response(**{collection.one: shown, "reading": reading})

    async def find(self, collection: Collection, request: Any) -> tuple[int, Question, Any]:
        """The resource that a request names, the position and the question that it was read by."""
        position, question = await self._begin(collection, request)
        found = await self._named(collection, request.name, question, position, "name")
        return position, question, found

    async def batch_get(
        self, collection: Collection, request: Any, response: type[Response]
    ) -> Response:
        """The resources of all names, in their order, or `UnknownStream` for the first missing."""
        if len(request.names) > MOST_AT_ONCE:
            raise Malformed(
                Violation("names", Why.TOO_MANY(count=len(request.names), limit=MOST_AT_ONCE))
            )
        masks.check(request.read_mask, response, collection.field)
        position, question = await self._begin(collection, request)
        found = [
            await self._named(collection, name, question, position, f"names[{index}]")
            for index, name in enumerate(request.names)
        ]
        calling.note(position, len(found))
        reading = await self.reading(position, question, list(map(names.unit_in, request.names)))
        shown = masks.masked(found, request.read_mask)
        return response(**{collection.field: shown, "reading": reading})

    async def list_page(
        self, collection: Collection, request: Any, response: type[Response]
    ) -> Response:
        """One page of those that the request asks for, in the order of units, then of the view."""
        masks.check(request.read_mask, response, collection.field)
        size = pages.size(request.page_size)
        arguments = pages.arguments_of(request)
        position, question = await self._begin(collection, request)
        unit = "" if collection.subject else names.parent(request.parent)
        page = Page(position, question.as_of, question.known_ns, "", arguments)
        if request.page_token:
            page = pages.opened(request.page_token, arguments, position)
        question = Question(collection.subject or unit, page.as_of, page.known_ns)
        found, more = await self._page(collection, request, question, page, size)
        calling.note(page.position, len(found))
        token = pages.written(page._replace(after=found[-1].name)) if more else ""
        return response(
            **{
                collection.field: masks.masked(found, request.read_mask),
                "reading": await self.reading(page.position, question, [unit]),
                "next_page_token": token,
            }
        )

    async def _page(
        self, collection: Collection, request: Any, question: Question, page: Page, size: int
    ) -> tuple[list[Any], bool]:
        """At most `size` resources behind `page.after`, and whether there are more."""
        round_ = getattr(request, "round", 0)
        asked = await self._asked(collection, round_, question, page.position)
        first = "" if collection.subject else names.unit_in(page.after)
        found: list[Any] = []
        telling = self._ledger.tell(
            question, calling.viewer(), page.position, first, size * _ROWS_FOR_ONE
        )
        async for subject, entries in telling:
            shown = list(collection.view(entries, asked))
            if page.after and subject in (first, collection.subject):
                behind = [index for index, each in enumerate(shown) if each.name == page.after]
                shown = shown[behind[0] + 1 :] if behind else shown
            found += shown
            if len(found) > size:
                return found[:size], True
        return found, False

    async def _named(
        self, collection: Collection, name: str, question: Question, position: int, field: str
    ) -> Any:
        ids = collection.pattern.read(name, field)
        subject = collection.subject or ids["unit"]
        asked = await self._asked(collection, int(ids.get("round", 0)), question, position)
        telling = self._ledger.tell(question._replace(subject=subject), calling.viewer(), position)
        async for _, entries in telling:
            for shown in collection.view(entries, asked):
                if shown.name == name:
                    return shown
        raise UnknownStream(Why.RESOURCE_NOT_FOUND(name=name, agency=calling.viewer().agency))

    async def _asked(
        self, collection: Collection, round_: int, question: Question, position: int
    ) -> Asked:
        """What the view of a collection needs to answer a question."""
        beside: list[Recorded] = []
        if collection.beside:
            of_it = question._replace(subject=collection.beside)
            async for _, entries in self._ledger.tell(of_it, OPERATOR, position):
                beside += entries
        day = question.as_of or min(clock.today(), clock.day_of(question.known_ns))
        return Asked(round_, question.as_of, self._ledger.adopted, day, beside)

    async def _begin(self, collection: Collection, request: Any) -> tuple[int, Question]:
        """Catch up; how far the log has come, and the two clocks of a request."""
        question = fields.question(request, clock.today() if collection.is_of_today else "")
        return await self.come_to(request.min_position), question

    async def come_to(self, min_position: int) -> int:
        """How far the log has come; `Unavailable` where that is not as far as is asked for."""
        position = await self._ledger.catch_up()
        if min_position > position:
            service = self._ledger.service.name
            why = Why.POSITION_NOT_REACHED(service=service, position=position, asked=min_position)
            raise Unavailable(why)
        return position

    async def expected(
        self, collection: Collection, name: str, etag: str, viewer: Viewer = OPERATOR
    ) -> int | None:
        """The version of the stream in which a resource has this etag; None for any.

        Of a collection with a subject of its own the newest resource counts. Where it is another
        one by now, a version that no stream has: whoever decides refuses it, unless the request was
        answered before. With a `viewer` it is another one only where that is seen.
        """
        if not etag:
            return None
        position = await self._ledger.catch_up()
        question = Question(collection.subject or names.unit_in(name))
        asked = await self._asked(collection, 0, question, position)
        async for _, entries in self._ledger.tell(question, viewer, position):
            shown = collection.view(entries, asked)
            newest = [each for each in shown if each.name == name] if name else shown[-1:]
            if newest and newest[0].etag == etag:
                return await self._version(etag, position)
        return _NO_VERSION

    async def _version(self, decision_id: str, position: int) -> int:
        """Where the stream of the decision stands at `position`: a unit may have several."""
        made = await self._ledger.store.find(decision_id)
        if made is None:
            return _NO_VERSION
        later = await self._ledger.store.stream(made.stream, made.next_version)
        return [made, *(row for row in later if row.position <= position)][-1].next_version

    async def reading(self, position: int, question: Question, units: Sequence[str]) -> Reading:
        """What an answer about these units was read from; "" stands for all."""
        parked = self._ledger.parked if question.known_ns == NOW else ()
        return Reading(
            position=position,
            as_of=question.as_of,
            provisional=await self._waiting.concerns(parked, units, calling.viewer()),
            checkpoint=self._ledger.checkpoint,
        )
