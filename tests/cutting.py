"""Commands whose wire to the database is cut, and what they said compared with what is in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.postgres import Place
from tests.wire import FROM, TO, Cut, Wire

if TYPE_CHECKING:
    from tests.conftest import Program, Ran

NOTHING, UNTOLD = "Nothing was written", "cannot be told until it is back"
LOOP = """\
playbook: loop
title: Round and round
severities: [sev1]
roles: {comms-lead: {title: Communications lead}}
initial: here
stages: {here: {title: Here, escalation: call}, there: {title: There}, closed: {title: Closed, final: true}}
transitions:
  - {trigger: go, from: here, to: there}
  - {trigger: go, from: there, to: here}
  - {trigger: close, from: [here, there], to: closed}
escalations: {call: {steps: [{after: 900m, notify: [comms-lead]}]}}
"""
COMMANDS = {
    "open": ("open", "loop", "--title", "Round"),
    "note": ("note", "the vendor confirms it", "-i", "INC-1"),
    "advance": ("advance", "go", "-i", "INC-1"),
}
TYPES = {"open": "incident.opened", "note": "note.added", "advance": "incident.advanced"}


def _way_by(wire: Wire, there: Place) -> str:
    """A URL by which the program reaches its store by the wire alone."""
    with there.connect() as db:
        db.execute("DROP ROLE IF EXISTS cutter")
        db.execute("CREATE ROLE cutter SUPERUSER LOGIN PASSWORD 'snip'")
    plain = "sslmode=disable&gssencmode=disable"
    return f"postgresql://cutter:snip@127.0.0.1:{wire.port}/postgres?{plain}&options=-csearch_path%3D{there.schema}"


class Bench:
    """Cuts the wire under one command again and again, and compares what was said with what is in the log."""

    def __init__(self, program: Program, wire: Wire, there: Place) -> None:
        self.program, self.wire, self.there = program.at(_way_by(wire, there)), wire, there
        self._keys = 0
        (program.root / "playbooks" / "loop.yaml").write_text(LOOP)
        self.program.ok(*COMMANDS["open"])

    def count(self, name: str) -> int:
        """How often the command is in the log, seen from beside the wire."""
        with self.there.connect() as db:
            row = db.execute("SELECT count(*) FROM entry WHERE type = %s", (TYPES[name],)).fetchone()
        assert row
        assert isinstance(row[0], int)
        return row[0]

    def messages(self, name: str, *, keyed: bool = True) -> dict[str, int]:
        """How many messages the command takes in either direction when nothing is cut."""
        self.wire.restore()
        self.program.ok(*COMMANDS[name], *self._key(keyed=keyed))
        return dict(self.wire.counted)

    def saying(self, what: bytes) -> int:
        """The number of the first message to the server that says it, of those counted last."""
        return next(n for n, said in enumerate(self.wire.said, 1) if said[:1] in b"QP" and what in said)

    def cut(self, name: str, cut: Cut, *, keyed: bool = True, then_down: bool = False) -> str:
        """`done`, `not` or `untold`: what the program said, which must be true; a repeat with its key does it once."""
        key = self._key(keyed=keyed)
        before = self.count(name)
        self.wire.restore(cut, then_down=then_down)
        ran = self.program(*COMMANDS[name], *key)
        self.wire.restore()
        assert self._true(ran, self.count(name) - before), f"{cut}: {ran}"
        told = {0: "done"}.get(ran.code, "untold" if UNTOLD in ran.err else "not")
        if keyed:
            was = self.count(name) - before
            repeat = self.program.ok(*COMMANDS[name], *key)
            assert repeat.out.startswith("Already done") == bool(was), f"{cut}: {repeat}"
            assert self.count(name) - before == 1, f"{cut}: the repeat did it twice"
        return told

    def _true(self, ran: Ran, made: int) -> bool:
        if ran.code == 0:
            return made == 1
        honest = (made == 0 and NOTHING in ran.err) or (made in (0, 1) and UNTOLD in ran.err)
        return ran.code == 7 and honest and ran.err.count("\n") == 1 and "bug" not in ran.err and "snip" not in ran.err

    def _key(self, *, keyed: bool) -> tuple[str, ...]:
        self._keys += 1
        return ("--request-id", f"key-{self._keys}") if keyed else ()


def spread(last: int, count: int) -> list[int]:
    """So many numbers from 1 to the last, both among them."""
    return sorted({1 + (last - 1) * n // (count - 1) for n in range(count)})


class Around(NamedTuple):
    """The messages at which it is decided whether the command happens."""

    to: list[int]
    answers: list[int]


def around_the_end(bench: Bench, name: str) -> Around:
    messages = bench.messages(name, keyed=False)
    commit, last = bench.saying(b"COMMIT"), messages[FROM]
    return Around(list(range(commit - 1, messages[TO] + 1)), list(range(last - 6, last + 1)))
