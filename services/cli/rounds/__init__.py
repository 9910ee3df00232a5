"""The commands of `zoneledger round`: a round of evaluation from its opening to its correction."""
