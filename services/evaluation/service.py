"""Evaluation by its parts."""

from typing import get_args

from services.evaluation import api, reactions, streak_standing, streak_views, telling, views
from services.evaluation.circular import telling as circular_telling
from services.evaluation.circular import views as circular_views
from services.evaluation.circular.decider import CIRCULAR
from services.evaluation.decider import UNIT
from services.evaluation.plan import telling as plan_telling
from services.evaluation.plan import views as plan_views
from services.evaluation.plan.decider import PLAN
from services.evaluation.round import days as round_days
from services.evaluation.round import telling as round_telling
from services.evaluation.round import views as round_views
from services.evaluation.round.decider import ROUND
from services.evaluation.supplements import views as supplement_views
from services.evaluation.supplements.decider import SUPPLEMENTS
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.aspects import Aspects, together
from services.kernel.viewer import as_it_is
from services.runtime.service import Service

_OF_UNITS = Aspects(
    views.subject,
    views.effective_on,
    views.occurred_on,
    views.visibility,
    views.veiled,
    telling.tell,
)
_OF_ROUNDS = Aspects(
    round_views.subject,
    round_views.effective_on,
    round_days.occurred_on,
    round_views.visibility,
    round_views.veiled,
    round_telling.tell,
)
_OF_CIRCULARS = Aspects(
    circular_views.subject,
    circular_views.effective_on,
    circular_views.effective_on,
    circular_views.visibility,
    as_it_is,
    circular_telling.tell,
)
_OF_STREAKS = get_args(streak_standing.Event)
_REPORTED = [each for each in UNIT.events if each not in _OF_STREAKS]
_OF_PLANS = Aspects(
    plan_views.subject,
    plan_views.effective_on,
    plan_views.occurred_on,
    plan_views.visibility,
    as_it_is,
    plan_telling.tell,
)
_SAID = together(
    [
        ((*ADOPTION.events, *ACCESS.events, *_REPORTED), _OF_UNITS),
        (_OF_STREAKS, streak_views.SAID),
        (SUPPLEMENTS.events, supplement_views.SAID),
        (ROUND.events, _OF_ROUNDS),
        (CIRCULAR.events, _OF_CIRCULARS),
        (PLAN.events, _OF_PLANS),
    ]
)


SERVICE = Service(
    name="evaluation",
    deciders=(ADOPTION, ACCESS, SUPPLEMENTS, UNIT, ROUND, CIRCULAR, PLAN),
    listens_to=(),
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
