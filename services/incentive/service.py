"""Incentive by its parts."""

from typing import get_args

from services.incentive import api, reactions, telling, views
from services.incentive.budget import telling as budget_telling
from services.incentive.budget import views as budget_views
from services.incentive.budget.days import occurred_on
from services.incentive.budget.decider import POOL
from services.incentive.case import said as case_said
from services.incentive.case import views as case_views
from services.incentive.case.beside import with_cases
from services.incentive.decider import ENTITLEMENTS, Reviewed
from services.kernel import review_views
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.aspects import Aspects, together
from services.kernel.passing_over import PASSING_OVER
from services.kernel.revising import SAID as OF_REVISIONS
from services.kernel.revising import always_told
from services.kernel.viewer import as_it_is
from services.runtime.service import Service
from zoneledger.ledger.v1.revision_pb2 import SettlementRevised

_DECIDERS = (ADOPTION, ACCESS, PASSING_OVER, with_cases(always_told(ENTITLEMENTS)), POOL)
_REVIEWED = get_args(Reviewed)
_BESIDE = (*_REVIEWED, *case_said.EVENTS, SettlementRevised, *POOL.events)
_OF_THEIR_OWN = Aspects(
    views.subject,
    views.effective_on,
    views.effective_on,
    views.visibility,
    as_it_is,
    telling.tell,
)
_OF_POOLS = Aspects(
    budget_views.subject,
    occurred_on,
    occurred_on,
    budget_views.visibility,
    as_it_is,
    budget_telling.tell,
)
_SAID = together(
    [
        (
            [each for decider in _DECIDERS for each in decider.events if each not in _BESIDE],
            _OF_THEIR_OWN,
        ),
        (_REVIEWED, review_views.SAID),
        (case_said.EVENTS, case_views.SAID),
        ((SettlementRevised,), OF_REVISIONS),
        (POOL.events, _OF_POOLS),
    ]
)

SERVICE = Service(
    name="incentive",
    deciders=_DECIDERS,
    listens_to=("evaluation",),
    heard=reactions.HEARD,
    react=reactions.react,
    subject=_SAID.subject,
    effective_on=_SAID.effective_on,
    occurred_on=_SAID.occurred_on,
    visibility=_SAID.visibility,
    veiled=_SAID.veiled,
    tell=_SAID.tell,
    serve=api.serve,
)
