"""Runs one command line: errors become a sentence on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import typer

from crisisctl.cli import show
from crisisctl.cli.app import FRONT, USAGE_ERROR, command
from crisisctl.cli.session import Session
from crisisctl.domain.errors import CrisisError, Refused, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crisisctl.bootstrap import Office
    from crisisctl.service.ports import Clock

BUG = 1
INTERRUPTED = 130


def run(
    arguments: Sequence[str],
    *,
    clock: Clock | None = None,
    rehearsal: Callable[[str | None], Office] | None = None,
) -> int:
    """Run one command line, by another clock or in the office that a rehearsal has for the actor; its exit code."""
    session = Session()
    session.clock, session.rehearsal = clock, rehearsal
    try:
        code = _carried_out(session, arguments)
        moved = session.moved() if code != StoreFailed.code else None  # whose sentence says so itself
        for warning in [*session.warnings(), *([moved] if moved else [])]:
            if session.told and warning.startswith(session.told):
                continue  # the refusal has said it already
            show.talk(show.style(warning, "yellow"))
        sys.stdout.flush()  # also after a refusal: some say on stdout what they found before they refuse
    except (KeyboardInterrupt, typer.Abort):  # at a question, Ctrl-D too
        show.talk("Interrupted, but the command was recorded." if session.recorded else "Interrupted.")
        return INTERRUPTED
    except OSError as error:
        return _unprinted(session, error)
    except Exception as error:  # noqa: BLE001 - the one place where a bug ends
        return _bug(session, error)
    else:
        return code
    finally:
        session.close()


def _carried_out(session: Session, arguments: Sequence[str]) -> int:
    try:
        code = command()(args=list(arguments), prog_name="crisisctl", standalone_mode=False, obj=session)
        return code if isinstance(code, int) else 0
    except CrisisError as error:
        session.told = str(error)
        return _refused(error)
    except USAGE_ERROR as error:
        return _misused(error)
    except SystemExit:  # Click's own answer to a reader who has left; whether that matters is decided in one place
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from None


def _refused(error: CrisisError) -> int:
    show.talk(show.style(str(error), "red"))
    if isinstance(error, Refused):
        for sentence in error.missing:
            show.talk(f"  - {sentence}")
    return error.code


def _misused(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    told = getattr(error, "format_message", lambda: str(error))()
    if (option := getattr(error, "option_name", None)) in FRONT:
        told = f"{option} stands before the command, right after crisisctl."
    elif option and context and context.parent is None:
        told = f"{option} is no option of crisisctl itself. Options of a command stand after its name."
    if context is None or told.startswith("Usage:"):  # nothing was named, so the message is the whole help
        show.talk(told)
    else:
        show.talk(context.get_usage())
        show.talk(show.style(told, "red"))
        show.talk(f"Try {context.command_path} --help.")
    return int(getattr(error, "exit_code", 2))


def _unprinted(session: Session, error: OSError) -> int:
    """Output that cannot be written must not look like a command that did nothing; a reader who left wants no more."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - nothing more can be printed there
    if session.debug:
        raise error
    if isinstance(error, BrokenPipeError) and not session.recorded:
        return 0
    done = "The command was recorded, but its" if session.recorded else "The"
    show.talk(f"{done} output could not be written: {error.strerror or error}.")
    return 0 if session.recorded else BUG


def _bug(session: Session, error: Exception) -> int:
    if session.debug:
        raise error
    kind = type(error).__name__
    if session.recorded:
        show.talk("The command was recorded; do not repeat it. What came after it failed:")
    show.talk(f"crisisctl has a bug ({kind}). Run it again with --debug before the command, and report what it shows.")
    return BUG
