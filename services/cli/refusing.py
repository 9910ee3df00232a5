"""What is refused, in plain words on standard error and by exit code 2."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import typer

from services.cli import output, refusals
from services.kernel.errors import Malformed, ZoneledgerError

REFUSED = 2


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what is refused into plain words on standard error and exit code 2."""
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
    raise typer.Exit(REFUSED)


def _listed(refusal: Malformed) -> str:
    from services.cli.problems import IntakeProblems, render

    if isinstance(refusal, IntakeProblems):
        return render(refusal.problems)
    return str(refusal).replace("; ", "\n") if len(refusal.violations) > 1 else str(refusal)
