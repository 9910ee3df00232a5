"""The first pass over the text of a policy document: the YAML.

Aliases are refused, so that a document is no larger than it looks, and so is depth that no document
needs. What is wrong is reported with its line.
"""

from collections import deque
from collections.abc import Iterable
from typing import cast

import yaml
from yaml.composer import Composer
from yaml.nodes import Node
from yaml.resolver import Resolver

from services.kernel.policy_problems import Found, PolicyProblems, mark_line

_DEEPEST = 16


def compose(text: str, found: Found) -> Node:
    """The one tree of the text, without aliases and no deeper than any document needs."""
    try:
        events = _checked(yaml.parse(text, Loader=yaml.SafeLoader), found)
        found.must_be_none()
        return cast(Node, _Composer(events).get_single_node())
    except yaml.MarkedYAMLError as error:
        line = mark_line(error.problem_mark or error.context_mark)
        found.add(line, "syntax", f"{error.problem or error.context}: correct the YAML here")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found.add(line, "syntax", "a character that YAML does not allow: delete it")
    except (ValueError, OverflowError):
        # PyYAML lets these through for an escape or a version that is no number it can hold.
        found.add(1, "syntax", "an escape or directive is out of range: write plain characters")
    raise PolicyProblems(found.problems)


class _Composer(Composer, Resolver):
    """Makes the tree of events that were read already: to read a text is most of the work."""

    def __init__(self, events: Iterable[yaml.Event]) -> None:
        Composer.__init__(self)
        Resolver.__init__(self)
        self._events = deque(events)

    def check_event(self, *choices: type[yaml.Event]) -> bool:
        return bool(self._events) and (not choices or isinstance(self._events[0], choices))

    def peek_event(self) -> yaml.Event:
        return self._events[0]

    def get_event(self) -> yaml.Event:
        return self._events.popleft()


def _checked(events: Iterable[yaml.Event], found: Found) -> list[yaml.Event]:
    """The events, as far as they were read; what is wrong with them is reported."""
    read: list[yaml.Event] = []
    documents, depth = 0, 0
    for event in events:
        read.append(event)
        line = mark_line(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                found.add(line, "several-documents", "a file is one document: split it here")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            found.add(line, "alias", "aliases and anchors are refused: write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth == _DEEPEST:
                found.add(line, "too-deep", "nothing in a policy is nested so deep: flatten it")
                break  # Reading on would take PyYAML time that grows with the square of depth.
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    if documents == 0:
        found.add(1, "empty", "the file states nothing: write the document or delete the file")
    return read
