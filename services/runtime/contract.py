"""The methods and fields of the contract, by their full names."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from services.runtime.service import SERVICES

_OF_EVERY_SERVICE = ("zoneledger.ledger.v1.service_pb2", "zoneledger.ledger.v1.event_service_pb2")


@cache
def methods() -> frozenset[str]:
    """Such as "zoneledger.incentive.v1.IncentiveService/ListEntitlements"."""
    return frozenset(
        f"{service.full_name}/{method.name}"
        for file in _files()
        for service in file.services_by_name.values()
        for method in service.methods
    )


@cache
def fields() -> frozenset[str]:
    """Such as "zoneledger.evaluation.v1.Rating.source"."""
    return frozenset(
        field.full_name
        for file in _files()
        for message in file.message_types_by_name.values()
        for each in _with_nested(message)
        for field in each.fields
    )


def _files() -> list[Any]:
    """The files that declare gRPC services, and those of ours that they build on."""
    names = (*(f"zoneledger.{name}.v1.service_pb2" for name in SERVICES), *_OF_EVERY_SERVICE)
    found: dict[str, Any] = {}
    waiting = [import_module(name).DESCRIPTOR for name in names]
    while waiting:
        file = waiting.pop()
        if file.package.startswith("zoneledger.") and file.name not in found:
            found[file.name] = file
            waiting += file.dependencies
    return list(found.values())


def _with_nested(message: Any) -> Iterator[Any]:
    yield message
    for inner in message.nested_types:
        yield from _with_nested(inner)
