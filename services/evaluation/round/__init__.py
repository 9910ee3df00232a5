"""A round of evaluation (年度评估), from its rules to the corrected result."""
