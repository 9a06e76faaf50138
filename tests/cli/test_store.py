"""`store`: move the log, back it up, restore it, look at it; what is bad is refused, and no password is ever shown."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.postgres import Postgres
from crisisctl.adapters.sqlite import Sqlite

if TYPE_CHECKING:
    from tests.conftest import Program
    from tests.postgres import Databases

COMMANDS = ("move", "backup", "restore", "init", "info")
SECRET = "hunter2"  # noqa: S105 - to be looked for in what is printed


@pytest.fixture
def elsewhere(databases: Databases) -> str:
    """Another empty place in PostgreSQL."""
    return databases.place().url


@pytest.fixture
def here(opened: Program, url: str | None) -> str:
    """The store of the workspace, as the settings name it; INC-1 is open there."""
    return url or "sqlite:state/crisisctl.db"


def told(program: Program, store: str, *arguments: str) -> Any:
    """What the program says of another store than its own."""
    ran = program.process(*arguments, env={"CRISISCTL_STORE": store})
    assert ran.returncode == 0, ran.stderr
    return ran


def test_a_move_says_where_the_log_is_now_and_what_comes_next(opened: Program, here: str) -> None:
    ran = opened.ok("store", "move", here, "sqlite:moved/log.db")
    there = f"sqlite:{opened.root / 'moved' / 'log.db'}"
    assert f"4 entries of 1 incident, verified at {there}." in ran.out
    assert f'Next: set store = "{there}" in crisisctl.toml' in ran.err
    assert "verifies: 4 entries" in told(opened, there, "verify").stdout


def test_after_a_move_every_write_is_refused_and_reading_works(opened: Program, here: str, elsewhere: str) -> None:
    opened.ok("store", "move", here, elsewhere)
    lines = (
        ("note", "too late"),
        ("ack",),
        ("decide", "x", "--because", "y"),
        ("watch", "--once"),
        ("verify", "--rebuild"),
    )
    for line in (*lines, ("open", "data-breach", "--title", "x"), ("redact", "1", "--because", "x")):
        ran = opened(*line)
        assert (ran.code, "This log was moved to postgresql://" in ran.err) == (7, True), (line, ran.err)
        assert "in crisisctl.toml" in ran.err
    opened.ok("status")
    opened.ok("timeline")
    opened.ok("verify")
    assert opened.ok("list", "--json").json["incidents"][0]["incident"] == "INC-1"


def test_an_old_watch_neither_fires_nor_sends_after_a_move(program: Program, here_due: str, elsewhere: str) -> None:
    program.ok("store", "move", here_due, elsewhere)
    before = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    ran = program.process("watch", "--once")
    assert ran.returncode == 7
    assert ran.stderr.splitlines()[-1].endswith("Nothing was written.")
    assert program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"] == before
    assert not (program.root / "state" / "notices.txt").exists()
    new = program.process("watch", "--once", env={"CRISISCTL_STORE": elsewhere})
    assert new.returncode == 0, new.stderr
    assert (program.root / "state" / "notices.txt").exists()


@pytest.fixture
def here_due(opened: Program, here: str) -> str:
    """The same, with a notice that nobody has sent."""
    opened.ok("note", "which fires the first step")
    assert opened.ok("store", "info", "--json").json["unsent_notices"]
    return here


def test_doctor_says_that_a_log_was_moved_and_finds_nothing_strange_in_it(opened: Program, here: str) -> None:
    opened.ok("store", "move", here, "sqlite:moved/log.db")
    checks = opened("doctor", "--json").json["checks"]
    errors = [check["what"] for check in checks if check["state"] == "error"]
    assert [text.startswith("This log was moved to sqlite:") for text in errors] == [True]


def test_a_move_is_told_as_one_document(opened: Program, here: str) -> None:
    ran = opened.ok("store", "move", here, "sqlite:moved/log.db", "--json")
    to = f"sqlite:{opened.root / 'moved' / 'log.db'}"
    assert ran.json == {"to": to, "entries": 4, "incidents": 1, "again": False}
    assert opened.ok("store", "move", here, "sqlite:moved/log.db", "--json").json["again"] is True


BAD: dict[str, tuple[tuple[str, str], int, str]] = {
    "an unknown scheme": (("mysql://h/db", "sqlite:a.db"), 6, "unknown"),
    "no scheme": (("state/crisisctl.db", "sqlite:a.db"), 6, "unknown"),
    "nothing": (("", "sqlite:a.db"), 2, "FROM is empty"),
    "nothing to go to": (("sqlite:state/crisisctl.db", " "), 2, "TO is empty"),
    "no log there": (("sqlite:none.db", "sqlite:a.db"), 7, "nothing to copy"),
    "no folder": (("sqlite:no/where/none.db", "sqlite:a.db"), 7, "no folder"),
    "another file": (("sqlite:playbooks/data-breach.yaml", "sqlite:a.db"), 7, "not a database"),
    "no server": (
        (f"postgresql://dana:{SECRET}@127.0.0.1:1/x?connect_timeout=1", "sqlite:a.db"),
        7,
        "cannot be reached",
    ),
    "a URL that is none": ((f"postgresql://dana:{SECRET}@[::1/x", "sqlite:a.db"), 6, "cannot be read"),
}


@pytest.mark.parametrize(("line", "code", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_moved_is_refused_and_nothing_is_made(
    program: Program, line: tuple[str, str], code: int, said: str
) -> None:
    ran = program("store", "move", *line)
    assert (ran.code, said in ran.err, ran.out) == (code, True, ""), ran.err
    assert SECRET not in ran.err + ran.out
    assert not (program.root / "a.db").exists()


def test_the_same_place_twice_is_refused(opened: Program, here: str) -> None:
    ran = opened("store", "move", here, here)
    assert (ran.code, "Name another place" in ran.err) == (2, True)
    opened.ok("note", "still in use")


def test_the_same_place_under_another_name_is_refused_and_stays_in_use(
    opened: Program, here: str, elsewhere: str
) -> None:
    opened.ok("store", "move", here, elsewhere)
    ran = opened("store", "move", f"{elsewhere}&lock_timeout=1", "sqlite:x.db")
    assert ran.code == 6
    alias = f"{elsewhere}&application_name=another"
    refused = opened("store", "move", elsewhere, alias)
    assert refused.code == 7
    told(opened, elsewhere, "note", "still in use")


def test_no_password_is_shown_or_recorded(opened: Program, here: str, elsewhere: str) -> None:
    to = elsewhere.replace("postgres@", f"postgres:{SECRET}@", 1)
    assert SECRET in to
    shown = [opened.ok("store", "move", here, to), opened.ok("store", "move", here, to), opened("note", "late")]
    shown += [opened.ok("store", "info"), opened.ok("store", "info", "--json"), opened("doctor")]
    inside = told(opened, to, "store", "info")
    assert SECRET not in "".join(ran.out + ran.err for ran in shown) + inside.stdout + inside.stderr
    assert not [path for path in (opened.root / "state").rglob("*.db*") if SECRET.encode() in path.read_bytes()]


def test_a_backup_verifies_and_says_what_it_holds(opened: Program) -> None:
    ran = opened.ok("store", "backup", "copy.db")
    assert "copy.db holds 4 entries of 1 incident, the last of " in ran.out
    assert "crisisctl verify" in ran.err
    file = opened.root / "copy.db"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "verifies: 4 entries of 1 incident" in told(opened, f"sqlite:{file}", "verify").stdout
    assert sorted(path.name for path in opened.root.iterdir() if "copy" in path.name) == ["copy.db"]


def test_a_backup_holds_timers_and_notices(opened: Program, url: str | None) -> None:
    opened.ok("store", "backup", "copy.db")
    copy = Sqlite(opened.root / "copy.db", posix.turnstile, posix.network_file_system)
    own = Postgres(url) if url else Sqlite(opened.root / "state/crisisctl.db", posix.turnstile, lambda _: None)
    with own.reading() as log, copy.reading() as kept:
        assert kept.timers("INC-1") == log.timers("INC-1") != []
        assert kept.outbox() == log.outbox()
    own.close()
    copy.close()


def test_a_backup_is_never_put_over_a_file_unless_told(opened: Program) -> None:
    file = opened.root / "copy.db"
    file.write_text("mine")
    ran = opened("store", "backup", "copy.db")
    assert (ran.code, "--force" in ran.err, file.read_text()) == (2, True, "mine")
    ran = opened("store", "backup", "copy.db", "--force")
    assert (ran.code, "no backup that crisisctl made" in ran.err, file.read_text()) == (2, True, "mine")


def test_a_backup_takes_the_place_of_one_when_told(opened: Program) -> None:
    opened.ok("store", "backup", "copy.db")
    opened.ok("note", "after the first")
    told(opened, "sqlite:copy.db", "verify")  # looking makes nothing else of it
    assert opened("store", "backup", "copy.db").code == 2
    assert opened.ok("store", "backup", "copy.db", "--force", "--json").json["entries"] > 4
    told(opened, "sqlite:copy.db", "verify")


@pytest.mark.parametrize("name", ["roster.yaml", "moved.db", "used.db", "foreign.db"])
def test_force_replaces_nothing_but_a_backup(opened: Program, name: str) -> None:
    (opened.root / "roster.yaml").write_text("people: {}")
    opened.ok("store", "backup", "moved.db")
    told(opened, "sqlite:moved.db", "store", "move", "sqlite:moved.db", "sqlite:elsewhere.db")
    opened.ok("store", "backup", "used.db")
    told(opened, "sqlite:used.db", "note", "somebody works here")
    with closing(sqlite3.connect(opened.root / "foreign.db")) as db:
        db.execute("CREATE TABLE entry (x)")
    before = (opened.root / name).read_bytes()
    ran = opened("store", "backup", name, "--force")
    assert (ran.code, "Name another file" in ran.err) == (2, True), ran.err
    assert (opened.root / name).read_bytes() == before


@pytest.mark.parametrize("name", [".", "..", "playbooks", "/"])
def test_a_backup_into_a_folder_asks_for_a_file(opened: Program, name: str) -> None:
    ran = opened("store", "backup", name)
    assert (ran.code, "is a folder. Name a file in it." in ran.err) == (2, True), ran.err


def test_what_a_killed_backup_left_is_told(opened: Program) -> None:
    (opened.root / ".old.db.part").mkdir()
    assert ".old.db.part was left by a backup that was killed" in opened.ok("store", "backup", "copy.db").err
    assert "left by" not in opened.ok("store", "backup", "playbooks/copy.db").err


@pytest.mark.parametrize("url", [None])
def test_a_log_that_is_not_there_makes_no_backup(opened: Program, elsewhere: str) -> None:
    for store in ("sqlite:nosuch.db", elsewhere):
        ran = opened.process("store", "backup", "copy.db", env={"CRISISCTL_STORE": store})
        assert (ran.returncode, ran.stdout) == (7, "")
        assert "is no log yet, so there is nothing to copy" in ran.stderr
        assert "there is no log at that place" in told(opened, store, "verify").stdout
    assert not [path for path in opened.root.iterdir() if "copy" in path.name or "nosuch" in path.name]


def test_whoever_reads_a_log_that_was_moved_is_told_once_and_nobody_else(opened: Program, here: str) -> None:
    lines = (
        *(["status"], ["list"], ["timers"], ["timeline"], ["verify"], ["status", "--json"]),
        *(["doctor"], ["store", "backup", "copy.db"]),
    )
    for line in lines[:-1]:
        assert "was moved" not in opened(*line).err
    opened.ok("store", "move", here, "sqlite:moved/log.db")
    for line in lines:
        said = opened(*line).err
        assert said.count("what you see is what it held then. Set store = ") == 1, (line, said)
    assert opened("note", "late").err.count("was moved") == 1


def test_the_backup_of_a_closed_log_is_closed_and_restored_only_when_told(
    opened: Program, here: str, elsewhere: str
) -> None:
    opened.ok("store", "move", here, "sqlite:moved/log.db")
    opened.ok("store", "backup", "copy.db")
    late = opened.process("note", "late", env={"CRISISCTL_STORE": "sqlite:copy.db"})
    assert (late.returncode, "This log was moved" in late.stderr) == (7, True)
    ran = opened.process("store", "restore", "copy.db", env={"CRISISCTL_STORE": elsewhere})
    assert (ran.returncode, "--although-moved" in ran.stderr) == (3, True), ran.stderr
    told(opened, elsewhere, "store", "restore", "copy.db", "--although-moved")
    told(opened, elsewhere, "note", "it goes on")


@pytest.mark.parametrize("name", ["playbooks", "no/such/folder/copy.db", "link.db"])
def test_a_backup_that_cannot_be_laid_down_leaves_nothing(opened: Program, name: str) -> None:
    (opened.root / "link.db").symlink_to("elsewhere.db")
    before = sorted(opened.root.rglob("*"))
    ran = opened("store", "backup", name, "--force")
    assert ran.code in (2, 7)
    assert "bug" not in ran.err
    assert sorted(opened.root.rglob("*")) == before


@pytest.mark.parametrize("url", [None])
@pytest.mark.parametrize("name", ["crisisctl.db", "crisisctl.db-wal", "crisisctl.db.lock"])
def test_a_backup_is_not_put_in_the_place_of_the_log(opened: Program, name: str) -> None:
    ran = opened("store", "backup", f"state/{name}", "--force")
    assert (ran.code, "belongs to the log itself" in ran.err) == (2, True)
    opened.ok("verify")


def test_a_backup_can_be_taken_while_people_write(opened: Program) -> None:
    writer = "import sys\nfrom crisisctl.cli.run import run\nfor n in range(40): run(['note', f'number {n}'])"
    busy = subprocess.Popen(
        [sys.executable, "-c", writer], cwd=opened.root, env=opened.environment(), stdout=subprocess.DEVNULL
    )
    sizes = []
    for number in range(4):
        opened.ok("store", "backup", f"copy{number}.db")
        sizes.append(opened.ok("store", "info", "--json").json["entries"])
    assert busy.wait() == 0
    for number in range(4):
        told(opened, f"sqlite:copy{number}.db", "verify")
    assert sizes == sorted(sizes)
    entries = opened.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    assert [entry["type"] for entry in entries].count("note.added") == 40


def test_a_log_that_does_not_verify_makes_no_backup(opened: Program, broken: Callable[[], None]) -> None:
    broken()
    ran = opened("store", "backup", "copy.db")
    assert (ran.code, "was not kept" in ran.err) == (8, True)
    assert not list(opened.root.glob("*copy*"))


@pytest.fixture
def broken(opened: Program, url: str | None) -> Callable[[], None]:
    """Takes away the timers of INC-1 behind the program's back."""

    def spoil() -> None:
        path = opened.root / "state" / "crisisctl.db"
        store = Postgres(url) if url else Sqlite(path, posix.turnstile, posix.network_file_system)
        with store.writing() as ledger:
            ledger.replace_timers("INC-1", [])
        store.close()

    return spoil


