"""By which reading of its rules a command of a round is decided.

The service says it in the command, so that what was decided by an earlier reading is decided by it
again: 0 knows no days of reports when it closes a collection, lets anybody decide an objection
where that is open, and shows score and rank after a correction as the new grade shows them.
"""

from typing import TypeVar

from zoneledger.evaluation.v1.round_commands_pb2 import (
    CloseCollection,
    CorrectResult,
    DecideObjection,
)

READING = 1

Read = TypeVar("Read", CloseCollection, CorrectResult, DecideObjection)


def read(command: Read) -> Read:
    """The command, to be decided as rounds are decided today."""
    told = type(command)()
    told.CopyFrom(command)
    told.reading = READING
    return told
