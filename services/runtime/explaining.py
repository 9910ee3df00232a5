"""Why something stands: what happened to it, and what that follows from, across the services.

The chain is that of the decisions: each names the event that it follows from, which is looked up in
the log that it came from. What the caller may not see is not in it.
"""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from services.kernel.decision import event_type, moment, unpack
from services.kernel.errors import Unavailable
from services.runtime import calling, masks
from services.runtime.ledger import Ledger
from services.runtime.names import unit_in
from services.runtime.reads import Collection, Reads
from services.runtime.service import Service, load
from zoneledger.ledger.v1.decision_pb2 import Decision, PolicyReference
from zoneledger.ledger.v1.explanation_pb2 import Explanation, ExplanationStep

Response = TypeVar("Response", bound=Message)


class Explaining:
    """Explains what the log of one ledger, and the logs that it heard, say."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._reads = ledger, Reads(ledger)

    async def explain(
        self, collection: Collection, request: Any, response: type[Response]
    ) -> Response:
        """Every event that made the resource what it is, the newest first, each with its causes.

        A service whose log cannot be read now is named; what follows from it stands all the same.
        """
        position, question, _ = await self._reads.find(collection, request)
        ids = collection.pattern.read(request.name)
        question = question._replace(subject=ids["unit"])
        explanation = Explanation()
        telling = self._ledger.tell(question, calling.viewer(), position)
        async for _, entries in telling:
            for entry in reversed(entries):
                if collection.is_about(entry.event, ids):
                    row = await self._ledger.store.find(entry.decision_id)
                    if row is not None:
                        decision = Decision.FromString(row.data)
                        own = self._step(self._ledger.service, row.position, decision, entry.event)
                        explanation.steps.append(own)
                        async for step in self._causes(decision, explanation):
                            explanation.steps.append(step)
        calling.note(position, len(explanation.steps))
        reading = await self._reads.reading(position, question, [unit_in(request.name)])
        return response(explanation=explanation, reading=reading)

    async def _causes(
        self, decision: Decision, explanation: Explanation
    ) -> AsyncIterator[ExplanationStep]:
        """The event that a decision follows from, and the one that that follows from, and so on."""
        listener = self._ledger.service
        while decision.causation_id:
            cause, _, index = decision.causation_id.rpartition(".")
            found = None
            for name in listener.listens_to:
                try:
                    row = await self._ledger.sources[name].find(cause)
                except Unavailable:
                    if name not in explanation.unreachable:
                        explanation.unreachable.append(name)
                    continue
                if row is not None:
                    found = load(name), row
            if found is None:
                return
            listener, row = found
            decision = Decision.FromString(row.data)
            if int(index) >= len(decision.events):
                return  # The log was read without what is not for its reader.
            event = unpack(decision.events[int(index)], listener.events)
            sees = partial(calling.viewer().sees, listener.subject(event))
            if not sees(listener.visibility(event)):
                return
            yield self._step(listener, row.position, decision, listener.veiled(event, sees))

    def _step(
        self, service: Service, position: int, decision: Decision, event: Message
    ) -> ExplanationStep:
        shown = masks.without(event, calling.viewer().hidden)
        sentence, clause_id = service.tell(shown), next(_said(shown, "clause_id"), "")
        policy = _policy(decision, shown)
        quote = self._ledger.adopted.quote(policy.policy_id, clause_id) if policy else ""
        quote = quote or next(_said(shown, "clause_quote"), "")  # Words that came with the event.
        return ExplanationStep(
            service=service.name,
            position=position,
            decision_id=decision.decision_id,
            event_type=event_type(event),
            actor=decision.actor,
            recorded_at=moment(decision.recorded_at.ToNanoseconds()),
            effective_on=service.effective_on(shown) or service.occurred_on(shown),
            policy=policy,
            clause_id=clause_id,
            clause_quote=quote,
            sentence_zh=sentence.zh,
            sentence_en=sentence.en,
        )


def _policy(decision: Decision, event: Message) -> PolicyReference | None:
    """The document that decided, else the one that the event names with its clause."""
    if decision.HasField("policy"):
        return decision.policy
    return next(_said(event, "policy"), None)


def _said(event: Message, name: str) -> Iterator[Any]:
    """What an event says under this name, itself or in what it is about."""
    for field, value in event.ListFields():
        if field.name == name:
            yield value
        elif isinstance(value, Message):
            yield from _said(value, name)
