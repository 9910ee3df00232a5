"""The documents of `policies/` as a log has them once they were adopted."""

from pathlib import Path

from services.kernel.adoption import reference
from services.kernel.policy import Policies, Policy
from services.kernel.policy_text import parse
from zoneledger.ledger.v1.policy_pb2 import AdoptPolicy, PolicyAdopted

_FOLDER = Path(__file__).parents[1] / "policies"


def adopt(policy_id: str) -> AdoptPolicy:
    """The command that adopts the document."""
    text = (_FOLDER / f"{policy_id}.yaml").read_bytes().decode()
    return AdoptPolicy(policy_id=policy_id, text=text)


def _read(command: AdoptPolicy) -> Policy:
    return parse(command.text, command.policy_id)


def _adopted(command: AdoptPolicy) -> PolicyAdopted:
    return PolicyAdopted(
        policy_id=command.policy_id, text=command.text, content_hash=_read(command).content_hash
    )


ADOPT_2019, ADOPT_866 = adopt("2019-zone-notice"), adopt("2021-866")
ADOPTED_2019, ADOPTED_866 = _adopted(ADOPT_2019), _adopted(ADOPT_866)
NOTICE_2019, NOTICE_866 = reference(_read(ADOPT_2019)), reference(_read(ADOPT_866))
POLICIES = Policies.none().adopt(_read(ADOPT_2019)).adopt(_read(ADOPT_866))
