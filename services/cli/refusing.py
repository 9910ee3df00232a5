"""What is refused, in plain words on standard error and by an exit code: 2, if not told another."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import typer

from services.cli import output, refusals
from services.kernel.errors import ZoneledgerError

FAULT, REFUSED = 1, 2
INTERRUPTED = 130
READER_GONE = 141  # As the shell shows a program that wrote to nobody.


@contextmanager
def refusing(code: int = REFUSED, *, anything: bool = False) -> Iterator[None]:
    """Turn what is refused into plain words on standard error and an exit code.

    With `anything` also what nobody foresaw, where another exit code would be read as an answer.
    """
    try:
        yield
        sys.stdout.flush()  # What cannot be written is heard of here, not when all is over.
    except ZoneledgerError as refusal:
        output.complain(_listed(refusal))
    except grpc.RpcError as error:
        output.complain("\n".join(refusals.of(error)) or refusals.told(error))
    except KeyboardInterrupt:
        output.complain("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _write_no_more()
        raise typer.Exit(READER_GONE) from None
    except UnicodeEncodeError:
        output.complain("an argument has bytes that are not UTF-8; write it again")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _write_no_more()
        named = f"{error.filename}: " if error.filename else ""
        output.complain(f"it cannot be done here: {named}{error.strerror}")
    except typer.Exit:
        raise
    except Exception as fault:
        if not anything:
            raise
        output.complain(f"it could not be done: {type(fault).__name__}: {fault}")
    else:
        return
    raise typer.Exit(code)


def _write_no_more() -> None:
    """What is still to be written goes nowhere, so that the end of the program is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _listed(refusal: ZoneledgerError) -> str:
    from services.cli.problems import IntakeProblems, render

    if isinstance(refusal, IntakeProblems):
        return render(refusal.problems)
    return refusals.said(refusal)
