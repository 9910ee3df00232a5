"""What the page for agencies says is what the contract, the code and the examples have."""

import json
import re
import shlex
from collections.abc import Iterator
from importlib import import_module

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass

from services.runtime import pages, reads, requests, surface, tls
from tests.contract.conftest import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "agencies.md").read_text("utf-8")
PROTOS = sorted((ROOT / "protos").rglob("*.proto"))
EXAMPLES = ROOT / "examples" / "clients"
MEGABYTE = 1 << 20


def services() -> Iterator[ServiceDescriptor]:
    """Every gRPC service of the contract."""
    for proto in PROTOS:
        name = str(proto.relative_to(ROOT / "protos")).removesuffix(".proto").replace("/", ".")
        yield from import_module(f"{name}_pb2").DESCRIPTOR.services_by_name.values()


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def calls() -> list[list[str]]:
    """The words of each grpcurl call that is shown."""
    [console] = blocks("console")
    return [shlex.split(line[7:]) for line in console.splitlines() if line.startswith("$ call -")]


def test_it_names_every_method_of_every_service_and_no_other() -> None:
    shown: dict[str, set[str]] = {}
    for row in section("Methods").splitlines():
        if named := re.match(r"\| \*\*([\w.]+)\*\*", row):
            shown[named[1]] = set()
        elif row.startswith("| `"):
            [*_, newest] = shown.values()
            newest |= set(re.findall(r"`(\w+)`", row.split("|")[1]))
    assert shown == {each.full_name: {*each.methods_by_name} for each in services()}


def test_it_names_every_kind_of_resource_and_no_other() -> None:
    texts = [proto.read_text("utf-8") for proto in PROTOS]
    patterns = {name for text in texts for name in re.findall(r"// (\w+/\{[\w{}./]*[\w}])", text)}
    shown = re.findall(r"\| `(\w+/\{[^`]*)` \|", section("Names"))
    assert {*shown} == patterns


@pytest.mark.parametrize("language", ["python", "java"])
def test_what_it_shows_of_a_client_is_in_the_client_that_runs(language: str) -> None:
    [example] = [*(EXAMPLES / language).glob("*.py"), *(EXAMPLES / language).glob("*.java")]
    assert blocks(language)
    assert all(block in example.read_text("utf-8") for block in blocks(language))


@pytest.mark.parametrize("words", calls(), ids=lambda words: words[-1])
def test_a_call_by_grpcurl_is_one_that_the_contract_knows(words: list[str]) -> None:
    service, _, method = words[-1].rpartition("/")
    [declared] = [each for each in services() if each.full_name == service]
    asked = GetMessageClass(declared.methods_by_name[method].input_type)
    json_format.ParseDict(json.loads(words[words.index("-d") + 1]), asked())
    files = {words[at + 1] for at, word in enumerate(words) if word == "-proto"}
    assert declared.file.name in files
    assert all((ROOT / "protos" / file).is_file() for file in files)


def test_its_limits_are_those_of_the_code() -> None:
    limits = {
        re.split(r" *\| *", row)[1]: row for row in section("Limits").splitlines() if "|" in row
    }
    usual, largest = pages.USUAL_SIZE, pages.LARGEST_SIZE
    for name, figures in {
        "page, batch": [f"{usual} a page", f"{largest:,} at most", f"{reads.MOST_AT_ONCE} names"],
        "request, answer": [
            f"{requests.LARGEST_REQUEST // MEGABYTE} MiB for a command",
            f"{requests.MOST_ITEMS:,} items at most",
            f"{requests.LARGEST_QUESTION // 1024} KiB for a question",
            f"{tls.LARGEST_MESSAGE // MEGABYTE} MiB",
        ],
        "calls at once in one process": [
            f"| {surface.LIMITS.calls}, {surface.LIMITS.calls_of_one} of them of one agency",
            f"{surface.LIMITS.watches:,} that watch",
        ],
        "deadline": [
            f"{surface.LIMITS.read_seconds:.0f} s for a read",
            f"{surface.LIMITS.command_seconds:.0f} s for a command",
        ],
    }.items():
        assert all(figure in limits[name] for figure in figures), limits[name]


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
