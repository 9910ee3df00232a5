"""Every reason to refuse, and what it says in English and in Chinese.

A reason is stable: machines read its name, its gRPC code and its facts; people read its sentence.
Both sentences name the same facts. A sentence repeats what the caller said and what a caller of
that method may know, never more. `docs/errors.md` is written from here.

    raise Rejected(Why.NOT_RATED(unit="xiangtan", round=2020), field="round")
"""

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import NamedTuple

from services.kernel.chinese import (
    AUTHORITIES,
    CASE_STATES,
    CLASSES,
    DEPARTMENTS,
    GRADES,
    KINDS,
    PLAN_STEPS,
    REVIEW_OUTCOMES,
)

NONE = "none"  # A fact that lists nothing.

# Facts whose values are words of ours, or several with ", " between them.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "authority": AUTHORITIES,
    "beneficiary_class": CLASSES,
    "case_state": CASE_STATES,
    "case_step": CASE_STATES,
    "case_steps": CASE_STATES,
    "competent": AUTHORITIES,
    "due": CLASSES,
    "grade": GRADES,
    "issuers": AUTHORITIES,
    "kind": KINDS,
    "kinds": KINDS,
    "needed": PLAN_STEPS,
    "recipients": AUTHORITIES,
    "standing": GRADES,
    "state": PLAN_STEPS,
    "step": PLAN_STEPS,
    "fitting": REVIEW_OUTCOMES,
    "outcome": REVIEW_OUTCOMES,
    "unsigned": DEPARTMENTS,
    "way": PLAN_STEPS,
}


class Told(str):
    """An English sentence that knows its reason, its facts, and itself in Chinese.

    `chinese` is empty and there are no facts where a sentence was written without a reason of its
    own; `why` is a general one then.
    """

    __slots__ = ("chinese", "facts", "why")

    chinese: str
    facts: Mapping[str, str]
    why: "Why"

    def __new__(
        cls, english: str, why: "Why", chinese: str = "", facts: Mapping[str, str] = {}
    ) -> "Told":
        """The sentence; as a string it is the English one."""
        told = super().__new__(cls, english)
        told.why, told.chinese, told.facts = why, chinese, facts
        return told

    @property
    def resource(self) -> str:
        """The name of what it is about, such as units/xiangtan; empty where that has none."""
        return self.why.value.resource.format_map(self.facts) if self.facts else ""


class Row(NamedTuple):
    """One reason: its gRPC code, its sentences, what to do, and what it is about.

    Facts stand in braces. `retry_ms` is after how long the same call may succeed, 0 where it
    will not by itself.
    """

    code: str
    english: str
    chinese: str
    to_do: str = ""
    resource: str = ""
    retry_ms: int = 0

    @property
    def sentence(self) -> str:
        """The English sentence, with what to do."""
        return f"{self.english}; {self.to_do}" if self.to_do else self.english


_malformed = partial(Row, "INVALID_ARGUMENT")
_unmet = partial(Row, "FAILED_PRECONDITION")
_unknown = partial(Row, "NOT_FOUND")
_raced = partial(Row, "ABORTED")
_away = partial(Row, "UNAVAILABLE", retry_ms=1_000)


