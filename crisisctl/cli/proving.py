"""`playbook check`: whether the plans hold, and what they promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.findings import listed, near, place
from crisisctl.domain.errors import Invalid, NotFound, Usage
from crisisctl.domain.times import words
from crisisctl.service.ports import Finding

if TYPE_CHECKING:
    from crisisctl.bootstrap.proving import Proved
    from crisisctl.domain.proof import Promise

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...", help="Names, or paths of files; left out: every one.", autocompletion=complete.playbooks
    ),
]


class Form(StrEnum):
    """How findings are told."""

    TEXT = "text"
    JSON = "json"
    LINE = "line"
    GITHUB = "github"


def check(
    ctx: typer.Context,
    names: Names = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    form: Annotated[
        Form | None,
        typer.Option("--format", help="text for people, line for editors, github for annotations, json for programs."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Every error with its place and remedy, and what the plan promises while nobody answers; exit 6 on an error."""
    from crisisctl.bootstrap.proving import proved, roster  # noqa: PLC0415 - only proving pays for it

    if json and form not in (None, Form.JSON):
        raise Usage(f"--json and --format {form} do not go together. Leave one out.")
    office = ctx.obj.office
    chosen = names or office.playbooks()
    if not chosen:
        raise NotFound(f"There is no playbook in {office.settings.playbooks}.")
    people, unreachable = roster(office)
    all_ = [proved(office, name, people) for name in chosen]
    findings = [finding for one in all_ for finding in one.findings]
    findings += unreachable if any(one.own for one in all_) else []
    _FORMS[Form.JSON if json else form or Form.TEXT](findings, all_)
    bad = findings if strict else errors(findings)
    if bad:
        raise Invalid(f"{show.count(len(bad), 'finding')} to mend.")


def errors(findings: list[Finding]) -> list[Finding]:
    """The findings that make a playbook unusable."""
    return [finding for finding in findings if finding.level == "error"]


def _json(findings: list[Finding], every: list[Proved]) -> None:
    from crisisctl.domain.proof.promise import document  # noqa: PLC0415 - only those who ask pay for it

    told = [document(one.playbook, one.promises, one.people) for one in every if one.playbook]
    show.data({"findings": [finding._asdict() for finding in findings], "promise": told})


def _text(findings: list[Finding], every: list[Proved]) -> None:
    listed(findings)
    if not findings:
        show.say(f"{show.count(len(every), 'playbook')} checked, nothing to mend.")
    _promises(every)


def _promises(every: list[Proved]) -> None:
    """What holds while nobody answers, severities of which the same holds in one row."""
    rows = [(one.playbook.id, *row) for one in every if one.playbook for row in _rows(one.promises)]
    if not rows:
        return
    show.say()
    show.say("While nobody answers, counted from the opening:")
    show.table(("PLAYBOOK", "AT", "ALL REQUIRED ROLES TOLD", "LAST STEP", "FIRST STATEMENT DUE"), rows)
    for told in _absent(every):
        show.fold(told, 2)


def _rows(promises: Sequence[Promise]) -> Iterator[tuple[str, ...]]:
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in promises:
        never = ", ".join(role for role, after in one.notified.items() if after is None)
        everyone = f"never: {never}" if never else _after(one.everyone_notified)
        last = "goes on for ever" if one.endless else _after(one.last_resort)
        rows.setdefault((everyone, last, _after(one.first_statement)), []).append(one.severity)
    for row, severities in rows.items():
        yield (", ".join(severities), *row)


def _after(span: timedelta | None) -> str:
    return "never" if span is None else words(span) if span else "at once"


def _absent(every: list[Proved]) -> Iterator[str]:
    from crisisctl.domain.proof.people import indispensable  # noqa: PLC0415 - only those who look pay for it

    for one in every:
        if one.playbook:
            for person, roles in indispensable(one.playbook, one.people).items():
                yield f"Without {person}, {one.playbook.id} stops: nobody else can be {' or '.join(roles)}."


def _line(findings: list[Finding], _every: list[Proved]) -> None:
    for f in findings:
        show.say(f"{place(f)}: {f.level} {f.rule}: {_sentence(f)}")


def _github(findings: list[Finding], _every: list[Proved]) -> None:
    """Workflow commands, by which GitHub marks the line in the change."""
    for f in findings:
        where = f"file={_escaped(near(f.file))},line={f.line},col={f.column},title={_escaped(f.rule)}"
        show.say(f"::{f.level} {where}::{_escaped(_sentence(f), inside=True)}")


def _escaped(text: str, *, inside: bool = False) -> str:
    """The text as a workflow command takes it: in its properties, or `inside` its message."""
    plain = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return plain if inside else plain.replace(":", "%3A").replace(",", "%2C")


def _sentence(finding: Finding) -> str:
    return f"{finding.message}; {finding.remedy}"


_FORMS = {Form.TEXT: _text, Form.JSON: _json, Form.LINE: _line, Form.GITHUB: _github}
