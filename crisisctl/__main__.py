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
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started this closed it
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123
    code = run(sys.argv[1:])
    if sys.gettrace() is not None or "coverage" in sys.modules:
        sys.exit(code)
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
