"""Whether the circular of a bonus still says what the bonus rests on.

A bonus keeps what its circular said when it was recognised. A circular that was withdrawn, or whose
entry was amended in that, is its basis no more: it is recognised anew or withdrawn before anything
else is decided on it. Limits: a new title or source of the entry changes no basis.
"""

from collections.abc import Iterator

from services.kernel.chinese import Sentence
from zoneledger.evaluation.v1.circular_events_pb2 import Circular
from zoneledger.evaluation.v1.circular_service_pb2 import CircularStanding
from zoneledger.evaluation.v1.round_events_pb2 import BonusRecognised


def gone(bonus: BonusRecognised, standing: CircularStanding) -> Iterator[Sentence]:
    """What the bonus has lost, as sentences; nothing where its basis stands."""
    circular = standing.circular
    if standing.HasField("withdrawn"):
        day = standing.withdrawn.withdrawn_on
        yield Sentence(f"通报已于{day}撤回", f"the circular was withdrawn on {day}")
        return
    items = items_of(circular, bonus.unit_id)
    if items is None:
        yield Sentence("通报已不再表扬该单位", "the circular commends the unit no more")
    elif bonus.item and bonus.item not in items:
        said = f"the circular does not commend the unit for {bonus.item} any more"
        yield Sentence(f"通报已不再因“{bonus.item}”表扬该单位", said)
    for zh, en, was, now in (
        ("文号", "number", bonus.circular_number, circular.number),
        ("印发日期", "day of issue", bonus.circular_issued_on, circular.issued_on),
        ("工作年度", "year", bonus.performance_year, circular.performance_year),
    ):
        if was != now:
            yield Sentence(f"{zh}已由{was}更正为{now}", f"its {en} is {now} now, and was {was}")


def items_of(circular: Circular, unit_id: str) -> list[str] | None:
    """For what the circular commends the unit; None where it does not."""
    places = [place for place in circular.places if place.unit_id == unit_id]
    return [place.item for place in places if place.item] if places else None
