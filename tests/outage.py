"""Processes that write to a PostgreSQL that is killed under them, and what they were promised."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from crisisctl.adapters.postgres import Postgres
from crisisctl.service.verify import verify
from tests.postgres import Place, Server

HAND = Path(__file__).parent / "adapters" / "hand.py"
PATIENCE = 60.0
WRITERS = 3


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


class Writer:
    """A process that writes notes without end, and puts down what was acknowledged."""

    def __init__(self, url: str, path: Path) -> None:
        self.path = path
        command = [sys.executable, str(HAND), "acknowledged", url, str(path)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)

    def said(self, what: str) -> list[str]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(what)]

    def stop(self) -> str:
        self.path.with_name(f"{self.path.name}.stop").touch()
        return self._process.communicate(timeout=PATIENCE)[1]


@contextmanager
def writing(there: Place, folder: Path) -> Iterator[list[Writer]]:
    """Some of them, at a log that is there."""
    with closing(Postgres(there.url)) as store, store.writing():
        pass
    started = [Writer(there.url, folder / f"said-{n}") for n in range(WRITERS)]
    try:
        yield started
    finally:
        for writer in started:
            writer.stop()


def go_on(writers: Sequence[Writer]) -> None:
    """Wait until each has written some more."""
    done = [len(writer.said("done")) for writer in writers]
    until(lambda: all(len(writer.said("done")) > n + 5 for writer, n in zip(writers, done, strict=True)))


def survives(rough: Server, there: Place, writers: Sequence[Writer], kills: int) -> int:
    """Kill the server so often; how many notes were acknowledged, all of which are there in a log that verifies."""
    for kill in range(kills):
        go_on(writers)
        rough.kill()
        time.sleep(0.3 * (kill % 4))
        rough.start()
    go_on(writers)
    assert [writer.stop() for writer in writers] == [""] * len(writers)
    promised = {tuple(line.split()) for writer in writers for line in writer.said("done")}
    with there.connect() as db:
        assert promised <= set(db.execute("SELECT incident, version::text, digest FROM entry").fetchall())
    with closing(Postgres(there.url)) as store:
        assert verify(store, None).flaws == []
    for failure in (line for writer in writers for line in writer.said("failed")):
        assert failure.startswith("7 ")
        assert "Nothing was written" in failure or "cannot be told" in failure
    return len(promised)
