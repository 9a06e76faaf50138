"""A database that cannot be used as it is: the wait is bounded, a sentence says why, and nothing is half-written."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from crisisctl.adapters.postgres import Postgres, schema
from crisisctl.adapters.postgres import store as module
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import CrisisError, Invalid, StoreFailed
from crisisctl.service.verify import verify
from tests.postgres import Databases, Place, Server
from tests.wire import Wire

if TYPE_CHECKING:
    from tests.conftest import Program

SECRET = "s3cr3t-canary"  # noqa: S105 - it opens nothing but this test's own login
WAIT = 10.0  # seconds: the five that are promised, and a busy machine
Login = Callable[..., str]


@pytest.fixture
def login(rough: Server, there: Place) -> Iterator[Login]:
    """Makes logins of the server, each with a password and with what it is told; the URL by which one comes in."""
    made: list[str] = []

    def create(name: str, *grants: str, port: int = rough.port, password: str = SECRET, place: str = "") -> str:
        with there.connect() as db:
            name = f"{name}_{there.schema[-12:]}"
            db.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), SECRET))
            made.append(name)
            for grant in grants:
                db.execute(sql.SQL(grant).format(login=sql.Identifier(name), schema=sql.Identifier(there.schema)))
        path = place or there.schema
        plain = "sslmode=disable&gssencmode=disable"
        return f"postgresql://{name}:{password}@127.0.0.1:{port}/postgres?{plain}&options=-csearch_path%3D{path}"

    yield create
    with there.connect() as db:
        for name in made:
            for end in ("DROP OWNED BY {}", "DROP ROLE {}"):
                db.execute(sql.SQL(end).format(sql.Identifier(name)))


@contextmanager
def opened(url: str) -> Iterator[Postgres]:
    with closing(Postgres(url)) as store:
        yield store


def refused(url: str, ways: Sequence[str] = ("reading", "writing")) -> str:
    """What reading and writing say, which is the same; it must not take long, and nothing is written."""
    said = []
    with opened(url) as store:
        for way in [getattr(store, name) for name in ways]:
            begun = time.monotonic()
            with pytest.raises(StoreFailed) as failure, way():
                pytest.fail("it opened")
            assert time.monotonic() - begun < WAIT
            said.append(str(failure.value))
    assert len(set(said)) == 1
    assert SECRET not in said[0]
    assert said[0].endswith(("Nothing was written.", "Try again."))
    assert "Nothing was written" in said[0]
    return said[0]


@pytest.fixture
def made(there: Place, room_for: Callable[[Any], Any]) -> Iterator[Any]:
    """A room with one incident in the place."""
    with opened(there.url) as store:
        room = room_for(store)
        room.open()
        yield room


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_where_nobody_listens_is_told() -> None:
    said = refused(f"postgresql://dana:{SECRET}@127.0.0.1:{free_port()}/crisis", ["reading"])
    assert "cannot be reached" in said
    assert "refused" in said


def test_a_socket_that_is_missing_is_told(tmp_path: Any) -> None:
    assert "No such file or directory" in refused(f"postgresql:///crisis?host={tmp_path}", ["writing"])


def test_a_host_that_nobody_knows_is_told() -> None:
    assert "cannot be reached" in refused(f"postgresql://dana:{SECRET}@no-such-host.invalid/crisis", ["reading"])


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        said = refused(f"postgresql://dana@127.0.0.1:{mute.getsockname()[1]}/crisis?connect_timeout=2", ["writing"])
    assert "timeout" in said


def test_a_server_that_says_nothing_is_given_five_seconds() -> None:
    assert module._USUAL["connect_timeout"] == "5"


def test_a_wrong_password_is_told_at_once_and_not_tried_again(login: Login, wire: Wire) -> None:
    said = refused(login("dana", port=wire.port, password="wrong-" + SECRET))
    assert "refuses the login or its password" in said
    assert "pgpass" in said
    assert wire.connections == 2  # once for reading, once for writing


def test_a_password_that_is_missing_is_told(login: Login) -> None:
    assert "refuses the login or its password" in refused(login("dana").replace(f":{SECRET}", ""))


def test_a_login_that_nobody_knows_is_told(there: Place) -> None:
    assert "does not let this login in" in refused(there.url.replace("postgres@", "stranger@"))


def test_a_database_that_is_missing_is_told(there: Place) -> None:
    said = refused(there.url.replace("/postgres?", "/no%20such%22one?"))
    assert "has no database of that name" in said
    assert "no%20such%22one" in said


def test_a_schema_that_is_missing_is_told(login: Login) -> None:
    assert "no schema that this login may use" in refused(login("dana", place="nowhere"))


def test_a_login_without_rights_on_the_schema_is_told(made: Any, login: Login) -> None:
    assert "no schema that this login may use" in refused(login("dana"))


def test_a_login_without_rights_on_the_tables_is_told(made: Any, login: Login) -> None:
    said = refused(login("dana", "GRANT USAGE ON SCHEMA {schema} TO {login}"))
    assert "does not allow that to this login" in said


def test_who_may_read_and_not_write_reads_and_writes_nothing(made: Any, login: Login) -> None:
    rights = ["GRANT USAGE ON SCHEMA {schema} TO {login}", "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {login}"]
    with opened(login("dana", *rights)) as store:
        with store.reading() as log:
            assert [head.incident for head in log.heads()] == ["INC-1"]
        with pytest.raises(StoreFailed, match=r"does not allow that to this login\..*Nothing was written"):
            made.__class__(store).ask(ask.AddNote("not mine"))
    assert "note.added" not in made.types()


def test_a_password_appears_nowhere(login: Login, program: Program, wire: Wire) -> None:
    right = login("dana", "GRANT ALL ON SCHEMA {schema} TO {login}")
    wrong = right.replace(SECRET, f"{SECRET}-wrong")
    said = ""
    for url in (right, wrong, f"{right}&port=x"):
        for command in (["--debug", "open", "data-breach", "--title", "Out"], ["doctor"]):
            ran = program.process(*command, env={"CRISISCTL_STORE": url})
            said += ran.stdout + ran.stderr
    kept = b"".join(path.read_bytes() for path in program.root.rglob("*") if path.is_file())
    assert SECRET not in said
    assert SECRET.encode() not in kept


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://dana:{SECRET}/x@host/crisis",
        f"postgresql://dana:12/{SECRET}@host/crisis",
        f"postgresql://dana:x@{SECRET}@host/crisis",
        f"postgresql://dana:%zz{SECRET}@host/crisis",
        f"postgresql://dana:{SECRET}@host:port/crisis",
    ],
)
def test_a_password_that_breaks_the_url_is_not_quoted(url: str) -> None:
    with pytest.raises(Invalid) as failure:
        Postgres(url)
    assert SECRET not in str(failure.value)
    assert "%2F" in str(failure.value)


def test_a_newer_schema_is_neither_read_nor_written(made: Any, there: Place) -> None:
    with there.connect() as db:
        db.execute("INSERT INTO crisisctl_schema (version) VALUES (99)")
    with opened(there.url) as store:
        for way in (store.reading, store.writing):
            with pytest.raises(StoreFailed, match="schema 99, made by a newer crisisctl"), way():
                pytest.fail("it opened")


@pytest.mark.parametrize("gone", ["entry", "head", "timer", "crisisctl_schema"])
def test_a_half_made_schema_is_told_and_left_as_it_is(made: Any, there: Place, gone: str) -> None:
    made.store.close()
    with there.connect() as db:
        db.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(gone)))
    before = tables(there)
    with opened(there.url) as store:
        with pytest.raises(CrisisError) as failure:
            made.__class__(store).open()
        assert failure.value.code == 7
        assert ("whole" in str(failure.value)) or (gone == "crisisctl_schema" and "mark is gone" in str(failure.value))
        assert "bug" not in str(failure.value)
    assert tables(there) == before


def tables(there: Place) -> list[object]:
    with there.connect() as db:
        return [row[0] for row in db.execute("SELECT relname FROM pg_class ORDER BY oid").fetchall()]


MAKER = """
import sys
from crisisctl.adapters.postgres import Postgres, schema
for line in sys.stdin:
    store = Postgres(line.strip())
    with store.writing() as ledger:
        ledger.heads()
    store.close()
    print("made", flush=True)
