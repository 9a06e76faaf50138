"""How a person can be reached, as `roster.yaml` has it: contacts, phone, quiet hours and fallback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from crisisctl.domain.errors import Invalid
from crisisctl.domain.text import NAME, visible
from crisisctl.domain.times import parse_duration

LONGEST_WAIT = timedelta(days=1)
LONGEST_PHONE = 40
_CONTACT = ("to", "after", "verified")
_QUIET = ("from", "to", "breaks")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_PHONE = re.compile(rf"\+?[\d ()./x#*-]{{2,{LONGEST_PHONE}}}", re.ASCII)


def address(contact: str | Mapping[str, Any]) -> str:
    """Where a contact leads, as written; it may hold a secret."""
    return contact if isinstance(contact, str) else str(contact["to"])


def delay(contact: str | Mapping[str, Any]) -> timedelta:
    """How long the contact waits its turn."""
    return timedelta() if isinstance(contact, str) else parse_duration(contact.get("after", "0s"))


def verified(contact: str | Mapping[str, Any]) -> date | None:
    """The day on which somebody answered a test over the contact."""
    return None if isinstance(contact, str) else contact.get("verified")


def check(where: str, spec: Mapping[str, Any]) -> None:
    """`Invalid`, with the place, when what is said of reaching a person has a slip."""
    contacts = spec.get("contacts", [])
    if not isinstance(contacts, list):
        raise Invalid(f"{where}.contacts: write a list of texts or of {{to: ..., after: 2m}}.")
    for number, contact in enumerate(contacts):
        _contact(f"{where}.contacts[{number}]", contact)
    phone = spec.get("phone", "+0 0")
    if not isinstance(phone, str) or not _PHONE.fullmatch(phone):
        may = f"Digits, spaces and ( ) . / x # * - may stand in it, a + before them, {LONGEST_PHONE} characters at most"
        raise Invalid(f'{where}.phone: write a number in quotes, such as "+34 600 000 000 x123". {may}.')
    if "quiet" in spec:
        _quiet(f"{where}.quiet", spec["quiet"])
    if not isinstance(spec.get("fallback", ""), str):
        raise Invalid(f"{where}.fallback: write the id of a person.")


def check_fallbacks(file: str, people: Mapping[str, Mapping[str, Any]]) -> None:
    """`Invalid` when a fallback is nobody, or leads back to whom it stands in for."""
    for start, spec in people.items():
        chain, at = [start], spec.get("fallback")
        while at is not None:
            if at not in people:
                place = f"{file}: people.{chain[-1]}.fallback"
                raise Invalid(f"{place}: there is no {visible(at[:80])!r}. Name one of {_some(people)}.")
            chain.append(at)
            if at in chain[:-1]:
                place = f"{file}: people.{chain[-2]}.fallback"
                raise Invalid(f"{place}: {' -> '.join(chain)} is a loop. Let one of them have none.")
            at = people[at].get("fallback")


def _contact(where: str, contact: object) -> None:
    if isinstance(contact, str):
        return
    if not isinstance(contact, dict):
        raise Invalid(f"{where}: write a text or {{to: ..., after: 2m}}.")
    if any(key not in _CONTACT for key in contact):  # not quoted: it may be an address, with its secret
        raise Invalid(f"{where}: unknown key. The keys are {', '.join(_CONTACT)}.")
    if not isinstance(contact.get("to"), str) or not contact["to"]:
        raise Invalid(f"{where}.to: write where it leads, such as env:DANA_CHAT.")
    if "after" in contact:
        _after(f"{where}.after", contact["after"])
    day = contact.get("verified", date.min)
    if not isinstance(day, date) or isinstance(day, datetime):
        raise Invalid(f"{where}.verified: write a day such as 2026-10-01, without quotes.")


def _after(where: str, text: object) -> None:
    try:
        span = parse_duration(text)
    except Invalid:
        raise Invalid(f"{where}: that is no duration. Write 90s, 5m or 1h30m.") from None
    if span > LONGEST_WAIT:
        raise Invalid(f"{where}: that is longer than a day. Write at most 1d.")


def _quiet(where: str, quiet: object) -> None:
    if not isinstance(quiet, dict):
        raise Invalid(f'{where}: write {{from: "22:00", to: "07:00"}}.')
    if odd := [str(key) for key in quiet if key not in _QUIET]:
        raise Invalid(f"{where}: unknown key {visible(odd[0][:80])!r}. The keys are {', '.join(_QUIET)}.")
    for key in ("from", "to"):
        if not isinstance(quiet.get(key), str) or not _TIME.fullmatch(quiet[key]):
            raise Invalid(f'{where}.{key}: write a time of day in quotes, "00:00" to "23:59".')
    if quiet["from"] == quiet["to"]:
        raise Invalid(f"{where}: it begins and ends at the same time. Write another end.")
    breaks = quiet.get("breaks", [])
    if not isinstance(breaks, list) or not all(isinstance(one, str) and NAME.fullmatch(one) for one in breaks):
        raise Invalid(f"{where}.breaks: write a list of severities, such as [sev1].")


def _some(people: Iterable[str]) -> str:
    return ", ".join(sorted(people)[:8])
