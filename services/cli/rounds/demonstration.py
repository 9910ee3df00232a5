"""`zoneledger demo --full-round`: a whole round in a fresh folder, and its audit.

示例，非真实数据: every unit in it is fictional, so it is told in a folder of its own and never to
servers that somebody works with. What it prints is the same each time.
"""

from collections.abc import Mapping
from pathlib import Path

from services.cli import auditing, output, refusals
from services.cli.client import connected
from services.cli.demonstration import fresh
from services.cli.rounds.narrating import Stage, Story
from services.cli.rounds.story import UNTIL_SIGNED
from services.cli.rounds.story_after import AFTERWARDS, earned
from services.cli.shipped import adopt, adopt_shipped, documents
from services.evaluation.scoring.rule_set import parse
from services.kernel.errors import Unavailable

_EXAMPLE = Path(__file__).parents[3] / "examples" / "full-round"
_FOLDER = Path("var/demo-full-round")
_LOUDLY = "示例，非真实数据 FICTIONAL units and figures, illustrative rules: no city was rated so"


def run(place: Path | Mapping[str, str] | None, *, as_json: bool) -> int:
    """Tell the round; the exit code of its audit."""
    if isinstance(place, Mapping):
        raise Unavailable("the full round is fictional, and told in a folder only: leave --server")
    folder = fresh(place, _FOLDER)
    rules = parse((_EXAMPLE / "rule-set.yaml").read_text("utf-8"), "rule-set.yaml")
    with connected(folder, "zoneledger demo --full-round") as clients, output.progress() as bars:
        adopt(clients, documents())
        adopt_shipped(clients)  # The access table.
        stages = (*UNTIL_SIGNED, *AFTERWARDS)
        story = Story(clients, rules.round, _EXAMPLE)
        bar = bars.add_task("telling", total=len(stages))
        for tell in stages:
            tell(story)
            bars.advance(bar)
        follows = earned(story)
    reports = auditing.run(folder)
    if as_json:
        told = [_told(each) for each in story.stages]
        audit = auditing.told(reports)
        output.print_json({"notice": _LOUDLY, "stages": told, "earned": follows, "audit": audit})
    else:
        print(f"{_LOUDLY}\n")
        for number, stage in enumerate(story.stages, 1):
            _show(number, stage)
        auditing.show(reports, as_json=False)
    return auditing.verdict(reports)


def _show(number: int, stage: Stage) -> None:
    print(f"{number}. {refusals.chosen(stage.title.en, stage.title.zh)}")
    for said in stage.said:
        if isinstance(said, str):
            print(f"  {said}")
            continue
        title, columns, records = said
        rows = [[str(cell(record) or "") for _, cell in columns] for record in records]
        output.console().print(output.table(title, [name for name, _ in columns], rows))
    print()


def _told(stage: Stage) -> dict[str, object]:
    return {
        "title": stage.title.en,
        "title_zh": stage.title.zh,
        "said": [each for each in stage.said if isinstance(each, str)],
        "tables": {
            each[0]: [{k: v for k, v in r.items() if k not in _OF_A_RUN} for r in each[2]]
            for each in stage.said
            if not isinstance(each, str)
        },
    }


_OF_A_RUN = ("recorded_at", "decision_id")