"""


@pytest.fixture
def makers() -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that open the place that they are told, and make the log there."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", MAKER]
    with ExitStack() as stack:
        yield [
            stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1))
            for _ in range(2)
        ]


def test_two_who_make_the_schema_at_the_same_moment_make_one(
    rough: Server, makers: list[subprocess.Popen[str]]
) -> None:
    with closing(Databases(rough.url)) as handed:
        for _ in range(20):
            given = handed.place()
            for maker in makers:
                assert maker.stdin
                maker.stdin.write(f"{given.url}\n")
            assert [maker.stdout and maker.stdout.readline() for maker in makers] == ["made\n"] * 2
            with given.connect() as db:
                assert db.execute("SELECT count(*) FROM crisisctl_schema").fetchone() == (schema.VERSION,)
            handed.drop(given)


def test_where_everything_is_read_only_reading_works_and_writing_is_refused(made: Any, there: Place) -> None:
    with opened(f"{there.url}%20-cdefault_transaction_read_only%3Don") as store:
        room = made.__class__(store)
        assert room.types() == made.types()
        assert store.time().tzinfo
        for change in (room.open, lambda: room.ask(ask.AddNote("no")), lambda: room.desk.repair("INC-1")):
            with pytest.raises(StoreFailed, match=r"read-only.*Name the primary\. Nothing was written"):
                change()
        assert made.types() == room.types()
    assert verify(made.store, None).flaws == []


def test_a_log_is_not_made_where_everything_is_read_only(there: Place) -> None:
    before = tables(there)
    with opened(f"{there.url}%20-cdefault_transaction_read_only%3Don") as store:
        with store.reading() as log:
            assert log.heads() == []
        with pytest.raises(StoreFailed, match="read-only"), store.writing():
            pytest.fail("it opened")
    assert tables(there) == before


def test_a_full_server_is_told(login: Login) -> None:
    url = login("dana", "ALTER ROLE {login} CONNECTION LIMIT 1")
    with psycopg.connect(url):
        assert "takes no more connections now" in refused(url, ["writing"])


def test_a_server_that_is_full_for_a_moment_is_waited_for(login: Login) -> None:
    url = login("dana", "ALTER ROLE {login} CONNECTION LIMIT 1", "GRANT ALL ON SCHEMA {schema} TO {login}")
    last = psycopg.connect(url)
    leaves = Timer(0.5, last.close)
    leaves.start()
    with opened(url) as store, store.writing() as ledger:
        assert ledger.heads() == []
    leaves.join()


def test_a_statement_that_takes_too_long_is_told_and_leaves_nothing(made: Any) -> None:
    def overlong() -> None:
        with made.store.writing() as ledger:
            ledger.tip("INC-1")
            ledger._rows("SET LOCAL statement_timeout = '50ms'; SELECT pg_sleep(5)")

    with pytest.raises(StoreFailed, match=r"longer than the statement timeout.*Nothing was written"):
        overlong()
    made.ask(ask.AddNote("goes on"))
    assert made.types().count("note.added") == 1


def limits(store: Postgres) -> dict[str, str]:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    return {name: str(store._open().execute(f"SHOW {name}").fetchone()[0]) for name in names}  # type: ignore[index]


def test_whoever_waits_for_an_incident_outlasts_whoever_rests_on_it(made: Any) -> None:
    assert limits(made.store) == {
        "statement_timeout": "30s",
        "lock_timeout": "20s",
        "idle_in_transaction_session_timeout": "15s",
    }


def test_an_incident_held_by_somebody_else_is_waited_for_and_then_told(made: Any, there: Place) -> None:
    made.store._open().execute("SET lock_timeout = '300ms'")
    with there.connect() as other, other.transaction():
        other.execute("SELECT 1 FROM head WHERE incident = 'INC-1' FOR UPDATE")
        begun = time.monotonic()
        with pytest.raises(StoreFailed, match=r"held by somebody else for too long\. Try again\. Nothing was written"):
            made.ask(ask.AddNote("held up"))
        assert 0.3 <= time.monotonic() - begun < WAIT
        assert made.desk.fire("INC-1") is None  # a watch does not even wait
        made.open()  # and nor do other incidents
    made.ask(ask.AddNote("free again"))
    assert made.types().count("note.added") == 1


STOPPED = """
import sys
from crisisctl.adapters.postgres import Postgres, schema
store = Postgres(sys.argv[1])
store._open().execute("SET idle_in_transaction_session_timeout = '" + sys.argv[2] + "'")
try:
    with store.writing() as ledger:
        ledger.tip("INC-1")
        print("held", flush=True)
        sys.stdin.readline()
        ledger.hurry(store.time(), store.time())
except Exception as error:
    print(getattr(error, "code", 1), error)
"""


def stopped(there: Place, made: Any, rest: str) -> tuple[float, str]:
    """How long a command waits for a process that was stopped while it held the incident, and what that says later."""
    pipe = subprocess.PIPE
    holder = subprocess.Popen([sys.executable, "-c", STOPPED, there.url, rest], stdin=pipe, stdout=pipe, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    made.ask(ask.AddNote("goes on"))
    waited = time.monotonic() - begun
    holder.send_signal(signal.SIGCONT)
    said, _ = holder.communicate("\n", timeout=30)
    return waited, said


def test_a_stopped_process_that_holds_an_incident_is_put_out(made: Any, there: Place) -> None:
    waited, said = stopped(there, made, "1s")
    assert 0.5 < waited < WAIT
    assert said.startswith("7 ")
    assert "Nothing was written" in said
    assert made.types()[-1] == "note.added"


def test_a_command_at_a_server_that_ends_its_connection_finds_another(made: Any, there: Place) -> None:
    made.ask(ask.AddNote("one"))
    with there.connect() as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crisisctl'")
    time.sleep(0.2)
    made.ask(ask.AddNote("two"))
    assert made.types()[-2:] == ["note.added"] * 2
