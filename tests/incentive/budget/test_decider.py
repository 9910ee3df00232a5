"""A pool is opened, appropriated, divided, and spent no further than it reaches."""

from typing import Any

import pytest
from google.protobuf.message import Message

from services.incentive.budget.decider import POOL
from services.kernel.decider import fold
from services.kernel.errors import CorruptHistory
from services.kernel.reasons import Told, Why
from tests.incentive.budget.story import (
    AMEND,
    AMOUNTS,
    APPROPRIATE,
    BASES,
    CLUSTERS,
    CORRECT,
    DECIDE,
    GRANT,
    GRANT_BLOCK,
    HUNAN,
    MILLION,
    OPEN,
    PARK,
    PAY,
    PLATFORM,
    PROPOSE,
    PROPOSED,
    PUT_FORWARD,
    READY,
    RELEASE,
    RETURN,
    RULES,
    SMALL,
    SPLIT,
    WHOLE,
    WITHDRAW,
    ZONES,
    basis,
    code,
    events_of,
    project,
    proposed,
    put_forward,
)
from tests.spec import but, of
from zoneledger.incentive.v1.budget_events_pb2 import (
    AllocationLineReserved,
    AllocationProposed,
    BlockShare,
    PoolBalanceMoved,
    PoolOpened,
    Sums,
)

given = of(POOL).given
DECIDED = [*READY, PROPOSE, DECIDE]
GRANTED = [*DECIDED, GRANT]
PAID = [*GRANTED, PAY]
POOL_NAME = f"2022.{ZONES}"


def when(command: Message, *before: Message) -> list[Any]:
    return given(*events_of(before)).when(command)


def refused(command: Message, *before: Message) -> tuple[str, Told]:
    return given(*events_of(before)).refused(command)


# Opening and appropriating.


def test_a_pool_is_opened_by_rules_that_know_its_line() -> None:
    [opened] = when(OPEN)
    assert isinstance(opened, PoolOpened)
    assert (opened.name_zh, opened.illustrative) == ("产业转型升级示范区和重点园区建设", True)


def test_nothing_is_done_with_a_pool_that_is_not_open() -> None:
    for command in WHOLE[1:]:
        assert refused(command) == ("line_id", Why.POOL_UNKNOWN(pool=POOL_NAME))


def test_a_line_that_the_rules_do_not_have_is_refused_with_those_they_have() -> None:
    why = Why.NOT_IN_THE_RULE_SET(value="roads", known=f"{ZONES}, {CLUSTERS}")
    assert refused(but(OPEN, line_id="roads")) == ("line_id", why)


def test_a_year_that_the_rules_are_not_for_is_refused() -> None:
    why = Why.BUDGET_YEAR_NOT_RULED(year=2023, first=2022, last=2022)
    assert refused(but(OPEN, budget_year=2023)) == ("budget_year", why)


def test_no_pool_is_opened_while_it_is_open_which_rating_moves_it() -> None:
    stated = "    lag_years: {years: 2, clause: lag}\n    priority: {instrument: central"
    norm = (
        "  - norm_id: lag\n    about: lag_years\n    line: zone-construction\n"
        "    question_zh: 哪一年？\n    question_en: Which year?\n    clause: not-found\n"
    )
    text = RULES.replace(stated, "    priority: {instrument: central") + norm
    why = Why.BUDGET_LAG_OPEN(line=ZONES, norm="lag")
    assert refused(but(OPEN, text=text)) == ("text", why)


def test_a_pool_is_opened_once() -> None:
    assert when(OPEN, OPEN) == []
    why = Why.POOL_ALREADY_OPEN(pool=POOL_NAME, opened_on="2022-01-10", document="通知")
    assert refused(but(OPEN, document="另一通知"), OPEN) == ("line_id", why)


def test_what_a_pool_has_is_said_once_and_amended_after() -> None:
    why = Why.ALREADY_APPROPRIATED(pool=POOL_NAME, amount=100 * MILLION, document="计划")
    assert when(APPROPRIATE, OPEN, APPROPRIATE) == []
    assert refused(but(APPROPRIATE, amount=1), OPEN, APPROPRIATE) == ("amount", why)
    [amended, balance] = when(AMEND, OPEN, APPROPRIATE)
    assert (amended.former, amended.amount) == (100 * MILLION, 110 * MILLION)
    assert balance.appropriated == 110 * MILLION


