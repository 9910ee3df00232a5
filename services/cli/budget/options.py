"""The arguments and options that the commands on pools have in common."""

from pathlib import Path
from typing import Annotated

import typer

Year = Annotated[int, typer.Argument(help="The budget year.", metavar="YEAR")]
Line = Annotated[str, typer.Argument(help="The budget line by the rules.", metavar="LINE")]
Unit = Annotated[
    str, typer.Argument(help="The unit by id, name or alias; of a block the province's id.")
]
Project = Annotated[str, typer.Argument(help="The project's id in the pool.", metavar="PROJECT")]
Amount = Annotated[
    str, typer.Argument(help="6000万元, 1.2亿元, 300元, 5分; of places a number.", metavar="AMOUNT")
]
File = Annotated[Path, typer.Argument(help="A CSV (UTF-8) or XLSX file.", metavar="FILE")]
On = Annotated[str, typer.Option("--on", help="The day of it (2022-03-01).  [default: today]")]
Document = Annotated[str, typer.Option("--document", help="The document that it rests on.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
By = Annotated[str, typer.Option("--by", help="The person who does it.")]
Authority = Annotated[
    str, typer.Option("--authority", help="The authority that the person acts for: ndrc.")
]
Number = Annotated[str, typer.Option("--number", help="A number of its own, such as p-2022-001.")]
OnlyYear = Annotated[int, typer.Option("--year", help="Only this budget year.")]
OnlyLine = Annotated[str, typer.Option("--line", help="Only this budget line.")]
