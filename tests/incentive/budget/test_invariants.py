"""Whatever is asked of a pool, in whatever order: it never gives away more than it has."""

from typing import Any

from google.protobuf.message import Message
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.incentive.budget.decider import POOL
from services.incentive.budget.state import Opened
from services.kernel.decider import fold
from services.kernel.errors import Rejected
from tests.incentive.budget.story import (
    APPROPRIATE,
    BASES,
    DECIDE,
    GRANT,
    MILLION,
    OPEN,
    PAY,
    PROPOSE,
    RELEASE,
    RETURN,
    ZONES,
    project,
    put_forward,
)
from tests.spec import but
from zoneledger.incentive.v1.budget_commands_pb2 import AmendAppropriation

UNITS = [basis.unit_id for basis in BASES]
DAY = "2022-08-01"
amounts = st.one_of(st.integers(1, 40), st.integers(1, 200 * MILLION))
lines = st.integers(0, 5)


class Pool(RuleBasedStateMachine):
    """A pool with up to six projects, and people who ask for anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Any = POOL.initial
        self.count = 0
        self.paid: dict[str, int] = {}
        self.do(OPEN)
        self.do(APPROPRIATE)

    def do(self, command: Message) -> bool:
        """Whether the command led to anything."""
        try:
            events = list(POOL.decide(command, self.state))
        except Rejected:
            return False
        self.state = fold(POOL, events, self.state)
        return bool(events)

    @property
    def pool(self) -> Opened:
        assert isinstance(self.state, Opened)
        return self.state

    def of(self, number: int, command: Message, **fields: Any) -> Message:
        self.count += 1
        return but(command, project_id=f"p-{number}", unit_id=UNITS[number % len(UNITS)], **fields)

    @rule(number=lines, requested=amounts)
    def put_forward(self, number: int, requested: int) -> None:
        unit = UNITS[number % len(UNITS)]
        self.do(put_forward(project(f"p-{number}", unit, number, requested)))

    @rule(amount=amounts)
    def amend(self, amount: int) -> None:
        asked = AmendAppropriation(
            budget_year=2022,
            line_id=ZONES,
            amount=amount,
            amended_on=DAY,
            document="调整",
            reason="调整",
        )
        self.do(asked)

    @rule()
    def propose_and_decide(self) -> None:
        self.do(but(PROPOSE, proposed_on=DAY))
        if self.pool.proposed:
            hash_ = self.pool.proposed.proposal_hash
            self.do(but(DECIDE, proposal_hash=hash_, decided_on=DAY))

    @precondition(lambda self: self.pool.lines)
    @rule(number=lines, amount=amounts)
    def grant(self, number: int, amount: int) -> None:
        self.do(self.of(number, GRANT, amount=amount, granted_on=DAY))

    @precondition(lambda self: self.pool.lines)
    @rule(number=lines)
    def grant_all(self, number: int) -> None:
        line = self.pool.lines.get(f"p-{number}")
        if line:
            self.do(self.of(number, GRANT, amount=line.sums.reserved, granted_on=DAY))

    @precondition(lambda self: self.pool.lines)
    @rule(number=lines, amount=amounts)
    def pay(self, number: int, amount: int) -> None:
        asked = self.of(number, PAY, amount=amount, paid_on=DAY, payment_id=f"n-{self.count}")
        if self.do(asked):
            self.paid[f"p-{number}"] = self.paid.get(f"p-{number}", 0) + amount

    @precondition(lambda self: self.pool.lines)
    @rule(number=lines, amount=amounts)
    def return_(self, number: int, amount: int) -> None:
        asked = self.of(number, RETURN, amount=amount, returned_on=DAY, return_id=f"n-{self.count}")
        if self.do(asked):
            self.paid[f"p-{number}"] -= amount

    @precondition(lambda self: self.pool.lines)
    @rule(number=lines, amount=amounts)
    def release(self, number: int, amount: int) -> None:
        day, name = DAY, f"n-{self.count}"
        self.do(self.of(number, RELEASE, amount=amount, released_on=day, release_id=name))

    @invariant()
    def a_pool_never_gives_away_more_than_it_has(self) -> None:
        pool = self.pool
        for sums in [pool.sums, *(line.sums for line in pool.lines.values())]:
            assert sums.reserved >= sums.granted >= sums.paid - sums.returned >= 0
        assert pool.appropriated >= pool.sums.reserved

    @invariant()
    def the_balance_of_a_pool_is_the_sum_of_its_lines(self) -> None:
        for name in ("reserved", "granted", "paid", "returned"):
            of_lines = [getattr(line.sums, name) for line in self.pool.lines.values()]
            assert getattr(self.pool.sums, name) == sum(of_lines)

    @invariant()
    def what_was_paid_is_what_was_counted_beside(self) -> None:
        kept = {name: line.sums.paid - line.sums.returned for name, line in self.pool.lines.items()}
        assert {name: each for name, each in kept.items() if each} == {
            name: each for name, each in self.paid.items() if each
        }


TestPool = Pool.TestCase
TestPool.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
