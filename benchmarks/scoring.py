"""Scoring a large round and drawing its certainty: 3,000 units, 60 indicators, 1,000 draws.

One figure is the limit that was promised: seconds of processor time for scores, grades and draws
together. Two are ratios to what nobody can do without: making the same lines as messages, without
reading, treating or weighing anything; and one product of matrices with one sort of each draw.
Time is processor time of this process, all its threads: others do not count.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import numpy as np

from benchmarks import figure
from benchmarks.figure import Figure, Pair
from services.evaluation.scoring.analysis.certainty import certainties
from services.evaluation.scoring.analysis.draws import numbers
from services.evaluation.scoring.analysis.law import Law
from services.evaluation.scoring.grades import stand
from services.evaluation.scoring.rule_set import RuleSet, parse
from services.evaluation.scoring.score import Report, scores
from zoneledger.evaluation.v1.scoring_pb2 import Contribution, Score

T = TypeVar("T")
Keywords = dict[str, Any]

_UNITS, _INDICATORS = 3_000, 60
_LAW = Law(seed=866, draws=1_000, spread_micro=100_000)
_LIMIT_SECONDS = 5.0
_ROUNDS = 5
_MISSING = 50  # One value in fifty was not reported.

_HEAD = """\
rule_set_id: benchmark
round: 2021
title_zh: 测速规则
title_en: Rules to measure by
illustrative: true
clauses: [{clause_id: made-up, assumption: made up to measure}]
rated: {level: unit, unit_kinds: [prefecture_city], clause: made-up}
dimensions:
"""
_DIMENSION = "  - {{dimension_id: d{0}, name_zh: 维度{0}, name_en: Dimension {0}}}\n"
_INDICATOR = """\
  - indicator_id: i{0}
    dimension: d{1}
    name_zh: 指标{0}
    name_en: Indicator {0}
    unit: "%"
    decimals: 2
    direction: {2}
    weight: {3}
    missing: reweight
    outlier: clamp
    goalposts: [{{low: 5.00, high: 95.00}}]
    clause: made-up
"""
_SHOWN = "shows: {grade: public, score: public, rank: public}, clause: made-up"
_TAIL = f"""\
shares: {{statistics: 1000000, experts: 0, clause: made-up}}
grades:
  cut: quota
  pool: all
  rounding: down
  scale:
    - {{grade: excellent, name_zh: 优秀, share: 200000, {_SHOWN}}}
    - {{grade: good, name_zh: 良好, share: 400000, {_SHOWN}}}
    - {{grade: qualified, name_zh: 合格, {_SHOWN}}}
  ties: {{keys: [d0], last: all_in, clause: made-up}}
  clause: made-up
honours: {{clause: made-up}}
issuers: {{authorities: [ndrc], clause: made-up}}
provincial_review: {{required: false, clause: made-up}}
schedule: {{public_notice_days: 0, objections_decided_by: ndrc, clause: made-up}}
"""


def measure() -> list[Figure]:
    """The promised limit, and two ratios round by round."""
    rules, reports = _rules(), list(_reports())
    keywords = [_keywords(score) for score in scores(rules, reports)]
    whole, lines, draws = [], [], []
    for _ in range(_ROUNDS):
        scoring, scored = _timed(partial(scores, rules, reports))
        grading, _ = _timed(partial(stand, rules, scored))
        drawing, _ = _timed(partial(certainties, rules, scored, _LAW))
        bare_lines, _ = _timed(partial(_made, keywords))
        bare_draws, _ = _timed(_multiplied_and_sorted)
        whole.append(scoring + grading + drawing)
        lines.append(Pair(_UNITS * _INDICATORS / scoring, _UNITS * _INDICATORS / bare_lines))
        draws.append(Pair(_LAW.draws / drawing, _LAW.draws / bare_draws))
    seconds = sorted(whole)[_ROUNDS // 2]
    ratio = round(seconds / _LIMIT_SECONDS, 3)
    name = "scores, grades, 1,000 draws"
    return [
        Figure(name, "s", seconds, _LIMIT_SECONDS, ratio, 1.0, at_most=True),
        figure.of("scoring, 3,000 x 60", "lines/s", lines, 0.25),
        figure.of("drawing ranks and grades", "draws/s", draws, 0.2),
    ]


def _rules() -> RuleSet:
    dimensions = "".join(_DIMENSION.format(index) for index in range(6))
    share, left = divmod(1_000_000, _INDICATORS)
    indicators = "".join(
        _INDICATOR.format(
            index,
            index % 6,
            "adverse" if index % 3 == 0 else "beneficial",
            share + (index < left),
        )
        for index in range(_INDICATORS)
    )
    return parse(f"{_HEAD}{dimensions}indicators:\n{indicators}{_TAIL}", "benchmark.yaml")


def _reports() -> Iterator[Report]:
    """Values from 0.00 to 100.00, so that one in ten lies beyond a goalpost."""
    drawn = numbers(1, _UNITS * _INDICATORS).reshape(_UNITS, _INDICATORS)
    for unit, row in enumerate(drawn.tolist()):
        values = {
            f"i{index}": f"{number % 100}.{number // 100 % 100:02}" if number % _MISSING else ""
            for index, number in enumerate(row)
        }
        yield Report(f"unit-{unit:04}", values)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _keywords(score: Score) -> list[Keywords]:
    names = [field.name for field in Contribution.DESCRIPTOR.fields]
    return [{name: getattr(line, name) for name in names} for line in score.contributions]


def _made(keywords: list[list[Keywords]]) -> list[Score]:
    """The same lines made anew, of values that are there."""
    return [Score(contributions=[Contribution(**line) for line in row]) for row in keywords]


def _multiplied_and_sorted() -> object:
    places = (numbers(2, _UNITS * _INDICATORS) % np.uint64(1_000_001)).astype(np.float64)
    weights = (numbers(3, _LAW.draws * _INDICATORS) % np.uint64(1_000_001)).astype(np.float64)
    sums = weights.reshape(-1, _INDICATORS) @ places.reshape(_UNITS, _INDICATORS).T
    return np.argsort(-sums, axis=1, kind="stable")