def test_a_backup_is_restored_into_an_empty_place_and_the_room_goes_on(opened: Program, elsewhere: str) -> None:
    opened.ok("store", "backup", "copy.db")
    for store in (elsewhere, "sqlite:again/log.db"):
        ran = told(opened, store, "store", "restore", "copy.db")
        assert "Restored: 4 entries of 1 incident" in ran.stdout
        assert "crisisctl watch" in ran.stderr
        told(opened, store, "note", "it goes on")
        assert "verifies: " in told(opened, store, "verify").stdout


def test_a_backup_is_not_restored_over_a_log(opened: Program) -> None:
    opened.ok("store", "backup", "copy.db")
    opened.ok("note", "after the backup")
    ran = opened("store", "restore", "copy.db")
    assert (ran.code, "holds a log already" in ran.err) == (3, True)
    assert "after the backup" in opened.ok("timeline").out


@pytest.mark.parametrize("url", [None])
def test_a_log_that_is_gone_can_be_restored(opened: Program) -> None:
    opened.ok("store", "backup", "copy.db")
    (opened.root / "state" / "crisisctl.db").unlink()
    assert opened("note", "where is it?").code == 7
    opened.ok("store", "restore", "copy.db")
    opened.ok("note", "it goes on")
    opened.ok("verify")