def test_no_amendment_takes_what_is_reserved() -> None:
    why = Why.BELOW_RESERVED(amount=99 * MILLION, reserved=100 * MILLION)
    assert refused(but(AMEND, amount=99 * MILLION), *DECIDED) == ("amount", why)


# What is put forward.


def test_a_project_is_put_forward_once() -> None:
    assert when(PUT_FORWARD[0], *READY) == []
    why = Why.PROJECT_ALREADY_PUT_FORWARD(project="park-road", pool=POOL_NAME, document="申报")
    assert refused(put_forward(but(PARK, requested=1)), *READY) == ("project.project_id", why)


@pytest.mark.parametrize("wrong", ["", "2201-430302-04-01-12345", "2201430302040112345６"])
def test_a_named_project_has_a_code_in_its_proper_form(wrong: str) -> None:
    why = Why.NOT_A_PROJECT_CODE(value=wrong)
    asked = put_forward(but(PARK, project_code=wrong))
    assert refused(asked, OPEN) == ("project.project_code", why)


def test_a_code_stands_for_one_project_of_a_pool() -> None:
    why = Why.PROJECT_CODE_TAKEN(code=code(1), project="park-road", pool=POOL_NAME)
    assert refused(put_forward(but(SMALL, project_code=code(1))), *READY[:3]) == (
        "project.project_code",
        why,
    )


def test_the_code_of_a_project_that_was_withdrawn_is_free_again() -> None:
    again = put_forward(project("small-lab-2", "loudi", 3, MILLION))
    assert when(again, *READY, WITHDRAW) != []


def test_a_block_has_no_code_and_its_investment_may_be_unknown() -> None:
    why = Why.BLOCK_HAS_NO_CODE(project="hunan-block")
    asked = put_forward(but(HUNAN, project_code=code(1)))
    assert refused(asked, OPEN) == ("project.project_code", why)
    assert HUNAN.total_investment_fen == 0


def test_nobody_asks_for_more_than_the_whole_investment() -> None:
    why = Why.REQUEST_ABOVE_INVESTMENT(requested=60 * MILLION, total=MILLION)
    asked = put_forward(but(PARK, total_investment_fen=MILLION))
    assert refused(asked, OPEN) == ("project.requested", why)


def test_what_was_put_forward_is_corrected_and_withdrawn_before_it_is_decided_on() -> None:
    [corrected] = when(CORRECT, *READY)
    assert (corrected.former, corrected.project.requested) == (SMALL, 6 * MILLION)
    assert when(CORRECT, *READY, CORRECT) == []
    why = Why.PROJECT_WITHDRAWN(
        project="small-lab", pool=POOL_NAME, withdrawn_on="2022-02-20", document="撤回函"
    )
    assert refused(CORRECT, *READY, WITHDRAW) == ("project.project_id", why)


@pytest.mark.parametrize("command", [CORRECT, WITHDRAW], ids=["corrected", "withdrawn"])
def test_what_was_decided_on_is_not_changed_any_more(command: Message) -> None:
    later = but(command, **{_day(command): "2022-04-01"})
    why = Why.PROJECT_ALLOCATED(
        project="small-lab", pool=POOL_NAME, decided_on="2022-03-10", document="投资计划"
    )
    assert refused(later, *DECIDED)[1] == why


def _day(command: Message) -> str:
    [name] = [each.name for each in command.DESCRIPTOR.fields if each.name.endswith("_on")]
    return name


def test_nobody_withdraws_the_project_of_another_unit() -> None:
    why = Why.PROJECT_UNKNOWN(project="small-lab", pool=POOL_NAME)
    assert refused(but(WITHDRAW, unit_id="xiangtan"), *READY) == ("project_id", why)


# Proposing and deciding.


