"""`statement lint`: what in a text will come back to haunt us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.cli.texts import read_if_there
from crisisctl.domain.errors import CrisisError, NotFound, Refused, Usage
from crisisctl.domain.text import visible

if TYPE_CHECKING:
    from crisisctl.domain.lint import Context, Finding

Texts = dict[str, str]


def lint(
    ctx: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A file with any text, - for standard input, or the name of a statement of the incident.",
            autocompletion=complete.statements,
        ),
    ],
    language: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="The language, such as en or de; left out: that of the text.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option(metavar="SEVERITY", help="As for an incident of that severity, such as sev1.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """Check a text before it goes out, with or without an incident; exit 3 when there is an error."""
    from crisisctl.domain.lint import lint as linted  # noqa: PLC0415 - only lint pays for it
    from crisisctl.domain.lint import spoken  # noqa: PLC0415 - the same
    from crisisctl.domain.lint.words import checked  # noqa: PLC0415 - the same
    from crisisctl.service.checking import apart  # noqa: PLC0415 - the same

    session: Session = ctx.obj
    texts, context = _chosen(session, file, incident)
    policy = session.office.policies.policy()
    context = context._replace(severity=severity or context.severity)
    found: list[tuple[str, str, Finding]] = []
    languages = {}
    for one in apart(texts):
        key = one.keys[0]
        languages[key] = spoken(
            checked(one.text, _called(file, key)), language or one.language or None, policy.languages
        )
        judged = context._replace(language=languages[key], channel=one.way or None, whole=one.whole)
        found += [(key, one.text, finding) for finding in linted(one.text, policy, judged)]
    if json:
        show.data(_document(found, ",".join(dict.fromkeys(languages.values())), policy.digest))
    else:
        _list(file, found)
    bad = [finding for *_, finding in found if strict or finding.level == "error"]
    if bad:
        raise Refused(f"{show.count(len(bad), 'finding')} to mend before this goes out.")


def _called(file: str, key: str) -> str:
    name = "The text" if file == "-" else visible(file)
    return f"{name} ({key})" if key else name


def _chosen(session: Session, file: str, incident: str | None) -> tuple[Texts, Context]:
    """The texts, by rendition or under an empty key, and what the incident knows, if there is one."""
    from crisisctl.domain.lint import Context  # noqa: PLC0415 - only lint pays for it

    text = read_if_there(file)
    if text is not None and incident is None:
        return {"": text}, Context()
    if text is None and incident is None and not _open(session):
        raise NotFound(f"{visible(file)} is neither a file nor a statement of an open incident. Give a file, or -.")
    from crisisctl.service.checking import context_for  # noqa: PLC0415 - only an incident pays for it
    from crisisctl.service.linting import context_of  # noqa: PLC0415 - the same
    from crisisctl.service.statements import texts_of  # noqa: PLC0415 - the same

    found = session.look(incident)
    if text is None and file not in found.statements:
        known = ", ".join(found.statements) or "none yet"
        raise NotFound(f"{visible(file)} is neither a file nor a drafted statement of {found.id}; drafted: {known}.")
    with session.office.store.reading() as log:
        if text is not None:
            return {"": text}, context_of(log, found)
        return texts_of(log, found, file), context_for(log, found, file, session.now())


def _open(session: Session) -> bool:
    """Whether there is an incident in which the name may be that of a statement."""
    try:
        session.which(None)
    except Usage:  # several are open: the person is told which
        raise
    except CrisisError:
        return False
    return True


def _document(found: list[tuple[str, str, Finding]], language: str, digest: str) -> dict[str, Any]:
    rows = [finding._asdict() | ({"rendition": key} if key else {}) for key, _, finding in found]
    errors = sum(finding.level == "error" for *_, finding in found)
    counted = {"errors": errors, "warnings": len(found) - errors}
    return {"findings": rows, **counted, "language": language, "policy": digest}


def _list(file: str, found: list[tuple[str, str, Finding]]) -> None:
    for key, _, f in found:
        colour = "red" if f.level == "error" else "yellow"
        place = f"{visible(file)}{f' ({key})' if key else ''}:{f.line}:{f.column}"
        show.say(f"{place}: {show.style(f.level, colour)} {f.rule}: {f.message}")
        show.say(f"    {f.remedy}")
    if not found:
        show.say(f"{visible(file)}: nothing to mend.")
