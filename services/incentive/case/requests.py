"""What the fields of a case's commands must look like, and who may send them; no rule of a case."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.kernel.errors import Fault
from services.kernel.policy_terms import Authority, Instrument
from services.kernel.project_code import is_project_code
from services.kernel.reasons import Why
from services.kernel.support import BY_REFERENCE
from services.runtime import clock, fields
from zoneledger.incentive.v1.case_commands_pb2 import ApplyForBenefit, GrantBenefit
from zoneledger.incentive.v1.case_events_pb2 import Benefit, Counted

REASON: fields.Table = {"reason": fields.text}
CONDITION: fields.Table = {"condition_id": fields.identifier}
AMOUNT: fields.Table = {"amount": fields.not_negative}


def step_faults(commands: Iterable[Any]) -> list[Fault]:
    """What is wrong with where, when and by what the commands say something."""
    day: fields.Table = {"taken_on": fields.day_by(clock.today())}
    return _within("step", fields.faults([each.step for each in commands], _STEP, day))


def spoken_faults(commands: Sequence[Any], agency: str) -> list[Fault]:
    """What is wrong with who says it: an authority that asks speaks for itself alone."""
    said = [each.checked for each in commands]
    return [
        *_within("checked", fields.faults(said, _CHECKED)),
        *(
            Fault(index, "checked.authority", _for_another(agency, each.authority))
            for index, each in enumerate(said)
            if agency in tuple(Authority) and agency != each.authority
        ),
    ]


def benefit_faults(commands: Sequence[ApplyForBenefit]) -> list[Fault]:
    """What is wrong with what is applied for."""
    benefits = [each.benefit for each in commands]
    return _within(
        "benefit",
        [
            *fields.faults(benefits, _BENEFIT),
            *(
                Fault(index, "amount", Why.AMOUNT_OF_NOTHING(amount=each.amount))
                for index, each in enumerate(benefits)
                if _counts_nothing(each)
            ),
        ],
    )


def effect_faults(commands: Sequence[GrantBenefit]) -> list[Fault]:
    """What is wrong with the day from which on a benefit has effect."""
    return fields.faults(commands, {"effective_from": fields.optional(fields.day)})


def _counts_nothing(benefit: Benefit) -> bool:
    """Whether there is an amount of nothing, or nothing of something."""
    return (benefit.amount > 0) != bool(benefit.counted)


def _for_another(agency: str, authority: str) -> str:
    return Why.SPEAKS_FOR_ANOTHER(agency=agency, authority=authority)


def _round(value: int) -> str:
    return "" if value == BY_REFERENCE else fields.year(value)


def _instrument(value: str) -> str:
    known = [each for each in Instrument if each != Instrument.CREDIT_TILT]
    return "" if value in known else Why.NOT_A_VALUE(value=value[:40] or "''")


def _authority(value: str) -> str:
    return "" if value in tuple(Authority) else Why.NOT_A_VALUE(value=value[:40] or "''")


def _project_code(value: str) -> str:
    return "" if is_project_code(value) else Why.NOT_A_PROJECT_CODE(value=value[:40])


def _counted(value: int) -> str:
    return fields.one_of(Counted)(value) if value else ""


def _within(field: str, faults: Iterable[Fault]) -> list[Fault]:
    """The faults of a message that stands in this field of each item."""
    return [Fault(each.index, f"{field}.{each.field}", each.what) for each in faults]


_STEP: fields.Table = {
    "unit_id": fields.identifier,
    "round": _round,
    "instrument": _instrument,
    "case_id": fields.identifier,
    "document": fields.text,
    "source": fields.optional_text,
}
_CHECKED: fields.Table = {
    "authority": _authority,
    "prepared_by": fields.identifier,
    "approved_by": fields.identifier,
}
_BENEFIT: fields.Table = {
    "title_zh": fields.text,
    "title_en": fields.optional_text,
    "project_code": fields.optional(_project_code),
    "carried_out_by": fields.optional_text,
    "amount": fields.not_negative,
    "counted": _counted,
}
