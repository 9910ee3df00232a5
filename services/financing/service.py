"""Financing by its parts."""

from typing import get_args

from services.financing import api, reactions, telling, views
from services.financing.decider import CREDIT_TILT, Reviewed
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

_DECIDERS = (ADOPTION, ACCESS, PASSING_OVER, always_told(CREDIT_TILT))
_REVIEWED = get_args(Reviewed)
_BESIDE = (*_REVIEWED, SettlementRevised)
_OF_THEIR_OWN = Aspects(
    views.subject,
    views.effective_on,
    views.effective_on,
    views.visibility,
    as_it_is,
    telling.tell,
)
_SAID = together(
    [
        (
            [each for decider in _DECIDERS for each in decider.events if each not in _BESIDE],
            _OF_THEIR_OWN,
        ),
        (_REVIEWED, review_views.SAID),
        ((SettlementRevised,), OF_REVISIONS),
    ]
)

SERVICE = Service(
    name="financing",
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
