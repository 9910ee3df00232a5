"""The private file with which an expert opens a sealed sheet: its salt, and every point it gave.

It is made once, in a folder of its own that only its owner can enter, and never written over. Who
loses it cannot open the sheet; who copies it can read it before its day. So it belongs to the
expert, and nobody else, and no other copy of the salt is made.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from services.kernel.errors import Malformed, Unavailable, Violation
from services.kernel.sealing import SALT
from zoneledger.evaluation.v1.scoring_pb2 import CriterionPoints, ExpertSheet

_FILE = "opening.json"
_LARGEST = 4 * 1024 * 1024  # Bytes.


class Opening(NamedTuple):
    """What opens a sheet."""

    round: int
    assessor_id: str
    salt: str
    sheets: Sequence[ExpertSheet]


def keep(folder: Path, opening: Opening) -> Path:
    """Write the opening into a new folder; `Unavailable` where there is something already."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise Unavailable(
            f"{folder} is there already, and an opening replaces nothing; name another with --to"
        ) from None
    path = folder / _FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(_told(opening), file, ensure_ascii=False, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    return path


def forget(path: Path) -> None:
    """Remove the opening of a sheet that was refused."""
    path.unlink()
    path.parent.rmdir()


def read(path: Path) -> Opening:
    """The opening in the file; `Malformed` where it is none."""
    with path.open("rb") as file:
        content = file.read(_LARGEST)
    try:
        return _opening(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError):
        what = f"{path.name} is no opening of a sealed sheet; name the file that sealing made"
        raise Malformed(Violation("FILE", what)) from None


def _opening(told: dict[str, Any]) -> Opening:
    salt = str(told["salt"])
    if not SALT.fullmatch(salt):
        raise ValueError(salt)
    return Opening(int(told["round"]), str(told["assessor_id"]), salt, _sheets(told))


def _told(opening: Opening) -> dict[str, Any]:
    return {
        "round": opening.round,
        "assessor_id": opening.assessor_id,
        "salt": opening.salt,
        "sheets": {
            sheet.unit_id: {each.criterion_id: each.points for each in sheet.points}
            for sheet in opening.sheets
        },
    }


def _sheets(told: dict[str, Any]) -> list[ExpertSheet]:
    return [
        ExpertSheet(
            assessor_id=str(told["assessor_id"]),
            unit_id=str(unit_id),
            points=[
                CriterionPoints(criterion_id=str(name), points=str(points))
                for name, points in given.items()
            ],
        )
        for unit_id, given in told["sheets"].items()
    ]
