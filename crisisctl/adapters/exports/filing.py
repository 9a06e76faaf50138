"""The draft of a filing as Markdown, laid out by a template in the sandbox."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from crisisctl.adapters.exports.markdown import escaped, fenced
from crisisctl.domain.clocks.filing import Filled
from crisisctl.domain.clocks.tell import standing
from crisisctl.domain.times import clock_time
from crisisctl.service.filing import Draft
from crisisctl.service.ports import Templates, Value

LAYOUT = Path(__file__).with_name("filing.md.j2")


def render(made: Draft, templates: Templates) -> str:
    """The document in the form's own layout, or in the usual one."""
    own = made.form.layout
    source = own or LAYOUT.read_text(encoding="utf-8")
    name = f"the layout of {made.clock.id} in filings.yaml" if own else LAYOUT.name
    return f"{templates.render(source, _values(made), name=name)}\n"


def _values(made: Draft) -> dict[str, Value]:
    """What a layout may use: the head, all answers in one, and each answer by the name of its field."""
    deadline, clock = made.deadline, made.clock
    answers: dict[str, Value] = {one.field.id: _brief(one) for one in made.filled}
    return answers | {
        "exercise": made.incident.drill,
        "privileged": "privileged" in made.included,
        "incident": escaped(made.incident.id),
        "version": made.incident.version,
        "clock": escaped(clock.id),
        "regime": escaped(clock.regime),
        "form": escaped(made.form.title),
        "under": escaped(made.form.citation or clock.citation),
        "recipient": escaped((deadline and deadline.recipient) or clock.recipient),
        "due": _due(made),
        "legal": _at(deadline and deadline.legal),
        "filed": _at(deadline and deadline.filed_at),
        "note": escaped(made.form.note.strip()),
        "answers": "\n\n".join(_field(one) for one in made.filled),
        "missing": "\n".join(_missing(one) for one in made.missing) or "Nothing.",
        "left_out": escaped(made.withheld.sentence()),
        "advice": escaped(standing([deadline or clock])),
    }


def _at(moment: datetime | None) -> str:
    return f"{clock_time(moment)} UTC" if moment else ""


def _due(made: Draft) -> str:
    if made.deadline and made.deadline.strict:
        return _at(made.deadline.strict)
    if made.clock.rule.duty:
        return escaped(made.clock.rule.duty)
    if made.hidden:
        return f"its label keeps it in the room; to take it along: --include {made.hidden}"
    return f"not known; the clock has not been started in {escaped(made.incident.id)}"


def _field(one: Filled) -> str:
    field = one.field
    about = ", ".join(filter(None, ("required" if field.required else "if there is any", field.citation)))
    head = f"## {escaped(field.title)}\n\n*{escaped(about)}*\n\n"
    if one.value is None:
        return f"{head}{_brief(one)}"
    told = fenced(one.value) if "\n" in one.value else escaped(one.value)
    if one.status == "unconfirmed":
        return (
            f"{head}**UNCONFIRMED:**\n\n{told}\n\n*From {escaped(one.source)}. Once it is sure: {escaped(one.remedy)}*"
        )
    return f"{head}{told}\n\n*From {escaped(one.source)}*"


def _brief(one: Filled) -> str:
    """The answer in one line."""
    if one.value is None:
        return f"**[{one.status.upper()}]**"
    return f"{'**UNCONFIRMED:** ' if one.status == 'unconfirmed' else ''}{escaped(one.value)}"


def _missing(one: Filled) -> str:
    wish = "" if one.field.required else " (if there is any)"
    return f"- **{escaped(one.field.title)}**{wish}: {escaped(one.remedy)}"