@pytest.mark.parametrize(("name", "code"), [("none.db", 2), ("crisisctl.toml", 7), ("state", 2)])
def test_what_is_no_backup_is_not_restored(program: Program, name: str, code: int) -> None:
    (program.root / "state").mkdir(exist_ok=True)
    ran = program("store", "restore", name)
    assert (ran.code, "bug" in ran.err) == (code, False), ran.err
    assert program.ok("list", "--all", "--json").json["incidents"] == []


def test_info_tells_what_the_store_holds_and_how_it_is_kept(opened: Program, url: str | None) -> None:
    found = opened.ok("store", "info", "--json").json
    assert (found["entries"], found["incidents"]) == (4, {"open": 1, "closed": 0, "drills": 0})
    assert found["pending_timers"] > 0
    assert (found["unsent_notices"], found["watches"], found["moved"]) == (0, [], None)
    assert found["size"] > 0
    if url:
        assert found["engine"].startswith("PostgreSQL")
        assert (found["login"], found["role"], found["tls"]) == ("postgres", "primary", False)
        assert found["may"] == {"append": True, "redact": True, "make": True}
    else:
        assert found["engine"].startswith("SQLite")
        assert (found["journal_mode"], found["synchronous"], found["mode"]) == ("wal", "full", "0600")
    lines = opened.ok("store", "info").out.splitlines()
    assert "entries: 4" in lines
    assert "incidents: open 1, closed 0, drills 0" in lines
    assert "moved: no" in lines


def test_info_says_that_there_is_no_log_and_makes_none(program: Program) -> None:
    ran = program.ok("store", "info", "--json")
    assert (ran.json["schema"], ran.json["entries"]) == (0, 0)
    assert "store init" in program.ok("store", "info").err
    assert program.ok("store", "info", "--json").json["schema"] == 0


def test_info_says_where_the_log_went(opened: Program, here: str) -> None:
    opened.ok("store", "move", here, "sqlite:moved/log.db")
    found = opened.ok("store", "info", "--json").json["moved"]
    assert found["to"] == f"sqlite:{opened.root / 'moved' / 'log.db'}"
    assert "moved: to sqlite:" in opened.ok("store", "info").out


def test_init_makes_an_empty_log_once(program: Program) -> None:
    assert program.ok("store", "init", "--json").json["made"] is True
    assert program.ok("store", "info", "--json").json["schema"] > 0
    again = program.ok("store", "init")
    assert "holds a log already" in again.out
    program.ok("open", "data-breach", "--title", "The first")
    program.ok("verify")
