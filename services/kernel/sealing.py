"""The seal of an expert's sheet: it can be proved later, and says nothing until then.

A commitment is the SHA-256 of a salt that only the assessor knows and of every point it gave.
Whoever holds the commitment cannot read the sheet, and whoever opens it cannot have changed it. A
salt has 256 bits, so that the few points that are possible cannot be tried out.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

from zoneledger.evaluation.v1.scoring_pb2 import ExpertSheet

SALT = re.compile(r"[0-9a-f]{64}")


def commitment(round_: int, assessor_id: str, salt: str, sheets: Iterable[ExpertSheet]) -> str:
    """64 hexadecimal digits; the order of the sheets, and of the points in them, is no matter."""
    lines = sorted(
        f"{sheet.unit_id} {given.criterion_id} {given.points}"
        for sheet in sheets
        for given in sheet.points
    )
    said = "\n".join([f"zoneledger sheet {round_} {assessor_id}", salt, *lines, ""])
    return sha256(said.encode()).hexdigest()
