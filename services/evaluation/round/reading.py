"""By which reading of its rules a command of a round is decided.

The service says it in the command, so that what was decided by an earlier reading is decided by it
again. 0 knows no days of reports when it closes a collection, lets anybody decide an objection
where that is open, and shows score and rank after a correction as the new grade shows them. 1 opens
a round on any day, publishes it by any document, and looks only then, at the cut alone, whether
hidden grades can be counted out; its rule set need not fit the governing document; nobody is told a
hidden grade before it is published, an objection that is upheld may change nothing, and a
correction needs no signature.
2 lets a step be said to precede what it rests on, a conflict of
interest come and go after the sheets are open, and any circular that commends the unit give a
bonus; it freezes other rules once whoever had data is dismissed; it knows the last correction of a
result only, a correction only with its names in their order, and one objection of an id in a round.
"""

from typing import TypeVar

from zoneledger.evaluation.v1.round_commands_pb2 import (
    AppointAssessor,
    AssessExperts,
    CalculateScore,
    CloseCollection,
    CorrectResult,
    DecideObjection,
    DismissUnit,
    FreezeRuleSet,
    LiftVeto,
    LodgeObjection,
    OpenNotice,
    OpenRound,
    ProposeResults,
    PublishResults,
    RecogniseBonus,
    ReportObservations,
    ReviewProvince,
    VetoUnit,
)

READING = 3

Read = TypeVar(
    "Read",
    AppointAssessor,
    AssessExperts,
    CalculateScore,
    CloseCollection,
    CorrectResult,
    DecideObjection,
    DismissUnit,
    FreezeRuleSet,
    LiftVeto,
    LodgeObjection,
    OpenNotice,
    OpenRound,
    ProposeResults,
    PublishResults,
    RecogniseBonus,
    ReportObservations,
    ReviewProvince,
    VetoUnit,
)


def read(command: Read) -> Read:
    """The command, to be decided as rounds are decided today."""
    told = type(command)()
    told.CopyFrom(command)
    told.reading = READING
    return told
