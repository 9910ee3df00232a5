"""The evaluation service: the register of units, the documents in force, the ratings."""
