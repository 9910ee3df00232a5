"""What is refused, in plain words on standard error and by an exit code: 2, if not told another."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import typer

from services.cli import output, refusals
from services.kernel.errors import Malformed, ZoneledgerError

FAULT, REFUSED = 1, 2


@contextmanager
def refusing(code: int = REFUSED) -> Iterator[None]:
    """Turn what is refused into plain words on standard error and an exit code."""
    try:
        yield
    except Malformed as refusal:
        output.complain(_listed(refusal))
    except ZoneledgerError as refusal:
        output.complain(f"{refusal}")
    except grpc.RpcError as error:
        output.complain("\n".join(refusals.of(error)) or refusals.told(error))
    except KeyboardInterrupt:
        output.complain("interrupted")
        raise typer.Exit(130) from None
    else:
        return
    raise typer.Exit(code)


def _listed(refusal: Malformed) -> str:
    from services.cli.problems import IntakeProblems, render

    if isinstance(refusal, IntakeProblems):
        return render(refusal.problems)
    return str(refusal).replace("; ", "\n") if len(refusal.violations) > 1 else str(refusal)
