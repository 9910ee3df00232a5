"""Incentive by its parts."""

from services.incentive import api, reactions, telling, views
from services.incentive.case import said as case_said
from services.incentive.case import views as case_views
from services.incentive.decider import ENTITLEMENTS
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.aspects import Aspects, together
from services.kernel.passing_over import PASSING_OVER
from services.kernel.viewer import as_it_is
from services.runtime.service import Service

_OF_ENTITLEMENTS = Aspects(
    views.subject,
    views.effective_on,
    views.effective_on,
    views.visibility,
    as_it_is,
    telling.tell,
)
_SETTLED = [each for each in ENTITLEMENTS.events if each not in case_said.EVENTS]
_SAID = together(
    [
        ((*ADOPTION.events, *ACCESS.events, *PASSING_OVER.events, *_SETTLED), _OF_ENTITLEMENTS),
        (case_said.EVENTS, case_views.SAID),
    ]
)

SERVICE = Service(
    name="incentive",
    deciders=(ADOPTION, ACCESS, PASSING_OVER, ENTITLEMENTS),
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
