"""Decides what was submitted, and keeps the first answer to a request that was named.

The answer is written together with the decisions, so it is there whenever they are, whatever was
killed in between; of the same request sent twice at once one is decided and both get its answer.
"""

import logging
from collections.abc import Callable, Sequence

from google.protobuf.message import Message

from services.kernel.errors import EtagMismatch, Fault, Malformed, Rejected
from services.runtime import tracing
from services.runtime.bound import bound
from services.runtime.handler import AnsweredMeanwhile, Handler, Request, request
from services.runtime.metrics import Metrics, Outcome
from services.runtime.store import Answered, Store
from services.runtime.submission import EACH, Counting, Submission, check_same
from zoneledger.ledger.v1.decision_pb2 import Decision
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome, ItemFault

_log = logging.getLogger(__name__)


class Submitting:
    """Decides for one service; `wake` is called when something new was decided."""

    def __init__(
        self, store: Store, handler: Handler, counted: Metrics, wake: Callable[[], None]
    ) -> None:
        self._store, self._handler = store, handler
        self._counted, self._wake = counted, wake

    async def submit(self, asked: Submission, counting: Counting = EACH) -> BatchOutcome:
        """Decide all commands or none, durably; a request that has a name, once and for ever.

        See `Handler.handle` for what is refused; with `validate_only` faults are in the answer. A
        name that stands for another request is `Malformed`.
        """
        is_named = bool(asked.request_id) and not asked.validate_only
        while True:
            if is_named and (first := await self._store.answered(asked.request_id)):
                return _again(first, asked)
            try:
                return await self._submit(asked, counting)
            except AnsweredMeanwhile:
                continue
            except (EtagMismatch, Malformed, Rejected):
                # It may be refused because of what it did itself, a moment ago.
                if is_named and (first := await self._store.answered(asked.request_id)):
                    return _again(first, asked)
                raise

    async def _submit(self, asked: Submission, counting: Counting) -> BatchOutcome:
        asked_for = _requests(asked, asked.commands, asked.expected_version)
        following = _requests(asked, asked.following)
        ids = {each.decision_id for each in asked_for}

        def outcome(decisions: Sequence[Decision], position: int = 0) -> BatchOutcome:
            own = [each for each in decisions if each.decision_id in ids]
            counted = [each for each in own if counting.is_change(each)]
            return BatchOutcome(
                recorded=len(counted) - len(counting.changed(counted)),
                unchanged=len(asked.commands) - len(counted),
                position=position,
                changed=counting.changed(decisions),
            )

        def answered(decisions: Sequence[Decision]) -> Answered:
            said = outcome(decisions).SerializeToString()
            return Answered(asked.request_id, asked.fingerprint, said)

        is_named = bool(asked.request_id) and not asked.validate_only
        try:
            decisions = await self._decided(
                asked, [*asked_for, *following], answered if is_named else None
            )
        except Malformed as refusal:
            if not asked.validate_only:
                raise
            return BatchOutcome(faults=map(_told, refusal.faults))
        if is_named and (first := await self._store.answered(asked.request_id)):
            return _again(first, asked)
        return outcome(decisions, (await self._store.frontier()).size)

    async def _decided(
        self,
        asked: Submission,
        requests: Sequence[Request],
        answering: Callable[[Sequence[Decision]], Answered] | None,
    ) -> Sequence[Decision]:
        try:
            decisions = await self._handler.handle(
                requests,
                name=asked.name,
                faults=asked.faults,
                validate_only=asked.validate_only,
                answering=answering,
            )
        except Exception as fault:
            is_answer = isinstance(fault, Malformed | Rejected)
            self._count(Outcome.REFUSED if is_answer else Outcome.FAILED, len(requests))
            raise
        if asked.validate_only:
            return decisions
        self._count(Outcome.RECORDED, len(decisions))
        self._count(Outcome.UNCHANGED, len(requests) - len(decisions))
        if decisions:
            first = decisions[0].correlation_id
            with bound(correlation_id=first, decision_id=decisions[0].decision_id):
                _log.info("%s: %d decisions of %s", asked.name, len(decisions), asked.actor)
            self._wake()
        return decisions

    def _count(self, outcome: Outcome, commands: int) -> None:
        self._counted.commands.labels(outcome).inc(commands)


def _requests(
    asked: Submission, commands: Sequence[Message], expected_version: int | None = None
) -> list[Request]:
    traceparent = tracing.current_traceparent()
    return [
        request(each, asked.actor, traceparent, expected_version=expected_version)
        for each in commands
    ]


def _again(first: Answered, asked: Submission) -> BatchOutcome:
    check_same(first, asked.fingerprint)
    outcome = BatchOutcome.FromString(first.answer)
    outcome.position = first.position
    return outcome


def _told(fault: Fault) -> ItemFault:
    told = fault.told
    return ItemFault(
        item=fault.index,
        field=fault.field,
        description=told,
        reason=told.why.name,
        description_zh=told.chinese or told.why.value.chinese,
    )
