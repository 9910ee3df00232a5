"""What a round waits for now, and whose turn it is: no more than the log and the frozen rules say.

A step is named when nothing stands before it any more, so that whoever reads the card knows what to
do next. Limits: it says what is missing, not what a body will decide; a round that waits for a day
to pass is told the day.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from services.kernel.chinese import AUTHORITIES, Sentence, both

OFFICE = "evaluation office 评估组织方"
EXPERTS = "experts 评审专家"


class Facts(NamedTuple):
    """Where a round stands; "" is a day that has not come.

    `missing` are the units of which not every indicator is reported, or said to be missing, each
    with its province;
    `provinces` has the word of each province, "" where there is none yet; `sheets` says of each
    expert whether its sheet is "due", "sealed" or "open"; `issuers` are those of the rules and
    `signed` those under the results that are proposed now. `notice_fits` says that the grades shown
    to the public are those that are proposed, `is_unheard` that a unit was told another than is
    proposed for it by now, and `lost` names the units with a bonus whose circular was withdrawn or
    amended.
    """

    opened_on: str
    frozen_on: str = ""
    units: int = 0
    missing: Mapping[str, str] = {}
    collected_on: str = ""
    provinces: Mapping[str, str] = {}
    is_reviewed_first: bool = True
    minimum_sheets: int = 0
    sheets: Mapping[str, str] = {}
    sheets_due: str = ""
    is_assessed: bool = False
    lost: Sequence[str] = ()
    unscored: int = 0
    is_proposed: bool = False
    notice_days: int | None = 0
    notice_fits: bool = False
    notice_closes_on: str = ""
    objections: Collection[str] = ()
    issuers: Sequence[str] = ()
    signed: Collection[str] = ()
    published_on: str = ""
    closed_on: str = ""
    is_abandoned: bool = False
    is_unheard: bool = False


class Step(NamedTuple):
    """What is outstanding, who must do it, and the command for it."""

    who: str
    what: Sentence
    command: str


def outstanding(facts: Facts, today: str) -> list[Step]:
    """What is to be done now, by whom; nothing where the round is over."""
    if facts.closed_on or facts.is_abandoned:
        return []
    if facts.published_on:
        return [_step(OFFICE, "结束本年度评估", "close the round", "close")]
    for stage in _STAGES:
        if found := stage(facts, today):
            return found
    return [_step(OFFICE, "发布评估结果", "publish the results", "publish")]


def _rules(facts: Facts, _: str) -> list[Step]:
    if facts.frozen_on:
        return []
    return [_step(OFFICE, "冻结评估规则", "freeze the rules", "freeze")]


def _data(facts: Facts, _: str) -> list[Step]:
    if facts.collected_on:
        return []
    if not facts.units:
        return [_step(OFFICE, "列入参评单位", "admit units", "admit")]
    if facts.missing:
        return [_report(facts, each) for each in sorted(set(facts.missing.values()))]
    return [_step(OFFICE, "结束数据采集", "close the collection", "close-collection")]


def _report(facts: Facts, province: str) -> Step:
    units = sorted(unit for unit, where in facts.missing.items() if where == province)
    names = ", ".join(units)
    return _step(province, f"报送数据：{names}", f"report data: {names}", "report")


def _review(facts: Facts, _: str) -> list[Step]:
    steps = []
    for province, word in sorted(facts.provinces.items()):
        if word == "returned":
            said = ("重新报送并审查通过", "report again, and accept")
        elif not word and facts.is_reviewed_first:
            said = ("审查数据", "review the data")
        else:
            continue
        steps.append(_step(province, *said, "review"))
    return steps


def _panel(facts: Facts, today: str) -> list[Step]:
    if not facts.minimum_sheets or facts.is_assessed:
        return []
    due = [name for name, word in sorted(facts.sheets.items()) if word == "due"]
    sealed = [name for name, word in sorted(facts.sheets.items()) if word == "sealed"]
    if not facts.sheets_due:
        said = (
            "明确评分截止日期（规则未定）",
            "say by when sheets are due: the rules leave it open",
        )
        return [_step(OFFICE, *said, "interpret")]
    if len(facts.sheets) < facts.minimum_sheets:
        least = facts.minimum_sheets
        zh, en = f"每个单位至少{least}份评分", f"at least {least} sheets a unit"
        return [_step(OFFICE, f"聘请专家（{zh}）", f"appoint experts ({en})", "appoint")]
    if due and today <= facts.sheets_due:
        names, day = ", ".join(due), facts.sheets_due
        said = (f"{day}前封存评分：{names}", f"seal sheets by {day}: {names}")
        return [_step(EXPERTS, *said, "seal")]
    if sealed and today <= facts.sheets_due:
        day = facts.sheets_due
        return [_step(EXPERTS, f"{day}后开封评分", f"open sheets after {day}", "open-sheet")]
    if sealed:
        names = ", ".join(sealed)
        return [_step(EXPERTS, f"开封评分：{names}", f"open sheets: {names}", "open-sheet")]
    return [_step(OFFICE, "汇总专家评分", "put the sheets together", "assess")]


def _bases(facts: Facts, _: str) -> list[Step]:
    if not facts.lost:
        return []
    units = ", ".join(sorted(set(facts.lost)))
    said = (
        f"重新认定或撤回依据已变的加分：{units}",
        f"recognise anew or withdraw the bonus that lost its basis: {units}",
    )
    return [_step(OFFICE, *said, "withdraw-bonus")]


def _scores(facts: Facts, _: str) -> list[Step]:
    if facts.unscored:
        said = (f"计算{facts.unscored}个单位的得分", f"calculate {facts.unscored} scores")
        return [_step(OFFICE, *said, "calculate")]
    if not facts.is_proposed:
        return [_step(OFFICE, "拟定结果", "propose the results", "propose")]
    return []


def _notice(facts: Facts, today: str) -> list[Step]:
    if facts.notice_days is None:
        said = (
            "明确公示天数（规则未定）",
            "say how long a notice is open: the rules leave it open",
        )
        return [_step(OFFICE, *said, "interpret")]
    if not facts.notice_days:
        return []
    if not facts.notice_fits:
        days = facts.notice_days
        return [_step(OFFICE, f"公示{days}日", f"show the grades for {days} days", "notice")]
    if facts.is_unheard:
        said = ("告知单位其变动后的拟定等次", "tell units the grade that is proposed for them now")
        return [_step(OFFICE, *said, "notice")]
    return []


def _objections(facts: Facts, _: str) -> list[Step]:
    if not facts.objections:
        return []
    names = ", ".join(sorted(facts.objections))
    return [_step(OFFICE, f"决定异议：{names}", f"decide objections: {names}", "decide-objection")]


def _signatures(facts: Facts, today: str) -> list[Step]:
    missing = [each for each in facts.issuers if each not in facts.signed]
    steps = [
        _step(both(each, AUTHORITIES), "签署结果", "sign the results", "sign") for each in missing
    ]
    closes = facts.notice_closes_on
    if not missing and facts.notice_days and today <= closes:
        steps.append(_step(OFFICE, f"{closes}公示期满后发布", f"publish after {closes}", "publish"))
    return steps


_STAGES = (
    _rules,
    _data,
    _review,
    _panel,
    _bases,
    _scores,
    _notice,
    _objections,
    _signatures,
)


def _step(who: str, zh: str, en: str, command: str) -> Step:
    return Step(who, Sentence(zh, en), f"zoneledger round {command}")