class Why(Enum):
    """The reasons. Their names, codes and facts are a promise; their sentences may get better."""

    # What a field says.
    FIELD_MISSING = _malformed("is missing", "必填项为空，请填写", "fill it in")
    TOO_LONG = _malformed(
        "is longer than {limit} characters", "超过{limit}个字符，请缩短", "shorten it"
    )
    NOT_PRINTABLE = _malformed(
        "{value!r} has characters that cannot be printed",
        "“{value}”含有不可打印的字符，请删去",
        "take them out",
    )
    NOT_AN_IDENTIFIER = _malformed(
        "{value!r} is no identifier",
        "“{value}”不是标识符，请只用小写字母、数字和单个连字符",
        "use lower-case letters, digits and single hyphens",
    )
    NOT_A_DAY = _malformed(
        "{value!r} is no date", "“{value}”不是日期，请写作2021-06-09", "write 2021-06-09"
    )
    NOT_A_MOMENT = _malformed(
        "{seconds} s and {nanos} ns are no moment of the calendar",
        "{seconds}秒{nanos}纳秒不是日历上的时刻，请写明有效的时间戳",
        "write a timestamp from the years 1 to 9999",
    )
    STILL_TO_COME = _malformed(
        "{day} is still to come (in China it is {today})",
        "{day}尚未到来（今天是{today}），请届时再录入",
        "enter it when it has come",
    )
    NOT_A_ROUND = _malformed(
        "{value} is no performance year", "{value}不是评估年度，请写作2020", "write 2020"
    )
    NOT_A_VALUE = _malformed(
        "{value} is not one of the values",
        "{value}不是规定的取值，请使用接口约定中的取值",
        "use one that the contract names",
    )
    DOCUMENT_TOO_LARGE = _malformed(
        "has {size} bytes and the limit is {limit}",
        "有{size}字节，上限为{limit}字节，请确认是否为政策文件",
        "is it a document?",
    )

    # What does not fit together in what is reported.
    PUBLISHED_IN_ITS_YEAR = _malformed(
        "{day} is not after the performance year {round}, which it rates",
        "发布日期{day}不在被评估的{round}年度之后，请更正日期或年度",
        "correct the day or the round",
    )
    BELONGS_TO_NO_ZONE = _malformed(
        "a {kind} belongs to no zone", "{kind}不隶属于示范区，该项请留空", "leave the cell empty"
    )
    CLASS_DOES_NOT_FIT = _malformed(
        "a {kind} is {due}, not {beneficiary_class}",
        "{kind}应为{due}，而不是{beneficiary_class}，请更正类别或种类",
        "correct the class or the kind",
    )
    ENDS_BEFORE_IT_BEGINS = _malformed(
        "{member_until} is before member_from {member_from}",
        "截止日期{member_until}早于起始日期{member_from}，请更正其一",
        "correct one of them",
    )
    MEMBERSHIPS_SAY_OTHERWISE = _malformed(
        "{value!r} is not what the last of the memberships says ({newest!r})",
        "“{value}”与最后一段成员资格（{newest}）不一致，请更正其一或留空",
        "correct one of them, or leave this empty",
    )
    UNTIL_BEFORE_FROM = _malformed(
        "the last day {valid_until} is before the first {valid_from}",
        "截止日期{valid_until}早于起始日期{valid_from}，请更正其一",
        "correct one of them",
    )
    NOT_IN_ORDER = _malformed(
        "{day} is not after {before}, which the one before it reaches",
        "{day}不晚于前一段所及的{before}；各段须按时间先后排列且互不重叠",
        "write them in the order of time, without overlap",
    )
    STANDS_ON_NO_ZONE = _malformed(
        "a {kind} is no park and stands on no development zone",
        "{kind}不是园区，没有依托的开发区，该项请留空",
        "leave it empty",
    )
    NOT_WITH_THIS_RULING = _malformed(
        "goes with a disqualification only",
        "只有取消资格的决定才填写此项，请留空",
        "leave it empty",
    )
    GRADE_UNKNOWN = _malformed(
        "{value} is not a grade",
        "{value}不是评估等次，请使用接口约定中的等次",
        "use one that the contract names",
    )

    # What has to be true first.
    UNIT_NOT_REGISTERED = _unmet(
        "unit {unit!r} is not in the register",
        "名录中没有单位“{unit}”，请先登记",
        "register it first",
        "units/{unit}",
    )
    NO_UNIT_CALLED_SO = _unmet(
        "no unit is called {name!r} (near: {near})",
        "没有名为“{name}”的单位（相近：{near}），请更正名称或先登记",
        "correct the name, or register the unit first",
    )
    SEVERAL_CALLED_SO = _unmet(
        "{name!r} is what several units are called: {units}",
        "名为“{name}”的单位不止一个：{units}，请写明标识符",
        "write the id of the one that is meant",
    )
    CALLED_AS_ANOTHER = _unmet(
        "{name!r} is what the {kind} {unit} of the same zone and province is called already",
        "同一示范区、同一省份的{kind}“{unit}”已名为“{name}”，请更新该单位的登记，或使用不同的名称",
        "amend that entry, or tell the two apart by name",
        "units/{unit}",
    )
    ALREADY_RATED = _unmet(
        "{unit} was rated {standing} for {round} ({standing_document}, published {standing_on}),"
        " not {grade} ({document}, published {published_on})",
        "{unit}的{round}年度评估结果为{standing}（{standing_document}，{standing_on}发布），"
        "不是{grade}（{document}，{published_on}发布）；已发布的评估结果只能通过更正改变",
        "a published rating is changed by a correction only",
        "units/{unit}/ratings/{round}",
    )
    NOT_RATED = _unmet(
        "{unit} has no rating for {round} that could be corrected",
        "{unit}没有可以更正的{round}年度评估结果，请先发布",
        "publish it first",
        "units/{unit}/ratings/{round}",
    )
    CORRECTED_TOO_EARLY = _unmet(
        "what has stood since {since} cannot have been corrected before, on {corrected_on}",
        "{since}起有效的评估结果不可能在此之前（{corrected_on}）更正，请更正日期",
        "correct the day",
        "units/{unit}/ratings/{round}",
    )
    NOT_YET_A_MEMBER = _unmet(
        "{unit} is a member from {member_from} on, after {since}",
        "{unit}自{member_from}起才是成员，晚于{since}，请更正名录或年度",
        "correct the register or the round",
        "units/{unit}",
    )
    NO_LONGER_A_MEMBER = _unmet(
        "{unit} was a member until {member_until}, before {round}",
        "{unit}的成员资格截止于{member_until}，早于{round}年，请更正名录或年度",
        "correct the register or the round",
        "units/{unit}",
    )
    NO_MEMBER_MEANWHILE = _unmet(
        "{unit} was no member in {round}, between two of its memberships",
        "{unit}在{round}年不是成员（介于两段成员资格之间），请更正名录或年度",
        "correct the register or the round",
        "units/{unit}",
    )
    DISQUALIFIED_BEFORE = _unmet(
        "{unit} is disqualified since {since} and was no member in {round}",
        "{unit}自{since}起已被取消示范区资格，{round}年度不再是成员，请更正单位或年度",
        "correct the unit or the round",
        "units/{unit}",
    )
    DISQUALIFIED_MEANWHILE = _unmet(
        "{unit} was disqualified from {since} until {until} and was no member in {round}",
        "{unit}自{since}起被取消示范区资格，至{until}恢复，{round}年度不是成员，请更正单位或年度",
        "correct the unit or the round",
        "units/{unit}",
    )
    DISQUALIFIED_UNTIL = _unmet(
        "{unit} is disqualified until {until} by an earlier decision, and {effective_on} is before",
        "{unit}已由此前的决定取消示范区资格至{until}，{effective_on}早于该日，请更正日期",
        "correct the day",
        "units/{unit}",
    )
    BACKDATED = _malformed(
        "{effective_on} is before the decision of {decided_on}, and the document is not quoted"
        " that says so",
        "日期{effective_on}早于决定作出之日{decided_on}，且未引用文件原文说明，请更正日期，或引用文件原文",
        "correct the day, or quote the document (backdating_quote)",
    )
    EFFECTIVE_TOO_LATE = _malformed(
        "{effective_on} is after {latest}, the end of the year after the decision of {decided_on}",
        "日期{effective_on}晚于{latest}（决定作出之日{decided_on}的次年年末），请更正日期",
        "correct the day",
    )
    DISQUALIFICATION_NOT_REVIEWED = _unmet(
        "nothing is proposed for {unit} yet: the streaks {bases} are reached and to be reviewed",
        "{unit}的连续评级（{bases}）已达到规定年数，但尚未重新审核，因此还没有取消资格建议，请先重新审核",
        "review them first (zoneledger unit review-streaks)",
        "units/{unit}",
    )
    DISQUALIFICATION_DECIDED_BEFORE = _unmet(
        "{unit}: {bases} were decided on before, last by {document} on {decided_on}, and that"
        " stands",
        "{unit}的连续评级（{bases}）此前已有决定（最近为{document}，{decided_on}），该决定有效，"
        "不再重复建议",
        "what was decided on once is not decided on again",
        "units/{unit}",
    )
    DISQUALIFICATION_NOT_PROPOSED = _unmet(
        "nothing is proposed for {unit}: no streak of poor years is reached",
        "{unit}没有待决定的取消资格建议：未达到连续评为较差的年数，请查看其连续评级",
        "see its streaks",
        "units/{unit}",
    )
    DISQUALIFICATION_UNDETERMINED = _unmet(
        "nothing is proposed for {unit}: its streak up to {rounds} is open, by the norms {norms}"
        " and for want of the grades of {years}",
        "{unit}没有待决定的取消资格建议：截至{rounds}年度是否连续评为较差尚未确定，"
        "待明确事项：{norms}，缺少等次的年度：{years}；请先采用对待明确事项的解释，或录入缺少的评估结果",
        "adopt an interpretation first (zoneledger policies supplement FILE), or enter what is"
        " missing",
        "units/{unit}",
    )
    ALREADY_DISQUALIFIED = _unmet(
        "{unit} is disqualified since {since} by {document}",
        "{unit}已由{document}自{since}起取消示范区资格，如需改变请撤回该决定",
        "a disqualification is changed by taking it back only",
        "units/{unit}",
    )
    NOT_DISQUALIFIED = _unmet(
        "{unit} is not disqualified",
        "{unit}没有被取消示范区资格，无可撤回，请更正单位",
        "there is nothing to take back, so correct the unit",
        "units/{unit}",
    )
    BEFORE_ITS_BASIS = _unmet(
        "{day} is before {since}, when that on which it rests for {unit} came to be",
        "日期{day}早于{unit}所依据事项的日期{since}，请更正日期",
        "correct the day",
        "units/{unit}",
    )
    RIGHT_NOT_GAINED = _unmet(
        "{unit} has not gained a right by {round}.{streak} (gained: {gained})",
        "{unit}没有因{round}.{streak}取得权利（已取得：{gained}），请更正年度或规则",
        "correct the round or the streak",
        "units/{unit}/streaks/{round}.{streak}",
    )
    RIGHT_USED_BEFORE = _unmet(
        "{unit} used this right by {document} for {chosen}",
        "{unit}已由{document}使用该项权利（{chosen}），一项权利只能使用一次",
        "a right is used once",
        "units/{unit}",
    )
    NOT_ANOTHER_OF_THE_PROVINCE = _unmet(
        "{chosen} is no other unit of {province}, whose province may recommend one more city for"
        " {unit}",
        "“{chosen}”不是{province}的另一个单位，{unit}的权利只允许所在省市再推荐一个城市，请更正",
        "name the city that was recommended",
        "units/{unit}",
    )
    YEARS_COUNTED_BEFORE = _unmet(
        "the years {years} count for the right that {unit} used by {document}, and no document says"
        " that they count twice",
        "{years}年度已计入{unit}由{document}使用的权利，没有文件规定可以重复计入，请先明确",
        "let it be settled first",
        "units/{unit}",
    )
    KIND_NOT_RATED = _unmet(
        "{unit} is a {kind}, and {policy} rates {kinds} ({clause}: {quote})",
        "{unit}是{kind}，而{policy}评估的是{kinds}（{clause}：{quote}），请更正单位或年度",
        "correct the unit or the round",
        "units/{unit}",
    )
    HONOUR_DIFFERS = _unmet(
        "honour {honour!r} of {unit} is recorded with other contents",
        "{unit}的表扬“{honour}”已按其他内容记录，另一项表扬请另用标识符",
        "give another honour an id of its own",
        "units/{unit}/honours/{honour}",
    )
    ZONE_UNKNOWN = _unmet(
        "there is no zone {zone!r} in the register or in this file",
        "名录和本次提交中都没有示范区“{zone}”，请先登记或更正",
        "register it first, or correct it",
        "units/{zone}",
    )
    ZONE_MISSPELT = _unmet(
        "there is no zone {zone!r} in the register or in this file",
        "名录和本次提交中都没有示范区“{zone}”，是否应为{near}？",
        "did you mean {near}?",
        "units/{zone}",
    )
    NOT_A_ZONE = _unmet(
        "{zone} is a {kind}, not a zone",
        "{zone}是{kind}，不是示范区，请填写所属的示范区",
        "name the zone that the unit belongs to",
        "units/{zone}",
    )
    ROUND_NOT_GOVERNED = _unmet(
        "no adopted document governs the round {round} (governed: {governed})",
        "没有已采用的文件适用于{round}年度（已适用：{governed}），请先采用该年度的文件",
        "adopt its document first: zoneledger policies adopt FILE",
        "rounds/{round}",
    )
    DOCUMENT_NOT_ADOPTED = _unmet(
        "{document!r} is not an adopted document (adopted: {adopted})",
        "“{document}”不是已采用的文件（已采用：{adopted}），请先采用该文件",
        "adopt it first: zoneledger policies adopt FILE",
        "policies/{document}",
    )
    BEFORE_SIGNATURE = _unmet(
        "{day} is before {policy} was signed on {since}",
        "发布日期{day}早于{policy}的签署日期{since}，请更正日期或文件",
        "correct the day or the document",
        "policies/{policy}",
    )
    BEFORE_PUBLICATION = _unmet(
        "{day} is before {policy} was published on {since}",
        "发布日期{day}早于{policy}的公布日期{since}，请更正日期或文件",
        "correct the day or the document",
        "policies/{policy}",
    )
    CLASS_WITHOUT_DOCUMENT = _unmet(
        "no adopted document names the class {beneficiary_class}",
        "没有已采用的文件列明类别“{beneficiary_class}”，请先采用列明该类别的文件",
        "adopt the one that does first: zoneledger policies adopt FILE",
        "policies/-",
    )

    # Scores and grades of a round.
    UNIT_IN_NO_PEER_CLASS = _unmet(
        "{unit} is in no class of units that {rule_set} names",
        "{rule_set}所列的单位分类中没有{unit}，规则冻结后不能增补，请使用列明该单位的规则",
        "a frozen rule set does not change: use one that names the unit",
        "units/{unit}",
    )
    INDICATOR_UNKNOWN = _malformed(
        "{rule_set} has no indicator {indicator!r}",
        "{rule_set}中没有指标“{indicator}”，请使用其中的指标",
        "use one that the rule set names",
    )
    NOT_A_DECIMAL = _malformed(
        "{value!r} is no number with at most {decimals} decimals",
        "“{value}”不是小数位数不超过{decimals}位的数，请写作12.30，缺失的数值请留空",
        "write it as 12.30, and leave a missing value empty",
    )
    BONUS_UNKNOWN = _malformed(
        "{rule_set} has no bonus {bonus!r}",
        "{rule_set}中没有加分项“{bonus}”，请使用其中的加分项",
        "use one that the rule set names",
    )
    VETO_UNKNOWN = _malformed(
        "{rule_set} has no veto {veto!r}",
        "{rule_set}中没有否决项“{veto}”，请使用其中的否决项",
        "use one that the rule set names",
    )
    SHEET_INCOMPLETE = _malformed(
        "a sheet judges {due}, each once, and this one judges {given}",
        "评分表应对{due}各评一次，而本表所评为{given}，请更正",
        "judge every criterion once",
    )
    SHEET_TWICE = _unmet(
        "{assessor} has more than one sheet on {unit}",
        "{assessor}对{unit}提交了不止一份评分表，请只保留一份",
        "keep one",
        "units/{unit}",
    )
    NO_EXPERTS = _unmet(
        "{rule_set} gives the experts no part of the score",
        "{rule_set}未设专家评分，请勿提交评分表",
        "submit no sheets",
    )
    UNIT_NOT_JUDGED = _unmet(
        "the experts have no points for {unit} on {criteria}",
        "专家组尚无{unit}在{criteria}上的评分，请先汇总评分表",
        "put the sheets together first",
        "units/{unit}",
    )
    TOO_FEW_SHEETS = _unmet(
        "{units} have fewer than {least} sheets that count",
        "{units}的有效评分表少于{least}份，请补充评分",
        "let more experts without a conflict of interest judge them",
    )
    PANEL_DISCONNECTED = _unmet(
        "no assessor links these groups of units, so how severe each is cannot be told apart from"
        " how good the units are: {groups}",
        "以下各组单位之间没有共同的评审专家，无法区分专家宽严与单位优劣：{groups}；"
        "请安排专家跨组评分",
        "let an assessor of one group judge a unit of another",
    )

    # Circulars of commendation.
    CIRCULAR_UNKNOWN = _unmet(
        "circular {circular!r} is not in the register",
        "没有登记督查激励通报“{circular}”，请先登记",
        "record it first",
        "circulars/{circular}",
    )
    CIRCULAR_WITHDRAWN = _unmet(
        "circular {circular} was withdrawn by {document} on {withdrawn_on}",
        "督查激励通报{circular}已由{document}于{withdrawn_on}撤回，新的通报请另用标识符登记",
        "record a new one under an id of its own",
        "circulars/{circular}",
    )
    NOT_COMMENDED = _unmet(
        "{circular} does not commend {unit}",
        "{circular}没有通报表扬{unit}，请更正单位或通报",
        "correct the unit or the circular",
        "units/{unit}",
    )
    CIRCULAR_TOO_LATE = _unmet(
        "{circular} was issued on {issued_on}, after the rule set was frozen on {frozen_on}",
        "{circular}于{issued_on}印发，晚于评估规则冻结日{frozen_on}，应计入下一年度",
        "it counts in a later round",
    )
    CIRCULAR_OF_ANOTHER_YEAR = _unmet(
        "{circular} commends the work of {year}, and the rule set counts that of {due}",
        "{circular}通报的是{year}年度工作，评估规则只认{due}年度，请使用该年度的通报",
        "use the circular of that year",
    )
    CIRCULAR_FOR_ANOTHER_ITEM = _unmet(
        "{circular} commends {unit} for {items}, and the rule set counts {known}",
        "{circular}通报表扬{unit}的事项为{items}，评估规则只认{known}，请更正加分项或通报",
        "correct the bonus or the circular",
        "units/{unit}",
    )
    BONUS_LOST_ITS_BASIS = _unmet(
        "{circular}, on which the bonus {bonus} of {unit} rests, was withdrawn or amended since",
        "{unit}的加分{bonus}所依据的{circular}此后已撤回或更正，请重新认定或撤回该加分",
        "recognise the bonus anew or withdraw it",
        "units/{unit}",
    )

    # A pool of central budget investment.
    POOL_UNKNOWN = _unmet(
        "the pool {pool} is not open",
        "资金池{pool}尚未设立，请先设立",
        "open it first",
    )
    POOL_ALREADY_OPEN = _unmet(
        "the pool {pool} was opened on {opened_on} by {document}",
        "资金池{pool}已于{opened_on}由{document}设立，一个年度和专项只设立一次",
        "a year and line have one pool",
        "pools/{pool}",
    )
    BUDGET_RULES_UNREADABLE = _malformed(
        "this is no rule text of a budget, mend these lines: {problems}",
        "文本不是可用的预算规则，请按行修改：{problems}",
    )
    BUDGET_YEAR_NOT_RULED = _malformed(
        "the rules are for {first} to {last}, not for {year}",
        "预算规则适用于{first}至{last}年度，而不是{year}年度，请更正其一",
        "correct one of the two",
    )
    BUDGET_LAG_OPEN = _unmet(
        "which rating moves the line {line} is left open by {norm}",
        "{line}依据哪一年度的评估尚无规定（{norm}），请在规则中写明后再设立",
        "state it in the rules before a pool is opened",
    )
    NOTHING_APPROPRIATED = _unmet(
        "nothing is appropriated to the pool {pool}",
        "资金池{pool}尚未安排额度，请先安排",
        "appropriate it first",
        "pools/{pool}",
    )
    ALREADY_APPROPRIATED = _unmet(
        "the pool {pool} has {amount} by {document}",
        "资金池{pool}已由{document}安排{amount}，如需改变请调整",
        "amend it",
        "pools/{pool}",
    )
    BELOW_RESERVED = _unmet(
        "{amount} is less than the {reserved} that are reserved",
        "{amount}少于已分配的{reserved}，请先收回一部分",
        "release lines first",
    )
    POOL_FULL = _unmet(
        "the pool {pool} has {limit} projects, and takes no more",
        "资金池{pool}已有{limit}个项目，不再接受申报",
        "put forward a block",
        "pools/{pool}",
    )
    PROJECT_ALREADY_PUT_FORWARD = _unmet(
        "{project} was put forward to the pool {pool} by {document}",
        "{project}已由{document}申报到资金池{pool}，如需改变请更正",
        "correct it, or use another id",
    )
    PROJECT_UNKNOWN = _unmet(
        "the unit has no project {project} in the pool {pool}",
        "该单位在资金池{pool}中没有项目{project}，请更正其一",
        "correct one of them",
    )
    PROJECT_WITHDRAWN = _unmet(
        "{project} was withdrawn from the pool {pool} on {withdrawn_on} by {document}",
        "{project}已于{withdrawn_on}由{document}从资金池{pool}撤回",
        "put it forward anew by another id",
    )
    PROJECT_ALLOCATED = _unmet(
        "{project} has a line of the pool {pool}, decided on {decided_on} by {document}",
        "{project}已于{decided_on}由{document}在资金池{pool}中分配，分配之后不再更改申报",
        "what was decided on is not changed any more",
    )
    NOT_A_PROJECT_CODE = _malformed(
        "{value!r} is no project code by GB/T 40058-2021",
        "“{value}”不是GB/T 40058-2021规定的项目代码，请写作2108-430302-04-01-123456",
        "write 2108-430302-04-01-123456",
    )
    PROJECT_CODE_TAKEN = _unmet(
        "the code {code} is that of {project} in the pool {pool}",
        "项目代码{code}在资金池{pool}中已属于{project}，请更正其一",
        "correct one of the two",
    )
    BLOCK_HAS_NO_CODE = _malformed(
        "{project} is a block, and a block has no project code",
        "{project}是切块，切块没有项目代码，请删去代码",
        "take the code out",
    )
    REQUEST_ABOVE_INVESTMENT = _malformed(
        "{requested} fen are asked for of an investment of {total} fen",
        "申请{requested}分，超过总投资{total}分，请更正其一",
        "correct one of the two",
    )
    NOTHING_TO_ALLOCATE = _unmet(
        "no project waits for a line in the pool {pool}",
        "资金池{pool}中没有待分配的项目，请先申报",
        "put one forward first",
        "pools/{pool}",
    )
    NOT_THE_AUTHORITY = _unmet(
        "{authority} does not decide on the pool {pool}, by {clause} it is {competent}",
        "资金池{pool}不由{authority}决定，依据{clause}由{competent}决定",
        "the competent authority decides",
        "pools/{pool}",
    )
    ACTS_FOR_ANOTHER = _unmet(
        "{agency} does not act for {authority}",
        "{agency}不能代{authority}行事，请由有权部门提交",
        "the authority acts itself",
    )
    NO_ALLOCATION_PROPOSED = _unmet(
        "no allocation of the pool {pool} is proposed, or what it rested on has moved",
        "资金池{pool}没有待决定的分配方案，或其依据已经变动，请重新提出",
        "propose one",
        "pools/{pool}",
    )
    OTHER_ALLOCATION_PROPOSED = _unmet(
        "{proposed} is proposed for the pool {pool}, and not {asked}",
        "资金池{pool}现提出的分配方案是{proposed}，而不是{asked}，请先查看",
        "look at what is proposed",
        "pools/{pool}",
    )
    SAME_PERSON = _unmet(
        "{person} proposed the allocation and does not decide on it too",
        "{person}提出了分配方案，不能由同一人决定",
        "another person decides",
    )
    BASIS_MOVED = _unmet(
        "the entitlement of {unit} is another one than when the allocation was proposed",
        "{unit}的激励资格与提出分配方案时不同，请重新提出",
        "propose the allocation anew",
        "units/{unit}",
    )
    BASIS_UNDETERMINED = _unmet(
        "whether {unit} has an entitlement is left open by {norm}",
        "{unit}是否享有激励尚待明确（{norm}），请先明确，或撤回其项目",
        "have the norm interpreted, or withdraw its projects",
        "units/{unit}",
    )
    BASIS_MISSING = _unmet(
        "{unit} put a project forward a moment ago",
        "{unit}刚刚申报了项目，请重试",
        "try again",
        "units/{unit}",
    )
    BUDGET_UNIT_UNKNOWN = _unmet(
        "nothing was ever settled here for {unit}",
        "{unit}在本账本中没有任何评估或激励记录，请更正单位",
        "correct the unit",
        "units/{unit}",
    )
    ALLOCATION_LINE_UNKNOWN = _unmet(
        "the unit has no line for {project} in the pool {pool}",
        "该单位在资金池{pool}中没有{project}的分配，请更正其一",
        "correct one of them",
    )
    MORE_THAN_IS_LEFT = _unmet(
        "{amount} is more than the {left} that are left",
        "{amount}超过余额{left}，请更正金额",
        "correct the amount",
    )
    LINE_ALREADY_GRANTED = _unmet(
        "{project} was granted {amount} on {granted_on} by {document}",
        "{project}已于{granted_on}由{document}下达{amount}，一项分配只下达一次",
        "a line is granted once",
    )
    LINE_NOT_GRANTED = _unmet(
        "nothing is granted to {project}", "{project}尚未下达，请先下达", "grant it first"
    )
    GRANT_AFTER_DISQUALIFICATION = _unmet(
        "{unit} is disqualified since {since}",
        "{unit}自{since}起已被取消示范区资格，不再下达",
        "it is granted nothing from then on",
        "units/{unit}",
    )
    NUMBER_TAKEN = _unmet(
        "{number} was entered with other particulars",
        "编号{number}已用于另一笔记录，请换一个编号",
        "use another number",
    )
    PLACES_ARE_NOT_PAID = _unmet(
        "the pool {pool} has places, and places are not paid",
        "资金池{pool}是名额，名额不能拨付",
        "grant or release them",
        "pools/{pool}",
    )
    NOT_A_BLOCK = _unmet(
        "{project} is a project and no block", "{project}是具体项目，不是切块", "split a block"
    )
    SHARED_TWICE = _malformed(
        "{code} has two shares of {project}",
        "项目代码{code}在{project}中出现两次，请合并",
        "make one of them",
    )
    MORE_THAN_THE_BLOCK = _unmet(
        "the shares are {total} together, and the block has {granted}",
        "各项合计{total}，超过切块已下达的{granted}，请更正",
        "correct the shares",
    )
    NOT_AN_AMOUNT = _malformed(
        "{value} is no amount from {least} to {most}",
        "{value}不是{least}至{most}之间的数额，请更正",
        "correct it",
    )

    # A round of evaluation.
    ROUND_NOT_OPEN = _unmet(
        "the round {round} is not open",
        "{round}年度评估尚未启动，请先启动",
        "open it first",
        "rounds/{round}",
    )
    ROUND_ALREADY_OPEN = _unmet(
        "the round {round} was opened on {opened_on} by {document}",
        "{round}年度评估已于{opened_on}由{document}启动，一个年度只启动一次",
        "a year has one round",
        "rounds/{round}",
    )
    ROUND_HELD_HERE = _unmet(
        "the round {round} is held here",
        "{round}年度评估在本系统进行，其等次须通过发布或更正评估结果产生",
        "its ratings come of its results: publish or correct these",
        "rounds/{round}",
    )
    ROUND_RATED_ALREADY = _unmet(
        "{unit} is rated for {round} already, by {document}",
        "{unit}的{round}年度评估结果已由{document}公布，该年度不在本系统重新评估",
        "a year that was rated elsewhere is not evaluated again",
        "units/{unit}/ratings/{round}",
    )
    DOCUMENT_OF_ANOTHER_ROUND = _unmet(
        "{document} is not the document that governs {round}, which is {governing}",
        "{document}不是{round}年度所依据的文件（应为{governing}），请更正文件或年度",
        "name that one, or correct the round",
        "policies/{governing}",
    )
    ROUND_NOT_DECIDED = _unmet(
        "the round {round} is held here, and its results are not published",
        "{round}年度评估在本系统进行，其结果尚未发布，请先发布结果",
        "publish them first",
        "rounds/{round}",
    )
    RULE_SET_NOT_FROZEN = _unmet(
        "the rule set of the round {round} is not frozen",
        "{round}年度的评估规则尚未冻结，请先冻结",
        "freeze it first",
        "rounds/{round}",
    )
    RULE_SET_ALREADY_FROZEN = _unmet(
        "the rule set of {round} was frozen on {frozen_on} with hash {content_hash}",
        "{round}年度的评估规则已于{frozen_on}冻结（哈希{content_hash}），不可更改",
        "it does not change any more",
        "rounds/{round}",
    )
    RULE_SET_UNREADABLE = _malformed(
        "this is no rule set, mend these lines: {problems}",
        "文本不是可用的评估规则，请按行修改：{problems}",
    )
    RULE_SET_OF_ANOTHER_ROUND = _malformed(
        "the rule set is for {itself}, not for {round}",
        "评估规则适用于{itself}年度，而不是{round}年度，请更正其一",
        "correct one of them",
    )
    RULES_OF_OTHER_ISSUERS = _unmet(
        "the rule set of {round} is signed by {issuers}, and the document that governs the year is"
        " issued by {governing}",
        "{round}年度评估规则的会签机关为{issuers}，而该年度所依据文件的发文机关为{governing}，二者须一致",
        "name the issuers of that document",
        "rounds/{round}",
    )
    RULES_RATE_OTHER_KINDS = _unmet(
        "the rule set of {round} rates {kinds}, and the document of that year rates {rated}",
        "{round}年度评估规则评估的是{kinds}，而该年度所依据的文件评估的是{rated}，请更正规则",
        "rate kinds that the document rates",
        "rounds/{round}",
    )
    RULES_RATE_ANOTHER_LEVEL = _unmet(
        "the rule set of {round} gives grades to a {level}, and {kinds} are of another level",
        "{round}年度评估规则的评估对象层级为{level}，与{kinds}不符，请更正其一",
        "correct one of them",
        "rounds/{round}",
    )
    NOTICE_TOO_LONG = _unmet(
        "a public notice of {days} days is more than {limit}",
        "公示{days}日超过上限{limit}日，请更正",
        "correct it",
    )
    RULES_DROP_UNITS = _unmet(
        "{unit} takes part in {round} already, and these rules do not rate it",
        "{unit}已列入{round}年度参评，而新的规则不评估该单位，请先将其移出",
        "dismiss it first",
        "units/{unit}",
    )
    MATTER_NOT_OPEN = _unmet(
        "the rule set of {round} does not leave {matter} open, or it was answered: {answer}",
        "{round}年度的评估规则已规定{matter}，或已作出解释：{answer}",
        "what is said is not interpreted",
        "rounds/{round}",
    )
    NOT_AN_ANSWER = _malformed(
        "{answer!r} answers nothing about {matter}",
        "“{answer}”不是对{matter}的有效答复；日期写作2021-06-09，天数写整数，机关写代号",
        "write a day (2021-06-09), a number of days, or an authority by its word",
    )
    ROUND_ABANDONED = _unmet(
        "the round {round} was abandoned on {abandoned_on} by {document}",
        "{round}年度评估已于{abandoned_on}由{document}中止",
        "its year is rated by a notice",
        "rounds/{round}",
    )
    NOT_ITS_SIGNATURE = _unmet(
        "{agency} does not take back what is signed in the name of {issuer}",
        "{agency}不能撤回以{issuer}名义所作的会签",
        "let that issuer do it",
    )
    NOTHING_SIGNED = _unmet(
        "no signature of {issuer} stands in the round {round}",
        "{round}年度没有{issuer}的有效会签",
        "there is nothing to take back",
        "rounds/{round}",
    )
    UPHELD_WITHOUT_REMEDY = _unmet(
        "an objection that is upheld lets a report in, or says what is done about it",
        "认定异议成立，须采纳迟报数据或者写明补救措施",
        "name the remedy",
    )
    RULE_SET_LEAVES_OPEN = _unmet(
        "the rule set of {round} leaves {matter} open",
        "{round}年度的评估规则没有规定{matter}，须先有解释",
        "it has to be interpreted first",
        "rounds/{round}",
    )
    DECIDER_LEFT_OPEN = _unmet(
        "the rule set of {round} leaves open who decides objections, and {decided_by} is no issuer"
        " of its document ({issuers})",
        "{round}年度的评估规则没有规定异议由谁决定，{decided_by}也不是发文机关（{issuers}），在作出解释之前"
        "请由发文机关决定",
        "let an issuer decide until it is interpreted",
        "rounds/{round}",
    )
    NOT_IN_THE_RULE_SET = _malformed(
        "{value!r} is none that the round knows (known: {known})",
        "“{value}”不在本年度规定之内（可用：{known}），请更正",
        "correct it",
    )
    CONFLICT_STAYS = _unmet(
        "{assessor} said that it has a conflict of interest with {units}, and sheets are open",
        "专家{assessor}已声明与{units}存在利益关系，且评分已开封，不得撤回",
        "name these units again",
    )
    CONFLICT_AFTER_OPENING = _unmet(
        "sheets are open since {opened_on}: a conflict of {assessor} that is declared now takes"
        " marks out that are known",
        "评分已于{opened_on}开封，专家{assessor}此时声明的利益关系会剔除已知评分，须有文件和理由",
        "give the document and the reason",
    )
    BEFORE_ITS_TIME = _unmet(
        "{day} is before {since}, on which this rests",
        "日期{day}早于其所依据的{since}，请更正日期",
        "correct the day",
    )
    KIND_NOT_IN_ROUND = _unmet(
        "{unit} is a {kind}, and the rule set rates {kinds}",
        "{unit}是{kind}，而评估规则评估的是{kinds}，请更正单位或名录",
        "correct the unit or the register",
        "units/{unit}",
    )
    NO_MEMBER_IN_ROUND = _unmet(
        "{unit} is no member on any day of {round}",
        "{unit}在{round}年内不是成员，请更正名录或年度",
        "correct the register or the round",
        "units/{unit}",
    )
    UNIT_NOT_ADMITTED = _unmet(
        "{unit} takes no part in the round {round}",
        "{unit}没有参加{round}年度评估，请先列入",
        "admit it first",
        "units/{unit}",
    )
    NO_UNITS = _unmet(
        "no unit takes part in a round {round}",
        "{round}年度评估没有参评单位，请先列入",
        "admit units first",
        "rounds/{round}",
    )
    STILL_COLLECTING = _unmet(
        "the data of {round} are still collected",
        "{round}年度的数据采集尚未结束，请先结束采集",
        "close the collection first",
        "rounds/{round}",
    )
    COLLECTION_CLOSED = _unmet(
        "the collection of {round} was closed on {closed_on}",
        "{round}年度的数据采集已于{closed_on}结束，参评单位和数据已冻结",
        "units and data are frozen",
        "rounds/{round}",
    )
    VALUE_OR_REASON = _malformed(
        "{indicator} needs either a value or the reason why there is none",
        "{indicator}须填写数值或缺失原因，且只填其一",
        "give one of the two",
    )
    NOT_A_HASH = _malformed(
        "{value!r} is not 64 lower-case hexadecimal digits",
        "“{value}”不是64位小写十六进制数，请原样填写",
        "copy it as it is",
    )
    NAMED_TWICE = _malformed(
        "{value!r} is named twice", "“{value}”出现两次，请删去一个", "take one out"
    )
    NOT_REPORTED = _unmet(
        "{unit} has reported nothing for {indicators}",
        "{unit}尚未报送{indicators}，请报送数值或缺失原因",
        "report a value, or why there is none",
        "units/{unit}",
    )
    NOT_REVIEWED = _unmet(
        "{province} has not accepted the data of {unit}",
        "{province}尚未审查通过{unit}的数据，请先完成省级审查",
        "let the province review them first",
        "units/{unit}",
    )
    ASSESSOR_UNKNOWN = _unmet(
        "{assessor!r} is no assessor of the round {round}",
        "“{assessor}”不是{round}年度的评审专家，请先聘请",
        "appoint it first",
        "rounds/{round}",
    )
    ASSESSOR_DISMISSED = _unmet(
        "the assessor {assessor} was dismissed by {document} on {dismissed_on}",
        "评审专家{assessor}已由{document}于{dismissed_on}解聘",
        "appoint another one",
    )
    SHEET_ALREADY_SEALED = _unmet(
        "{assessor} sealed a sheet on {sealed_on}",
        "{assessor}已于{sealed_on}封存评分，封存后不可更改",
        "it cannot be changed any more",
    )
    SHEETS_WERE_DUE = _unmet(
        "{day} is after {due}, by which sheets were due",
        "{day}已过评分截止日{due}，不再收取评分",
        "no sheet is taken any more",
    )
    SHEETS_STILL_SEALED = _unmet(
        "sheets are sealed until {due} is over, and {day} is not after it",
        "评分在截止日{due}之后方可开封，{day}尚未到期",
        "open it afterwards",
    )
    NOT_SEALED = _unmet(
        "{assessor} has sealed no sheet",
        "{assessor}没有封存过评分，请先封存",
        "seal it first",
    )
    SHEET_ALREADY_OPENED = _unmet(
        "the sheet of {assessor} is open",
        "{assessor}的评分已经开封",
        "what was opened stays",
    )
    SHEET_DIFFERS_FROM_SEAL = _unmet(
        "this is not the sheet that {assessor} sealed as {sealed}",
        "这不是{assessor}以{sealed}封存的评分，请提交封存时的评分和密钥",
        "send the one that was sealed, with its salt",
    )
    SHEET_STILL_SEALED = _unmet(
        "the sheet of {assessor} is still sealed",
        "{assessor}的评分尚未开封，请先开封或解聘",
        "open it, or dismiss the assessor",
    )
    NO_BONUS = _unmet(
        "{unit} has no bonus {bonus!r} in {round} that could be withdrawn",
        "{unit}在{round}年度没有可撤回的加分“{bonus}”",
        "correct the unit or the bonus",
        "units/{unit}",
    )
    NOT_SCORED = _unmet(
        "{unit} has no complete score for {round}",
        "{unit}的{round}年度得分尚不完整，请先计算",
        "calculate the scores first",
        "units/{unit}",
    )
    NOTHING_PROPOSED = _unmet(
        "no results of {round} are proposed",
        "{round}年度尚未拟定评估结果，请先拟定",
        "propose them first",
        "rounds/{round}",
    )
    OTHER_RESULTS_PROPOSED = _unmet(
        "other results of {round} are proposed now: {proposed}, not {results_hash}",
        "{round}年度现拟定的结果为{proposed}，不是{results_hash}，请重新查看",
        "look at them again",
        "rounds/{round}",
    )
    RESULTS_DISCLOSE = _unmet(
        "the results of {round} would tell a {reader} reader who is {grade}, by counting",
        "{round}年度的结果会使{reader}一级的读者通过计数得知谁为{grade}，不能这样公布",
        "the rule set has to show it or to hide another",
        "rounds/{round}",
    )
    ALREADY_VETOED = _unmet(
        "{unit} is vetoed by {veto} already ({document})",
        "{unit}已被{veto}否决（{document}）",
        "lift that one first",
        "units/{unit}",
    )
    NO_VETO = _unmet(
        "{unit} has no veto {veto!r} in {round} that could be lifted",
        "{unit}在{round}年度没有可撤销的否决“{veto}”",
        "correct the unit or the veto",
        "units/{unit}",
    )
    NO_NOTICE = _unmet(
        "the rule set of {round} wants no public notice",
        "{round}年度的评估规则不要求公示",
        "go on without one",
        "rounds/{round}",
    )
    UNIT_NOT_HEARD = _unmet(
        "{unit} was not told the grade that is proposed for it in {round}, and could not object",
        "尚未将{round}年度拟定等次告知{unit}，该单位无从提出异议，请重新公示",
        "open a notice: it is told, and has its days",
        "units/{unit}",
    )
    NOTICE_ALREADY_OPEN = _unmet(
        "a notice of the same results of {round} is open from {opened_on} to {closes_on}",
        "{round}年度的同一结果已于{opened_on}至{closes_on}公示",
        "it is not opened twice",
        "rounds/{round}",
    )
    NOTICE_MISSING = _unmet(
        "no public notice was given of the results of {round} that are proposed now",
        "{round}年度现拟定的结果没有公示，请先公示",
        "open one first",
        "rounds/{round}",
    )
    NOTICE_STILL_OPEN = _unmet(
        "the public notice is open until {closes_on}, and {day} is not after it",
        "公示至{closes_on}为止，{day}尚未结束，请在公示结束后发布",
        "publish afterwards",
    )
    OBJECTION_TOO_LATE = _unmet(
        "{day} is after {closes_on}, by which objections were due",
        "{day}已过异议截止日{closes_on}，不再受理",
        "it is not heard any more",
    )
    OBJECTION_DIFFERS = _unmet(
        "the objection {objection!r} is lodged with other contents",
        "异议“{objection}”已按其他内容登记，另一项异议请另用标识符",
        "give another objection an id of its own",
    )
    OBJECTION_OF_SEVERAL = _unmet(
        "several units have an objection {objection}: {units}",
        "{units}均有编号为{objection}的异议，请指明单位",
        "name the unit",
    )
    OBJECTION_UNKNOWN = _unmet(
        "there is no objection {objection!r} in the round {round}",
        "{round}年度没有异议“{objection}”，请更正",
        "correct it",
        "rounds/{round}",
    )
    OBJECTION_DECIDED = _unmet(
        "the objection {objection} was decided on {decided_on}",
        "异议{objection}已于{decided_on}作出决定",
        "it is not decided twice",
    )
    OBJECTIONS_OPEN = _unmet(
        "these objections are not decided: {objections}",
        "下列异议尚未决定：{objections}，请先决定",
        "decide them first",
    )
    ADMITS_WITHOUT_UPHOLDING = _malformed(
        "an objection that is not upheld lets no late report in",
        "不成立的异议不能采用逾期数据，请删去",
        "leave these out",
    )
    NOTHING_LATE = _unmet(
        "{unit} has no late report of {indicator}",
        "{unit}没有{indicator}的逾期报送，请先报送",
        "report it first",
        "units/{unit}",
    )
    RESULTS_ALREADY_SIGNED = _unmet(
        "{issuer} signed these results on {signed_on}",
        "{issuer}已于{signed_on}会签该结果",
        "nobody signs twice",
    )
    SIGNATURES_MISSING = _unmet(
        "the results of {round} are not signed by {missing}",
        "{round}年度的结果尚未经{missing}会签，请先会签",
        "let them sign first",
        "rounds/{round}",
    )
    CORRECTION_NOT_SIGNED = _unmet(
        "{document}, which corrects the result of {unit}, is not said to be signed by {missing}",
        "更正{unit}结果的{document}尚缺{missing}会签，须由全部发文机关会签",
        "name every issuer that signed it",
        "units/{unit}",
    )
    SHEET_OF_ANOTHER = _unmet(
        "{agency} does not seal or open the sheet of {assessor}",
        "{agency}不能封存或开封{assessor}的评分表，只能处理自己的评分表",
        "name your own",
    )
    SIGNS_FOR_ANOTHER = _unmet(
        "{agency} does not sign for {issuer}",
        "{agency}不能代{issuer}会签；纸质会签请填写文件",
        "name the document where it was signed on paper",
    )
    ROUND_NOT_PUBLISHED = _unmet(
        "the results of {round} are not published",
        "{round}年度的评估结果尚未发布，请先发布",
        "publish them first",
        "rounds/{round}",
    )
    ROUND_PUBLISHED = _unmet(
        "the results of {round} were published by {document} on {published_on}",
        "{round}年度的评估结果已由{document}于{published_on}发布，只能通过更正改变",
        "they are changed by a correction only",
        "rounds/{round}",
    )
    ROUND_CLOSED = _unmet(
        "the round {round} was closed on {closed_on}",
        "{round}年度评估已于{closed_on}结束",
        "nothing more is taken",
        "rounds/{round}",
    )
    # Construction plans.
    PLAN_UNKNOWN = _unmet(
        "{unit} has no plan {plan!r}",
        "{unit}没有建设方案“{plan}”，请先录入其起草",
        "enter its draft first",
        "units/{unit}/plans/{plan}",
    )
    PLAN_STEP_DIFFERS = _unmet(
        "plan {plan} of {unit} is {state}, and that it was {step} is recorded otherwise"
        " (day: {standing_on}, document: {standing_document})",
        "{unit}的建设方案{plan}现为{state}，其{step}已按其他内容记录"
        "（日期：{standing_on}，文件：{standing_document}），请核对",
        "compare the day, the document and the contents",
        "units/{unit}/plans/{plan}",
    )
    PLAN_STEP_OUT_OF_ORDER = _unmet(
        "plan {plan} of {unit} is {state}, and is {step} only where it was {needed} before",
        "{unit}的建设方案{plan}现为{state}，不能{step}（须为：{needed}），请先录入其间的步骤",
        "enter the steps between first",
        "units/{unit}/plans/{plan}",
    )
    PLAN_DAY_TOO_EARLY = _unmet(
        "{day} is before {since}, when plan {plan} of {unit} was {state} already",
        "{day}早于{since}，当时{unit}的建设方案{plan}已是{state}，请更正日期",
        "correct the day",
        "units/{unit}/plans/{plan}",
    )
    PLAN_COMES_OTHERWISE = _unmet(
        "plan {plan} of {unit} comes into force when it is {way}, not {step} ({policy}, {clause})",
        "{unit}的建设方案{plan}应{way}，而不是{step}（{policy}，{clause}），请更正步骤",
        "enter the step that the document asks for",
        "units/{unit}/plans/{plan}",
    )
    PLAN_NOT_SIGNED = _unmet(
        "plan {plan} of {unit} is not signed by {unsigned} ({policy}, {clause})",
        "{unit}的建设方案{plan}缺少{unsigned}的会签（{policy}，{clause}），请补充",
        "name all who signed",
        "units/{unit}/plans/{plan}",
    )
    SIGNATORY_UNKNOWN = _malformed(
        "{value!r} is no department or authority that the documents know (nearest: {candidates})",
        "“{value}”不是文件所列的部门或单位（相近：{candidates}），请更正",
        "write one of them",
    )
    PLAN_NEEDS_GOVERNMENT = _unmet(
        "the government of the province approves plan {plan} of {unit} first ({policy}, {clause})",
        "{unit}的建设方案{plan}须先经省级人民政府批准（{policy}，{clause}），请填写批准日期",
        "say when it did",
        "units/{unit}/plans/{plan}",
    )
    PLAN_GOVERNMENT_TOO_LATE = _unmet(
        "the government of the province approves plan {plan} of {unit} first, and {day} is after"
        " {until}",
        "{unit}的建设方案{plan}须先经省级人民政府批准，而{day}晚于{until}，请更正其一",
        "correct one of the days",
        "units/{unit}/plans/{plan}",
    )
    PLAN_NO_RECIPIENT = _unmet(
        "{recipient!r} is not due a copy of plan {plan} of {unit} (by {policy}: {recipients})",
        "{unit}的建设方案{plan}无须抄送“{recipient}”（{policy}规定：{recipients}），请更正",
        "name one that is",
        "units/{unit}/plans/{plan}",
    )
    PLAN_SUPERSEDES_ITSELF = _malformed(
        "plan {plan} of {unit} cannot take its own place",
        "{unit}的建设方案{plan}不能由自己替代，请填写替代它的方案",
        "name the plan that does",
    )
    PLAN_NO_SUCCESSOR = _unmet(
        "{unit} has no plan {plan!r} that is agreed to and could take the place of another",
        "{unit}没有已获原则同意、可以替代其他方案的建设方案“{plan}”，请先录入原则同意",
        "enter the consent to it first",
        "units/{unit}/plans/{plan}",
    )
    PLAN_SUPERSEDED_BY_THIS = _unmet(
        "plan {plan} of {unit} took the place of {successor} itself, directly or through others",
        "{unit}的建设方案{plan}本身已（直接或间接）替代方案{successor}，不能再由后者替代，请更正",
        "name a plan that came later",
        "units/{unit}/plans/{plan}",
    )
    PLAN_SUCCESSOR_SUPERSEDED = _unmet(
        "plan {successor} of {unit} is superseded itself since {since}, and takes no place on"
        " {day}",
        "{unit}的建设方案{successor}自{since}起已被替代，不能在{day}替代其他方案，请更正",
        "name the plan that took its place, or correct the day",
        "units/{unit}/plans/{successor}",
    )
    PLAN_SUCCESSOR_TOO_LATE = _unmet(
        "plan {successor} of {unit} is agreed to since {since}, and takes no place before that,"
        " on {day}",
        "{unit}的建设方案{successor}自{since}起才获原则同意，不能在此之前（{day}）替代其他方案，请更正日期",
        "correct the day",
        "units/{unit}/plans/{successor}",
    )
    PLAN_SUPERSEDED_TOO_EARLY = _unmet(
        "plan {plan} of {unit} took the place of another on {since}, and is superseded only after"
        " that, not on {day}",
        "{unit}的建设方案{plan}于{since}替代了其他方案，只能在此之后被替代，不能在{day}，请更正日期",
        "correct the day",
        "units/{unit}/plans/{plan}",
    )
    PLAN_NOTHING_TO_CORRECT = _unmet(
        "plan {plan} of {unit} is {state}, and has no such step, copy or amendment to correct",
        "{unit}的建设方案{plan}现为{state}，没有所指的步骤、抄送或修订可以更正，请核对",
        "name one step by its state, a copy by its recipient or an amendment by its version",
        "units/{unit}/plans/{plan}",
    )
    PLAN_STEP_FOLLOWED = _unmet(
        "plan {plan} of {unit} is {state} since it was {step}, and only the last step is corrected",
        "{unit}的建设方案{plan}在{step}之后已{state}，只能更正最后一个步骤，请核对",
        "correct the last step",
        "units/{unit}/plans/{plan}",
    )
    PLAN_CORRECTED_TOO_EARLY = _unmet(
        "what was said of plan {plan} of {unit} for {since} cannot have been corrected before,"
        " on {corrected_on}",
        "{unit}的建设方案{plan}在{since}的步骤不可能在此之前（{corrected_on}）更正，请更正日期",
        "correct the day",
        "units/{unit}/plans/{plan}",
    )
    PLAN_COPIED_BEFORE = _unmet(
        "{day} is after {until}, when a copy of plan {plan} of {unit} was sent",
        "{day}晚于{until}，当时{unit}的建设方案{plan}已经抄送，请更正日期",
        "correct the copy first, or the day",
        "units/{unit}/plans/{plan}",
    )
    PLAN_NOT_RULED = _unmet(
        "nothing adopted says what {policy} asks of the plan {plan} of a unit such as {unit}",
        "已采用的文本没有说明{policy}对{unit}这类单位建设方案{plan}的要求，请先采用相应的补充说明",
        "adopt the supplement that does first: zoneledger policies supplement FILE",
        "policies/{policy}",
    )
    REVIEW_ITEM_UNKNOWN = _unmet(
        "the review list has no item {item}",
        "复核清单中没有{item}，请先查询复核清单",
        "look at the list first: zoneledger review list",
        "{item}",
    )
    REVIEW_ITEM_CLOSED = _unmet(
        "{item} was closed on {closed_on} by {document}",
        "{item}已于{closed_on}按{document}办结，复核决定不再更改",
        "a decision stands; what changes later opens an item of its own",
        "{item}",
    )
    REVIEW_OF_ANOTHER = _unmet(
        "{authority} decides on {item}, not {asked!r}",
        "{item}由{authority}决定，不由“{asked}”决定",
        "name the authority that decides on the benefit",
        "{item}",
    )
    REVIEW_FOR_ANOTHER = _unmet(
        "{agency} does not decide for {asked}",
        "{agency}不能代{asked}作出复核决定",
        "let that authority enter it, or whoever runs the services",
    )
    REVIEW_OUTCOME_UNFIT = _unmet(
        "{outcome} is no outcome of {item}, which can be {fitting}",
        "{item}的复核结果不能是{outcome}，可以是{fitting}",
        "name one of those",
        "{item}",
    )
    REVIEW_CLOSED_BEFORE = _unmet(
        "{day} is before {since}, from when {item} is to be reviewed",
        "日期{day}早于{item}列入复核的日期{since}，请更正日期",
        "correct the day",
        "{item}",
    )
    YEARS_REVERSED = _malformed(
        "{last} is before the first year {first}",
        "末年{last}早于首年{first}，请更正其一",
        "correct one of them",
    )

    # Benefit cases.
    CASE_UNKNOWN = _unmet(
        "{unit} has no case {case!r} under {instrument} of {round}",
        "{unit}在{round}年度{instrument}项下没有受益事项“{case}”，请先录入申请",
        "enter the application first",
        "units/{unit}/cases/{round}.{instrument}.{case}",
    )
    CASE_NOT_ENTITLED = _unmet(
        "{unit} is not entitled to {instrument} by {round}",
        "{unit}在{round}年度不享有{instrument}，请查看其享有的激励",
        "see what it is entitled to: zoneledger entitlements --unit {unit}",
        "units/{unit}/entitlements/{round}.{instrument}",
    )
    CASE_BEFORE_ENTITLEMENT = _unmet(
        "{day} is before {since}, from when {unit} is entitled to {instrument} by {round}",
        "{day}早于{since}，{unit}自该日起才因{round}年度享有{instrument}，请更正日期",
        "correct the day",
        "units/{unit}/entitlements/{round}.{instrument}",
    )
    CASE_ENTITLEMENT_ENDED = _unmet(
        "{unit} is no longer entitled to {instrument} by {round} since {since} ({reason})",
        "{unit}自{since}起不再因{round}年度享有{instrument}（{reason}），此后不能申请或给予",
        "nothing can be applied for or given from then on",
        "units/{unit}/entitlements/{round}.{instrument}",
    )
    CASE_NOT_COMPETENT = _unmet(
        "{authority} does not decide this in the case {case} of {unit}: {competent} does",
        "{unit}的受益事项{case}中，此事由{competent}决定，而不是{authority}，请更正",
        "enter what {competent} says",
    )
    CASE_ONE_PERSON = _unmet(
        "{person!r} cannot both prepare and approve what is said in the case {case} of {unit}",
        "{unit}的受益事项{case}中，经办与审核不能同为“{person}”，请由另一人审核",
        "let another person approve it",
    )
    CASE_NO_PRECONDITION = _unmet(
        "the case {case} of {unit} has no precondition {precondition!r} (it has: {preconditions})",
        "{unit}的受益事项{case}没有前提条件“{precondition}”（其条件为：{preconditions}），请更正",
        "name one that it has",
    )
    CASE_PRECONDITIONS_UNMET = _unmet(
        "the case {case} of {unit} waits for what is not attested: {unmet} ({policy}, {clause})",
        "{unit}的受益事项{case}尚有前提条件未经确认：{unmet}（{policy}，{clause}），请先确认",
        "have it attested first",
    )
    AMOUNT_OF_NOTHING = _malformed(
        "{amount} goes with what is counted, and the other way round",
        "数额{amount}与计量单位须同时填写，或都不填写",
        "give both or none",
    )
    AMOUNT_WITHOUT_UNIT = _malformed(
        "{value!r} is no amount with its unit",
        "“{value}”不是带单位的数额，请写数字和单位（{units}）",
        "write a number and one of {units}",
    )
    NOT_A_WHOLE_AMOUNT = _malformed(
        "{value!r} is no whole number of {unit} that can be counted",
        "“{value}”不是可以计数的整{unit}，请改用较小的单位填写",
        "write it in smaller units",
    )
    SPEAKS_FOR_ANOTHER = _unmet(
        "{agency} says nothing in the name of {authority!r}",
        "{agency}不能代“{authority}”表态，请由该机关自行录入",
        "let {authority} say it itself",
    )
    CASE_STEP_DIFFERS = _unmet(
        "that the case {case} of {unit} is {case_step} is recorded otherwise"
        " (day: {standing_on}, document: {standing_document})",
        "{unit}的受益事项{case}的“{case_step}”已按其他内容记录"
        "（日期：{standing_on}，文件：{standing_document}），请核对",
        "compare the day, the document and the contents",
    )
    CASE_STEP_OUT_OF_ORDER = _unmet(
        "the case {case} of {unit} is {case_state} and cannot be {case_step} now"
        " (possible: {case_steps})",
        "{unit}的受益事项{case}现为{case_state}，不能{case_step}（可以：{case_steps}）",
        "see how far it has come: zoneledger case show",
    )
    CASE_DAY_TOO_EARLY = _unmet(
        "{day} is before {since}, the day of what is known of the case {case} of {unit}",
        "{day}早于{unit}受益事项{case}已有记录的日期{since}，请更正日期",
        "correct the day",
    )
    CASE_AMOUNT_TOO_LARGE = _unmet(
        "{amount} is more than the {limit} that the case {case} of {unit} leaves",
        "{amount}超过{unit}的受益事项{case}可用的{limit}，请更正数额",
        "correct the amount",
    )

    # Documents that are to be adopted.
    POLICY_UNREADABLE = _malformed(
        "this is no policy document, mend these lines: {problems}",
        "文本不是可用的政策文件，请按行修改：{problems}",
    )
    POLICY_NAMED_OTHERWISE = _malformed(
        "the text sent as {policy!r} calls itself {itself!r}",
        "以“{policy}”提交的文本自称为“{itself}”，请以其自称的名称提交",
        "send it under its own name",
    )
    POLICY_TEXT_DIFFERS = _unmet(
        "{policy} is adopted with hash {adopted} and cannot be replaced by {offered}",
        "{policy}已采用的文本哈希为{adopted}，不能以{offered}替换，请将修改作为另一份文件采用",
        "adopt the change as a document of its own",
        "policies/{policy}",
    )
    POLICY_NAME_TAKEN = _unmet(
        "{policy} and {other} share the name {name}",
        "{policy}与{other}同名（{name}），请改名",
        "rename one",
        "policies/{other}",
    )
    ROUND_ALREADY_GOVERNED = _unmet(
        "{policy} governs the round {round}, which {other} governs",
        "{policy}适用的{round}年度已由{other}适用；一个年度只由一份文件决定，"
        "请修改rounds_from或rounds_until",
        "one document decides a round, so change rounds_from or rounds_until",
        "policies/{other}",
    )

    SUPPLEMENT_UNREADABLE = _malformed(
        "this is no supplement, mend these lines: {problems}",
        "文本不是可用的补充说明，请按行修改：{problems}",
    )
    SUPPLEMENT_NAMED_OTHERWISE = _malformed(
        "the text sent as {supplement!r} calls itself {itself!r}",
        "以“{supplement}”提交的文本自称为“{itself}”，请以其自称的名称提交",
        "send it under its own name",
    )
    SUPPLEMENT_TEXT_DIFFERS = _unmet(
        "{supplement} is adopted with hash {adopted} and cannot be replaced by {offered}",
        "{supplement}已采用的文本哈希为{adopted}，不能以{offered}替换，请将修改作为另一份补充说明采用",
        "adopt the change as a supplement of its own",
        "supplements/{supplement}",
    )
    SUPPLEMENT_CONTRADICTS = _unmet(
        "it does not fit its document or what is adopted, mend these lines: {problems}",
        "与所属文件或已采用的补充说明不符，请按行修改：{problems}",
    )

    TABLE_UNREADABLE = _malformed(
        "this is no access table that can be used, mend these lines: {problems}",
        "文本不是可用的访问权限表，请按行修改：{problems}",
    )

    # Streams that wait, and logs.
    STREAM_NOT_WAITING = _unknown(
        "no stream {stream} of {source} waits here",
        "此处没有等待中的流{stream}（来自{source}），请查看等待中的流",
        "list those that wait",
    )
    WAITS_FOR_ANOTHER_VERSION = _unmet(
        "{stream} of {source} waits for version {expected}, not {version}",
        "{source}的流{stream}等待的是版本{expected}，不是{version}，请重新查看后再跳过",
        "look again before you pass over it",
    )
    STREAM_MOVED_ON = _unmet(
        "{stream} moved on in the meantime", "流{stream}在此期间已有变化，请重新查看", "look again"
    )
    SOURCE_LACKS_VERSION = _away(
        "the log of {source} has no version {version} of {stream}",
        "{source}的日志中没有流{stream}的版本{version}，请稍后重试",
        "try again later",
    )
    LISTENS_TO_NOBODY = _unknown(
        "{service} listens to nobody, so nothing waits there",
        "{service}不接收其他服务的事件，因此没有等待中的流",
    )
    SERVICE_NOT_HERE = _unknown(
        "no service {service!r} here",
        "此处没有服务“{service}”，可用的服务：{here}",
        "there are {here}",
    )
    DECISION_NOT_FOUND = _unknown(
        "the log of {service} has no {decision!r}",
        "{service}的日志中没有决定“{decision}”",
        resource="decisions/{decision}",
    )
    CONTENDED = _raced(
        "other commands were faster {tries} times",
        "其他指令{tries}次抢先完成，请在指令较少时重试",
        "try again when there are fewer",
        retry_ms=1_000,
    )

    # How a method is called.
    NOT_A_REQUEST = _malformed(
        "these bytes are no {method} request",
        "所发内容不是{method}的请求，请使用同一版本的接口约定",
        "use the contract of this version",
    )
    REQUEST_TOO_LARGE = _malformed(
        "it has {size} bytes, and the limit is {limit}",
        "共{size}字节，上限为{limit}字节，请分次提交",
        "divide it",
    )
    NOT_A_NAME = _malformed(
        "{value!r} is no name of the form {form}",
        "“{value}”不是形如{form}的资源名称，请更正",
        "write it so",
    )
    TOO_MANY = _malformed(
        "there are {count}, and the limit is {limit}",
        "共有{count}项，上限为{limit}项，请分次提交",
        "divide it",
    )
    LESS_THAN_NOTHING = _malformed("{value} is less than 0", "{value}小于0，请更正", "write 0")
    NOT_A_FIELD = _malformed(
        "{value!r} is no field of {message}",
        "“{value}”不是{message}的字段，请使用接口约定中的字段",
        "use one that the contract names",
    )
    NOT_A_PAGE_TOKEN = _malformed(
        "this is no token of a page of this log",
        "这不是本日志的分页标记，请从第一页重新开始",
        "begin again with the first page",
    )
    PAGE_OF_ANOTHER_LIST = _malformed(
        "it belongs to a list with other arguments",
        "该分页标记属于参数不同的列表，请从第一页重新开始",
        "begin that one again",
    )
    NOT_A_UUID = _malformed(
        "{value!r} is no UUID in lower-case letters",
        "“{value}”不是小写的UUID，请为每个请求生成一个UUID",
        "make a UUID for each request",
    )
    REQUEST_ID_REUSED = _malformed(
        "{request_id} is the name of another request",
        "{request_id}已是另一请求的标识，请为本请求另生成一个",
        "make a new one for this",
    )
    NOT_AN_EVENT_TYPE = _malformed(
        "{service} has no event {value!r}",
        "{service}没有事件“{value}”，请使用接口约定中的事件类型",
        "use one that the contract names",
    )
    OUT_OF_RANGE = _malformed(
        "{value} is not from {least} to {most}",
        "{value}不在{least}至{most}之间，请更正",
        "write one that is",
    )
    RESOURCE_NOT_FOUND = _unknown(
        "there is no {name}, or it is not for {agency}",
        "没有{name}，或{agency}无权查看",
        resource="{name}",
    )
    POSITION_NOT_REACHED = _away(
        "the log of {service} ends at position {position}, and {asked} is asked for",
        "{service}的日志止于位置{position}，而请求的是{asked}，请核对是否为该日志的位置",
        "see whether it is a position of this log",
    )
    DRAINING = _away(
        "this process is told to stop", "本进程正在停止，请重新连接", "call again, elsewhere"
    )
    ADMISSION_CHANGED = _away(
        "what this call was admitted by has changed",
        "准许该调用的依据已有变化，请重新发起",
        "call again",
    )
    NO_NAME_SHOWN = Row(
        "UNAUTHENTICATED",
        "no certificate with a name was shown",
        "未出示带有名称的证书，请使用访问权限表列明的证书连接",
        "dial with one that the access table knows",
    )
    NAME_UNKNOWN = Row(
        "UNAUTHENTICATED",
        "on {day} the access table knows none of the names that the certificate shows: {names}",
        "{day}的访问权限表中没有证书所示的名称：{names}；请更换证书，或由访问权限表列明该名称",
        "use another certificate, or let the table name it",
    )
    NAMES_OF_TWO = Row(
        "UNAUTHENTICATED",
        "the certificate stands for {agencies}; it shows {names}",
        "该证书同时代表{agencies}，所示名称为{names}；请使用只代表一个机构的证书",
        "use one of one agency",
    )
    METHOD_NOT_ALLOWED = Row(
        "PERMISSION_DENIED",
        "{agency} may not call {method} on {day} by the access table in force",
        "按现行访问权限表，{agency}在{day}无权调用{method}，可由访问权限表的采用方授权；升级后须重新采用访问权限表",
        "whoever adopts the table can grant it; after an upgrade that has to be done",
    )
    UNIT_NOT_ALLOWED = Row(
        "PERMISSION_DENIED",
        "{agency} may not ask for this about unit {unit}",
        "{agency}无权就单位{unit}调用该方法，可由访问权限表的采用方授权",
        "whoever adopts the access table can grant it",
        "units/{unit}",
    )
    TOO_MANY_CALLS = Row(
        "RESOURCE_EXHAUSTED",
        "{count} calls are under way, nothing was done",
        "目前有{count}个调用正在处理，未作任何处理，请稍后重试",
        "try again in a moment",
        retry_ms=1_000,
    )
    NOT_IN_TIME = Row(
        "DEADLINE_EXCEEDED",
        "it was not answered in {seconds} seconds, the longest that a call may take",
        "{seconds}秒内未能答复，这是一次调用的最长时间；请缩小范围后重试",
        "ask for less at once",
    )

    # The general ones: where several things are wrong, or a sentence has no reason of its own.
    MALFORMED = _malformed(
        "the request cannot be read, for more than one reason",
        "请求存在问题，请按所列各项修改",
        "mend each of the fields that are named",
    )
    CONDITIONS_UNMET = _unmet(
        "the request can be read, and more than one thing has to be true first",
        "请求所需的条件尚未满足，请按所列各项处理",
        "see to each of the conditions that are named",
    )
    REJECTED = _unmet("the rules say no", "不符合规则")
    UNKNOWN_STREAM = _unknown("there is no such thing", "没有所指的内容")
    WRONG_EXPECTED_VERSION = _raced(
        "others decided on the same in the meantime",
        "其他指令在此期间已作出决定，请重试",
        "try again",
        retry_ms=100,
    )
    ETAG_MISMATCH = _raced(
        "what was looked at is another thing by now",
        "所依据的内容已有变化，请重新读取后再决定",
        "read it again, then decide",
    )
    UNIDENTIFIED = Row(
        "UNAUTHENTICATED",
        "nobody knows who asks",
        "无法识别调用方，请使用访问权限表中列明的证书",
        "dial with a certificate that the access table names",
    )
    FORBIDDEN = Row(
        "PERMISSION_DENIED",
        "the access table does not allow it",
        "访问权限表不允许该调用",
        "whoever adopts the table can grant it",
    )
    OVERLOADED = Row(
        "RESOURCE_EXHAUSTED",
        "more is asked for at once than can be answered; nothing was done",
        "请求过多，未作任何处理，请稍后重试",
        "try again later",
        retry_ms=1_000,
    )
    UNAVAILABLE = _away(
        "the data cannot be reached at the moment; nothing was changed",
        "目前无法访问数据，未作任何更改，请稍后重试",
        "try again later",
    )
    HOLE = _away(
        "what happened in between has not arrived",
        "其间的事件尚未到达，请稍后重试",
        "try again later",
    )
    FOLDER_IN_USE = _away(
        "another process holds the data folder",
        "数据目录正由另一进程使用，请待其结束后重试",
        "try again when it has ended",
    )
    CORRUPT_HISTORY = Row(
        "DATA_LOSS",
        "what was read from the log cannot have been written by this program",
        "日志内容不可能由本程序写入，请联系运行方进行审计",
        "tell those who run the service; an audit shows more",
    )
    INTERNAL = Row(
        "INTERNAL",
        "an internal error, which is in our log",
        "系统内部错误，已记入运行日志，请联系运行方",
        "tell those who run the service when it happened",
    )
    ZONELEDGER_ERROR = Row("UNKNOWN", "it was refused", "请求被拒绝")

    def __call__(self, **facts: object) -> Told:
        """The sentence with these facts."""
        known = {key: str(fact) for key, fact in facts.items()}
        chinese = {key: _in_chinese(key, fact) for key, fact in known.items()}
        row = self.value
        return Told(row.sentence.format(**known), self, row.chinese.format(**chinese), known)

    @property
    def is_unmet(self) -> bool:
        """Whether it is about what has to be true first, not about what the request says."""
        return self.value.code == "FAILED_PRECONDITION"

    def said(self, english: str) -> Told:
        """A sentence that has no reason of its own, under this general one."""
        return english if isinstance(english, Told) else Told(english, self)


def _in_chinese(key: str, fact: str) -> str:
    words = _WORDS.get(key)
    if words is None:
        return "无" if fact == NONE else fact
    return "、".join(words.get(each, each) for each in fact.split(", "))
