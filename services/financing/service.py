"""Financing by its parts."""

from services.financing import api, reactions, telling, views
from services.financing.decider import CREDIT_TILT
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.passing_over import PASSING_OVER
from services.kernel.viewer import as_it_is
from services.runtime.service import Service

SERVICE = Service(
    name="financing",
    deciders=(ADOPTION, ACCESS, PASSING_OVER, CREDIT_TILT),
    listens_to=("evaluation",),
    heard=reactions.HEARD,
    react=reactions.react,
    subject=views.subject,
    effective_on=views.effective_on,
    occurred_on=views.effective_on,
    visibility=views.visibility,
    veiled=as_it_is,
    tell=telling.tell,
    serve=api.serve,
)
