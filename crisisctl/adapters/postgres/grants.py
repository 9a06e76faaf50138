"""The rights that logins need, as SQL for the owner of the log to read and to run."""

from __future__ import annotations

from collections.abc import Mapping

from crisisctl.domain.entries import COLUMNS
from crisisctl.domain.errors import Usage

_COLUMNS = ", ".join(COLUMNS.split()[1:])
_ROLES = """\
-- Read this, then run it as the owner of the log, who needs the right CREATEROLE for it. It is one transaction, and can
-- be run again at any time, such as when the roster has changed.
BEGIN;
DO $$ BEGIN
    CREATE ROLE {responder} NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$ BEGIN
    CREATE ROLE {watch} NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
DO $$ BEGIN
    CREATE ROLE {redactor} NOLOGIN;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;

-- Responders enter and read, nothing else: no role here may change or delete an entry, or choose its position. What is
-- derived from the log is rewritten by every command.
GRANT USAGE ON SCHEMA {schema} TO {responder};
GRANT SELECT, INSERT ({columns}) ON {schema}.entry TO {responder};
GRANT SELECT, INSERT, UPDATE ON {schema}.head TO {responder};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.timer, {schema}.outbox TO {responder};
GRANT SELECT ON {schema}.beat, {schema}.crisisctl_schema TO {responder};
GRANT EXECUTE ON FUNCTION {schema}.sees(text), {schema}.sees_all(), {schema}.is_oneself(text, text),
    {schema}.next_number(), {schema}.gone_numbers() TO {responder};

-- A watch may leave its sign of life as well.
GRANT {responder} TO {watch};
GRANT INSERT, UPDATE, DELETE ON {schema}.beat TO {watch};

-- Who may erase words: a redaction is the one change to an entry that the log allows.
GRANT {responder} TO {redactor};
GRANT UPDATE (words) ON {schema}.entry TO {redactor};

-- Who is who: the logins must exist; the roster ties them to people. Seats of logins that it no longer names go.
DELETE FROM {schema}.seat WHERE person <> '*';
"""
_PERSON = """\
GRANT {responder} TO {login};
INSERT INTO {schema}.seat (login, person) VALUES ({login_text}, {person})
    ON CONFLICT (login) DO UPDATE SET person = excluded.person;
"""
_NOBODY = "-- Nobody in the roster has a login. Name one for each person, as in: dana: {login: dana}\n"
_WATCH = """\
COMMIT;

-- The login of the watches sees every incident, because it notifies their people:
--   GRANT {watch} TO its_login;
--   INSERT INTO {schema}.seat (login, person) VALUES ('its_login', '*');
"""
_LONGEST = 63 - len("_responder")  # bytes; PostgreSQL cuts longer names, and the roles would be one


def grants(schema: str, prefix: str, people: Mapping[str, str]) -> str:
    """The statements that make the roles and give each login its seat; `people` are persons by their database login.

    `Usage` when the prefix makes no names.
    """
    if not 0 < len(prefix.encode()) <= _LONGEST:
        raise Usage(f"--prefix is one to {_LONGEST} letters long, for it begins the names of roles.")
    names = {kind: identifier(f"{prefix}_{kind}") for kind in ("responder", "watch", "redactor")}
    names |= {"schema": identifier(schema), "columns": _COLUMNS}
    seats = [
        _PERSON.format(login=identifier(login), login_text=literal(login), person=literal(person), **names)
        for login, person in sorted(people.items())
    ]
    return _ROLES.format(**names) + ("".join(seats) or _NOBODY) + _WATCH.format(**names)


def identifier(name: str) -> str:
    """A name in SQL, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL, whatever it holds."""
    mark = "E" if "\\" in text else ""
    return f"{mark}'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
