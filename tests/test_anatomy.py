"""What holds for every service folder: the same files, and a contract kept to the letter."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from services.kernel.access_adoption import ACCESS
from services.kernel.adoption import ADOPTION
from services.kernel.decision import event_type
from services.kernel.passing_over import PASSING_OVER
from services.kernel.policy_terms import Grade, Instrument
from services.runtime.service import SERVICES, Service, load
from tests.notices import POLICIES
from zoneledger.ledger.v1.revision_pb2 import SettlementRevised

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "services").rglob("*.py"))
# The kernel's own: a service names them beside the deciders of its contract.
OF_EVERY_LISTENER = (ADOPTION, ACCESS, PASSING_OVER)
EACH_SERVICE = pytest.mark.parametrize("service", [load(name) for name in SERVICES], ids=SERVICES)

FILES = (
    "README.md",
    "decider.py",
    "reactions.py",
    "views.py",
    "telling.py",
    "api.py",
    "service.py",
)

# The types under which the contract promises events to other agencies.
PROMISED = {
    "evaluation": {
        "zone-rated-excellent",
        "zone-rated-good",
        "zone-rated-qualified",
        "zone-rated-poor",
        "rating-corrected",
        "honour-awarded",
    },
    "incentive": {
        "central-budget-priority-granted",
        "innovation-cluster-support-granted",
        "demonstration-base-support-granted",
        "manufacturing-centre-support-granted",
        "land-guarantee-granted",
        "inspection-commendation-recommended",
    },
    "financing": {
        "credit-tilt-granted",
        "credit-tilt-withdrawn",
    },
}

# Where a decision would no longer come out the same when it is decided again.
CLOCK_AND_CHANCE = re.compile(
    r"\b(datetime\.now|datetime\.today|utcnow|date\.today|time\.time|time_ns|monotonic"
    r"|uuid1|uuid4|random|secrets|urandom|getenv|environ)\b"
)


def contract(service: Service, files: str) -> list[ModuleType]:
    """The contract's files of that kind: events.proto, round_events.proto."""
    package = f"zoneledger.{service.name}.v1"
    return [
        import_module(f"{package}.{module.name}")
        for module in iter_modules(import_module(package).__path__)
        if module.name.endswith(f"{files}_pb2")
    ]


def told(modules: list[ModuleType]) -> set[str]:
    """The messages of contract files that are told, not those that are parts of others.

    What a correction tells again, whole, is told by itself too.
    """
    messages: list[Descriptor] = [
        message
        for module in modules
        for message in module.DESCRIPTOR.message_types_by_name.values()
    ]
    parts = {
        field.message_type
        for message in messages
        for field in message.fields
        if field.containing_oneof is None or field.containing_oneof.name != "told"
    }
    return {message.full_name for message in messages if message not in parts}


# Said by whoever settles what a rating earns, so it is declared once for all.
OF_EVERY_SETTLEMENT = {SettlementRevised.DESCRIPTOR.full_name}


def names(types: Iterator[type[Message]]) -> set[str]:
    return {type_.DESCRIPTOR.full_name for type_ in types}


# The folder.


def test_every_service_that_runs_has_a_folder_and_every_folder_runs_or_is_shared() -> None:
    deciders = [path.relative_to(ROOT / "services") for path in SOURCES if path.stem == "decider"]
    folders = {path.parts[0] for path in deciders} - {"kernel"}
    assert folders == set(SERVICES)


@EACH_SERVICE
def test_a_service_has_the_same_files_as_its_siblings(service: Service) -> None:
    folder = ROOT / "services" / service.name
    assert [name for name in FILES if not (folder / name).is_file()] == []


@EACH_SERVICE
def test_a_readme_fits_on_one_screen_and_opens_with_the_name(service: Service) -> None:
    lines = (ROOT / "services" / service.name / "README.md").read_text("utf-8").splitlines()
    assert lines[0].lower() == f"# {service.name}"
    assert len(lines) <= 60


@EACH_SERVICE
def test_a_readme_names_every_command_and_every_event(service: Service) -> None:
    text = (ROOT / "services" / service.name / "README.md").read_text("utf-8")
    commands = [type_.DESCRIPTOR.name for d in service.deciders for type_ in d.commands]
    events = [event_type(type_) for d in service.deciders for type_ in d.events]
    assert [name for name in (*commands, *events) if f"`{name}`" not in text] == []


# The Makefile.


def test_every_test_file_that_the_makefile_names_is_there() -> None:
    named = re.findall(r"\btests/[\w/]+\.py\b", (ROOT / "Makefile").read_text("utf-8"))
    assert named
    assert [file for file in named if not (ROOT / file).is_file()] == []


