"""A new playbook from a few answers: what stands in the places that its outline leaves open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from crisisctl.domain.errors import Invalid, Usage
from crisisctl.domain.text import NAME, line, visible
from crisisctl.domain.times import parse_duration, written

KINDS = ("staff", "holding", "update", "resolution", "minimal")
LANGUAGES = ("en", "de")
TITLES = {
    "comms-lead": "Communications lead",
    "deputy-comms": "Deputy communications lead",
    "incident-commander": "Incident commander",
    "legal": "Legal counsel",
    "hr": "Human resources",
    "ceo": "Chief executive",
    "exec-sponsor": "Executive sponsor",
}
_IN_GERMAN = """\
  impact_de: {ask: "What do people notice, in German? A clause without a full stop."}
  workaround_de: {ask: "What can people do meanwhile, in German? An instruction without a full stop, with \\"bitte\\"."}
  cause_de: {ask: "What caused it, in German, as confirmed? A clause without names, blame or full stop."}"""
_OPEN = re.compile(r"@([a-z-]+)@")


class Answers(NamedTuple):
    """What is asked before a playbook is written. `clocks` has the facts that each counts from."""

    name: str
    title: str
    severities: tuple[str, ...] = ("sev1", "sev2", "sev3")
    roles: tuple[str, ...] = ("comms-lead", "deputy-comms", "incident-commander", "legal")
    approvers: tuple[str, ...] = ("comms-lead", "incident-commander")
    due: str = "60m"
    every: str = "60m"
    languages: tuple[str, ...] = ("en",)
    clocks: Mapping[str, tuple[str, ...]] = {}


def judge(answers: Answers) -> None:
    """`Usage` for the first answer that no playbook can be made of, with what to answer instead."""
    _name(answers.name, "playbook")
    line(answers.title, "The title")
    _names("severity", "severities", answers.severities)
    _names("role", "roles", answers.roles)
    _names("role", "approvers", answers.approvers)
    if len(answers.roles) < 2:  # noqa: PLR2004 - whoever drafts may not approve
        raise Usage("There is one role. Name two or more: nobody may approve their own words.")
    for one in answers.approvers:
        if one not in answers.roles:
            raise Usage(f"{one} approves and is none of the roles. Name some of: {', '.join(answers.roles)}.")
    for what, span in (("first statement", answers.due), ("next update", answers.every)):
        if _span(span) < timedelta(minutes=4):
            raise Usage(f"{span} is too short for the {what}. Give four minutes or more, such as 60m.")
    _languages(answers.languages)


def _names(what: str, plural: str, names: Sequence[str]) -> None:
    for name in names:
        _name(name, what)
    if not names or len(set(names)) < len(names):
        raise Usage(f"The {plural} are {', '.join(names) or 'none'}. Name at least one, and none twice.")


def _languages(languages: Sequence[str]) -> None:
    if not languages or len(set(languages)) < len(languages):
        raise Usage("Name at least one language, and none twice.")
    for language in languages:
        if language not in LANGUAGES:
            then = "Begin with one of them, then add a template such as holding/NAME.fr.md.j2 and the language."
            raise Usage(f"There are no words in {visible(language)!r} to begin with, only in en and de. {then}")


def _name(name: str, what: str) -> None:
    if not NAME.fullmatch(name):
        form = "Use a to z, 0 to 9, - and _, with a letter or digit at both ends"
        raise Usage(f"{visible(name[:80])!r} cannot name a {what}. {form}, such as data-breach.")


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except Invalid as error:
        raise Usage(str(error)) from None


def composed(outline: str, answers: Answers) -> str:
    """The playbook's text; the answers were judged before."""
    places = _places(answers)
    return _OPEN.sub(lambda found: places[found[1]], outline).rstrip("\n") + "\n"


def _places(answers: Answers) -> dict[str, str]:
    lead, *others = answers.roles
    apart = [role for role in others if not _is_deputy(role)]
    resolver = apart[0] if apart else lead
    return {
        "name": answers.name,
        "id": _plain(answers.name),
        "title": _quoted(answers.title),
        "severities": _flow(answers.severities),
        "roles": "\n".join(_roles(answers)),
        "facts": "\n".join([*([_IN_GERMAN] if "de" in answers.languages else ()), *_moments(answers)]),
        "lead": _plain(lead),
        "resolver": _plain(resolver),
        "anyone": _flow(answers.roles),
        "both": _flow(dict.fromkeys((lead, *answers.approvers))),
        "first-response": "\n".join(_first_response(lead, others)),
        "half": written(parse_duration(answers.due) / 2),
        "most": written(parse_duration(answers.due) * 3 / 4),
        "due": answers.due,
        "every": answers.every,
        "approvers": _flow(answers.approvers),
        "languages": _flow(answers.languages),
        "clocks": f"\nclocks: {_flow(answers.clocks)}" if answers.clocks else "",
    }


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_deputy(role: str) -> bool:
    return role.startswith("deputy")


def _roles(answers: Answers) -> Iterator[str]:
    for number, role in enumerate(answers.roles):
        has = [f"title: {_quoted(TITLES.get(role) or re.sub('[-_]', ' ', role).capitalize())}"]
        has += ["required: true"] if number == 0 or role in answers.approvers else []
        after = answers.roles[number + 1 : number + 2]
        has += [f"deputy: {_plain(after[0])}"] if after and _is_deputy(after[0]) and not _is_deputy(role) else []
        yield f"  {_plain(role)}: {{{', '.join(has)}}}"


def _moments(answers: Answers) -> Iterator[str]:
    """A fact for each moment that a clock counts from."""
    for fact in dict.fromkeys(fact for facts in answers.clocks.values() for fact in facts):
        name = f"{fact.removesuffix('_at')}_at"
        said = name.removesuffix("_at").replace("_", " ")
        clocks = ", ".join(clock for clock, facts in answers.clocks.items() if fact in facts)
        yield f"  {name}: {{type: datetime, ask: \"When was the moment '{said}'? {clocks} counts from it.\"}}"


def _first_response(lead: str, others: Sequence[str]) -> Iterator[str]:
    yield f"      - {{after: 0m, notify: [{_plain(lead)}]}}"
    yield f"      - {{after: 5m, notify: {_flow(dict.fromkeys((lead, others[0])))}}}"
    yield f"      - {{after: 15m, notify: {_flow(others)}}}"


def _flow(names: Sequence[str] | Mapping[str, object]) -> str:
    return f"[{', '.join(map(_plain, names))}]"


def _plain(name: str) -> str:
    """A name as YAML reads it back: one that looks like a number or a truth is put in quotes."""
    return name if re.fullmatch("[a-z].*", name) and name not in {"true", "false", "null"} else f'"{name}"'
