"""Incentive by its parts."""

from services.incentive import api, reactions, telling, views
from services.incentive.decider import ENTITLEMENTS
from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.aspects import Aspects, together
from services.kernel.passing_over import PASSING_OVER
from services.kernel.revising import SAID as OF_REVISIONS
from services.kernel.revising import always_told
from services.kernel.viewer import as_it_is
from services.runtime.service import Service
from zoneledger.ledger.v1.revision_pb2 import SettlementRevised

_SETTLING = always_told(ENTITLEMENTS)
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
            (*ADOPTION.events, *ACCESS.events, *PASSING_OVER.events, *ENTITLEMENTS.events),
            _OF_THEIR_OWN,
        ),
        ((SettlementRevised,), OF_REVISIONS),
    ]
)

SERVICE = Service(
    name="incentive",
    deciders=(ADOPTION, ACCESS, PASSING_OVER, _SETTLING),
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
