"""Starts watches as fast as they are killed: all is imported once, each line read forks one, and its pid is printed."""

from __future__ import annotations

import os
import signal
import sys

import apprise  # noqa: F401 - a child that is killed young must not spend its life importing
import apscheduler.schedulers.background  # noqa: F401 - as above

import crisisctl.adapters.postgres  # noqa: F401 - as above
from crisisctl.adapters import alarm, console, textfile  # noqa: F401 - as above
from crisisctl.cli import watch  # noqa: F401 - as above
from crisisctl.cli.run import run


def main() -> None:
    """Fork a watch of the workspace `argv[1]` for each line of standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(2, 1)
            os._exit(run(["--workspace", sys.argv[1], "watch"]))
        print(pid, flush=True)  # noqa: T201 - that is the answer


if __name__ == "__main__":
    main()
