"""On which day each event of a round happened, as an ISO 8601 date."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from zoneledger.evaluation.v1 import round_events_pb2 as events

DAYS: Mapping[type[Message], str] = {
    events.RoundOpened: "opened_on",
    events.RuleSetFrozen: "frozen_on",
    events.UnitAdmitted: "admitted_on",
    events.UnitDismissed: "dismissed_on",
    events.ObservationsReported: "reported_on",
    events.CollectionClosed: "closed_on",
    events.ProvinceReviewed: "reviewed_on",
    events.AssessorAppointed: "appointed_on",
    events.AssessorDismissed: "dismissed_on",
    events.SheetSealed: "sealed_on",
    events.SheetOpened: "opened_on",
    events.ExpertsAssessed: "assessed_on",
    events.BonusRecognised: "recognised_on",
    events.BonusWithdrawn: "withdrawn_on",
    events.ScoreCalculated: "calculated_on",
    events.ResultsProposed: "proposed_on",
    events.UnitVetoed: "vetoed_on",
    events.VetoLifted: "lifted_on",
    events.NoticeOpened: "opened_on",
    events.ObjectionLodged: "lodged_on",
    events.ObjectionDecided: "decided_on",
    events.ResultsSigned: "signed_on",
    events.ResultsTakenBack: "taken_back_on",
    events.RoundPublished: "published_on",
    events.ResultPublished: "published_on",
    events.ResultCorrected: "corrected_on",
    events.RoundClosed: "closed_on",
    events.RoundAbandoned: "abandoned_on",
    events.MatterInterpreted: "interpreted_on",
    events.ProposalTold: "told_on",
    events.SignatureTakenBack: "taken_back_on",
}


def occurred_on(event: Any) -> str:
    return str(getattr(event, DAYS[type(event)]))
