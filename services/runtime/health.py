"""How a process is: whether it works, whether it can serve, whether something waits too long.

A check is asked when somebody wants to know, and answers "" when all is well, or else why not.
What is not live is restarted; what is not ready gets no requests; what is degraded goes on, and
somebody should look. One that is told to stop is not ready from that moment on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

_USUAL_LIMIT_SECONDS = 2.0


class Kind(StrEnum):
    """What it means when a check does not hold."""

    LIVE = "live"
    READY = "ready"
    DEGRADED = "degraded"


class Check(NamedTuple):
    """A question to a part of the process; no answer within the limit is an answer, too."""

    name: str
    kind: Kind
    ask: Callable[[], Awaitable[str]]
    limit_seconds: float = _USUAL_LIMIT_SECONDS


class Finding(NamedTuple):
    """What a check answered: `why` it does not hold, empty when all is well."""

    name: str
    kind: Kind
    why: str


class Health:
    """The checks of one process, and whether it was told to stop."""

    def __init__(self, *checks: Check) -> None:
        self._checks = checks
        self.draining = asyncio.Event()

    def drain(self) -> None:
        """Not ready from now on."""
        self.draining.set()

    async def examine(self, kinds: Collection[Kind] = tuple(Kind)) -> list[Finding]:
        """Ask all checks of these kinds at once."""
        asked = [check for check in self._checks if check.kind in kinds]
        findings = list(await asyncio.gather(*map(_ask, asked)))
        if Kind.READY in kinds and self.draining.is_set():
            findings.append(Finding("draining", Kind.READY, "it was told to stop"))
        return findings


async def _ask(check: Check) -> Finding:
    try:
        async with asyncio.timeout(check.limit_seconds):
            why = await check.ask()
    except TimeoutError:
        why = f"no answer within {check.limit_seconds:g} s"
    except Exception as fault:  # noqa: BLE001  # Whatever it is, it is why the check does not hold.
        why = f"{type(fault).__name__}: {fault}"
    return Finding(check.name, check.kind, why)


def chain_moves(promised_seconds: float, waiting_seconds: Callable[[], Awaitable[float]]) -> Check:
    """Degraded when what was published waits longer for what follows from it than was promised."""

    async def ask() -> str:
        seconds = await waiting_seconds()
        if seconds <= promised_seconds:
            return ""
        return (
            f"something has waited {seconds:.0f} s for what follows from it;"
            f" promised are {promised_seconds:g} s"
        )

    return Check("chain", Kind.DEGRADED, ask)


def is_live(findings: Sequence[Finding]) -> bool:
    """No restart would help."""
    return not any(each.why for each in findings if each.kind is Kind.LIVE)


def is_ready(findings: Sequence[Finding]) -> bool:
    """Requests are welcome; a process that does not work is not ready either."""
    return not any(each.why for each in findings if each.kind is not Kind.DEGRADED)


def as_json(findings: Sequence[Finding]) -> dict[str, object]:
    """The whole in one word, and what each check answered."""
    return {
        "status": _status(findings),
        "checks": {
            each.name: {"kind": each.kind, "is_well": not each.why, "why": each.why}
            for each in findings
        },
    }


def _status(findings: Sequence[Finding]) -> str:
    if not is_live(findings):
        return "not live"
    if not is_ready(findings):
        return "not ready"
    return "degraded" if any(each.why for each in findings) else "well"
