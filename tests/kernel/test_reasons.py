"""Every reason is listed, said in both languages with the same facts, and given somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from google.rpc.code_pb2 import Code

from services.cli.errors_page import page
from services.kernel.reasons import NONE, Why

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "services/kernel/reasons.py"
SOURCES = [path for path in sorted((ROOT / "services").rglob("*.py")) if path != CATALOGUE]
EACH = pytest.mark.parametrize("why", Why, ids=[why.name for why in Why])

# What these refuse is heard by those who run the program, never by a caller of a method.
NOT_FOR_CALLERS = re.compile(
    r"services/(cli/|runtime/store/|runtime/(reactor|keys|turns)\.py|kernel/(checkpoint|policy_problems)\.py)"
)
# Where what is wrong is written: as the first argument, or as the last.
REFUSALS = {
    "EtagMismatch": 0,
    "Forbidden": 0,
    "Overloaded": 0,
    "PolicyConflict": 0,
    "Rejected": 0,
    "Unidentified": 0,
    "UnknownStream": 0,
    "WrongExpectedVersion": 0,
    "Fault": -1,
    "Violation": -1,
}


def facts(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Each part of our code, and where it is."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def reason(node: ast.AST) -> str:
    """The reason that a part of code names; empty where it names none."""
    match node:
        case ast.Attribute(value=ast.Name(id="Why"), attr=name):
            return name
        case _:
            return ""


@EACH
def test_a_name_is_one_that_google_rpc_takes(why: Why) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+[A-Z0-9]", why.name)
    assert len(why.name) <= 63
    assert all(re.fullmatch(r"[a-z][a-z_]+", name) for name in facts(why.value.sentence))


@EACH
def test_a_code_is_one_of_grpc_and_none_is_success(why: Why) -> None:
    assert Code.Value(why.value.code) > 0


@EACH
def test_both_sentences_name_the_same_facts(why: Why) -> None:
    assert facts(why.value.chinese) == facts(why.value.sentence)


@EACH
def test_the_chinese_sentence_is_chinese(why: Why) -> None:
    words = "".join(text for text, *_ in Formatter().parse(why.value.chinese))
    assert len(re.findall(r"[\u4e00-\u9fff]", words)) >= 4
    assert not re.search(r"[,;:()?!]", words), "Chinese text has Chinese punctuation"


@EACH
def test_what_may_succeed_later_says_when_and_nothing_else_does(why: Why) -> None:
    passing = ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED")
    assert (why.value.retry_ms > 0) == (why.value.code in passing and why is not Why.ETAG_MISMATCH)


def test_every_reason_is_given_somewhere() -> None:
    given = {reason(node) for _, node in nodes()}
    assert [why.name for why in Why if why.name not in given] == []


def test_every_reason_is_given_with_all_its_facts_and_no_others() -> None:
    wrong = []
    for place, node in nodes():
        if isinstance(node, ast.Call) and (name := reason(node.func)) and hasattr(Why, name):
            row = Why[name].value
            if {word.arg for word in node.keywords} != facts(row.sentence) | facts(row.resource):
                wrong.append(f"{place}: {name}")
    assert wrong == []


def test_whoever_calls_a_method_is_told_a_reason_of_the_catalogue() -> None:
    assert [
        place
        for place, node in nodes()
        if isinstance(node, ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id in REFUSALS and node.args
        if isinstance(node.args[REFUSALS[node.func.id]], ast.Constant | ast.JoinedStr | ast.BinOp)
        if not NOT_FOR_CALLERS.match(place)
    ] == []


def test_words_of_ours_are_chinese_in_the_chinese_sentence() -> None:
    told = Why.NOT_A_ZONE(zone="hebi", kind="provincial_zone")
    assert told == "hebi is a provincial_zone, not a zone; name the zone that the unit belongs to"
    assert told.chinese.startswith("hebi是省级示范区，不是示范区")
    assert "“2021-1”" in Why.DOCUMENT_NOT_ADOPTED(document="2021-1", adopted=NONE).chinese
    assert "（已采用：无）" in Why.DOCUMENT_NOT_ADOPTED(document="2021-1", adopted=NONE).chinese


def test_what_a_caller_wrote_is_never_read_as_a_template() -> None:
    told = Why.UNIT_NOT_REGISTERED(unit="{unit}{0}{why.value}")
    assert "'{unit}{0}{why.value}'" in told
    assert "{unit}{0}{why.value}" in told.chinese
    assert told.resource == "units/{unit}{0}{why.value}"


def test_the_page_of_errors_is_written_from_the_catalogue() -> None:
    written = (ROOT / "docs/errors.md").read_text("utf-8")
    assert written == page(), "make errors writes docs/errors.md again"
