"""Processes that begin their work at the same moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack


def together(commands: Iterable[Sequence[str]], environment: Mapping[str, str] | None = None) -> list[str]:
    """What Python programs printed that say `ready`, wait for a line, and then work; each must end well and quietly."""
    pipe = subprocess.PIPE
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, *command], env=environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe
                )
            )
            for command in commands
        ]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("\n")
            worker.stdin.flush()
        ended = [(*worker.communicate(), worker.returncode) for worker in workers]
    assert [(said, code) for _, said, code in ended] == [("", 0)] * len(ended)
    return [out for out, _, _ in ended]
