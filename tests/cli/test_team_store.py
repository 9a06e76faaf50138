"""A team's store, in PostgreSQL: what it refuses, and that no password is ever shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest
from psycopg import conninfo, sql

import crisisctl
from tests.cli.conftest import ON_DATABASE, ON_FILE
from tests.conftest import Program
from tests.postgres import Place

if TYPE_CHECKING:
    from tests.behind import Behind

SECRET = "hunter2"  # noqa: S105 - to be looked for in what is shown
HERE = str(Path(crisisctl.__file__).parent.parent)
LOOKING = (["status", "--json"], ["list"], ["verify", "--json"], ["timeline"])
WRITING = (["note", "x"], ["note", "x", "--json"], ["open", "data-breach", "--title", "x", "-q"], ["watch", "--once"])


class Login(NamedTuple):
    """Somebody who may connect with a password, and look where the log is."""

    name: str
    place: Place

    @property
    def told(self) -> dict[str, str]:
        parts = {name: str(value) for name, value in conninfo.conninfo_to_dict(self.place.url).items()}
        host = "127.0.0.1" if parts.get("host", "/").startswith("/") else parts["host"]
        return {"port": "5432", "dbname": "postgres"} | parts | {"host": host}

    def url(self, **other: str) -> str:
        """The way in over the network, with the password in it."""
        to = self.told | {"user": self.name, "password": SECRET} | other
        login = ":".join(to[part] for part in ("user", "password") if to[part])
        return f"postgresql://{login}@{to['host']}:{to['port']}/{to['dbname']}?options={quote(to['options'])}"

    def shown(self, **other: str) -> str:
        """The same as people may see it."""
        to = self.told | {"user": self.name} | other
        return f"postgresql://{to['user']}@{to['host']}:{to['port']}/{to['dbname']}"

    def may(self, *rights: str) -> None:
        """Grant rights, such as `SELECT ON ALL TABLES`, in the schema of the log."""
        with self.place.connect() as db:
            for right in rights:
                grant = f"GRANT {right} {'IN' if ' ON ' in right else 'ON'} SCHEMA {self.place.schema} TO {self.name}"
                db.execute(grant.encode())

    def may_all(self) -> None:
        """Grant every right there is on the server."""
        with self.place.connect() as db:
            db.execute(sql.SQL("ALTER ROLE {} SUPERUSER").format(sql.Identifier(self.name)))


@pytest.fixture
def login(place: Place) -> Iterator[Login]:
    """A login of its own, which may use the schema."""
    made = Login(f"{place.schema}_dana", place)
    name = sql.Identifier(made.name)
    with place.connect() as db:
        db.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(SECRET)))
    made.may("USAGE")
    yield made
    with place.connect() as db:
        db.execute(sql.SQL("DROP OWNED BY {}").format(name))
        db.execute(sql.SQL("DROP ROLE {}").format(name))


def refused(program: Program, sentence: str, *lines: list[str], code: int = 7) -> None:
    """Each line is refused with the sentence, which is all that is said; none of them shows the password."""
    for line in lines:
        told = program("--debug", *line)
        assert (told.code, told.out) == (code, ""), (line, told)
        assert sentence in told.err, (line, told.err)
        assert told.err.count("\n") == 1, (line, told.err)
        assert "Traceback" not in told.err
        assert SECRET not in told.err


TROUBLES = {
    "nothing listens": ({"port": "9"}, "Nothing was written; is the server up? Try again."),
    "wrong password": ({"password": f"{SECRET}x"}, "refuses the login or its password. Check the URL, or ~/.pgpass."),
    "no password": ({"password": ""}, "refuses the login or its password. Check the URL, or ~/.pgpass."),
    "unknown login": ({"user": "nobody_at_all"}, "refuses the login or its password. Check the URL, or ~/.pgpass."),
    "unknown database": (
        {"dbname": "nowhere"},
        "has no database of that name. Make it with createdb, or mend the URL.",
    ),
}


@ON_DATABASE
@pytest.mark.parametrize(("other", "sentence"), TROUBLES.values(), ids=TROUBLES)
def test_7_a_database_that_cannot_be_reached_or_entered_is_one_sentence(
    opened: Program, behind: Behind, login: Login, other: dict[str, str], sentence: str
) -> None:
    before, files = behind.mark(), sorted(opened.root.rglob("*"))
    elsewhere = opened.at(login.url(**other))
    shown = login.shown(**{name: value for name, value in other.items() if name != "password"})
    refused(elsewhere, f"{shown} ", ["status"])
    refused(elsewhere, sentence, ["note", "x", "--json"])
    assert behind.mark() == before
    assert sorted(opened.root.rglob("*")) == files, "no file is made in its stead"


@ON_DATABASE
def test_7_a_search_path_that_leads_nowhere_is_told(opened: Program, login: Login) -> None:
    lost = opened.at(login.url(options="-csearch_path=nowhere"))
    refused(lost, "has no schema that this login may ", ["status"], ["note", "x", "--json"])
    refused(lost, "Make ", ["status"])
    refused(lost, "Nothing was written.", ["status"])


@ON_DATABASE
def test_7_a_login_that_may_not_enter_is_told_whom_to_ask(opened: Program, login: Login) -> None:
    with login.place.connect() as db:
        db.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(login.name)))
    refused(opened.at(login.url()), "does not let this login in. Ask whoever keeps it for access.", ["status"])


@ON_DATABASE
def test_doctor_finds_a_database_that_lets_nobody_in(opened: Program, login: Login) -> None:
    told = opened.at(login.url(password=f"{SECRET}x"))("doctor", "--json")
    assert told.code == 6
    errors = [check["what"] for check in told.json["checks"] if check["state"] == "error"]
    assert len(errors) == 1, "one cause is told once"
    assert errors[0].startswith(f"{login.shown()} refuses the login or its password.")
    assert SECRET not in told.out + told.err


@ON_DATABASE
def test_7_where_nothing_can_be_written_everything_can_be_looked_at(
    opened: Program, behind: Behind, place: Place
) -> None:
    before = behind.mark()
    standby = opened.at(f"{place.url}%20-cdefault_transaction_read_only%3Don")
    for line in LOOKING:
        standby.ok(*line)
    refused(standby, "on which the log can only be read. Name the primary. Nothing was written.", *WRITING)
    assert behind.mark() == before


@ON_DATABASE
def test_7_a_login_without_the_right_to_write_can_look(opened: Program, behind: Behind, login: Login) -> None:
    before = behind.mark()
    login.may("SELECT ON ALL TABLES")
    auditor = opened.at(login.url())
    for line in LOOKING:
        auditor.ok(*line)
    refused(auditor, "does not allow that to this login.", *WRITING)
    assert behind.mark() == before


@ON_DATABASE
@pytest.mark.parametrize("why", ["a standby", "no right"])
def test_doctor_finds_that_nothing_could_be_written(opened: Program, login: Login, why: str) -> None:
    login.may("SELECT ON ALL TABLES")
    standby = f"{login.place.url}%20-cdefault_transaction_read_only%3Don"
    told = opened.at(standby if why == "a standby" else login.url())("doctor")
    assert told.code == 6
    assert "ERROR   postgresql://" in told.out
    assert "Nothing was written." in told.out


@ON_DATABASE
def test_7_a_login_without_the_right_to_make_a_log_makes_none(program: Program, behind: Behind, login: Login) -> None:
    assert program.at(login.url())("list").code == 0
    refused(program.at(login.url()), "does not allow that to this login.", ["open", "data-breach", "--title", "x"])
    assert not behind.made()


@ON_DATABASE
def test_7_a_log_of_a_newer_program_is_left_alone(opened: Program, behind: Behind, place: Place) -> None:
    before = behind.mark()
    with place.connect() as db:
        db.execute("INSERT INTO crisisctl_schema (version) VALUES (99)")
    refused(opened, "made by a newer crisisctl", *LOOKING, *WRITING)
    refused(opened, "Upgrade this one to use it. Nothing was written.", ["status"])
    assert behind.mark() == before


@ON_DATABASE
def test_7_a_log_that_is_not_whole_is_told(opened: Program, place: Place) -> None:
    with place.connect() as db:
        db.execute("DROP TABLE head")
    refused(opened, "has a log that is not whole: a table is missing. Restore a backup.", *LOOKING, *WRITING)


@ON_DATABASE
def test_7_tables_of_another_program_are_left_alone(program: Program, place: Place) -> None:
    with place.connect() as db:
        db.execute("CREATE TABLE entry AS SELECT 'mine' AS text")
    refused(program, "holds tables that are not a log of crisisctl", ["open", "data-breach", "--title", "x"])
    with place.connect() as db:
        assert db.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall() == [
            ("entry",)
        ]


@ON_FILE  # the URL is another each time
@pytest.mark.parametrize(
    "store",
    [
        "postgresql:",
        f"postgresql:{SECRET}",
        f"postgresql://dana:{SECRET}@[::1/crisis",
        f"postgresql://dana:{SECRET}@127.0.0.1:{SECRET}/crisis",
        f"postgresql://dana:x@{SECRET}@127.0.0.1/crisis",
        f"postgresql://dana:x/{SECRET}@127.0.0.1/crisis",
        f"postgresql://dana:{SECRET}@127.0.0.1/crisis?nosuch=1",
        f"postgresql://dana:%zz{SECRET}@127.0.0.1/crisis",
        f"mysql://dana:{SECRET}@127.0.0.1/crisis",
        f"dana:{SECRET}@127.0.0.1",
        SECRET,
    ],
)
def test_6_a_url_that_cannot_be_read_is_told_without_its_password(program: Program, store: str) -> None:
    elsewhere = program.at(store)
    told = elsewhere("open", "data-breach", "--title", "x")
    assert (told.code, told.out) == (6, "")
    assert "Write " in told.err
    assert "postgresql://" in told.err
    assert SECRET not in told.err or store == SECRET, "a word alone is no password but a scheme"
    assert elsewhere("status", "--json").err == told.err
    assert elsewhere("doctor").code == 6
    assert not (program.root / "state").exists()


@ON_DATABASE
def test_no_command_shows_the_password(opened: Program, login: Login) -> None:
    login.may_all()
    team = opened.at(login.url())
    said = ""
    for line in (*LOOKING, *WRITING, ["doctor"], ["doctor", "--json"], ["timers"], ["report"]):
        told = team(*line, *(["-i", "INC-1"] if line[0] in ("note", "report", "status", "timeline", "timers") else []))
        assert told.code == 0, (line, told.err)
        said += told.out + told.err
    assert f"log {login.shown()} with 2 incidents" in said
    assert SECRET not in said
    kept = [path for path in opened.root.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert kept == []


@ON_DATABASE
def test_two_workspaces_share_one_log(opened: Program, tmp_path: Path, place: Place) -> None:
    there = tmp_path / "another machine"
    there.mkdir()
    (there / "crisisctl.toml").write_text(f"store = {json.dumps(place.url)}\n")
    lee = Program(there, opened._environment, place.url)
    lee.ok("note", "from over there", who="lee")
    assert "from over there" in opened.ok("timeline").out
    assert lee("note", "late", "--expect-version", "4").code == 5
    assert not list(tmp_path.rglob("*.db*")), "no file is made beside the database"


@ON_DATABASE
def test_the_settings_may_name_the_database(opened: Program, place: Place) -> None:
    (opened.root / "crisisctl.toml").write_text(f"store = {json.dumps(place.url)}\n")
    told = opened.process("status", "--json", env={"CRISISCTL_STORE": ""})
    assert json.loads(told.stdout)["incident"] == "INC-1"


@pytest.fixture
def driverless(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine on which the driver of PostgreSQL is not installed."""
    folder = tmp_path / "no-driver"
    folder.mkdir()
    (folder / "psycopg.py").write_text("raise ModuleNotFoundError(\"No module named 'psycopg'\")\n")
    return {"PYTHONPATH": os.pathsep.join((str(folder), HERE))}


