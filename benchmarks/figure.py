"""A figure: what was measured, the raw limit measured beside it, and their ratio."""

from dataclasses import dataclass
from statistics import median
from typing import NamedTuple


class Pair(NamedTuple):
    """One round of a measurement and of its baseline, in the same unit."""

    value: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Figure:
    """The median round; `target` is what the ratio has to reach, or stay below with `at_most`."""

    name: str
    unit: str
    value: float
    baseline: float
    ratio: float
    target: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def told(self) -> dict[str, str | float]:
        """The figure for machines."""
        return {
            "name": self.name,
            "value": round(self.value, 1),
            "unit": self.unit,
            "baseline": round(self.baseline, 1),
            "ratio": self.ratio,
        }

    def line(self) -> str:
        """The figure for people."""
        relation = "<=" if self.at_most else ">="
        verdict = "ok" if self.holds else "SHORT"
        return (
            f"{self.name:<34} {self.value:>12,.1f} {self.unit:<14} baseline {self.baseline:>12,.1f}"
            f"   ratio {self.ratio:5.2f} ({relation} {self.target})  {verdict}"
        )


def of(name: str, unit: str, pairs: list[Pair], target: float) -> Figure:
    """The figure whose ratio is the median of the rounds' ratios: noise hits both of a round."""
    middle = median(pair.value / pair.baseline for pair in pairs)
    nearest = min(pairs, key=lambda pair: abs(pair.value / pair.baseline - middle))
    return Figure(name, unit, nearest.value, nearest.baseline, round(middle, 3), target)
