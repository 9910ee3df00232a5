"""The `zoneledger` command."""

import os

# gRPC reads it once, when it is first imported. What matters of its log is said in our own words.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
