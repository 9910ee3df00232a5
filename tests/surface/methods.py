"""Every method of the contract, found in its files: what is added later is among them."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio
from google.protobuf.descriptor import Descriptor, FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_PROTOS = Path(__file__).parents[2] / "protos"
_ASKING = ("Analyse", "Get", "List", "BatchGet", "Explain", "Resolve", "Watch")


class Method(NamedTuple):
    """A method; `name` is as an access table has it: "zoneledger.x.v1.XService/GetThing".

    `verb` says how it asks; it is empty for a command.
    """

    name: str
    service: str
    verb: str
    request: type[Message]
    response: type[Message]
    streams: bool

    def on(self, channel: grpc.aio.Channel) -> Any:
        """The method as a client calls it, with a message or with bytes."""
        kind = channel.unary_stream if self.streams else channel.unary_unary
        return kind(
            f"/{self.name}",
            request_serializer=_bytes,
            response_deserializer=self.response.FromString,
        )


def files() -> Iterator[FileDescriptor]:
    """The files of the contract."""
    for path in sorted(_PROTOS.rglob("*.proto")):
        name = path.relative_to(_PROTOS).with_suffix("").as_posix().replace("/", ".")
        yield import_module(f"{name}_pb2").DESCRIPTOR


def messages() -> Iterator[Descriptor]:
    """The messages of the contract, without those declared within others."""
    for file in files():
        yield from file.message_types_by_name.values()


def fields(of: type[Message]) -> list[str]:
    """The names of a message's fields, as they are declared."""
    return [field.name for field in of.DESCRIPTOR.fields]


async def code(call: Any) -> grpc.StatusCode:
    """How a call ends; one that streams is left when it has said something."""
    try:
        await (call.read() if hasattr(call, "read") else call)
    except grpc.aio.AioRpcError as refusal:
        return refusal.code()
    finally:
        call.cancel()
    return grpc.StatusCode.OK


def _method(of: MethodDescriptor) -> Method:
    service = of.containing_service.full_name
    return Method(
        name=f"{service}/{of.name}",
        service=service,
        verb=next((verb for verb in _ASKING if of.name.startswith(verb)), ""),
        request=GetMessageClass(of.input_type),
        response=GetMessageClass(of.output_type),
        streams=of.server_streaming,
    )


def _bytes(said: Message | bytes) -> bytes:
    return said if isinstance(said, bytes) else said.SerializeToString()


METHODS = [
    _method(each)
    for file in files()
    for service in file.services_by_name.values()
    for each in service.methods
]


def short(method: object) -> str:
    """The name of a method as a test is called after it."""
    return method.name.rpartition(".")[2] if isinstance(method, Method) else ""
