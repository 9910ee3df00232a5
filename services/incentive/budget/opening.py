"""How a pool begins and what it has: opened by rules that know its line, appropriated, amended.

A line whose rules leave open which rating moves it is not opened: whoever came first would be a
guess. What is reserved is never amended away.
"""

from functools import lru_cache

from services.incentive.budget.rule_text import parse
from services.incentive.budget.rules import Account, BudgetLine, Matter, RuleText
from services.incentive.budget.state import Opened, must_be_appropriated, must_not_precede
from services.kernel.errors import Rejected
from services.kernel.policy_problems import PolicyProblems
from services.kernel.reasons import Why
from zoneledger.incentive.v1.budget_commands_pb2 import (
    AmendAppropriation,
    AppropriatePool,
    OpenPool,
)
from zoneledger.incentive.v1.budget_events_pb2 import (
    AppropriationAmended,
    PoolAccount,
    PoolAppropriated,
    PoolBalanceMoved,
    PoolOpened,
)


def open_(command: OpenPool) -> PoolOpened:
    rules = read(command.text)
    line = _line(rules, command)
    return PoolOpened(
        budget_year=command.budget_year,
        line_id=command.line_id,
        opened_on=command.opened_on,
        document=command.document,
        text=command.text,
        content_hash=rules.content_hash,
        account=_ACCOUNTS[line.account],
        illustrative=rules.illustrative,
        name_zh=line.name_zh,
        name_en=line.name_en,
    )


def _line(rules: RuleText, command: OpenPool) -> BudgetLine:
    """The line that the text has; `Rejected` where it is not ruled, or not far enough."""
    line = rules.line(command.line_id)
    if line is None:
        known = ", ".join(each.line_id for each in rules.lines)
        why = Why.NOT_IN_THE_RULE_SET(value=command.line_id, known=known)
        raise Rejected(why, field="line_id")
    if not rules.years_from <= command.budget_year <= rules.years_until:
        why = Why.BUDGET_YEAR_NOT_RULED(
            year=command.budget_year, first=rules.years_from, last=rules.years_until
        )
        raise Rejected(why, field="budget_year")
    for norm in rules.open_of(command.line_id):
        if norm.about == Matter.LAG_YEARS:
            why = Why.BUDGET_LAG_OPEN(line=command.line_id, norm=norm.norm_id)
            raise Rejected(why, field="text")
    return line


def open_again(command: OpenPool, state: Opened) -> list[PoolOpened]:
    known = state.opened
    asked = (command.text, command.opened_on, command.document)
    if asked == (known.text, known.opened_on, known.document):
        return []
    why = Why.POOL_ALREADY_OPEN(pool=state.name, opened_on=known.opened_on, document=known.document)
    raise Rejected(why, field="line_id")


def appropriate(
    command: AppropriatePool, state: Opened
) -> list[PoolAppropriated | PoolBalanceMoved]:
    event = PoolAppropriated(
        budget_year=command.budget_year,
        line_id=command.line_id,
        amount=command.amount,
        appropriated_on=command.appropriated_on,
        document=command.document,
    )
    if event == state.appropriation:
        return []
    if known := state.appropriation:
        why = Why.ALREADY_APPROPRIATED(
            pool=state.name, amount=known.amount, document=known.document
        )
        raise Rejected(why, field="amount")
    must_not_precede("appropriated_on", command.appropriated_on, state.opened.opened_on)
    return [event, _balance(command.appropriated_on, command.amount, state)]


def amend(
    command: AmendAppropriation, state: Opened
) -> list[AppropriationAmended | PoolBalanceMoved]:
    known = must_be_appropriated(state)
    if isinstance(known, AppropriationAmended) and _says_same(command, known):
        return []
    if command.amount == known.amount:
        return []
    day = known.amended_on if isinstance(known, AppropriationAmended) else known.appropriated_on
    must_not_precede("amended_on", command.amended_on, day)
    if command.amount < state.sums.reserved:
        why = Why.BELOW_RESERVED(amount=command.amount, reserved=state.sums.reserved)
        raise Rejected(why, field="amount")
    event = AppropriationAmended(
        budget_year=command.budget_year,
        line_id=command.line_id,
        amount=command.amount,
        former=known.amount,
        amended_on=command.amended_on,
        document=command.document,
        reason=command.reason,
    )
    return [event, _balance(command.amended_on, command.amount, state)]


def _says_same(command: AmendAppropriation, known: AppropriationAmended) -> bool:
    said = (known.amount, known.amended_on, known.document, known.reason)
    return (command.amount, command.amended_on, command.document, command.reason) == said


def _balance(day: str, appropriated: int, state: Opened) -> PoolBalanceMoved:
    return PoolBalanceMoved(
        budget_year=state.opened.budget_year,
        line_id=state.opened.line_id,
        appropriated=appropriated,
        sums=state.sums,
        moved_on=day,
    )


_ACCOUNTS = {
    Account.FEN: PoolAccount.POOL_ACCOUNT_FEN,
    Account.PLACES: PoolAccount.POOL_ACCOUNT_PLACES,
}


@lru_cache(maxsize=8)
def _parsed(text: str) -> RuleText:
    return parse(text, "rule text")


def read(text: str) -> RuleText:
    """The rules in a text; `Rejected` with all that is wrong with it."""
    try:
        return _parsed(text)
    except PolicyProblems as problems:
        why = Why.BUDGET_RULES_UNREADABLE(problems=problems)
        raise Rejected(why, field="text") from problems
