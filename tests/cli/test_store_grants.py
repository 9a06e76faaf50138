"""`store grants`: the SQL for the rights of logins, which the owner of the log reads and runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from psycopg import conninfo, sql

from tests.cli.conftest import ON_DATABASE, ON_FILE

if TYPE_CHECKING:
    from tests.conftest import Program
    from tests.postgres import Place


@pytest.fixture
def login(place: Place) -> Iterator[str]:
    """A login of this test alone."""
    name = f"dana_{place.schema}"[-63:]
    with place.connect() as db:
        db.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    with place.connect() as db:
        for role in (name, *(f"{place.schema}_{kind}" for kind in ("redactor", "watch", "responder"))):
            if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                db.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
                db.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@ON_DATABASE
def test_what_is_printed_lets_a_login_respond_as_its_person(opened: Program, place: Place, login: str) -> None:
    (opened.root / "roster.yaml").write_text(f"people: {{dana: {{login: {login}}}, lee: {{}}}}")
    printed = opened.ok("store", "grants", "--prefix", place.schema).out
    with place.connect() as db:
        db.execute(sql.SQL(printed))
    (opened.root / "crisisctl.toml").write_text('identity = "strict"\n')
    theirs = conninfo.make_conninfo(place.url, user=login)
    opened._store = "postgresql:///?" + "&".join(
        f"{name}={str(value).replace('=', '%3D')}" for name, value in conninfo.conninfo_to_dict(theirs).items()
    )
    opened.ok("note", "with my own login", who="dana")
    refused = opened("note", "as somebody else", who="lee")
    assert (refused.code, refused.err) == (3, f"Identity is strict: {login} is dana and may not act as lee.\n")
    assert opened("redact", "2", "--because", "no right to").code in (3, 7)


@ON_DATABASE
def test_as_json_it_is_one_text(opened: Program) -> None:
    printed = opened.ok("store", "grants").out
    assert opened.ok("store", "grants", "--json").json == {"sql": printed}
    assert 'CREATE ROLE "crisisctl_responder" NOLOGIN' in printed


@ON_DATABASE
def test_a_roster_without_logins_is_told_in_the_script_itself(opened: Program) -> None:
    assert "Nobody in the roster has a login" in opened.ok("store", "grants").out


@ON_FILE
def test_a_file_has_no_logins(opened: Program) -> None:
    ran = opened("store", "grants")
    assert (ran.code, ran.out) == (2, "")
    assert "has no logins" in ran.err
