"""A pool of 2022 from its opening to what was paid, in commands that each lead to something.

Fictional projects; the rules are the illustrative ones of examples/budget.
"""

from collections.abc import Iterable
from pathlib import Path

from google.protobuf.message import Message

from services.incentive.budget.decider import POOL
from services.kernel.decider import fold
from zoneledger.incentive.v1.budget_commands_pb2 import (
    AmendAppropriation,
    AppropriatePool,
    CorrectProject,
    DecideAllocation,
    GrantLine,
    OpenPool,
    PayLine,
    ProposeAllocation,
    PutForwardProject,
    ReleaseLine,
    ReturnLine,
    SplitBlock,
    WithdrawProject,
)
from zoneledger.incentive.v1.budget_events_pb2 import (
    AllocationProposed,
    Basis,
    BlockShare,
    Project,
    ProjectKind,
)
from zoneledger.ledger.v1.decision_pb2 import PolicyReference
from zoneledger.ledger.v1.visibility_pb2 import Visibility

RULES = (Path(__file__).parents[3] / "examples/budget/rules.yaml").read_text("utf-8")
ZONES, CLUSTERS = "zone-construction", "innovation-clusters"
NAMED, BLOCK = ProjectKind.PROJECT_KIND_NAMED, ProjectKind.PROJECT_KIND_BLOCK
YUAN = 100
MILLION = 1_000_000 * YUAN


def code(number: int) -> str:
    """A project's code."""
    return f"2201-430302-04-01-{number:06}"


def project(name: str, unit: str, number: int, requested: int, cap: int = 0) -> Project:
    return Project(
        project_id=name,
        unit_id=unit,
        kind=NAMED,
        project_code=code(number),
        title_zh=f"虚构项目{number}",
        total_investment_fen=10 * requested,
        requested=requested,
        cap=cap,
    )


PARK = project("park-road", "xiangtan", 1, 60 * MILLION)
PLATFORM = project("platform", "zhuzhou", 2, 60 * MILLION)
SMALL = project("small-lab", "loudi", 3, 5 * MILLION)
HUNAN = Project(
    project_id="hunan-block",
    unit_id="hunan",
    kind=BLOCK,
    title_zh="湖南省切块",
    requested=40 * MILLION,
)
POLICY = PolicyReference(policy_id="2021-866", content_hash="a" * 64, reading=2)


def basis(unit: str, *, held: bool, instrument: str = "central_budget_priority") -> Basis:
    if not held:
        return Basis(unit_id=unit, round=2020, instrument=instrument)
    return Basis(
        unit_id=unit,
        round=2020,
        instrument=instrument,
        is_held=True,
        entitlement=f"units/{unit}/entitlements/2020.{instrument}",
        entitlement_decision_id=f"granted-to-{unit}",
        entitlement_rule_id="a-rule",
        entitlement_clause_id="a-clause",
        policy=POLICY,
        visibility=Visibility.VISIBILITY_PUBLIC,
    )


BASES = [basis("xiangtan", held=True), basis("zhuzhou", held=False), basis("loudi", held=False)]
OPEN = OpenPool(
    budget_year=2022, line_id=ZONES, opened_on="2022-01-10", document="通知", text=RULES
)
APPROPRIATE = AppropriatePool(
    budget_year=2022,
    line_id=ZONES,
    amount=100 * MILLION,
    appropriated_on="2022-02-01",
    document="计划",
)


def put_forward(what: Project) -> PutForwardProject:
    return PutForwardProject(
        budget_year=2022,
        line_id=ZONES,
        project=what,
        put_forward_on="2022-02-10",
        document="申报",
    )


PUT_FORWARD = [put_forward(each) for each in (PARK, PLATFORM, SMALL, HUNAN)]
CORRECT = CorrectProject(
    budget_year=2022,
    line_id=ZONES,
    project=project("small-lab", "loudi", 3, 6 * MILLION),
    corrected_on="2022-02-12",
    document="更正函",
    reason="金额有误",
)
PROPOSE = ProposeAllocation(
    budget_year=2022,
    line_id=ZONES,
    proposed_on="2022-03-01",
    proposed_by="甲",
    authority="ndrc",
    bases=BASES,
)
READY = [OPEN, APPROPRIATE, *PUT_FORWARD]


def events_of(commands: Iterable[Message]) -> list[Message]:
    """What the commands lead to, one after the other on one stream."""
    events: list[Message] = []
    state = POOL.initial
    for command in commands:
        led_to = list(POOL.decide(command, state))
        events += led_to
        state = fold(POOL, led_to, state)
    return events


def proposed(commands: Iterable[Message]) -> AllocationProposed:
    """The last proposal that the commands lead to."""
    return [each for each in events_of(commands) if isinstance(each, AllocationProposed)][-1]


PROPOSED = proposed([*READY, PROPOSE])
DECIDE = DecideAllocation(
    budget_year=2022,
    line_id=ZONES,
    proposal_hash=PROPOSED.proposal_hash,
    decided_on="2022-03-10",
    decided_by="乙",
    authority="ndrc",
    document="投资计划",
    bases=BASES,
)
AMOUNTS = {line.project_id: line.amount for line in PROPOSED.lines}
GRANT = GrantLine(
    budget_year=2022,
    line_id=ZONES,
    project_id="park-road",
    unit_id="xiangtan",
    amount=AMOUNTS["park-road"],
    granted_on="2022-04-01",
    document="下达通知",
    authority="ndrc",
)
PAY = PayLine(
    budget_year=2022,
    line_id=ZONES,
    project_id="park-road",
    unit_id="xiangtan",
    payment_id="p-1",
    amount=10 * MILLION,
    paid_on="2022-05-01",
    document="支付令",
)
RETURN = ReturnLine(
    budget_year=2022,
    line_id=ZONES,
    project_id="park-road",
    unit_id="xiangtan",
    return_id="r-1",
    amount=4 * MILLION,
    returned_on="2022-06-01",
    document="退回单",
    reason="结余",
)
RELEASE = ReleaseLine(
    budget_year=2022,
    line_id=ZONES,
    project_id="platform",
    unit_id="zhuzhou",
    release_id="f-1",
    amount=MILLION,
    released_on="2022-06-10",
    document="收回通知",
    reason="项目缩减",
    authority="ndrc",
)
GRANT_BLOCK = GrantLine(
    budget_year=2022,
    line_id=ZONES,
    project_id="hunan-block",
    unit_id="hunan",
    amount=AMOUNTS["hunan-block"],
    granted_on="2022-04-01",
    document="下达通知",
    authority="ndrc",
)
SPLIT = SplitBlock(
    budget_year=2022,
    line_id=ZONES,
    project_id="hunan-block",
    unit_id="hunan",
    shares=[BlockShare(project_code=code(9), title_zh="虚构子项目", amount=5 * MILLION)],
    split_on="2022-05-10",
    document="分解备案",
)
WITHDRAW = WithdrawProject(
    budget_year=2022,
    line_id=ZONES,
    project_id="small-lab",
    unit_id="loudi",
    withdrawn_on="2022-02-20",
    document="撤回函",
    reason="不再建设",
)
AMEND = AmendAppropriation(
    budget_year=2022,
    line_id=ZONES,
    amount=110 * MILLION,
    amended_on="2022-07-01",
    document="调整通知",
    reason="追加",
)
WHOLE = [*READY, PROPOSE, DECIDE, GRANT, PAY, RETURN, RELEASE, GRANT_BLOCK, SPLIT, AMEND]
CHANGED = [*READY, PROPOSE, CORRECT, PROPOSE, WITHDRAW]
MOVES = [*WHOLE, CORRECT, WITHDRAW]
