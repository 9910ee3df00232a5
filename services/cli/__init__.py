"""The `zoneledger` command."""

import gc
import os

# gRPC reads it once, when it is first imported. What matters of its log is said in our own words.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

# A start makes much and drops little, so it is not looked through for garbage every 700 objects.
gc.set_threshold(50_000)
