"""Resource names (AIP-122), such as `units/huangshi/ratings/2020`, and the ids in them."""

import re
from collections.abc import Mapping

from services.kernel.errors import Malformed, Violation
from services.kernel.reasons import Why

_LONGEST, _SHOWN = 300, 60
_VARIABLE = re.compile(r"\{(\w+)\}")


class Pattern:
    """The form of a collection's names, such as `units/{unit}/ratings/{round}`."""

    def __init__(self, text: str) -> None:
        self.text = text
        literal = re.split(_VARIABLE, text)  # Every second one is the name of a variable.
        self._form = re.compile(
            "".join(
                rf"(?P<{part}>{r'[0-9]+' if part == 'round' else r'[a-z0-9_-]+'})"
                if index % 2
                else re.escape(part)
                for index, part in enumerate(literal)
            )
        )

    def read(self, name: str, field: str = "name") -> Mapping[str, str]:
        """The ids in a name; `Malformed` where it has another form."""
        found = self._form.fullmatch(name) if len(name) <= _LONGEST else None
        if found is None:
            raise Malformed(Violation(field, Why.NOT_A_NAME(value=name[:_SHOWN], form=self.text)))
        return found.groupdict()


def unit_in(name: str) -> str:
    """The id of the unit that a name belongs to; empty where it belongs to none, or to all."""
    collection, _, rest = name.partition("/")
    unit = rest.partition("/")[0]
    return unit if collection == "units" and unit != "-" else ""


_PARENT = Pattern("units/{unit}")
ALL_UNITS = ("", "units/-")


def parent(name: str) -> str:
    """The id of the unit that is asked about; empty for all that may be."""
    return "" if name in ALL_UNITS else _PARENT.read(name, "parent")["unit"]