def test_whoever_holds_the_entitlement_counts_more_by_the_weight_of_the_rules() -> None:
    by_id = {line.project_id: line for line in PROPOSED.lines}
    assert by_id["park-road"].weight == 3 * PARK.requested
    assert by_id["platform"].weight == 2 * PLATFORM.requested
    assert by_id["hunan-block"].weight == 2 * HUNAN.requested
    assert not by_id["hunan-block"].HasField("basis")


def test_an_allocation_divides_all_that_the_pool_has() -> None:
    assert sum(AMOUNTS.values()) == 100 * MILLION
    assert (PROPOSED.available, PROPOSED.allocated, PROPOSED.unspent) == (
        100 * MILLION,
        100 * MILLION,
        0,
    )


def test_what_no_project_can_take_is_left_over_and_said() -> None:
    rich = but(APPROPRIATE, amount=500 * MILLION)
    event = proposed([OPEN, rich, *PUT_FORWARD, PROPOSE])
    assert (event.allocated, event.unspent) == (165 * MILLION, 335 * MILLION)
    assert {line.filled_in for line in event.lines} == {1}


def test_a_project_has_no_more_than_its_own_cap() -> None:
    capped = put_forward(but(PARK, cap=7 * MILLION))
    [line] = proposed([OPEN, APPROPRIATE, capped, PROPOSE]).lines
    assert (line.cap, line.amount) == (7 * MILLION, 7 * MILLION)


def test_a_limit_that_the_rules_state_is_kept_and_one_that_they_leave_open_is_listed() -> None:
    assert list(PROPOSED.open_norm_ids) == ["subsidy-ratio", "project-cap"]
    norm = RULES[RULES.index("  - norm_id: subsidy-ratio") : RULES.index("  - norm_id: project-c")]
    stated = RULES.replace(norm, "").replace(
        "    clause: line\n",
        "    most_share_micro: {most: 50000, clause: numbers}\n    clause: line\n",
    )
    event = proposed([but(OPEN, text=stated), APPROPRIATE, *PUT_FORWARD, PROPOSE])
    by_id = {line.project_id: line for line in event.lines}
    assert list(event.open_norm_ids) == ["project-cap"]
    assert by_id["park-road"].cap == PARK.total_investment_fen // 20


def test_places_go_to_those_with_the_entitlement_first() -> None:
    held = basis("zhuzhou", held=True, instrument="innovation_cluster_support")
    others = [
        basis(unit, held=False, instrument="innovation_cluster_support")
        for unit in ("loudi", "xiangtan")
    ]
    asking = [but(each, requested=1) for each in (PARK, PLATFORM, SMALL)]
    commands = [
        but(OPEN, line_id=CLUSTERS),
        but(APPROPRIATE, line_id=CLUSTERS, amount=2),
        *[but(put_forward(each), line_id=CLUSTERS) for each in asking],
        but(PROPOSE, line_id=CLUSTERS, authority="most", bases=[held, *others]),
    ]
    event = proposed(commands)
    assert [(line.project_id, line.tier, line.amount) for line in event.lines] == [
        ("park-road", 2, 1),
        ("platform", 1, 1),
        ("small-lab", 2, 0),
    ]
    assert event.lines[0].last_quotient == event.lines[2].next_quotient == "1"


def test_an_allocation_is_the_same_whatever_the_order_in_which_projects_came() -> None:
    turned = [OPEN, APPROPRIATE, *reversed(PUT_FORWARD), but(PROPOSE, bases=[*reversed(BASES)])]
    assert proposed(turned).SerializeToString() == PROPOSED.SerializeToString()


def test_proposing_the_same_again_changes_nothing() -> None:
    assert when(PROPOSE, *READY, PROPOSE) == []


def test_nothing_is_proposed_for_a_unit_of_which_nothing_was_looked_up() -> None:
    why = Why.BASIS_MISSING(unit="zhuzhou")
    assert refused(but(PROPOSE, bases=BASES[:1]), *READY) == ("bases", why)


