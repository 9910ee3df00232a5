"""The main job on real input: the 2020 round goes in, every incentive comes out."""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from services.cli import auditing, lists, output
from services.cli.client import Clients, connected
from services.cli.importing import KINDS, bring_in
from services.cli.lists import Filter
from services.cli.records import Record
from services.cli.shipped import adopt, adopt_shipped, documents
from services.cli.waiting import LISTENING
from services.kernel.chinese import AUTHORITIES, DIMENSIONS, GRADES, INSTRUMENTS, WORDINGS, both
from services.kernel.errors import FolderInUse, Unavailable
from services.runtime.folder import holder
from zoneledger.ledger.v1.service_pb2 import GetCursorRequest, GetFrontierRequest

_EXAMPLE = Path(__file__).parents[2] / "examples" / "2020"
_FOLDER = Path("var/demo")
_MARK = "made-by-the-demo"
_PATIENCE_SECONDS, _PAUSE_SECONDS = 60.0, 0.1
_EVERYTHING = Filter("", 0, "", "")


def run(place: Path | Mapping[str, str] | None, *, as_json: bool) -> int:
    """Tell the story in a fresh folder, or to servers elsewhere; the exit code of its audit."""
    place = place if isinstance(place, Mapping) else fresh(place, _FOLDER)
    with connected(place, "zoneledger demo") as clients:
        counts = _take_in(clients)
        if isinstance(place, Mapping):
            _wait(clients)
        told = _ask(clients)
    reports = auditing.run(place)
    if as_json:
        output.print_json({"imported": counts, **told, "audit": auditing.told(reports)})
    else:
        _show(counts, told, ", ".join(place.values()) if isinstance(place, Mapping) else str(place))
        auditing.show(reports, as_json=False)
    return auditing.verdict(reports)


def fresh(folder: Path | None, own: Path) -> Path:
    """An empty folder: the one that was named, or our own, emptied of the last demo."""
    if folder is None:
        if holder(own):
            raise FolderInUse(f"{own} is in use; stop what uses it, or name another with --data")
        if (own / _MARK).exists():
            _empty(own)
        folder = own
    if folder.exists() and not folder.is_dir():
        raise Unavailable(
            f"{folder} is no folder, and the demo wants one; move it, or name another"
        )
    if folder.exists() and any(folder.iterdir()):
        raise Unavailable(f"{folder} is not empty, and the demo wants a fresh folder; name another")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return folder


def _empty(folder: Path) -> None:
    """Remove what is in the folder; the folder itself may be a link to another place."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _take_in(clients: Clients) -> dict[str, int]:
    counts = {"policies": adopt(clients, documents()).recorded}
    adopt_shipped(clients)  # The access table.
    with output.progress() as bars:
        bar = bars.add_task("importing", total=len(KINDS))
        for name, kind in KINDS.items():
            counts[name] = bring_in(clients, _EXAMPLE / f"{name}.csv", kind).recorded
            bars.advance(bar)
    return counts


def _wait(clients: Clients) -> None:
    """Until all that evaluation decided was heard; between servers that takes a moment."""
    end = clients.logs["evaluation"].GetFrontier(GetFrontierRequest(service="evaluation")).size
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for name in LISTENING:
        request = GetCursorRequest(service=name, source="evaluation")
        while clients.logs[name].GetCursor(request).position < end:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{name} has not heard all of evaluation after {_PATIENCE_SECONDS:.0f} s;"
                    " see its worker, and: zoneledger parked list"
                )
            time.sleep(_PAUSE_SECONDS)


def _ask(clients: Clients) -> dict[str, list[Record]]:
    return {
        "ratings": lists.fetch_ratings(clients, _EVERYTHING),
        "entitlements": lists.fetch_entitlements(clients, _EVERYTHING),
        "credit_tilts": lists.fetch_credit_tilts(clients, _EVERYTHING),
        "units": lists.fetch_units(clients, _EVERYTHING),
    }


def _show(counts: dict[str, int], told: dict[str, list[Record]], place: str) -> None:
    console = output.console()
    imported = ", ".join(f"{count} {name}" for name, count in counts.items())
    console.print(f"2020 round of 发改振兴〔2021〕866号 -> {place}: {imported}\n", markup=False)
    names = {unit["unit_id"]: unit["name_zh"] for unit in told["units"]}
    instruments = [
        name for name in INSTRUMENTS if any(e["instrument"] == name for e in _granted(told))
    ]
    console.print(_matrix(told, names, instruments))
    console.print(_clauses(told, instruments))
    console.print(_tilts(told, names))
    console.print(_left_open(told, names), markup=False)


def _granted(told: dict[str, list[Record]]) -> list[Record]:
    return [each for each in told["entitlements"] if each["status"] == "granted"]


def _matrix(told: dict[str, list[Record]], names: dict[str, str], instruments: list[str]) -> Table:
    earned = {(each["unit_id"], each["instrument"]) for each in _granted(told)}
    letters = [chr(65 + index) for index in range(len(instruments))]
    rows = [
        [
            f"{names[unit]} {unit}",
            both(grade, GRADES),
            *("granted" if (unit, name) in earned else "-" for name in instruments),
        ]
        for grade, unit in sorted(
            ((each["grade"], each["unit_id"]) for each in told["ratings"]), key=_by_grade
        )
    ]
    return output.table(
        "What each rating earns 各城市享有的激励", ["unit 单位", "grade 等次", *letters], rows
    )


def _by_grade(rated: tuple[str, str]) -> tuple[int, str]:
    return list(GRADES).index(rated[0]), rated[1]


def _clauses(told: dict[str, list[Record]], instruments: list[str]) -> Table:
    """The clause behind each instrument; a clause is the same for all who earn it."""
    by_instrument = {each["instrument"]: each for each in _granted(told)}
    rows = []
    for index, name in enumerate(instruments):
        rule = by_instrument[name]
        conditions = "".join(f"\n- {each['text_zh']}" for each in rule["conditions"])
        rows.append(
            [
                chr(65 + index),
                both(name, INSTRUMENTS),
                f"{rule['policy_id']} {rule['clause']}",
                f"{rule['clause_quote'].replace(' | ', ' … ')}{conditions}",
                AUTHORITIES[rule["authority"]],
            ]
        )
    headings = ["", "instrument 激励", "clause 依据", "wording 原文", "decided by 主管"]
    return output.table("The clause behind each 依据条款", headings, rows)


def _tilts(told: dict[str, list[Record]], names: dict[str, str]) -> Table:
    rows = [
        [
            f"{names[each['unit_id']]} {each['unit_id']}",
            ", ".join(both(dimension, DIMENSIONS) for dimension in each["dimensions"]),
            f"{each['policy_id']} {each['clause']}",
            both(each["wording"], WORDINGS),
        ]
        for each in told["credit_tilts"]
        if each["status"] == "granted"
    ]
    headings = ["unit 单位", "dimensions 方面", "clause 依据", "wording 措辞"]
    return output.table("Credit tilts at the development bank 国家开发银行融资倾斜", headings, rows)


def _left_open(told: dict[str, list[Record]], names: dict[str, str]) -> str:
    open_ = [each for each in told["entitlements"] if each["status"] == "undetermined"]
    units = ", ".join(f"{names[each['unit_id']]} {each['unit_id']}" for each in open_)
    return (
        f"Left open by the document 文件未明确 (参照享受, {len(open_)}): {units}\n"
        "  nothing is granted by guess; see: zoneledger policies --open-norms\n"
    )
