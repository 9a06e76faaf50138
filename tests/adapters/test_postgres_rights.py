"""Rights in PostgreSQL: what the statements of `grants` give to a login, and what the server itself keeps from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import errors, sql

from crisisctl.adapters.postgres import Postgres
from crisisctl.adapters.postgres.grants import grants, identifier, literal
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Conflict, NotFound, StoreFailed, Usage
from crisisctl.service.ports import Beat
from crisisctl.service.sight import TAKEN, Sight
from crisisctl.service.verify import verify

if TYPE_CHECKING:
    from tests.conftest import Room
    from tests.postgres import Place

TABLES = ("entry", "head", "timer", "outbox")
Enter = Callable[[str], Postgres]


@pytest.fixture
def names(place: Place) -> dict[str, str]:
    """Logins of this test alone, for logins belong to the whole server."""
    return {who: f"{who}_{place.schema}"[-63:] for who in ("dana", "lee", "mallory", "watch", "nobody")}


@pytest.fixture
def logins(place: Place, names: dict[str, str]) -> Iterator[dict[str, str]]:
    """dana, lee and mallory are responders with a seat, watch is a watch, nobody has a login and no rights."""
    owner = Postgres(place.url)
    with owner.writing() as ledger:
        ledger.next_incident()
    owner.close()
    people = {names[who]: who for who in ("dana", "lee", "mallory")}
    prefix = place.schema
    with place.connect() as db:
        for login in names.values():
            db.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(login)))
        db.execute(sql.SQL(grants(place.schema, prefix, people)))
        watch = [identifier(f"{prefix}_watch"), identifier(names["watch"])]
        db.execute(sql.SQL(f"GRANT {watch[0]} TO {watch[1]}"))
        db.execute("INSERT INTO seat VALUES (%s, '*')", (names["watch"],))
    yield names
    roles = [*names.values(), *(f"{prefix}_{kind}" for kind in ("redactor", "watch", "responder"))]
    with place.connect() as db:
        for role in roles:
            db.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        for role in roles:
            db.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def enter(place: Place, logins: dict[str, str]) -> Iterator[Enter]:
    """Opens the store with somebody's own login."""
    opened: list[Postgres] = []

    def made(who: str) -> Postgres:
        opened.append(Postgres(place.url.replace("postgres@", f"{logins[who]}@", 1)))
        return opened[-1]

    yield made
    for store in opened:
        store.close()


@pytest.fixture
def restricted(place: Place, logins: dict[str, str], room_for: Callable[[Any], Room]) -> Iterator[Room]:
    """INC-1 is for dana and lee, INC-2 for everybody; both have timers, and INC-1 a notice."""
    room = room_for(Postgres(place.url))
    room.open("dana", restricted=True, assign=(("legal", "lee"),))
    room.open("dana")
    room.clock.tick(minutes=1)
    room.desk.fire("INC-1")
    yield room
    room.store.close()


Inside = Callable[[str], "Room"]


@pytest.fixture
def inside(enter: Enter, logins: dict[str, str], room_for: Callable[[Any], Room]) -> Inside:
    """The room as somebody with a login of their own has it."""

    def made(who: str) -> Room:
        room = room_for(enter(who))
        room.login = logins[who]
        return room

    return made


def _seen(place: Place, login: str) -> dict[str, set[Any]]:
    """The incidents of which a login finds anything, table by table, with a client of its own."""
    with place.connect(user=login) as db:
        return {
            table: {row[0] for row in db.execute(sql.SQL("SELECT incident FROM {}").format(sql.Identifier(table)))}
            for table in TABLES
        }


def test_an_outsider_finds_nothing_of_a_restricted_incident_in_any_table(
    restricted: Room, place: Place, logins: dict[str, str]
) -> None:
    hidden = _seen(place, logins["mallory"])
    assert hidden == {"entry": {"INC-2"}, "head": {"INC-2"}, "timer": {"INC-2"}, "outbox": set()}
    for who in ("dana", "lee", "watch"):
        assert _seen(place, logins[who])["entry"] == {"INC-1", "INC-2"}, who


def test_an_outsider_counts_only_what_everybody_may_see(restricted: Room, place: Place, logins: dict[str, str]) -> None:
    visible = len(restricted.entries("INC-2"))
    with place.connect(user=logins["mallory"]) as db:
        assert db.execute("SELECT count(*), max(number) FROM entry, head").fetchone() == (visible, 2)
        assert db.execute("SELECT count(*) FROM entry WHERE words LIKE '%forum%'").fetchone() == (1,)


