"""What a reader may see of a round, and as which facts that is judged.

Whether scores or results are out of date is asked of the service by a trial that writes nothing;
of the past nothing is tried. A reader who may not try, or not see the rules, sees less.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import grpc

from services.cli import refusals
from services.cli.client import Clients
from services.cli.rounds import bases, members, tabled
from services.cli.rounds.outstanding import Facts
from services.cli.rounds.records import Record
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.tabled import Asked
from services.cli.walking import every
from services.evaluation.scoring.open_matters import interpreted
from services.evaluation.scoring.parts import RuleSet
from services.kernel.errors import ZoneledgerError
from services.runtime import clock
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.round_commands_pb2 import OpenNotice, ProposeResults
from zoneledger.evaluation.v1.round_events_pb2 import NoticedGrade, ReviewOutcome
from zoneledger.evaluation.v1.round_service_pb2 import RoundStanding
from zoneledger.ledger.v1.visibility_pb2 import Visibility

_NOT_FOR_US = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND)
_REVIEWS = {
    ReviewOutcome.REVIEW_OUTCOME_ACCEPTED: "accepted",
    ReviewOutcome.REVIEW_OUTCOME_RETURNED: "returned",
}


class Seen(NamedTuple):
    """A round and what belongs to it, as far as the reader may see it."""

    round: RoundStanding
    rules: RuleSet | None
    units: Mapping[str, str]  # The province of each unit that takes part.
    reported: Mapping[str, set[str]]
    experts: list[Record]
    open_objections: list[str]
    unscored: int
    unproposed: bool
    unheard: bool
    reviews: Sequence[bases.Review]


def seen_by(clients: Clients, asked: Asked) -> Seen:
    """What the caller sees of the round; the call is refused where there is none."""
    service, year, clocks = clients.rounds, asked.round, asked.clocks()
    said = service.GetRound(messages.GetRoundRequest(name=f"rounds/{year}", **clocks)).round
    observed = messages.ListObservationsRequest(round=year, **clocks)
    reported: dict[str, set[str]] = {}
    for each in every(service.ListObservations, observed, "observations"):
        if each.HasField("observation"):
            reported.setdefault(each.unit_id, set()).add(each.observation.indicator_id)
    lodged = messages.ListObjectionsRequest(round=year, **clocks)
    objections = every(service.ListObjections, lodged, "objections")
    experts = tabled.fetch_experts(clients, asked)
    rules = _interpreted(_rules(clients, asked), said)
    is_over = (
        asked.is_past
        or said.HasField("published")
        or said.HasField("abandoned")
        or not said.collection_closed_on
    )
    return Seen(
        said,
        rules,
        members.admitted(clients, asked),
        reported,
        [each for each in experts if not each["dismissed_on"]],
        [each.objection.objection_id for each in objections if not each.HasField("decided")],
        0 if is_over else _changes(lambda: _calculate(clients, year)),
        bool(not is_over and _changes(lambda: _propose(clients, year))),
        bool(not is_over and said.HasField("notice") and _changes(lambda: _notice(clients, year))),
        [] if asked.is_past else bases.asked(clients, year, rules=rules),
    )


def facts_of(seen: Seen) -> Facts:
    """The same, as what is outstanding is judged by."""
    said, rules = seen.round, seen.rules
    due = {each.indicator_id for each in rules.indicators} if rules else set()
    reviews = {each.province: _REVIEWS.get(each.outcome, "") for each in said.reviews}
    experts = rules.experts if rules else None
    schedule = rules.schedule if rules else None
    return Facts(
        opened_on=said.opened.opened_on,
        frozen_on=said.frozen_on,
        units=len(seen.units),
        missing={
            unit: province
            for unit, province in seen.units.items()
            if due - seen.reported.get(unit, set())
        },
        collected_on=said.collection_closed_on,
        provinces={each: reviews.get(each, "") for each in sorted(set(seen.units.values()))},
        is_reviewed_first=rules.provincial_review.required if rules else False,
        minimum_sheets=experts.minimum_sheets if experts else 0,
        sheets={each["assessor_id"]: _sheet(each) for each in seen.experts},
        sheets_due=schedule.sheets_due.isoformat() if schedule and schedule.sheets_due else "",
        is_assessed=said.HasField("assessment"),
        lost=[each.unit_id for each in seen.reviews if each.is_lost],
        unscored=seen.unscored,
        is_proposed=not seen.unproposed,
        notice_days=schedule.public_notice_days if schedule else 0,
        notice_fits=said.HasField("notice") and list(said.notice.grades) == _public(said),
        notice_closes_on=said.notice.closes_on,
        objections=seen.open_objections,
        issuers=[str(each) for each in rules.issuers.authorities] if rules else (),
        signed=[each.issuer for each in said.signatures],
        published_on=said.published.published_on,
        closed_on=said.closed_on,
        is_abandoned=said.HasField("abandoned"),
        is_unheard=seen.unheard,
    )


def _rules(clients: Clients, asked: Asked) -> RuleSet | None:
    try:
        return frozen(clients, asked.round, **asked.clocks())
    except grpc.RpcError as refusal:
        if refusal.code() not in _NOT_FOR_US:
            raise
        return None


def _interpreted(rules: RuleSet | None, said: RoundStanding) -> RuleSet | None:
    """The rules with what was answered of what they leave open."""
    for each in said.interpretations if rules else ():
        rules = interpreted(rules, each.matter, each.answer) if rules else None
    return rules


def _changes(trial: Any) -> int:
    """How much a step would change now; all that is wrong with it is for another line to say."""
    try:
        return int(trial())
    except grpc.RpcError as refusal:
        if refusals.of(refusal) or refusal.code() in _NOT_FOR_US:
            return 0
        raise
    except ZoneledgerError:
        return 0


def _calculate(clients: Clients, year: int) -> int:
    request = messages.CalculateScoresRequest(
        round=year, calculated_on=clock.today(), validate_only=True
    )
    return int(clients.rounds.CalculateScores(request).outcome.recorded)


def _propose(clients: Clients, year: int) -> int:
    proposal = ProposeResults(round=year, proposed_on=clock.today())
    request = messages.ProposeResultsRequest(proposal=proposal, validate_only=True)
    return int(clients.rounds.ProposeResults(request).outcome.recorded)


def _notice(clients: Clients, year: int) -> int:
    notice = OpenNotice(round=year, opened_on=clock.today(), document="-")
    request = messages.OpenNoticeRequest(notice=notice, validate_only=True)
    return int(clients.rounds.OpenNotice(request).outcome.recorded)


def _public(said: RoundStanding) -> list[NoticedGrade]:
    return [
        NoticedGrade(unit_id=each.unit_id, grade=each.grade)
        for each in sorted(said.proposed.standings, key=lambda each: each.unit_id)
        if each.grade_visibility == Visibility.VISIBILITY_PUBLIC
    ]


def _sheet(expert: Record) -> str:
    if expert["opened_on"]:
        return "open"
    return "sealed" if expert["sealed_on"] else "due"
