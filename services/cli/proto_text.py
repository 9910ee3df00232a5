"""A message of the contract as .proto text that stands alone, for tools that follow no import.

It is cut out of the .proto files, comments and all. What a message is made of stands in the same
text, so it has one package; on the wire nothing differs.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_OURS = "zoneledger."
_QUALIFIED = re.compile(r"\bzoneledger\.\w+\.v\d+\.")


def alone(message: Any) -> str:
    """The text of a message's descriptor with all that it is made of; the message comes first."""
    parts = [*dict.fromkeys(_parts(message))]
    imports = sorted({part.file.name for part in parts if not _is_ours(part)})
    blocks = [_QUALIFIED.sub("", _block(part)) for part in parts if _is_ours(part)]
    lines = [f'import "{name}";\n' for name in imports]
    head = f'syntax = "proto3";\n\npackage {message.file.package};\n'
    return "\n".join([head, *(["".join(lines)] if lines else []), *blocks])


def _parts(part: Any) -> Iterator[Any]:
    """Descriptors of a message, and of the messages and enums that it is made of."""
    yield part
    for field in getattr(part, "fields", ()) if _is_ours(part) else ():
        inner = field.message_type or field.enum_type
        if inner is not None:
            yield from _parts(inner)


def _is_ours(part: Any) -> bool:
    file: str = part.file.package
    return file.startswith(_OURS)


def _block(part: Any) -> str:
    """A message or an enum as its file has it, with its comment; in the form of `buf format`."""
    text = files(part.file.package).joinpath(part.file.name.rpartition("/")[2]).read_text("utf-8")
    found = re.search(
        rf"^(//.*\n)*(message|enum) {part.name} \{{(\}}\n|\n(.*\n)*?\}}\n)", text, re.MULTILINE
    )
    if found is None:
        raise LookupError(f"{part.file.name} does not hold {part.name}")
    return found[0]
