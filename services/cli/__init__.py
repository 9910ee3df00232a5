"""The `zoneledger` command."""
