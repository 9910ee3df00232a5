"""The State Council's circulars of commendation, a register of its own."""
