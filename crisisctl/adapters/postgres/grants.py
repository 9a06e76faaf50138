"""The rights that logins need, as SQL for the owner of the log to read and to run."""

from __future__ import annotations

from collections.abc import Mapping

_ROLES = """\
-- Run this as the owner of the log, after reading it. Nothing here can be undone by those who get these rights.

-- Responders enter and read, nothing else: no role below may change or delete an entry.
CREATE ROLE {responder} NOLOGIN;
GRANT USAGE ON SCHEMA {schema} TO {responder};
GRANT SELECT, INSERT ON {schema}.entry TO {responder};
GRANT SELECT, INSERT, UPDATE ON {schema}.head TO {responder};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.timer, {schema}.outbox TO {responder};
GRANT SELECT ON {schema}.beat, {schema}.crisisctl_schema TO {responder};

-- A watch may leave its sign of life as well, and sees restricted incidents, because it notifies their people.
CREATE ROLE {watch} NOLOGIN IN ROLE {responder};
GRANT INSERT, UPDATE, DELETE ON {schema}.beat TO {watch};

-- Who may erase words: a redaction is the one change to an entry that the log allows.
CREATE ROLE {redactor} NOLOGIN IN ROLE {responder};
GRANT UPDATE (words) ON {schema}.entry TO {redactor};
"""
_PERSON = """\
GRANT {responder} TO {login};
INSERT INTO {schema}.seat (login, person) VALUES ({login_text}, {person})
    ON CONFLICT (login) DO UPDATE SET person = excluded.person;
"""
_NOBODY = "-- Nobody in the roster has a login. Name one for each person, as in: dana: {login: dana}\n"
_WATCH = """
-- The login of the watches:
--   GRANT {watch} TO its_login;
--   INSERT INTO {schema}.seat (login, person) VALUES ('its_login', '*');
"""


def grants(schema: str, prefix: str, people: Mapping[str, str]) -> str:
    """The statements that make the roles and give each login its seat; `people` are persons by their database login."""
    names = {kind: identifier(f"{prefix}_{kind}") for kind in ("responder", "watch", "redactor")}
    names["schema"] = identifier(schema)
    seats = [
        _PERSON.format(login=identifier(login), login_text=literal(login), person=literal(person), **names)
        for login, person in sorted(people.items())
    ]
    head = "\n-- Who is who: the logins must exist; the roster ties them to people.\n"
    return _ROLES.format(**names) + head + ("".join(seats) or _NOBODY) + _WATCH.format(**names)


def identifier(name: str) -> str:
    """A name in SQL, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL, whatever it holds."""
    mark = "E" if "\\" in text else ""
    return f"{mark}'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
