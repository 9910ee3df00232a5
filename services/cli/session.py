"""What the commands have in common: their options, the data folder, and how they reach it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import output
from services.cli.refusing import refusing
from services.kernel.errors import Unavailable

DEFAULT_FOLDER = Path("var/zoneledger")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Unit = Annotated[str, typer.Option("--unit", help="Only this unit, by id, name or alias.")]
Round = Annotated[int, typer.Option("--round", help="Only this performance year.")]
AsOf = Annotated[str, typer.Option("--as-of", help="What was true on this day (2021-06-09).")]
KnownAt = Annotated[
    str, typer.Option("--known-at", help="What the log knew by the end of this day or moment.")
]


class Named:
    """What the command line or the environment names: a data folder, or servers elsewhere."""

    folder: Path | None = None
    servers: Mapping[str, str] | None = None


def place() -> Path | Mapping[str, str]:
    """Where the services of this command are: behind servers, or on a data folder."""
    return Named.servers or folder()


def folder() -> Path:
    """The data folder of this command, where no servers are named."""
    return Named.folder or DEFAULT_FOLDER


def has_data() -> bool:
    """Whether there is something to ask: servers, or a folder that holds data."""
    from services.runtime.folder import has_data as holds

    return Named.servers is not None or holds(folder())


def must_exist() -> None:
    """Refuse to ask a folder that holds no data, so that a question makes nothing."""
    if not has_data():
        raise Unavailable(
            f"there is no data in {folder()}; name the folder with --data, or import something"
        )


@contextmanager
def asking() -> Iterator[Any]:
    """Clients for a question, which makes no folder."""
    with refusing():
        must_exist()
    with connected() as clients:
        yield clients


@contextmanager
def connected() -> Iterator[Any]:
    """Clients of the services, with the shipped documents and access table adopted."""
    from services.cli.client import connected as on
    from services.cli.shipped import adopt_shipped

    with refusing(), on(place(), " ".join(["zoneledger", *sys.argv[1:]])) as clients:
        for note in adopt_shipped(clients):
            output.complain(f"note: {note}")
        yield clients
