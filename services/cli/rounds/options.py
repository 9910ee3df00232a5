"""The arguments and options that the steps of a round have in common."""

from pathlib import Path
from typing import Annotated

import typer

Year = Annotated[int, typer.Argument(help="The performance year of the round.", metavar="YEAR")]
Unit = Annotated[str, typer.Argument(help="A unit by id, name or alias.", metavar="UNIT")]
Expert = Annotated[str, typer.Argument(help="An expert by the id in the log.", metavar="EXPERT")]
File = Annotated[Path, typer.Argument(help="A CSV (UTF-8) or XLSX file.", metavar="FILE")]
On = Annotated[str, typer.Option("--on", help="The day of it (2021-06-09).  [default: today]")]
Document = Annotated[str, typer.Option("--document", help="The document that it rests on.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
Receipt = Annotated[
    Path | None,
    typer.Option("--receipt", help="Write the receipt to this file too.", metavar="FILE"),
]
Admits = Annotated[
    list[str] | None,
    typer.Option("--admit", help="Count the late report of this indicator.", metavar="INDICATOR"),
]