def test_only_the_authority_that_the_rules_name_proposes_decides_grants_and_releases() -> None:
    why = Why.NOT_THE_AUTHORITY(authority="most", competent="ndrc", pool=POOL_NAME, clause="line")
    assert refused(but(PROPOSE, authority="most"), *READY) == ("authority", why)
    assert refused(but(DECIDE, authority="most"), *READY, PROPOSE) == ("authority", why)
    assert refused(but(GRANT, authority="most"), *DECIDED) == ("authority", why)
    assert refused(but(RELEASE, authority="most"), *DECIDED) == ("authority", why)


def test_an_allocation_is_decided_as_it_was_proposed_and_line_by_line() -> None:
    [allocated, *lines, balance] = when(DECIDE, *READY, PROPOSE)
    assert (allocated.step, allocated.unspent, allocated.document) == (1, 0, "投资计划")
    assert [line.line for line in lines] == list(PROPOSED.lines)
    assert all(isinstance(line, AllocationLineReserved) for line in lines)
    assert balance.sums == Sums(reserved=100 * MILLION)
    assert when(DECIDE, *DECIDED) == []


def test_whoever_proposed_does_not_decide() -> None:
    why = Why.SAME_PERSON(person="甲")
    assert refused(but(DECIDE, decided_by="甲"), *READY, PROPOSE) == ("decided_by", why)


@pytest.mark.parametrize(
    "moved", [CORRECT, WITHDRAW, AMEND], ids=["corrected", "withdrawn", "amended"]
)
def test_what_moves_behind_a_proposal_takes_it_back(moved: Message) -> None:
    why = Why.NO_ALLOCATION_PROPOSED(pool=POOL_NAME)
    assert refused(DECIDE, *READY, PROPOSE, moved) == ("proposal_hash", why)


def test_another_proposal_than_the_one_that_was_looked_at_is_not_decided() -> None:
    why = Why.OTHER_ALLOCATION_PROPOSED(pool=POOL_NAME, proposed=PROPOSED.proposal_hash, asked="b")
    assert refused(but(DECIDE, proposal_hash="b"), *READY, PROPOSE) == ("proposal_hash", why)


def test_an_entitlement_that_moved_behind_the_proposal_asks_for_another_one() -> None:
    moved = [basis("xiangtan", held=False), *BASES[1:]]
    why = Why.BASIS_MOVED(unit="xiangtan")
    assert refused(but(DECIDE, bases=moved), *READY, PROPOSE) == ("proposal_hash", why)


def test_what_came_later_is_divided_in_a_step_of_its_own() -> None:
    later = put_forward(project("late", "xiangtan", 8, 20 * MILLION))
    amend = but(AMEND, amended_on="2022-04-01")
    again = but(PROPOSE, proposed_on="2022-05-01")
    event = proposed([*DECIDED, amend, later, again])
    assert (event.step, event.available) == (2, 10 * MILLION)
    assert [line.project_id for line in event.lines] == ["late"]


# Granting, paying, returning, releasing.


def test_a_line_is_granted_once_and_no_more_than_is_reserved() -> None:
    [granted, balance] = when(GRANT, *DECIDED)
    assert granted.sums == Sums(reserved=GRANT.amount, granted=GRANT.amount)
    assert balance.sums == Sums(reserved=100 * MILLION, granted=GRANT.amount)
    assert when(GRANT, *GRANTED) == []
    why = Why.MORE_THAN_IS_LEFT(amount=GRANT.amount + 1, left=GRANT.amount)
    assert refused(but(GRANT, amount=GRANT.amount + 1), *DECIDED) == ("amount", why)


def test_a_unit_is_granted_nothing_from_the_day_of_its_disqualification_on() -> None:
    why = Why.GRANT_AFTER_DISQUALIFICATION(unit="xiangtan", since="2022-04-01")
    assert refused(but(GRANT, ended_on="2022-04-01"), *DECIDED) == ("granted_on", why)
    assert when(but(GRANT, ended_on="2022-04-02"), *DECIDED) != []


def test_no_more_is_paid_than_was_granted_and_did_not_come_back() -> None:
    left = GRANT.amount - PAY.amount
    why = Why.MORE_THAN_IS_LEFT(amount=left + 1, left=left)
    assert refused(but(PAY, payment_id="p-2", amount=left + 1), *PAID) == ("amount", why)
    again = but(PAY, payment_id="p-2", amount=left + RETURN.amount, paid_on="2022-07-01")
    assert when(again, *PAID, RETURN) != []


