"""A real crisis becomes a drill: what came from outside happens again, what the organisation did is the reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from crisisctl.domain.check import forms
from crisisctl.domain.check.known import Names
from crisisctl.domain.check.place import Place, Problem, shown
from crisisctl.domain.drill.agenda import spoken_by
from crisisctl.domain.errors import CrisisError
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.text import NAME
from crisisctl.domain.times import clock_time, parse_instant, stamp

_FIELDS = ("id", "title", "kind", "display_tz", "sources", "notes", "rows", "expected_metrics")
_REQUIRED = ("id", "title", "kind", "rows")
_ROW = (
    *("at", "actor", "role", "text", "public", "verified", "precision", "tag", "channel", "tweet_id"),
    *("decision", "lint", "rogue", "source_note"),
)
_ROW_REQUIRED = ("at", "actor", "role", "text")
OUTSIDE = ("external", "system", "reporter")
# The playbooks that fit a kind of crisis, the best first; the last is for any that nobody thought of.
_FITTING: Mapping[str, tuple[str, ...]] = {
    "it_outage": ("outage",),
    "data_loss": ("outage",),
    "vendor_breach": ("third-party-breach", "data-breach"),
    "security_incident_social": ("account-takeover",),
    "account_takeover": ("account-takeover",),
    "data_breach": ("data-breach",),
    "ransomware": ("ransomware", "data-breach"),
    "rogue": ("rogue-post",),
    "employee": ("employee-misconduct", "viral-complaint"),
    "executive": ("executive-misconduct", "viral-complaint"),
    "customer_harm": ("viral-complaint",),
    "product": ("product-harm", "outage"),
    "misinformation": ("misinformation", "viral-complaint"),
    "privacy": ("privacy-backlash", "viral-complaint"),
}
_DEFAULT = ("viral-complaint", "outage")
# The seats that come nearest to a role that a playbook does not have.
_SEATS: Mapping[str, tuple[str, ...]] = {
    "sme": ("incident-commander", "security-lead", "product-owner"),
    "incident-commander": ("incident-commander", "comms-lead"),
    "customer-support": ("customer-support-lead",),
    "liaison": ("partner-liaison", "customer-support-lead"),
    "security-lead": ("security-lead", "incident-commander"),
}


def fitting(kind: str, playbooks: Mapping[str, Any] | list[str]) -> str | None:
    """The playbook that fits a kind of crisis best, of those that there are."""
    wanted = next((names for start, names in _FITTING.items() if kind.startswith(start)), ())
    return next((name for name in (*wanted, *_DEFAULT, *playbooks) if name in playbooks), None)


def check_crisis(document: object) -> list[Problem]:
    """Every problem in the plain document of a crisis, in the order of the document; never raises."""
    here = Place([], (), "the crisis")
    if not isinstance(document, dict):
        here.wrong(document, "a mapping", f"write at least {', '.join(_REQUIRED)}")
        return here.problems
    has = forms.fields(here, document, _FIELDS, _REQUIRED)
    for key in ("title", "kind"):
        if key in has:
            forms.line(here.at(key), has[key])
    if "id" in has:
        forms.name(here.at("id"), has["id"], "drill")
    if has.get("rows") == []:
        here.at("rows").error("no-rows", "nothing happened in this crisis", "add at least one row")
    tags = _rows(here.at("rows"), has.get("rows"))
    _from_outside(here.at("rows"), has.get("rows"))
    _metrics(here.at("expected_metrics"), has.get("expected_metrics"), tags)
    # Whoever wrote the facts down may know more than is asked here.
    return [one._replace(level="warning") if one.rule == "unknown-key" else one for one in here.problems]


def _from_outside(here: Place, value: object) -> None:
    roles = [row for row in value if isinstance(row, dict) and "role" in row] if isinstance(value, list) else []
    if roles and not any(_outside(row) for row in roles):
        remedy = f"give what came from outside the role {', '.join(OUTSIDE[:-1])} or {OUTSIDE[-1]}, or make it rogue"
        here.error("nothing-from-outside", "no row came from outside, so nothing would happen in the drill", remedy)


def _rows(here: Place, value: object) -> dict[str, datetime]:
    """The instant of each tag."""
    tags: dict[str, datetime] = {}
    last: datetime | None = None
    for at, row in forms.items(here, value):
        has = forms.fields(at, row, _ROW, _ROW_REQUIRED)
        for key in ("actor", "role", "tag", "channel"):
            if key in has:
                forms.line(at.at(key), has[key])
        for key in ("public", "decision", "rogue"):
            if key in has:
                forms.flag(at.at(key), has[key])
        if "text" in has:
            forms.prose(at.at("text"), has["text"])
        moment = _moment(at.at("at"), has["at"]) if "at" in has else None
        if moment and last and moment < last:
            message = f"{at} is at {clock_time(moment)} UTC, before the row above it, at {clock_time(last)} UTC"
            at.at("at").error("out-of-order", message, "put the rows in the order of their times, or mend the time")
        last = max(last, moment) if last and moment else last or moment
        if isinstance(tag := has.get("tag"), str) and moment:
            if tag in tags:
                at.at("tag").error("duplicate-tag", f"another row has the tag {shown(tag)}", "give it its own tag")
            tags.setdefault(tag, moment)
    return tags


def _moment(here: Place, value: object) -> datetime | None:
    try:
        if isinstance(value, str):
            return parse_instant(value)
        here.wrong(value, "a time", "write it in quotes with its zone, such as 2026-11-22T15:00:00+01:00")
    except CrisisError as error:
        told, _, remedy = str(error).rstrip(".").partition(". ")
        here.error("bad-time", told, remedy or "write it as 2026-11-22T15:00:00Z")
    return None


def _metrics(here: Place, value: object, tags: Mapping[str, datetime]) -> None:
    names = Names("tag", "unknown-tag", "as the tag of a row", dict.fromkeys(tags))
    for _, at, spec in forms.entries(here, value, "metric"):
        has = forms.fields(at, spec, ("seconds", "from", "to"), ("from", "to"))
        ends = [names.refer(at.at(key), has[key]) for key in ("from", "to") if key in has]
        if "seconds" not in has:
            continue
        told = has["seconds"]
        if isinstance(told, bool) or not isinstance(told, int | float):
            at.at("seconds").wrong(told, "a number", "write how many seconds lie between the two tags")
        elif len(ends) == 2 and None not in ends:  # noqa: PLR2004 - from and to
            took = (tags[str(ends[1])] - tags[str(ends[0])]).total_seconds()
            if took != told:
                at.at("seconds").warn("other-seconds", f"{at} is {told}, but its rows lie {took:g} apart", "mend one")


def convert(document: Mapping[str, Any], playbook: Playbook) -> dict[str, Any]:
    """The drill of a crisis that `check_crisis` found no error in, on a playbook, as a plain document."""
    rows = list(enumerate(document["rows"], 1))
    begins = parse_instant(rows[0][1]["at"])
    events = [_event(number, row, begins, playbook) for number, row in rows if _outside(row)]
    reference = [_reference(number, row, begins, playbook) for number, row in rows if not _outside(row)]
    seated = dict.fromkeys([*_seats(playbook), *(row["role"] for row in reference)])
    told = {"sources": "\n".join(document.get("sources") or ()), "notes": document.get("notes") or ""}
    summary = "\n".join(part for part in (told["notes"], told["sources"]) if part)
    made: dict[str, Any] = {"drill": document["id"], "playbook": playbook.id, "title": document["title"]}
    made |= {"summary": summary} if summary else {}
    made |= {"given": {"at": stamp(begins)}, "people": {role: role for role in seated}, "events": events}
    made |= {"reference": reference} if reference else {}
    metrics = document.get("expected_metrics")
    return made | ({"metrics": {name: dict(one) for name, one in metrics.items()}} if metrics else {})


def _outside(row: Mapping[str, Any]) -> bool:
    """Whether it came over the organisation, rather than from it; what one of its own posted by mistake did."""
    return row["role"] in OUTSIDE or row.get("rogue", False)


def _event(number: int, row: Mapping[str, Any], begins: datetime, playbook: Playbook) -> dict[str, Any]:
    made = {"at": _after(row, begins), "id": f"row-{number}", "from": row["actor"], "to": playbook.first_role()}
    return made | {"channel": row.get("channel") or "unknown", "text": row["text"]} | _tag(row)


def _reference(number: int, row: Mapping[str, Any], begins: datetime, playbook: Playbook) -> dict[str, Any]:
    made = {"at": _after(row, begins), "id": f"row-{number}", "by": row["actor"], "text": row["text"]}
    flags = {key: True for key in ("public", "decision") if row.get(key)}
    return made | {"role": _seat(row["role"], playbook)} | flags | _tag(row)


def _tag(row: Mapping[str, Any]) -> dict[str, str]:
    return {"tag": row["tag"]} if row.get("tag") else {}


def _after(row: Mapping[str, Any], begins: datetime) -> str:
    return duration(parse_instant(row["at"]) - begins)


def duration(span: timedelta) -> str:
    """Elapsed time as it is written, to the second: `1d2h3m4s`."""
    left, parts = int(span.total_seconds()), ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        count, left = divmod(left, size)
        parts += f"{count}{unit}" if count else ""
    return parts or "0s"


def _seat(role: str, playbook: Playbook) -> str:
    """The role of the playbook that comes nearest."""
    name = role.replace("_", "-")
    wanted = (name, f"{name}-lead", *_SEATS.get(name, ()))
    return next((one for one in wanted if NAME.fullmatch(one) and one in playbook.roles), playbook.first_role())


def _seats(playbook: Playbook) -> Iterator[str]:
    """Whoever has to be there for words to go out."""
    yield playbook.first_role()
    for first in (True, False):
        if spec := spoken_by(playbook, first=first):
            for id_ in (spec.id, *spec.after):
                yield from playbook.statements[id_].approvals.roles