@ON_FILE  # the driver is missing before any server is asked
def test_6_without_its_driver_it_is_told_how_to_install_it(program: Program, driverless: dict[str, str]) -> None:
    for line in (["open", "data-breach", "--title", "x"], ["status", "--json"]):
        store = {"CRISISCTL_STORE": f"postgresql://dana:{SECRET}@127.0.0.1/crisis"}
        told = program.process(*line, env=driverless | store)
        assert (told.returncode, told.stdout) == (6, "")
        assert told.stderr == "A store in PostgreSQL needs its driver: pip install 'crisisctl[postgres]'\n"
    assert program.process("doctor", env=driverless | store).returncode == 6


@ON_FILE
def test_a_file_needs_no_driver(program: Program, driverless: dict[str, str]) -> None:
    """All in one process: the program runs whole where there is no PostgreSQL at all."""
    lines = (
        "open data-breach --title x --assign legal=lee",
        "ack",
        "task done pause-posts",
        "fact set affected_accounts 3",
        "advance activate --because x",
        "statement draft holding",
        "watch --once",
        "status",
        "verify",
        "doctor",
        "report",
    )
    program.one_process([line.split() for line in lines], **driverless)


@pytest.mark.parametrize("line", ["status", "note x", "advance activate --because x", "watch --once"])
def test_the_driver_is_loaded_for_a_database_alone(opened: Program, url: str | None, line: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "crisisctl", *line.split()]
    ran = subprocess.run(
        command,
        cwd=opened.root,
        env=opened.environment() | {"PYTHONPATH": HERE},
        text=True,
        capture_output=True,
        check=False,
    )
    loaded = {row.rpartition("|")[2].strip().partition(".")[0] for row in ran.stderr.splitlines() if "|" in row}
    assert "crisisctl" in loaded
    assert ("psycopg" in loaded) is (url is not None)


