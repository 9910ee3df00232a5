"""What a round says, shown as tables for people or as JSON for machines."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from services.cli import lists, naming, refusals
from services.cli.client import Clients
from services.cli.rounds import columns, records
from services.cli.rounds.records import Record
from services.cli.walking import every
from services.kernel.chinese import GRADES
from services.kernel.errors import Rejected
from services.kernel.words import word
from zoneledger.evaluation.v1 import round_service_pb2 as messages
from zoneledger.evaluation.v1.circular_service_pb2 import ListCircularsRequest
from zoneledger.evaluation.v1.round_service_pb2 import RoundStage
from zoneledger.ledger.v1.outcome_pb2 import BatchOutcome


class Asked(NamedTuple):
    """A round, 0 for all; a unit, "" for all; and the two clocks."""

    round: int = 0
    unit: str = ""
    as_of: str = ""
    known_at: Any = None

    @property
    def is_past(self) -> bool:
        """Whether it asks for another day or moment than now."""
        return bool(self.as_of or self.known_at)

    def clocks(self) -> dict[str, Any]:
        """The fields of a request that say when."""
        return {"as_of": self.as_of, "known_at": self.known_at}

    def of_units(self, clients: Clients) -> dict[str, Any]:
        """The fields of a request about a unit of a round, or about all."""
        unit = naming.unit_id(clients, "UNIT", self.unit, self.round) if self.unit else ""
        parent = f"units/{unit}" if unit else ""
        return {"parent": parent, "round": self.round, **self.clocks()}


def rounds(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListRoundsRequest(**asked.clocks())
    found = [
        {
            "round": each.round,
            "stage": word(RoundStage, each.stage),
            "opened_on": each.opened.opened_on,
            "document": each.opened.document,
            "policy_id": each.opened.policy.policy_id or None,
            "frozen_on": each.frozen_on or None,
            "collection_closed_on": each.collection_closed_on or None,
            "published_on": each.published.published_on or None,
            "closed_on": each.closed_on or None,
        }
        for each in every(clients.rounds.ListRounds, request, "rounds")
    ]
    lists.show("Rounds 年度评估", columns.ROUNDS, found, as_json)


def experts(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    lists.show("Experts 评审专家", columns.EXPERTS, fetch_experts(clients, asked), as_json)


def fetch_experts(clients: Clients, asked: Asked) -> list[Record]:
    """The experts as records."""
    request = messages.ListAssessorsRequest(round=asked.round, **asked.clocks())
    found = every(clients.rounds.ListAssessors, request, "assessors")
    return [records.assessor(each) for each in found]


def observations(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    found = fetch_observations(clients, asked)
    lists.show("Reported 报送数据", columns.OBSERVATIONS, found, as_json)


def fetch_observations(clients: Clients, asked: Asked) -> list[Record]:
    """What is reported, as records."""
    request = messages.ListObservationsRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListObservations, request, "observations")
    return [records.observation(each) for each in found]


def bonuses(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListBonusesRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListBonuses, request, "bonuses")
    lists.show("Bonuses 加分", columns.BONUSES, map(records.bonus, found), as_json)


def objections(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListObjectionsRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListObjections, request, "objections")
    lists.show("Objections 异议", columns.OBJECTIONS, map(records.objection, found), as_json)


def proposals(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = messages.ListProposalsRequest(**asked.of_units(clients))
    found = every(clients.rounds.ListProposals, request, "proposals")
    lists.show("Told to units 告知单位", columns.PROPOSALS, map(records.proposal, found), as_json)


def circulars(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    request = ListCircularsRequest(**asked.clocks())
    found = every(clients.circulars.ListCirculars, request, "circulars")
    lists.show("Circulars 督查激励通报", columns.CIRCULARS, map(records.circular, found), as_json)


def scores(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """The scores of a round; of one unit line by line, down to the sum."""
    found = fetch_scores(clients, asked)
    if not asked.unit or as_json:
        lists.show("Scores 得分", columns.SCORES, found, as_json)
        return
    if not found:
        raise Rejected(f"{asked.unit} has no score for {asked.round} that you may see")
    for each in found:
        show_lines(each)


def fetch_scores(clients: Clients, asked: Asked) -> list[Record]:
    """The scores as records, the best first."""
    request = messages.ListScoresRequest(**asked.of_units(clients))
    found = map(records.score, every(clients.rounds.ListScores, request, "scores"))
    return sorted(found, key=lambda r: (r["round"], -float(r["score"]), r["unit_id"]))


def show_lines(score: Record) -> None:
    """A score as its lines with the sum up to each, which ends at the score itself."""
    lists.show(
        f"Score 得分 {score['unit_id']} {score['round']}", columns.LINES, score["lines"], False
    )
    last = score["lines"][-1]["sum"] if score["lines"] else "0.0000"
    is_exact = last == score["score"]
    said = refusals.chosen(
        f"{'the lines add up exactly to' if is_exact else 'THE LINES DO NOT ADD UP TO'}"
        f" {score['score']} of 100",
        f"各行合计与得分{'完全一致' if is_exact else '不一致'}：{score['score']}（满分100）",
    )
    marked = refusals.chosen(
        " (an illustrative rule set, not the official one)", "（示例规则，非官方指标体系）"
    )
    print(said + (marked if score["is_illustrative"] else ""))


def results(clients: Clients, asked: Asked, *, proposed: bool, as_json: bool) -> None:
    """The results that are published; or those that are proposed (拟定)."""
    found = fetch_proposed(clients, asked) if proposed else fetch_results(clients, asked)
    title = "Proposed results 拟定结果" if proposed else "Results 评估结果"
    lists.show(title, columns.RESULTS, found, as_json)


def fetch_results(clients: Clients, asked: Asked) -> list[Record]:
    """The published results as records: by rank where that may be seen, then by grade."""
    request = messages.ListResultsRequest(**asked.of_units(clients))
    found = map(records.result, every(clients.rounds.ListResults, request, "results"))
    return sorted(found, key=_in_order)


def fetch_proposed(clients: Clients, asked: Asked) -> list[Record]:
    """The results as they were proposed last."""
    request = messages.GetRoundRequest(name=f"rounds/{asked.round}", **asked.clocks())
    proposed = clients.rounds.GetRound(request).round.proposed
    told = [{"round": asked.round, **records.standing(each)} for each in proposed.standings]
    own = asked.of_units(clients)["parent"].removeprefix("units/")
    return [each for each in told if own in ("", each["unit_id"])]


def distribution(clients: Clients, asked: Asked, *, as_json: bool) -> None:
    """How many units have each grade, year by year, as far as the reader may see them."""
    found = distributed(fetch_results(clients, asked))
    lists.show("Grades over the years 历年等次分布", columns.DISTRIBUTION, found, as_json)


def distributed(results: Sequence[Record]) -> list[Record]:
    """The number of units of each grade, year by year."""
    counts: dict[int, Counter[str]] = {}
    for each in results:
        counts.setdefault(each["round"], Counter())[each["grade"]] += 1
    return [
        {"round": year, "units": own.total(), **{grade: own[grade] for grade in GRADES}}
        for year, own in sorted(counts.items())
    ]


def calculated(clients: Clients, year: int, day: str) -> BatchOutcome:
    """Calculate every score of the round."""
    request = messages.CalculateScoresRequest(round=year, calculated_on=day)
    outcome: BatchOutcome = clients.rounds.CalculateScores(request).outcome
    return outcome


def _in_order(result: Record) -> tuple[Any, ...]:
    grade = list(GRADES).index(result["grade"]) if result["grade"] in GRADES else len(GRADES)
    return result["round"], result["rank"] or 0, grade, result["unit_id"]