def test_to_the_program_a_hidden_incident_was_never_there(restricted: Room, inside: Inside) -> None:
    outside = inside("mallory")
    outside.clock.time = restricted.clock.time
    with pytest.raises(NotFound, match="INC-2"):
        outside.ask(ask.AddNote("let me in"), "mallory", "INC-1")
    with outside.store.reading() as log:
        assert [head.incident for head in log.heads()] == ["INC-2"]
        assert (log.head("INC-1"), log.entry("INC-1", 1), list(log.entries("INC-1"))) == (None, None, [])
        assert {entry.incident for entry in log.written()} == {"INC-2"}
    assert outside.ask(ask.AddNote("the other one is mine"), "mallory", "INC-2").incident.version


def test_an_outsider_verifies_what_is_there_for_them_and_misses_nothing(restricted: Room, enter: Enter) -> None:
    outside, inside = verify(enter("mallory"), None), verify(enter("lee"), None)
    assert (outside.incidents, outside.flaws) == (1, [])
    assert (inside.incidents, inside.flaws) == (2, [])


def test_an_outsider_can_change_nothing_of_it(restricted: Room, place: Place, logins: dict[str, str]) -> None:
    before = restricted.entries("INC-1")
    with place.connect(user=logins["mallory"]) as db:
        for table in ("head", "timer", "outbox"):
            name = sql.Identifier(table)
            changed = db.execute(sql.SQL("UPDATE {} SET incident = 'INC-2' WHERE incident = 'INC-1'").format(name))
            assert changed.rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege):
            db.execute(
                "INSERT INTO entry (incident, version, recorded_at, occurred_at, actor, login, via, type, data, words,"
                " digest) VALUES ('INC-1', 99, '', '', 'dana', '', 'cli', 'note.added', '{}', '{}', '')"
            )
    assert restricted.entries("INC-1") == before


def test_an_outsider_opens_the_next_incident_under_a_number_that_is_free(restricted: Room, inside: Inside) -> None:
    outside = inside("mallory")
    outside.clock.time = restricted.clock.time
    with restricted.store.writing() as ledger:
        ledger.append(_only_for_dana(restricted))
    assert outside.open("mallory").id == "INC-4"


def _only_for_dana(room: Room) -> Any:
    """INC-3 as a batch, which nobody but the owner sees from the start."""
    from tests.service.conftest import Rows  # noqa: PLC0415 - rows as simple as a store takes them

    rows = Rows()
    return rows.batch(rows.entry(1, "INC-3"))


def test_a_request_key_of_a_hidden_incident_is_a_conflict_that_names_nothing(restricted: Room, inside: Inside) -> None:
    restricted.ask(ask.AddNote("secret"), "dana", "INC-1", request="key-1")
    outside = inside("mallory")
    outside.clock.time = restricted.clock.time
    with pytest.raises(Conflict) as refusal:
        outside.ask(ask.AddNote("mine"), "mallory", "INC-2", request="key-1")
    assert "INC-1" not in str(refusal.value)
    assert "dana" not in str(refusal.value)


ROW = "incident, version, recorded_at, occurred_at, actor, login, via, type, data, words, digest"
ENTER = "INSERT INTO entry ({0}) VALUES ({1})"
VALUES = "'INC-2', 99, '', '', {0}, {1}, 'cli', 'note.added', '{{}}', '{{}}', ''"


def test_nobody_enters_as_somebody_else(restricted: Room, place: Place, logins: dict[str, str]) -> None:
    me = literal(logins["dana"])
    forged = [("'lee'", me), ("'dana'", literal(logins["lee"])), ("'dana'", "'root'"), ("'crisisctl'", me)]
    with place.connect(user=logins["dana"]) as db:
        for actor, login in forged:
            with pytest.raises(errors.InsufficientPrivilege):
                db.execute(sql.SQL(ENTER.format(ROW, VALUES.format(actor, login))))
        with pytest.raises(errors.InsufficientPrivilege):  # out of the order of the log
            db.execute(sql.SQL(ENTER.format(f"position, {ROW}", f"9999, {VALUES.format(me, me)}")))


