"""`zoneledger budget ...`: pools of central budget investment (中央预算内投资)."""
