"""Whom an event of a calendar names: by id, login, name or mail address, as whole words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from crisisctl.adapters.roster.names import Names, mail_addresses, seal

NOBODY: dict[str, Any] = {}
CREW: Mapping[str, Mapping[str, Any]] = {
    "dana": {"name": "Dana Ruiz", "login": "druiz"},
    "kim": {"name": "Kim Lund", "contacts": ["mailto://kim:pw@example.com"]},
    "lee@example.com": {"name": "Lee"},
    "li": {"name": "Sam", "contacts": [{"address": "mailto://x:y@mail.example.org/li@example.org/"}]},
    "lo": {"name": "sam"},
    "o'neil": {"name": "Ørsted Straße"},
}
NAMED = [
    ("dana", (), "", ("dana",)),
    ("DRUIZ", (), "", ("dana",)),
    ("  Dana   Ruiz ", (), "", ("dana",)),
    ("On call: Dana Ruiz (first)", (), "", ("dana",)),
    ("Dana Ruiz, Kim Lund", (), "", ("dana", "kim")),
    ("Kim Lund & dana", (), "", ("kim", "dana")),
    ("danah", (), "", ()),
    ("dana-backup", (), "", ()),
    ("dana@other.example", (), "", ()),
    ("kim@example.com", (), "", ("kim",)),
    ("lee@example.com", (), "", ("lee@example.com",)),
    ("ørsted STRASSE", (), "", ("o'neil",)),
    ("Sam", (), "", ()),  # two people have that name
    ("On call", ("mailto:KIM@example.com",), "", ("kim",)),
    ("On call", ("MAILTO:li@example.org", "mailto:boss@example.org"), "", ("li",)),
    ("On call", ("mailto:boss@example.org",), "It is dana.", ("dana",)),
    ("dana", ("mailto:kim@example.com",), "kim", ("dana",)),  # the summary comes first
    ("", (), "", ()),
]


@pytest.mark.parametrize(("summary", "attendees", "description", "people"), NAMED)
def test_an_event_names(summary: str, attendees: Sequence[str], description: str, people: tuple[str, ...]) -> None:
    assert Names("x", lambda: CREW).people(summary, attendees, description) == people


def test_where_nobody_is_known_nobody_is_named() -> None:
    assert Names("x", lambda: NOBODY).people("anybody", ("mailto:a@b.c",), "at all") == ()


def test_the_seal_of_the_names_changes_with_them() -> None:
    others: list[dict[str, Any]] = [{}, {"kim": {}}, {"kim": {"name": "K"}}, {"kim": {"contacts": ["a@b"]}}]
    assert len({seal(people) for people in others}) == 4


@pytest.mark.parametrize(
    ("contact", "addresses"),
    [
        ("mailto://kim:pw@example.com", ["kim@example.com"]),
        ("mailtos://user:pw@mail.example.com?to=kim@example.com", ["kim@example.com"]),
        ("mailto://user:pw@mail.example.com/kim@example.com/lee@example.com", ["kim@example.com", "lee@example.com"]),
        ("mailto:kim@example.com", ["kim@example.com"]),
        ("mailto://[::1", []),
        ("slack://kim@example.com", []),
        ("env:KIM", []),
    ],
)
def test_a_mail_contact_names_whom_it_reaches(contact: str, addresses: list[str]) -> None:
    assert mail_addresses(contact) == addresses
