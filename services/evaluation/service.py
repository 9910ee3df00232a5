"""Evaluation by its parts."""

from services.evaluation import api, reactions, telling, views
from services.evaluation.decider import UNIT
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.runtime.service import Service

SERVICE = Service(
    name="evaluation",
    deciders=(ADOPTION, ACCESS, UNIT),
    listens_to=(),
    heard=reactions.HEARD,
    react=reactions.react,
    subject=views.subject,
    effective_on=views.effective_on,
    occurred_on=views.occurred_on,
    visibility=views.visibility,
    veiled=views.veiled,
    tell=telling.tell,
    serve=api.serve,
)
