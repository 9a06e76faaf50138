"""The checks of the clocks: their form, and that what they name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crisisctl.domain.check.forms import Naming, entries, fields, offer, unrepeated
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, shown
from crisisctl.domain.playbook import FACT_TYPES, ClockSpec

_SPEC = ("from", "with", "role", "escalate", "zone")


def clocks(here: Place, value: object, known: Known) -> None:
    """A list of names as the catalogue writes them, or each name with what it hangs on and whom it concerns."""
    told = [(at, _spec(at, name, spec, known)) for name, at, spec in _named(here, value)]
    if told and known.catalogue is not None:
        from crisisctl.domain.check.bound import bound  # noqa: PLC0415 - only what names clocks pays for them

        bound(told, known, known.catalogue)


def _named(here: Place, value: object) -> Iterator[tuple[str, Place, object]]:
    """The clocks with names that can be used, each with its place and content."""
    if isinstance(value, dict):
        for name, at, spec in entries(here, value, "clock", _clock_name):
            if _CLOCK.fullmatch(name):
                yield name, at, spec
        return
    for at, one in unrepeated(here, value):
        if isinstance(one, dict):
            at.wrong(one, "the name of a clock", "write the clocks one below the other as keys, without dashes")
        elif (judged := _clock_name(at, one, "clock", key=False)) is not None:
            yield judged, at, None


def _spec(here: Place, name: str, value: object, known: Known) -> ClockSpec:
    """What is said of a clock, without what cannot be used, which is reported."""
    has = fields(here, value, _SPEC)
    start = _fact(here.at("from"), has["from"], known) if "from" in has else None
    facts = {
        own: fact
        for own, at, told in entries(here.at("with"), has.get("with"), "fact", _fact_name)
        if (fact := _fact(at, told, known))
    }
    if "role" in has:
        known.roles.refer(here.at("role"), has["role"])
    for at, role in unrepeated(here.at("escalate"), has.get("escalate")):
        known.roles.refer(at, role)
    if "zone" in has:
        _zone(here.at("zone"), has["zone"])
    return ClockSpec(name, start, facts)


def _fact(here: Place, value: object, known: Known) -> str | None:
    """The fact of that name, whatever its type, which is reported if it is no time."""
    name = known.facts.refer(here, value)
    spec = known.fact_specs.get(name) if name else None
    type_ = spec.get("type", "text") if isinstance(spec, dict) else "text"
    if name in known.fact_specs and type_ in FACT_TYPES and type_ != "datetime":
        message = f"fact {shown(name)} is of the type {type_}, and a clock hangs on times"
        here.error("fact-not-a-time", message, "name a fact of the type datetime, or write type: datetime there")
    return name


def _zone(here: Place, value: object) -> None:
    from crisisctl.domain.clocks.faults import UnknownZone  # noqa: PLC0415 - only a zone pays for it
    from crisisctl.domain.clocks.places import COUNTRIES  # noqa: PLC0415 - the same
    from crisisctl.domain.clocks.when import zone  # noqa: PLC0415 - the same

    if not isinstance(value, str):
        here.wrong(value, "the name of a time zone", "write it as Europe/Berlin")
        return
    try:
        zone(value)
    except UnknownZone:
        near = offer(here, value, [name for name in COUNTRIES if name[:2].casefold() == value[:2].casefold()])
        remedy = f"write {near}" if near else "write it as Europe/Berlin"
        here.error("unknown-zone", f"there is no time zone {shown(value)}", remedy)


def _naming(form: re.Pattern[str], remedy: str) -> Naming:
    def judge(here: Place, value: object, what: str, *, key: bool) -> str | None:
        if not isinstance(value, str):
            here.wrong(value, f"the name of a {what}", remedy)
        elif form.fullmatch(value):
            return value
        else:
            here.error("bad-name", f"{shown(value)} cannot name a {what}", remedy, key=key)
        return None

    return judge


_CLOCK = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_clock_name = _naming(_CLOCK, "write a name from the catalogue, such as gdpr.art33")
_fact_name = _naming(re.compile(r"[a-z][a-z0-9_]{0,63}"), "write the name that the catalogue has for it, such as aware")
