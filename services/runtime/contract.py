"""The services, methods and fields of the contract, by the names that an access table uses."""

from collections import deque
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from google.protobuf.descriptor import Descriptor, FileDescriptor

from services.runtime.service import SERVICES

_PACKAGES = tuple(f"zoneledger.{name}.v1" for name in (*SERVICES, "ledger"))
_OURS = "zoneledger."


@cache
def methods() -> frozenset[str]:
    """Every method: "zoneledger.incentive.v1.IncentiveService/GetEntitlement"."""
    return frozenset(
        f"{service.full_name}/{method.name}"
        for file in _files()
        for service in file.services_by_name.values()
        for method in service.methods
    )


@cache
def services() -> frozenset[str]:
    """Every gRPC service: "zoneledger.incentive.v1.IncentiveService"."""
    return frozenset(name.partition("/")[0] for name in methods())


@cache
def fields() -> frozenset[str]:
    """Every field of every message: "zoneledger.evaluation.v1.Unit.source"."""
    return frozenset(
        field.full_name
        for file in _files()
        for top in file.message_types_by_name.values()
        for message in _with_inner(top)
        for field in message.fields
    )


@cache
def load_messages() -> None:
    """Know every message by its name, so that what is packed in a decision can be unpacked."""
    deque(_modules("_pb2"), maxlen=0)


def _files() -> Iterator[FileDescriptor]:
    seen: set[str] = set()
    waiting = [module.DESCRIPTOR for module in _modules("_pb2")]
    while waiting:
        file = waiting.pop()
        if file.name not in seen and file.package.startswith(_OURS):
            seen.add(file.name)
            waiting += file.dependencies
            yield file


def _modules(ending: str) -> Iterator[ModuleType]:
    """The generated modules whose names end so."""
    for package in _PACKAGES:
        for module in iter_modules(import_module(package).__path__):
            if module.name.endswith(ending):
                yield import_module(f"{package}.{module.name}")


def _with_inner(message: Descriptor) -> Iterator[Descriptor]:
    yield message
    for inner in message.nested_types:
        yield from _with_inner(inner)