def test_nobody_gets_in_by_what_is_derived(restricted: Room, place: Place, logins: dict[str, str]) -> None:
    with place.connect(user=logins["lee"]) as db:
        db.execute("UPDATE head SET members = NULL WHERE incident = 'INC-1'")
    assert _seen(place, logins["mallory"])["entry"] == {"INC-2"}
    with place.connect(user=logins["mallory"]) as db:
        for statement in (
            "INSERT INTO member VALUES ('INC-1', 'mallory', 'access')",
            "UPDATE room SET restricted = false",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                db.execute(sql.SQL(statement))
        with pytest.raises(errors.InsufficientPrivilege):
            db.execute("INSERT INTO timer VALUES ('INC-1/statement/holding', 'INC-2', 'task', '', 'x')")


def test_whoever_is_let_in_sees_it_and_whoever_leaves_does_not(
    restricted: Room, place: Place, inside: Inside, logins: dict[str, str]
) -> None:
    room = inside("dana")
    room.clock.time = restricted.clock.time
    room.ask(ask.Assign("deputy-comms", "mallory"), "dana", "INC-1")
    assert "INC-1" in _seen(place, logins["mallory"])["entry"]
    room.ask(ask.Release("deputy-comms", "mallory"), "dana", "INC-1")
    assert "INC-1" not in _seen(place, logins["mallory"])["entry"]
    room.ask(ask.Grant("mallory"), "dana", "INC-1")
    assert "INC-1" in _seen(place, logins["mallory"])["outbox"]


def test_whoever_takes_themselves_out_leaves_the_incident_whole(
    restricted: Room, place: Place, inside: Inside, logins: dict[str, str]
) -> None:
    room = inside("dana")
    room.clock.time = restricted.clock.time
    room.ask(ask.Release("comms-lead", "dana"), "dana", "INC-1")
    room.ask(ask.Revoke("dana", "she leaves"), "dana", "INC-1")
    assert "INC-1" not in _seen(place, logins["dana"])["entry"]
    assert verify(restricted.store, None).flaws == []


def test_no_function_tells_a_bare_login_anything(restricted: Room, place: Place, logins: dict[str, str]) -> None:
    schema = sql.Identifier(place.schema)
    with place.connect() as db:
        db.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, sql.Identifier(logins["nobody"])))
    with place.connect(user=logins["nobody"]) as db:
        assert db.execute("SELECT sees('INC-1'), sees('INC-77')").fetchone() == (False, False)
        for call in ("sees_all()", "next_number()", "is_oneself('a', 'b')"):
            with pytest.raises(errors.InsufficientPrivilege):
                db.execute(sql.SQL(f"SELECT {call}"))


def test_the_server_tells_a_hidden_incident_from_one_that_never_was_to_nobody(
    restricted: Room, place: Place, logins: dict[str, str]
) -> None:
    with place.connect(user=logins["mallory"]) as db:
        assert db.execute("SELECT sees('INC-1'), sees('INC-77'), sees('INC-2')").fetchone() == (False, False, True)


def test_a_responder_may_enter_and_read_and_nothing_else(
    restricted: Room, place: Place, logins: dict[str, str]
) -> None:
    statements = (
        "UPDATE entry SET actor = 'lee'",
        "UPDATE entry SET words = '{}'",
        "DELETE FROM entry",
        "TRUNCATE entry",
        "DROP TABLE entry",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "ALTER TABLE entry DISABLE ROW LEVEL SECURITY",
        "DROP POLICY need_to_know ON entry",
        "DELETE FROM head",
        "INSERT INTO seat VALUES (session_user, '*')",
        "SELECT * FROM seat",
        "SET SESSION AUTHORIZATION postgres",
    )
    with place.connect(user=logins["dana"]) as db:
        for statement in statements:
            with pytest.raises(errors.InsufficientPrivilege):
                db.execute(sql.SQL(statement))
    with place.connect() as db:
        assert db.execute("SELECT count(*) FROM entry WHERE actor = 'lee'").fetchone() == (0,)


def test_a_responder_can_do_all_that_the_program_does_in_a_night(inside: Inside) -> None:
    room = inside("dana")
    room.open("dana", assign=(("legal", "lee"),))
    room.ask(ask.Acknowledge())
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.clock.tick(minutes=20)
    room.ask(ask.Advance("activate", "confirmed"))
    room.ask(ask.SetFact("affected_accounts", "1200"))
    assert room.look().stages == ("response.comms.drafting", "response.legal.assessing")


