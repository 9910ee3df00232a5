"""Pools of central budget investment: how they are filled, divided, granted and paid."""