# The contract.


@EACH_SERVICE
def test_the_events_of_the_contract_are_those_of_the_deciders(service: Service) -> None:
    own = [decider for decider in service.deciders if decider not in OF_EVERY_LISTENER]
    decided = names(type_ for decider in own for type_ in decider.events)
    assert told(contract(service, "events")) == decided - OF_EVERY_SETTLEMENT


@EACH_SERVICE
def test_the_commands_of_the_contract_are_those_of_the_deciders(service: Service) -> None:
    own = [decider for decider in service.deciders if decider not in OF_EVERY_LISTENER]
    decided = names(type_ for decider in own for type_ in decider.commands)
    assert told(contract(service, "commands")) == decided


@EACH_SERVICE
def test_every_service_holds_documents_and_access_tables_in_its_own_log(service: Service) -> None:
    assert {ADOPTION.category, ACCESS.category} <= service.decider_named.keys()
    assert (PASSING_OVER in service.deciders) == bool(service.listens_to)


@EACH_SERVICE
def test_the_promised_events_exist_under_their_promised_names(service: Service) -> None:
    published = {event_type(type_) for d in service.deciders for type_ in d.events}
    assert PROMISED[service.name] - published == set()


@EACH_SERVICE
def test_no_two_deciders_share_a_command_an_event_or_a_category(service: Service) -> None:
    for parts in (
        [type_ for decider in service.deciders for type_ in decider.commands],
        [type_ for decider in service.deciders for type_ in decider.events],
        [decider.category for decider in service.deciders],
    ):
        assert len(set(parts)) == len(parts)


@EACH_SERVICE
def test_a_service_hears_every_event_of_those_it_listens_to(service: Service) -> None:
    upstream = {
        type_
        for name in service.listens_to
        for decider in load(name).deciders
        for type_ in decider.events
    }
    assert set(service.heard) == upstream


def test_nobody_listens_to_itself_or_in_a_circle() -> None:
    before: set[str] = set()
    for name in SERVICES:
        assert set(load(name).listens_to) <= before
        before.add(name)


@EACH_SERVICE
def test_every_event_is_about_somebody_or_about_a_document(service: Service) -> None:
    for decider in service.deciders:
        for type_ in decider.events:
            assert isinstance(service.subject(type_()), str)
            assert isinstance(service.effective_on(type_()), str)


# What a decision rests on.


def test_what_decides_reads_no_clock_and_throws_no_dice() -> None:
    pure = [
        path
        for path in SOURCES
        if path.relative_to(ROOT / "services").parts[0] in ("kernel", *SERVICES)
        if path.name not in ("api.py", "service.py")
    ]
    assert [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in pure
        for found in CLOCK_AND_CHANCE.finditer(path.read_text("utf-8"))
    ] == []


def test_no_code_knows_a_document_a_rule_or_an_open_norm_by_its_name() -> None:
    known = {
        *(policy.policy_id for policy in POLICIES),
        *(rule.rule_id for policy in POLICIES for rule in policy.rules),
        *(norm.norm_id for policy in POLICIES for norm in policy.open_norms),
        *(clause.clause_id for policy in POLICIES for clause in policy.clauses),
    }
    assert [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in SOURCES
        for line, text in _strings(ast.parse(path.read_text("utf-8")))
        if any(name in text for name in known)
    ] == []


def test_no_code_says_which_grade_earns_which_instrument() -> None:
    """A grade and an instrument never meet in one function or table of the code."""
    grades = {*Grade, *(f"grade_{grade}" for grade in Grade)}
    grades |= {f"zonerated{grade}" for grade in Grade}
    instruments = {*Instrument, *(each.replace("_", "") + "granted" for each in Instrument)}
    instruments |= {"inspectioncommendationrecommended"}
    assert [
        f"{path.relative_to(ROOT)}:{part.lineno}"
        for path in SOURCES
        for part in _parts(ast.parse(path.read_text("utf-8")))
        if _words(part) & grades and _words(part) & instruments
    ] == []


def _strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _parts(tree: ast.Module) -> Iterator[ast.stmt]:
    """Functions, methods and statements, but no imports."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            yield from statement.body
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement


def _words(part: ast.stmt) -> set[str]:
    words = {text.lower() for _, text in _strings(part)}
    for node in ast.walk(part):
        if isinstance(node, ast.Name):
            words.add(node.id.lower())
        elif isinstance(node, ast.Attribute):
            words.add(node.attr.lower())
    return words
