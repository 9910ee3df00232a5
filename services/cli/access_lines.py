"""Who asked what: the lines of the access log, read from their files."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import NamedTuple

from services.cli import dates, output
from services.cli.records import Record
from services.cli.session import Named, folder
from services.runtime.access_log import read
from services.runtime.clock import CHINA
from services.runtime.settings import settings

_HEADINGS = (
    "at (UTC) 时间",
    "agency 机构",
    "method 方法",
    "units 单位",
    "as of 截至",
    "known at 知悉",
    "rows 行数",
    "answer 答复",
)


class Wish(NamedTuple):
    """What was asked for, as it was written; empty is everything."""

    agency: str
    unit: str
    since: str


def show(wish: Wish, *, as_json: bool) -> None:
    """Print the lines that fit, oldest first, and say which could not be read."""
    place, unreadable = _place(), list[str]()
    lines = _fitting(place, wish, unreadable)
    if as_json:
        output.print_json_array(lines)
    else:
        rows = [_row(line) for line in lines]
        if rows:
            output.console().print(output.table("Access log 访问日志", _HEADINGS, rows))
        else:
            output.console().print(f"Access log 访问日志: none in {place} 无", markup=False)
    for where in unreadable:
        output.complain(f"note: {where} cannot be read")


def _place() -> Path:
    """Where the lines are: in the data folder that is named, or where the environment says."""
    if Named.folder is None and (elsewhere := settings().access_log):
        return elsewhere
    return folder() / "access"


def _fitting(place: Path, wish: Wish, unreadable: list[str]) -> Iterator[Record]:
    for line in read(place, _since(wish.since)):
        if line.said is None:
            unreadable.append(f"{line.file}:{line.number}")
        elif wish.agency in ("", line.said.get("agency")) and _is_about(line.said, wish.unit):
            yield line.said


def _is_about(line: Record, unit: str) -> bool:
    """A call that names no unit is about every one."""
    return not unit or not line.get("units") or unit in line["units"]


def _since(day: str) -> str:
    """When the day began in China, as the lines have it."""
    if not day:
        return ""
    midnight = datetime.combine(dates.day("--since", day), time(), CHINA)
    return midnight.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _row(line: Record) -> list[str]:
    units = ", ".join(line.get("units", [])) or "every 全部"
    more = f" and {line['more_units']} more" if "more_units" in line else ""
    return [
        str(line["at"]),
        str(line.get("agency", "")),
        str(line.get("method", "")).removeprefix("zoneledger."),
        f"{units}{more}",
        str(line.get("as_of", "")),
        str(line.get("known_at", "")),
        str(line.get("rows", "")),
        str(line.get("code", "")),
    ]
