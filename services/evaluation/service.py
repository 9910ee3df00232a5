"""Evaluation by its parts."""

from services.evaluation import api, reactions, telling, views
from services.evaluation.decider import UNIT
from services.evaluation.supplements import views as supplement_views
from services.evaluation.supplements.decider import SUPPLEMENTS
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.aspects import Aspects, together
from services.runtime.service import Service

_OF_UNITS = Aspects(
    views.subject,
    views.effective_on,
    views.occurred_on,
    views.visibility,
    views.veiled,
    telling.tell,
)
_SAID = together(
    [
        ((*ADOPTION.events, *ACCESS.events, *UNIT.events), _OF_UNITS),
        (SUPPLEMENTS.events, supplement_views.SAID),
    ]
)

SERVICE = Service(
    name="evaluation",
    deciders=(ADOPTION, ACCESS, SUPPLEMENTS, UNIT),
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
