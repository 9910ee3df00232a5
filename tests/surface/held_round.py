"""A round that is held over gRPC: each of its commands by the method that takes it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import Message

from services.cli.client import Clients
from services.kernel.sealing import commitment
from tests.rounds import DOCUMENT, PROVINCES, UNITS, YEAR, proposed_hash
from tests.runtime.story import ADOPT_NOTICE, ADOPT_OTHER
from tests.spec import but
from tests.surface.served import Client
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1 import service_pb2 as evaluation
from zoneledger.evaluation.v1.events_pb2 import BeneficiaryClass, Unit, UnitKind
from zoneledger.evaluation.v1.round_commands_pb2 import (
    LiftVeto,
    OpenSheet,
    ProposeResults,
    PublishResults,
    SealSheet,
    SignResults,
    VetoUnit,
)
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome

_OTHER = ADOPT_OTHER.policy_id  # It governs the other year.

# The method of each command, and the field of its request.
METHODS = {
    "OpenRound": ("OpenRound", "opening"),
    "FreezeRuleSet": ("FreezeRuleSet", "freeze"),
    "AdmitUnit": ("AdmitUnits", "units"),
    "DismissUnit": ("DismissUnit", "dismissal"),
    "ReportObservations": ("ReportObservations", "reports"),
    "CloseCollection": ("CloseCollection", "closing"),
    "ReviewProvince": ("ReviewProvince", "review"),
    "AppointAssessor": ("AppointAssessors", "assessors"),
    "DismissAssessor": ("DismissAssessor", "dismissal"),
    "SealSheet": ("SealSheet", "sheet"),
    "OpenSheet": ("OpenSheet", "sheet"),
    "AssessExperts": ("AssessExperts", "assessment"),
    "RecogniseBonus": ("RecogniseBonuses", "bonuses"),
    "WithdrawBonus": ("WithdrawBonus", "withdrawal"),
    "ProposeResults": ("ProposeResults", "proposal"),
    "VetoUnit": ("VetoUnit", "veto"),
    "LiftVeto": ("LiftVeto", "lifting"),
    "OpenNotice": ("OpenNotice", "notice"),
    "LodgeObjection": ("LodgeObjection", "objection"),
    "DecideObjection": ("DecideObjection", "decision"),
    "SignResults": ("SignResults", "signature"),
    "PublishResults": ("PublishResults", "publication"),
    "CorrectResult": ("CorrectResult", "correction"),
    "CloseRound": ("CloseRound", "closing"),
    "InterpretMatter": ("InterpretMatter", "interpretation"),
    "AbandonRound": ("AbandonRound", "abandonment"),
    "TakeBackSignature": ("TakeBackSignature", "taking_back"),
}
ADOPTION = evaluation.AdoptPoliciesRequest(
    policies=[
        # As small as the rounds of the tests: two issuers.
        but(each, text=re.sub(r"(?m)^issuers: .*$", "issuers: [ndrc, most]", each.text))
        for each in (ADOPT_NOTICE, ADOPT_OTHER)
    ]
)


def asking(*commands: Any, **fields: Any) -> Any:
    """The request for commands of one kind; `fields` are what it says beside them."""
    [first, *_] = commands
    if first.DESCRIPTOR.name == "CalculateScore":  # All units of the round at once.
        return messages.CalculateScoresRequest(
            round=first.round, calculated_on=first.calculated_on, **fields
        )
    method, field = METHODS[first.DESCRIPTOR.name]
    request: type[Any] = getattr(messages, f"{method}Request")
    is_list = request.DESCRIPTOR.fields_by_name[field].is_repeated
    return request(**{field: commands if is_list else first}, **fields)


def call(on: Client | Clients, request: Any) -> Any:
    """The method that takes the request."""
    return getattr(on.rounds, request.DESCRIPTOR.name.removesuffix("Request"))


async def hear(on: Client, *commands: Message, **fields: Any) -> BatchOutcome:
    """What comes of commands of one kind."""
    request = asking(*commands, **fields)
    answer = await call(on, request)(request)
    outcome: BatchOutcome = answer.outcome
    return outcome


async def hold(on: Client, commands: Iterable[Message]) -> None:
    """A round up to the last of the commands."""
    for command in commands:
        await hear(on, command)


async def begin(on: Client, units: Sequence[str] = UNITS) -> None:
    """Documents are adopted and the units of the round are registered."""
    await on.evaluation.AdoptPolicies(ADOPTION)
    await on.evaluation.RegisterUnits(registration(units))


def registration(units: Sequence[str] = UNITS) -> evaluation.RegisterUnitsRequest:
    """The request that enters the units in the register."""
    registered = [
        Unit(
            unit_id=each,
            name_zh=each,
            kind=UnitKind.UNIT_KIND_PREFECTURE_CITY,
            province=PROVINCES.get(each, "湖北"),
            beneficiary_class=BeneficiaryClass.BENEFICIARY_CLASS_NATIONAL,
            member_from="2017-04-13",
        )
        for each in units
    ]
    return evaluation.RegisterUnitsRequest(units=registered)


def retold(commands: Sequence[Message], year: int, names: Mapping[str, str]) -> list[Message]:
    """The same round of another year and other units, by what they stand for here.

    Sheets are sealed anew, and signed is what is proposed of these units.
    """
    told = [_said(each, year, names) for each in commands]
    opened = {each.assessor_id: each for each in told if isinstance(each, OpenSheet)}
    found = ""
    for index, each in enumerate(told):
        if isinstance(each, SealSheet):
            sheet = opened[each.assessor_id]
            sealed = commitment(year, each.assessor_id, sheet.salt, sheet.sheets)
            told[index] = but(each, commitment=sealed)
        if isinstance(each, ProposeResults | VetoUnit | LiftVeto):
            found = proposed_hash(*told[: index + 1])
        if isinstance(each, SignResults | PublishResults):
            told[index] = but(each, results_hash=found)
    return told


def _said(command: Message, year: int, names: Mapping[str, str]) -> Message:
    text = text_format.MessageToString(command, as_utf8=True, use_index_order=True)
    text = text.replace("round: 2020", f"round: {year}")
    if year != YEAR:
        text = text.replace(f'document: "{DOCUMENT}"', f'document: "{_OTHER}"')
    for name, other in names.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    return text_format.Parse(text, type(command)())
