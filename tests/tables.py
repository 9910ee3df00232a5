"""Access tables as a log has them once they were adopted: the shipped one, and another."""

from hashlib import sha256
from pathlib import Path

from zoneledger.ledger.v1.access_pb2 import AccessTableAdopted, AdoptAccessTable

SHIPPED = (Path(__file__).parents[1] / "policies" / "access.yaml").read_bytes().decode()


def adopted(text: str) -> AccessTableAdopted:
    """What a log says of the table."""
    return AccessTableAdopted(text=text, content_hash=sha256(text.encode()).hexdigest())


ADOPT_SHIPPED = AdoptAccessTable(text=SHIPPED)
ADOPTED_SHIPPED = adopted(SHIPPED)
OTHER = SHIPPED.replace("urn:zoneledger:most", "urn:example:most")
ADOPT_OTHER = AdoptAccessTable(text=OTHER)
ADOPTED_OTHER = adopted(OTHER)
