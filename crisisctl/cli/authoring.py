"""`playbook schema` and `playbook new`: what whoever writes a plan begins with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from crisisctl.adapters import library
from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Invalid, Usage

if TYPE_CHECKING:
    from crisisctl.domain.outline import Answers

SCHEMA = "playbook.schema.json"
_SEVERAL = "may be repeated, or hold commas"


def schema(json: options.Json = False) -> None:  # noqa: ARG001 - it is JSON either way
    """The JSON Schema of the playbook language, for editors that complete and underline."""
    show.raw(library.schema())


class _Question(NamedTuple):
    """One thing to ask: the field of the answers, and how it is put."""

    field: str
    ask: str
    many: bool = True


_QUESTIONS = (
    _Question("title", "What people see as its title", many=False),
    _Question("severities", "Severities, most severe first"),
    _Question("roles", "Roles; the first one leads, and deputy-... stands in for the one before it"),
    _Question("approvers", "Which of them approve every word"),
    _Question("due", "The first statement is due after", many=False),
    _Question("every", "And the next update each", many=False),
    _Question("languages", "Languages of the words: en; de; or en,de"),
    _Question("clocks", "Deadlines of laws and contracts, see crisisctl clock list; - for none"),
)


def _several(what: str, metavar: str, name: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(name, metavar=metavar, help=f"{what}; {_SEVERAL}.")
    return info


def new(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What to call it, such as phishing.")] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="T", help="What people see.")] = None,
    severities: Annotated[list[str] | None, _several("A severity, most severe first", "NAME", "--severity")] = None,
    roles: Annotated[list[str] | None, _several("A role; the first one leads", "ROLE", "--role")] = None,
    approvers: Annotated[list[str] | None, _several("A role that approves every word", "ROLE", "--approver")] = None,
    due: Annotated[
        str | None, typer.Option("--due", metavar="FOR", help="When the first statement is due; left out: 60m.")
    ] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="FOR", help="How often there is an update; left out: 60m.")
    ] = None,
    languages: Annotated[list[str] | None, _several("A language of the words: en or de", "LANG", "--language")] = None,
    clocks: Annotated[
        list[str] | None,
        typer.Option(
            "--clock",
            metavar="CLOCK",
            help=f"A deadline of the catalogue; {_SEVERAL}.",
            autocompletion=complete.clocks,
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Write a playbook and its words from a few answers.

    On a terminal it asks for what no option says; elsewhere it takes what is usual. Nothing is overwritten.
    """
    from crisisctl.domain.outline import judge  # noqa: PLC0415 - only a new playbook pays for it

    session: Session = ctx.obj
    told = (title, severities, roles, approvers, due, every, languages, clocks)
    given = dict(zip((question.field for question in _QUESTIONS), told, strict=True))
    answers = _answers(session, name, given, _ask if sys.stdin.isatty() and not json else _usual)
    judge(answers)
    written = _write(session, answers)
    if json:
        show.data({"playbook": answers.name, "written": [str(path) for path in written]})
        return
    show.say(f"Written: {written[0]}, and {show.count(len(written) - 1, 'file')} beside it:")
    for path in written[1:]:
        show.say(f"  {path}")
    show.hint(f"read them, make them yours, then: crisisctl playbook check {answers.name} --strict")


Ask = Callable[[str, str], str]


def _ask(question: str, usual: str) -> str:
    return str(typer.prompt(question, default=usual or None, err=True))


def _usual(_question: str, usual: str) -> str:
    return usual


def _answers(session: Session, name: str | None, given: dict[str, str | list[str] | None], ask: Ask) -> Answers:
    """The answers: what the options say, and for the rest what is asked."""
    from crisisctl.domain.outline import Answers  # noqa: PLC0415 - only a new playbook pays for it

    called = name or ask("What to call it, such as phishing", "")
    if not called:
        raise Usage("Say what to call it: crisisctl playbook new phishing")
    answers = Answers(called, called.replace("-", " ").replace("_", " ").capitalize())
    for question in _QUESTIONS:
        told = given[question.field]
        if question.field == "approvers" and not told:
            answers = answers._replace(approvers=_approving(answers.roles))
        default = getattr(answers, question.field)
        shown = ", ".join(default) or "-" if question.many else default
        said = told or ask(question.ask, shown)
        value: Any = _split(said) if question.many else str(said)
        answers = answers._replace(**{question.field: value})
    return answers._replace(clocks=_counted(session, tuple(answers.clocks)))


def _approving(roles: tuple[str, ...]) -> tuple[str, ...]:
    """The usual approvers: the lead, and the first who is nobody's deputy."""
    return (*roles[:1], *[role for role in roles[1:] if not role.startswith("deputy")][:1])


def _split(said: str | list[str]) -> tuple[str, ...]:
    parts = [part.strip() for one in ([said] if isinstance(said, str) else said) for part in one.split(",")]
    return tuple(part for part in parts if part not in ("", "-"))


def _counted(session: Session, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each clock by its id, with the facts that it counts from; none of those that another's filing starts."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        clock = session.office.clocks.find(name)
        if not clock.alarms:
            raise Usage(f"{clock.id} is {clock.status} and raises no alarm. Name one in force: crisisctl clock list")
        found[clock.id] = tuple(fact for fact in clock.facts if not (clock.chained_to and fact == clock.start))
    return found


def _write(session: Session, answers: Answers) -> list[Path]:
    """The files, the playbook first; they are taken back when the checker finds anything in them."""
    settings = session.office.settings
    files = _files(settings.playbooks, settings.templates, answers)
    library.lay_down(files)
    found = session.office.read_playbook(answers.name).findings
    if found:
        for path in files:
            path.unlink()
        raise Invalid(f"That makes no sound playbook, so nothing was written: {found[0].message}; {found[0].remedy}.")
    beside = settings.playbooks / SCHEMA
    if not beside.exists():
        library.lay_down({beside: library.schema()})
        files[beside] = ""
    return list(files)


def _files(playbooks: Path, templates: Path, answers: Answers) -> dict[Path, str]:
    from crisisctl.domain.locale import variant_name  # noqa: PLC0415 - only a new playbook pays for it
    from crisisctl.domain.outline import KINDS, LANGUAGES, composed  # noqa: PLC0415

    files = {playbooks / f"{answers.name}.yaml": composed(library.outline("playbook.yaml"), answers)}
    for kind in KINDS:
        for number, language in enumerate(answers.languages):
            name = f"{kind}/{answers.name}.md.j2"
            source = f"{kind}.md.j2" if language == LANGUAGES[0] else variant_name(f"{kind}.md.j2", language)
            files[templates / (variant_name(name, language) if number else name)] = library.outline(source)
    return files