def test_the_same_payment_is_entered_once() -> None:
    assert when(PAY, *PAID) == []
    why = Why.NUMBER_TAKEN(number="p-1")
    assert refused(but(PAY, amount=1), *PAID) == ("payment_id", why)


def test_nothing_is_paid_before_it_is_granted() -> None:
    why = Why.LINE_NOT_GRANTED(project="park-road")
    assert refused(PAY, *DECIDED) == ("project_id", why)


def test_no_more_comes_back_than_was_paid() -> None:
    why = Why.MORE_THAN_IS_LEFT(amount=PAY.amount + 1, left=PAY.amount)
    assert refused(but(RETURN, amount=PAY.amount + 1), *PAID) == ("amount", why)


def test_what_is_released_is_the_pool_s_again_and_what_was_paid_is_not() -> None:
    kept = GRANT.amount - PAY.amount
    all_of_it = but(RELEASE, project_id="park-road", unit_id="xiangtan", amount=kept)
    [released, balance] = when(all_of_it, *PAID)
    assert released.sums == Sums(reserved=PAY.amount, granted=PAY.amount, paid=PAY.amount)
    assert balance.sums.reserved == 100 * MILLION - kept
    why = Why.MORE_THAN_IS_LEFT(amount=kept + 1, left=kept)
    assert refused(but(all_of_it, amount=kept + 1), *PAID) == ("amount", why)


def test_places_are_granted_and_not_paid() -> None:
    asking = but(PARK, requested=1)
    held = basis("xiangtan", held=True, instrument="innovation_cluster_support")
    commands = [
        but(OPEN, line_id=CLUSTERS),
        but(APPROPRIATE, line_id=CLUSTERS, amount=2),
        but(put_forward(asking), line_id=CLUSTERS),
        but(PROPOSE, line_id=CLUSTERS, authority="most", bases=[held]),
    ]
    decide = but(
        DECIDE,
        line_id=CLUSTERS,
        authority="most",
        bases=[held],
        proposal_hash=proposed(commands).proposal_hash,
    )
    grant = but(GRANT, line_id=CLUSTERS, authority="most", amount=1)
    why = Why.PLACES_ARE_NOT_PAID(pool=f"2022.{CLUSTERS}")
    pay = but(PAY, line_id=CLUSTERS, amount=1)
    assert refused(pay, *commands, decide, grant) == ("amount", why)


def test_a_block_is_split_by_its_province_and_never_beyond_what_it_was_granted() -> None:
    granted = [*DECIDED, GRANT_BLOCK]
    assert when(SPLIT, *granted) != []
    assert when(SPLIT, *granted, SPLIT) == []
    share = BlockShare(project_code=code(9), title_zh="虚构", amount=GRANT_BLOCK.amount + 1)
    why = Why.MORE_THAN_THE_BLOCK(total=GRANT_BLOCK.amount + 1, granted=GRANT_BLOCK.amount)
    assert refused(but(SPLIT, shares=[share]), *granted) == ("shares", why)
    twice = but(SPLIT, shares=[SPLIT.shares[0], SPLIT.shares[0]])
    assert refused(twice, *granted)[0] == "shares[1].project_code"


def test_only_a_block_is_split() -> None:
    why = Why.NOT_A_BLOCK(project="park-road")
    split = but(SPLIT, project_id="park-road", unit_id="xiangtan")
    assert refused(split, *GRANTED) == ("project_id", why)


def test_every_balance_of_a_pool_is_the_sum_of_its_lines() -> None:
    events = events_of(WHOLE)
    state = fold(POOL, events, POOL.initial)
    for name in ("reserved", "granted", "paid", "returned"):
        assert getattr(state.sums, name) == sum(
            getattr(line.sums, name) for line in state.lines.values()
        )
    assert [each for each in events if isinstance(each, PoolBalanceMoved)][-1].sums == state.sums


def test_a_history_that_no_pool_can_have_is_refused() -> None:
    with pytest.raises(CorruptHistory):
        fold(POOL, [AllocationProposed()], POOL.initial)
