"""Steps that the full round takes more than once, and what it asks in between."""

from services.cli import lists
from services.cli.records import Record
from services.cli.rounds import (
    observing,
    tabled,
)
from services.cli.rounds.narrating import Story
from services.cli.rounds.rule_sets import frozen
from services.cli.rounds.tabled import Asked
from services.kernel.chinese import Sentence
from services.kernel.words import number
from zoneledger.evaluation.v1 import round_commands_pb2 as commands
from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome
from zoneledger.evaluation.v1.round_service_pb2 import GetRoundRequest


def governing(story: Story) -> str:
    """The document that governs the round, by its number."""
    found = lists.fetch_policies(story.clients, lists.Filter("", 0, "", ""))
    return next(
        each.number or each.policy_id
        for each in found
        if each.rounds_from <= story.year <= (each.rounds_until or story.year)
    )


def report(story: Story, name: str, day: str) -> None:
    plan = observing.plan(story.clients, frozen(story.clients, story.year), day)
    story.take(name, plan, day)


def review(story: Story, province: str, outcome: str, day: str) -> None:
    is_accepted = outcome == "accepted"
    review = commands.ReviewProvince(
        round=story.year,
        province=province,
        outcome=number(ReviewOutcome, outcome),  # type: ignore[arg-type]  # any int
        reviewed_on=day,
        document="示例审查意见",
        note="" if is_accepted else "示例：空气质量数据与公报不符",
    )
    done = Sentence(f"{province}审查{'通过' if is_accepted else '退回'}", f"{province} {outcome}")
    story.step("ReviewProvince", "review", review, day, done)


def observations(story: Story) -> list[Record]:
    return tabled.fetch_observations(story.clients, Asked(story.year))


def calculate(story: Story, calculated_on: str, proposed_on: str) -> None:
    found = tabled.calculated(story.clients, story.year, calculated_on)
    story.say(
        f"{calculated_on}  计算{found.recorded}个得分",
        f"{calculated_on}  {found.recorded} scores are calculated",
    )
    proposal = commands.ProposeResults(round=story.year, proposed_on=proposed_on)
    done = Sentence("拟定结果", "results are proposed")
    story.step("ProposeResults", "proposal", proposal, proposed_on, done)


def show_to_the_public(story: Story, day: str) -> None:
    opened = commands.OpenNotice(round=story.year, opened_on=day, document="示例公示")
    story.step("OpenNotice", "notice", opened, day, Sentence("公示七日", "a notice of seven days"))


def publishing(story: Story) -> commands.PublishResults:
    return commands.PublishResults(
        round=story.year,
        published_on="2021-06-21",
        document=governing(story),
        results_hash=results_hash(story),
    )


def results_hash(story: Story) -> str:
    said = story.clients.rounds.GetRound(GetRoundRequest(name=f"rounds/{story.year}")).round
    return str(said.proposed.results_hash)


def proposed(story: Story) -> list[Record]:
    return tabled.fetch_proposed(story.clients, Asked(story.year))


def results(story: Story) -> list[Record]:
    return tabled.fetch_results(story.clients, Asked(story.year))
