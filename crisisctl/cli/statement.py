"""`statement draft|correct|show|diff|list`: public words as they are made and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from crisisctl.cli import caution, options, posting, show, standing, texts
from crisisctl.cli.lint import lint
from crisisctl.cli.measure import measuring
from crisisctl.cli.session import Session
from crisisctl.cli.signoff import signing
from crisisctl.cli.writing import Call, writing
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import drafted, pending
from crisisctl.domain.errors import Usage
from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.statements.renditions import in_order, language_of, spec_of, text_digest, whole_digest
from crisisctl.service import composing
from crisisctl.service import statements as service
from crisisctl.service.desk import Outcome

app = typer.Typer(rich_markup_mode=None)
statements = typer.Typer(
    help="Public words: drafted, approved to the byte, published.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(statements, name="statement")

File = Annotated[
    str | None, typer.Option("--file", metavar="FILE", help="Take the text from a file; - is standard input.")
]
Channel = Annotated[
    str | None,
    typer.Option("--channel", metavar="CHANNEL", help="Only the text for this channel, or a part: email.subject."),
]
Language = Annotated[
    str | None, typer.Option("--language", metavar="LANGUAGE", help="Only the texts in this language, such as de.")
]
Short = Annotated[
    bool, typer.Option("--short", help="With --channel: the shorter text that the template keeps for it.")
]
Minimal = Annotated[
    bool, typer.Option("--minimal", help="The least there is to say, which the playbook approved beforehand.")
]
LeaveOut = Annotated[bool, typer.Option("--leave-out", help="With --channel or --language: go without these texts.")]


def _after_draft(outcome: Outcome) -> str:
    incident = outcome.incident
    name = outcome.entries[0].data["statement"]
    statement = incident.statements[name]
    if statement.stale:
        stale = statement.stale[0]
        return f"crisisctl statement draft {name} --language {stale} --file FILE: {', '.join(statement.stale)} is stale"
    told = _unwritten(incident, statement)
    return f"crisisctl statement show {name}, then statement submit {name}{told}"


def _unwritten(incident: Incident, statement: Statement) -> str:
    """The languages of the playbook in which there is no text."""
    there = {language_of(key) for key in statement.renditions}
    missing = [language for language in spec_of(incident, statement.id).languages if language not in there]
    return f" (there is no text in {', '.join(missing)} yet)" if missing else ""


@writing(
    statements, "draft", example="statement draft holding", then=_after_draft, verb="draft", after=caution.of_draft
)
def draft(
    call: Call,
    statement: options.Statement,
    file: File = None,
    channel: Channel = None,
    language: Language = None,
    short: Short = False,
    minimal: Minimal = False,
    leave_out: LeaveOut = False,
) -> ask.Draft:
    """Draft the texts from their templates and the facts, or from a file; a new text voids the approvals of the old."""
    part = composing.Part(channel, language, short)
    _one_way(file=file is not None, short=short, minimal=minimal, leave_out=leave_out)
    if short and channel is None:
        raise Usage("--short goes with --channel: say for which channel.")
    if minimal and part != composing.WHOLE:
        raise Usage("--minimal is a whole statement: leave out --channel and --language.")
    return _made(call, statement, file, part, minimal=minimal, leave_out=leave_out)


def _one_way(**given: bool) -> None:
    named = [f"--{name.replace('_', '-')}" for name, there in given.items() if there]
    if len(named) > 1:
        raise Usage(f"{' and '.join(named)} do not go together. Give one of them.")


def _made(
    call: Call, statement: str, file: str | None, part: composing.Part, *, minimal: bool, leave_out: bool
) -> ask.Draft:
    text = texts.read(file) if file is not None else None
    id_ = call.session.which(call.incident)
    office = call.session.office
    with office.store.reading() as log:
        if call.request and log.by_request(call.request):
            return ask.Draft(statement, text or "")  # done before: nothing is drafted again
        found = office.desk.load(log, id_)
        if leave_out:
            return composing.leave_out(log, found, statement, part)
        if text is not None:
            return composing.write(log, found, statement, text, part)
        who, zones, now = office.settings.organisation, office.settings.zones, office.desk.now()
        return composing.compose(
            log, found, statement, office.templates, who, now, part=part, minimal=minimal, zones=zones
        )


@writing(
    statements,
    "correct",
    example="statement correct holding --file new.txt --because typo",
    then=_after_draft,
    verb="correction",
    after=caution.of_draft,
)
def correct(
    call: Call,
    statement: options.Statement,
    because: options.Why,
    file: File = None,
    channel: Channel = None,
    language: Language = None,
) -> ask.Draft:
    """Correct a published statement: a new text, approved and published like the first."""
    return draft(call, statement, file, channel, language)._replace(correcting=because)


statements.add_typer(signing)


@statements.command("show", epilog="Example: crisisctl statement show holding > holding.txt")
def show_(
    ctx: typer.Context,
    statement: options.Statement,
    channel: Channel = None,
    language: Language = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """The present text, or what a channel or language gets; piped, exactly its bytes."""
    session: Session = ctx.obj
    found = session.look(incident)
    with session.office.store.reading() as log:
        text = service.text_of(log, found, statement, channel, language)
        texts = service.texts_of(log, found, statement)
        if not json:
            shown = texts if channel is None and language is None else _alike(texts, text, channel, language)
            caution.lengths(session.office, log, found, statement, texts, shown)
    now = drafted(found, statement)
    if json:
        show.data(_document(session, found, now, text, texts) | standing.listed(found, statement))
        return
    show.exact(text)
    show.talk(f"{statement} revision {now.revision} by {now.author}: {now.state}; SHA-256 {text_digest(text)[:16]}")
    if now.state == "submitted":
        mark = whole_digest(now)[:16]
        show.talk(f"All its texts: SHA-256 {mark}. Approve these: statement approve {statement} --digest {mark}")
    else:
        show.talk(f"All its texts: SHA-256 {whole_digest(now)[:16]}")
    if channel is None and language is None:
        _others(found, now, text, texts)
    if waiting := pending(found, now):
        show.talk(f"Approval missing: {', '.join(waiting)}")
    standing.talked(session, found, statement)


def _alike(texts: Mapping[str, str], text: str, channel: str | None, language: str | None) -> list[str]:
    """The renditions that were asked for and are this text."""
    named = [key for key, one in texts.items() if one == text and language in (None, language_of(key))]
    return [key for key in named if channel in (None, key.partition("/")[0])]


def _others(found: Incident, now: Statement, text: str, texts: dict[str, str]) -> None:
    """The renditions that are not this text, and what is stale."""
    other = [key for key in in_order(spec_of(found, now.id), texts) if texts[key] != text]
    if other:
        show.talk(f"Texts of their own: {', '.join(other)}. Read one: --channel CHANNEL --language LANGUAGE")
    if now.stale:
        show.talk(f"Stale, for the text was changed after it was translated: {', '.join(now.stale)}")


def _document(session: Session, found: Incident, now: Statement, text: str, texts: dict[str, str]) -> dict[str, Any]:
    from crisisctl.service.checking import measures  # noqa: PLC0415 - counting is for those who read

    keys = {"incident": found.id, "statement": now.id, "state": now.state, "revision": now.revision}
    measured = measures(session.office.channels.channels(), texts)
    renditions = {
        key: {
            "text": texts[key],
            "digest": now.renditions[key],
            "count": measured[key].count,
            "limit": measured[key].limit,
            "fits": measured[key].fits,
            "excess": measured[key].excess,
            "approved_by": [a.role for a in now.approvals if a.covers.get(key) == now.renditions[key]],
        }
        for key in in_order(spec_of(found, now.id), texts)
    }
    approvals = [{"role": a.role, "person": a.person, "covers": sorted(a.covers)} for a in now.approvals]
    return keys | {
        "digest": now.digest,
        "digest_of_all": whole_digest(now),
        "text": text,
        "approvals": approvals,
        "waiting": pending(found, now),
        "author": now.author,
        "renditions": renditions,
        "stale": [*now.stale],
        "facts": dict(now.facts),
        "break_glass": now.glass,
        "overridden": [*now.overridden],
    }


@statements.command(epilog="Example: crisisctl statement diff holding --from 1")
def diff(
    ctx: typer.Context,
    statement: options.Statement,
    since: Annotated[
        int | None,
        typer.Option("--from", metavar="REVISION", min=1, help="The older one; left out: the one before."),
    ] = None,
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="REVISION", min=1, help="The newer one; left out: the present one."),
    ] = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """What changed between two revisions, word by word, in every rendition."""
    from crisisctl.cli.differing import told  # noqa: PLC0415 - only a comparison pays for it
    from crisisctl.service.comparing import compare  # noqa: PLC0415 - the same

    session: Session = ctx.obj
    found = session.look(incident)
    with session.office.store.reading() as log:
        compared = compare(log, found, statement, since, to)
    told(compared, json=json)


@statements.command("list", epilog="Example: crisisctl statement list")
def list_(ctx: typer.Context, incident: options.Incident = None, json: options.Json = False) -> None:
    """The statements that the playbook foresees, and how they stand."""
    session: Session = ctx.obj
    found = session.look(incident)
    rows = []
    for id_, spec in found.playbook.statements.items():
        now = found.statements.get(id_)
        waiting = ", ".join(pending(found, now)) if now and now.state == "submitted" else ""
        rows.append((id_, now.state if now else "planned", waiting or "-", ", ".join(spec.audiences)))
    if json:
        keys = ("id", "state", "waiting", "audiences")
        more = [_listed(found, id_) for id_ in found.playbook.statements]
        listed = [dict(zip(keys, row, strict=True)) | other for row, other in zip(rows, more, strict=True)]
        show.data({"incident": found.id, "statements": listed})
        return
    show.table(("STATEMENT", "STATE", "WAITING FOR", "AUDIENCES"), rows)
    standing.tabled(session, found)
    for id_, now in found.statements.items():
        if note := _noted(now):
            show.talk(f"{id_}: {note}")


def _listed(found: Incident, id_: str) -> dict[str, object]:
    now = found.statements.get(id_)
    return {
        "phase": found.playbook.statements[id_].phase,
        "revision": now.revision if now else 0,
        "digest_of_all": whole_digest(now) if now else None,
        "renditions": in_order(spec_of(found, id_), now.renditions) if now else [],
        "stale": [*now.stale] if now else [],
        "break_glass": bool(now and now.glass),
        "overridden": [*now.overridden] if now else [],
        **standing.listed(found, id_),
    }


def _noted(now: Statement) -> str:
    """What must not be overlooked of a statement."""
    notes = [
        show.style("BREAK-GLASS: it went out without its approvals", "red") if now.glass else "",
        f"the lint was overridden ({', '.join(now.overridden)})" if now.overridden else "",
        f"stale: {', '.join(now.stale)}" if now.stale else "",
        "nobody has approved it in time" if now.expired and now.state == "submitted" else "",
    ]
    return "; ".join(note for note in notes if note)


posting.register(statements)
statements.add_typer(measuring)
statements.command(epilog="Example: crisisctl statement lint holding.txt --language en --severity sev1")(lint)
