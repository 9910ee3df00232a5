"""Measures everything, prints one line a figure, writes results.json; see README.md."""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import (
    agencies,
    allocating,
    carrying,
    chain,
    commands,
    logs,
    memory,
    postgres,
    resident,
    scoring,
    servers,
    sharing,
)
from benchmarks.figure import Figure

_RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Measure on the disk that holds the current folder."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--units", type=int, default=8_000, help="units in the logs read back")
    parser.add_argument("--decisions", type=int, default=1_000_000, help="of the long log")
    parser.add_argument("--events", type=int, default=1_000_000, help="in the log of incentive")
    options = parser.parse_args()
    figures = []
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        for each in _measure(Path(folder), options):
            print(each.line(), flush=True)
            figures.append(each)
    _RESULTS.write_text(json.dumps([each.told() for each in figures], indent=2) + "\n", "utf-8")


def _measure(folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    yield from commands.measure(folder)
    asyncio.run(logs.write(folder, options.units, years=7))
    yield from logs.measure(folder)
    yield from agencies.measure(folder)
    yield from scoring.measure()
    yield from allocating.measure()
    yield memory.measure(folder / "long.sqlite", options.decisions)
    with servers.running() as both:
        yield from postgres.measure(both.admin)
        yield from sharing.measure(both, folder)
        yield from carrying.measure(both)
        yield from chain.measure(both)
        yield from resident.measure(both, options.events)


if __name__ == "__main__":
    main()
