"""How certain the scores and grades of a round are: analysis, on which no decision rests."""
