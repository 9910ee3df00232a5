"""Zoneledger: from the rating of a demonstration zone to every incentive that follows."""
