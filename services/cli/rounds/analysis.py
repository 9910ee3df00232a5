"""How firm the results of a round are, marked as an analysis: no decision rests on it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from services.cli import lists, output, refusals
from services.cli.client import Clients
from services.cli.rounds.records import Record, points
from services.kernel.chinese import GRADES, both
from services.kernel.words import word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_service_pb2 import AnalyseRoundRequest
from zoneledger.evaluation.v1.scoring_pb2 import DistanceAnalysis, RoundAnalysis


class Asked(NamedTuple):
    """A round, how its weights are moved, and what the log knew; 0 is what the service takes."""

    round: int
    draws: int
    seed: int
    known_at: Any


def show(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """Print the analysis of a round."""
    request = AnalyseRoundRequest(
        name=f"rounds/{asked.round}",
        draws=asked.draws,
        seed=asked.seed,
        known_at=asked.known_at,
    )
    with output.progress() as bars:
        bars.add_task(refusals.chosen("analysing", "分析中"), total=None)
        found = clients.rounds.AnalyseRound(request).analysis
    if as_json:
        output.print_json(told(found))
    else:
        _print(told(found))


def told(found: RoundAnalysis) -> Record:
    """The analysis as a record; it says itself that it decides nothing."""
    distances: dict[str, list[DistanceAnalysis]] = {}
    for each in found.distances:
        distances.setdefault(each.unit_id, []).append(each)
    removals = {each.removed_unit_id: each for each in found.removals}
    return {
        "is_analysis": True,
        "rule_set_id": found.rule_set_id,
        "is_illustrative": found.is_illustrative,
        "seed": found.seed,
        "draws": found.draws,
        "spread": points(found.spread_micro),
        "units": [
            {
                "unit_id": each.unit_id,
                "rank": each.rank,
                "rank_from": each.rank_from,
                "rank_until": each.rank_until,
                "keeps_grade": points(each.keeps_grade_micro),
                **_distances(distances.get(each.unit_id, ())),
                "reversals": removals[each.unit_id].reversals if each.unit_id in removals else None,
                "regraded": list(removals[each.unit_id].regraded_unit_ids)
                if each.unit_id in removals
                else [],
            }
            for each in sorted(found.certainties, key=lambda each: (each.rank, each.unit_id))
        ],
    }


def _distances(found: Sequence[DistanceAnalysis]) -> Record:
    """To the grade above and to the one below, the nearer first: a unit in the middle has both."""
    near = sorted(found, key=lambda each: (abs(each.distance_micro), -each.distance_micro))
    grade = word(Grade, near[0].grade) if near else None
    return {"grade": grade, "neighbours": [_distance(each) for each in near]}


def _distance(found: DistanceAnalysis) -> Record:
    return {
        "other_grade": word(Grade, found.other_grade),
        "distance": points(found.distance_micro),
        "flips": [
            {"line_id": each.line_id, "raw": each.raw or None, "flips_at": each.flips_at}
            for each in found.flips
            if not each.cannot_alone
        ],
    }


def _print(record: Record) -> None:
    print(
        refusals.chosen(
            "ANALYSIS, no decision: how firm the results are when each weight is moved by up to"
            f" {record['spread']} % ({record['draws']} draws, seed {record['seed']})",
            f"分析，不作为任何决定的依据：各权重在±{record['spread']}%内变动"
            f"（{record['draws']}次抽样，种子{record['seed']}）时结果的稳健程度",
        )
    )
    lists.show("Analysis 稳健性分析", _COLUMNS, record["units"])


def _each(unit: Record, said: Callable[[Record], str]) -> str:
    return "; ".join(filter(None, map(said, unit["neighbours"])))


_COLUMNS: lists.Columns = (
    ("rank 名次", lambda r: r["rank"]),
    ("unit 单位", lambda r: r["unit_id"]),
    ("grade by cut 按得分等次", lambda r: both(r["grade"] or "", GRADES)),
    ("rank band 90% 名次区间", lambda r: f"{r['rank_from']} .. {r['rank_until']}"),
    ("grade kept % 等次保持", lambda r: r["keeps_grade"]),
    (
        "other grades, nearest first 邻近等次",
        lambda r: _each(r, lambda n: f"{both(n['other_grade'], GRADES)} {n['distance']}"),
    ),
    (
        "would flip it 单独可改变等次",
        lambda r: _each(
            r,
            lambda n: ", ".join(
                f"{f['line_id']} {f['raw']}->{f['flips_at']}" for f in n["flips"][:2]
            ),
        ),
    ),
    ("reversals without it 剔除后逆序", lambda r: str(r["reversals"])),
)