def test_only_a_redactor_may_erase(logins: dict[str, str], inside: Inside, place: Place) -> None:
    room = inside("dana")
    room.open("dana")
    room.ask(ask.AddNote("call 600 000 000"))
    version = room.look().version
    with pytest.raises(StoreFailed, match="does not allow that to this login"):
        room.ask(ask.Redact(version, (), "a phone number"))
    assert room.entries()[-1].word("text") == "call 600 000 000"
    with place.connect() as db:
        redactor = sql.Identifier(f"{place.schema}_redactor")
        db.execute(sql.SQL("GRANT {} TO {}").format(redactor, sql.Identifier(logins["dana"])))
    room.ask(ask.Redact(version, (), "a phone number"))
    assert room.entries()[-2].word("text") is None


def test_a_login_without_rights_is_told_what_to_do(logins: dict[str, str], enter: Enter) -> None:
    with pytest.raises(StoreFailed, match="crisisctl store grants"), enter("nobody").reading() as log:
        log.heads()


def test_a_watch_leaves_its_sign_and_a_responder_cannot(logins: dict[str, str], enter: Enter) -> None:
    beat = Beat("here:1", datetime(2026, 3, 28, 22, 0, tzinfo=UTC), 5.0)
    with enter("watch").writing() as ledger:
        ledger.beat(beat)
    with pytest.raises(StoreFailed), enter("dana").writing() as ledger:
        ledger.beat(beat._replace(watch="forged:2"))
    with enter("dana").reading() as log:
        assert log.beats() == [beat]


def test_the_statements_can_be_run_again_for_somebody_new(
    logins: dict[str, str], place: Place, names: dict[str, str]
) -> None:
    again = grants(place.schema, place.schema, {names["lee"]: "somebody-else"})
    with place.connect() as db:
        db.execute(sql.SQL(again))
        found = db.execute("SELECT login, person FROM seat ORDER BY person").fetchall()
    assert found == [(names["watch"], "*"), (names["lee"], "somebody-else")]


@pytest.mark.parametrize("prefix", ["", "x" * 54])
def test_a_prefix_makes_names_that_differ(prefix: str) -> None:
    with pytest.raises(Usage, match="--prefix"):
        grants("public", prefix, {})


@pytest.mark.parametrize("name", ["plain", "O'Hara", 'with "quotes"', "back\\slash", "semi;colon -- and more", "é"])
def test_any_name_is_quoted(place: Place, name: str) -> None:
    with place.connect() as db:
        row = db.execute(sql.SQL(f"SELECT {literal(name)} AS {identifier(name)}")).description
        assert row
        assert row[0].name == name
        assert db.execute(sql.SQL(f"SELECT {literal(name)}")).fetchone() == (name,)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE entry DISABLE TRIGGER entry_is_kept",
        "DROP TRIGGER entries_come_in_order ON entry",
        "DROP POLICY need_to_know ON head",
        "DROP TRIGGER members_come ON entry",
        "ALTER TABLE outbox DISABLE ROW LEVEL SECURITY",
    ],
)
def test_a_guard_that_is_gone_is_a_flaw(place: Place, change: str) -> None:
    store = Postgres(place.url)
    with store.writing() as ledger:
        ledger.next_incident()
    assert store.flaws() == []
    with place.connect() as db:
        db.execute(sql.SQL(change))
    assert len(store.flaws()) == 1
    store.close()


def test_the_login_is_that_of_the_session(logins: dict[str, str], enter: Enter) -> None:
    assert enter("lee").login() == logins["lee"]


def test_without_a_server_nobody_is_known() -> None:
    with pytest.raises(StoreFailed):
        Postgres("postgresql://dana@127.0.0.1:1/none").login()


def test_a_key_of_what_the_server_hides_is_taken_and_nothing_more(
    restricted: Room, enter: Enter, logins: dict[str, str], room_for: Callable[[Any], Room]
) -> None:
    restricted.ask(ask.AddNote("zanzibar"), request="key")
    mine = room_for(Sight(enter("mallory"), "mallory"))
    mine.login = logins["mallory"]
    mine.clock = restricted.clock
    with pytest.raises(Conflict) as noted:
        mine.ask(ask.AddNote("x"), "mallory", "INC-2", request="key")
    with pytest.raises(Conflict) as opened:
        mine.open("mallory", request="key")
    assert (str(noted.value), str(opened.value)) == (TAKEN, TAKEN)
    mine.ask(ask.AddNote("x"), "mallory", "INC-2", request="another")
    mine.store.close()
