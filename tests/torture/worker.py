"""One of several processes that write at the same time: `python worker.py WHAT ROOT INCIDENT MEASURE`.

It says `ready`, waits for a line on standard input, so that all start together, and then prints what it did as JSON.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from crisisctl.bootstrap import Office
from crisisctl.cli import advance  # noqa: F401 - so that none loses the first race to its imports
from crisisctl.cli.run import run
from crisisctl.domain import commands as ask
from crisisctl.service.desk import Asked

Work = Callable[[], dict[str, object]]


def write(root: Path, incident: str, seconds: float) -> Work:
    """Note something down again and again; how often, and how long the slowest took."""
    office = Office(root=root, actor="dana")
    source = office.source()

    def work() -> dict[str, object]:
        count, slowest, end = 0, 0.0, time.monotonic() + seconds
        while (start := time.monotonic()) < end:
            office.desk.handle(incident, ask.AddNote(f"note {count}"), Asked(source))
            count, slowest = count + 1, max(slowest, time.monotonic() - start)
        return {"count": count, "slowest": slowest}

    return work


def race(root: Path, incident: str, rounds: float) -> Work:
    """Ask for one move a round, each from the version that the move before left; the exit codes.

    Whether a round was won or lost, its version is gone by then: the next round is on for everybody.
    """
    office = Office(root=root, actor="dana")
    with office.store.reading() as log:
        version = office.desk.load(log, incident).version
    office.store.close()
    line = ["--workspace", str(root), "--as", "dana", "advance", "go", "-i", incident, "--expect-version"]

    def work() -> dict[str, object]:
        codes = []
        for past in range(int(rounds)):
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                codes.append(run([*line, str(version + 3 * past)]))  # advanced, left, entered
        return {"codes": codes}

    return work


def main() -> None:
    """Do what the arguments say."""
    what, root, incident, measure = sys.argv[1:]
    work = {"write": write, "race": race}[what](Path(root), incident, float(measure))
    print("ready", flush=True)  # noqa: T201 - whoever started this waits for it
    sys.stdin.readline()
    print(json.dumps(work()), flush=True)  # noqa: T201 - that is the answer


if __name__ == "__main__":
    main()