@ON_DATABASE
@pytest.mark.parametrize("statement", ["CREATE TABLE entry (said text)", "CREATE TABLE head (said text)"])
def test_7_tables_that_are_no_log_are_not_taken_for_an_empty_one(
    program: Program, login: Login, statement: str
) -> None:
    with login.place.connect() as db:
        db.execute(statement.encode())
    for line in (*LOOKING, ["store", "info"], ["note", "x"], ["store", "init"]):
        ran = program(*line)
        assert (ran.code, "or a log whose schema mark is gone" in ran.err) == (7, True), (line, ran.err)


@ON_DATABASE
@pytest.mark.parametrize("statement", ["DROP TABLE crisisctl_schema", "DELETE FROM crisisctl_schema"])
def test_7_a_log_whose_mark_is_gone_is_not_taken_for_an_empty_place(
    opened: Program, login: Login, statement: str
) -> None:
    with login.place.connect() as db:
        db.execute(statement.encode())
    refused(opened, "restore it, or name another schema".capitalize(), ["status"], ["list"], ["verify"])


@ON_DATABASE
def test_a_server_set_read_only_is_said_to_be_and_no_move_begins(opened: Program, login: Login) -> None:
    login.may_all()
    with login.place.connect() as db:
        user = sql.Identifier(login.name)
        db.execute(sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(user))
    before = sorted(opened.root.rglob("*"))
    found = opened.at(login.url()).ok("store", "info", "--json").json
    assert (found["role"], found["may"]) == ("read-only", {"append": False, "redact": False, "make": False})
    for line in (["store", "move", login.url(), "sqlite:a.db"], ["note", "x"]):
        ran = opened.at(login.url())(*line)
        assert (ran.code, "is a read-only replica or server" in ran.err) == (7, True), ran.err
    assert sorted(opened.root.rglob("*")) == before


@ON_DATABASE
def test_a_store_has_one_spelling_which_leads_there(opened: Program, url: str) -> None:
    store = opened.ok("store", "info", "--json").json["store"]
    place = opened.ok("verify").out.split(" verifies")[0]
    assert store.startswith(place)
    assert "%2F" not in place
    assert opened.at(store).ok("list", "--json").json["incidents"][0]["incident"] == "INC-1"


@ON_DATABASE
def test_a_login_without_rights_is_not_sent_back_to_the_command_it_ran(opened: Program, login: Login) -> None:
    ran = opened.at(login.url())("store", "grants")
    assert (ran.code, "as the log's owner" in ran.err) == (7, True), ran.err
    assert "prints what its owner has to run" not in ran.err
