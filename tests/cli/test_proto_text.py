"""An event's schema for tools is the contract's: the same fields, and nothing else beside it."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from grpc_tools import protoc

from services.cli.proto_text import alone
from services.runtime.service import SERVICES, load

EVENTS = {event for name in SERVICES for event in load(name).events.values()}


def compiled(text: str, folder: Path) -> DescriptorPool:
    """What protoc makes of a text that stands alone."""
    (folder / "alone.proto").write_text(text, "utf-8")
    made = folder / "alone.binpb"
    known = Path(protoc.__file__).parent / "_proto"
    words = ["protoc", f"--proto_path={folder}", f"--proto_path={known}", "--include_imports"]
    assert protoc.main([*words, f"--descriptor_set_out={made}", "alone.proto"]) == 0
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(made.read_bytes()).file:
        pool.Add(file)
    return pool


def shape(message: Any) -> list[tuple[object, ...]]:
    """A message as it is on the wire, with the names of its fields."""
    return [
        (
            field.name,
            field.number,
            field.type,
            field.is_repeated,
            shape(field.message_type) if field.message_type else None,
            [(each.name, each.number) for each in field.enum_type.values]
            if field.enum_type
            else None,
        )
        for field in message.fields
    ]


@pytest.mark.parametrize("event", sorted(EVENTS, key=str), ids=lambda each: each.DESCRIPTOR.name)
def test_it_says_what_the_contract_says(event: type[Message], tmp_path: Path) -> None:
    name = event.DESCRIPTOR.full_name
    pool = compiled(alone(event.DESCRIPTOR), tmp_path)
    made = pool.FindMessageTypeByName(name)
    assert shape(made) == shape(event.DESCRIPTOR)
    held = FileDescriptorProto()
    made.file.CopyToProto(held)
    inner = {field.type_name for message in held.message_type for field in message.field}
    outer = [each.name for each in held.message_type if f".{held.package}.{each.name}" not in inner]
    assert outer == [event.DESCRIPTOR.name]  # Tools take the one message that is no part of others.


def test_the_words_of_the_contract_come_along() -> None:
    [rated] = [each for each in EVENTS if each.DESCRIPTOR.name == "ZoneRatedExcellent"]
    text = alone(rated.DESCRIPTOR)
    assert "  // The performance year, not the year of publication.\n" in text
    assert (
        "// Which document decided, by the content of its text.\nmessage PolicyReference {" in text
    )
