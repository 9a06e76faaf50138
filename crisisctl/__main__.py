"""The one exit point."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

gc.disable()  # before anything is loaded: what one command makes is not worth collecting

from crisisctl.cli.run import run  # noqa: E402


def main() -> NoReturn:
    """Run the command line and end the process with its exit code.

    The process ends at once, without taking the interpreter apart, which would cost a tenth of the whole command.
    Everything is written, flushed and closed by then; a debugger or a coverage tool gets the ordinary end.
    """
    _prepare_streams()
    code = run(sys.argv[1:])
    if sys.gettrace() is not None or "coverage" in sys.modules:
        sys.exit(code)
    sys.stderr.flush()
    os._exit(code)


def _prepare_streams() -> None:
    """Text is UTF-8 in files and pipes whatever the locale, and nothing that cannot be shown stops a command."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # whoever started this closed it
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123
        elif name == "stdin":
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # what is no text is refused with a sentence
        elif stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    main()
