"""From reported values and sheets to scores and grades, by the frozen rule set of a round."""
