"""The one exit point."""

from __future__ import annotations

import sys
from typing import NoReturn

from crisisctl.cli.run import run


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
