"""Supplements as a log has them once they were adopted: the shipped ones, and answers to norms."""

from pathlib import Path

from services.evaluation.lookup import supplemented
from services.kernel.supplement import Supplements
from services.kernel.supplement_text import parse
from tests.notices import POLICIES
from zoneledger.evaluation.v1.supplement_commands_pb2 import AdoptSupplement
from zoneledger.evaluation.v1.supplement_events_pb2 import SupplementAdopted

_FOLDER = Path(__file__).parents[1] / "policies" / "supplements"
SHIPPED = {path.stem: path.read_bytes().decode() for path in sorted(_FOLDER.glob("*.yaml"))}

YEARS_NORM, CARRY_OVER_NORM = "2021-866/negative-streak-years", "2021-866/streak-carry-over"


def adopt(text: str) -> AdoptSupplement:
    """The command that adopts the text, with what is looked up for it."""
    sent = AdoptSupplement(supplement_id=parse(text, "it").supplement_id, text=text)
    return supplemented(sent, POLICIES)


def adopted(command: AdoptSupplement) -> SupplementAdopted:
    """What the log says then."""
    content_hash = parse(command.text, "it").content_hash
    return SupplementAdopted(
        supplement_id=command.supplement_id,
        text=command.text,
        content_hash=content_hash,
        policy=command.policy,
    )


def answering(
    norm_id: str, answer: str, *, name: str = "answer", decided_on: str = "2022-03-01"
) -> str:
    """The text of a supplement that answers one norm of the notice of 2021."""
    return f"""\
supplement_id: {name}
policy_id: 2021-866
author: 国家发展改革委
document: 解释
decided_on: {decided_on}
clauses:
  - clause_id: answer
    assumption: made up for a test
interpretations:
  - norm_id: {norm_id}
    author: 国家发展改革委
    decided_on: {decided_on}
    document: 解释
    answer: "{answer}"
    clause: answer
"""


def supplements(*texts: str) -> Supplements:
    """These, adopted."""
    return Supplements(tuple(parse(text, "it") for text in texts))


STREAKS_2019, STREAKS_866 = SHIPPED["2019-zone-notice-streaks"], SHIPPED["2021-866-streaks"]
ADOPT_STREAKS_2019, ADOPT_STREAKS_866 = adopt(STREAKS_2019), adopt(STREAKS_866)
THREE_YEARS, TWO_YEARS = (
    answering(YEARS_NORM, "3", name="three-years"),
    answering(YEARS_NORM, "2", name="two-years"),
)
INHERIT, ANEW = (
    answering(CARRY_OVER_NORM, "inherit", name="inherit"),
    answering(CARRY_OVER_NORM, "anew", name="anew"),
)
