"""`drill`: crises that are played, so that the real one is not the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.findings import listed
from crisisctl.cli.open import pairs
from crisisctl.cli.session import Session
from crisisctl.cli.story import look_first, named, spare_the_workspace, write
from crisisctl.cli.testing import COMMANDS
from crisisctl.domain.errors import Invalid, NotFound, Usage
from crisisctl.domain.text import nearest
from crisisctl.service import drills as service
from crisisctl.service.ports import Finding

if TYPE_CHECKING:
    from crisisctl.bootstrap import Office
    from crisisctl.domain.drill.grade import Grade
    from crisisctl.domain.drill.scenario import Drill, Pinned

app = typer.Typer(rich_markup_mode=None)
drills = typer.Typer(
    help="Crises that are played, so that the real one is not the first.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(drills, name="drill")

FORMS = ("md", "html", "json")
_SHOWN = 5
Scenario = Annotated[str, typer.Argument(metavar="SCENARIO", help="A drill's name, or the path of a file.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME...", help="Names, or paths of files; left out: every one.")
]
Which = Annotated[str | None, typer.Argument(metavar="DRILL", help="Its incident, or its name; left out: the newest.")]
Auto = Annotated[bool, typer.Option("--auto", help="Alone, in virtual time, with scripted players, in seconds.")]
Form = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORM",
        help=f"The report as one of {', '.join(FORMS)}; left out: the file's ending, or md.",
        autocompletion=complete.one_of(FORMS),
    ),
]


@drills.command(epilog="Example: crisisctl drill run data-breach-on-friday --auto")
def run(
    ctx: typer.Context,
    scenario: Scenario,
    auto: Auto = False,
    speed: Annotated[
        str | None, typer.Option(metavar="N", help="With people: events arrive so many times as fast, such as 10x.")
    ] = None,
    assign: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=PERSON", help="With people: who plays which role; repeatable.")
    ] = None,
    output: options.Output = None,
    form: Form = None,
    json: options.Json = False,
) -> None:
    """Play a scripted crisis, and grade how it was answered.

    Nothing of it leaves: no notice, no statement. An interrupted one goes on where it was.
    """
    session: Session = ctx.obj
    shape, file = _shape(session, form, output)
    drill, pinned = _read(session, scenario)
    if auto and (speed or assign):
        raise Usage("--speed and --assign are for a drill with people; --auto plays alone, in no time.")
    how = "The same command goes on where it was." if auto else _goes_on(drill.id)
    with _led_by_one(session, drill.id, how):
        if auto:
            grade = _alone(session, drill, pinned, quiet=json)
        else:
            grade = _with_people(session, drill, pinned, speed, pairs("--assign ROLE=PERSON", assign))
    _report(grade, shape, file, json=json)


@contextmanager
def _led_by_one(session: Session, drill: str, how: str) -> Iterator[None]:
    """Nobody else on this machine leads it meanwhile; whoever stops it is told how it goes on."""
    from crisisctl.adapters.posix import one_alone  # noqa: PLC0415 - only who leads a drill pays for it
    from crisisctl.cli.leading import lock  # noqa: PLC0415 - the same

    try:
        with one_alone(
            lock(session.office, drill), f"{drill} is being led in another terminal. End it there, or let it end."
        ):
            yield
    except KeyboardInterrupt:
        show.talk(f"The exercise stands still; nothing of it is lost. {how}")
        raise


def _goes_on(drill: str) -> str:
    return f"To go on where it was: crisisctl drill resume {drill}"


def _alone(session: Session, drill: Drill, pinned: Pinned, *, quiet: bool) -> Grade:
    from crisisctl.cli import acting  # noqa: PLC0415 - only a drill alone pays for it

    grade, refused = acting.play(session.office, drill, pinned, (lambda _: None) if quiet else show.talk)
    for one in refused:
        show.talk(show.style(f"A scripted player was refused: {one.command}: {one.said}", "yellow"))
    id_ = grade.course.incident.id
    show.hint(f"its log: CRISISCTL_STORE=sqlite:{acting.place(session.office)} crisisctl timeline -i {id_}")
    return grade


def _with_people(
    session: Session, drill: Drill, pinned: Pinned, speed: str | None, assign: tuple[tuple[str, str], ...]
) -> Grade:
    from crisisctl.cli import leading  # noqa: PLC0415 - only who leads a drill pays for it

    office, fast = session.office, leading.pace(speed)
    with office.store.reading() as log:
        there = service.running(log, drill.id)
    if there and (speed or assign):
        goes_on = f"crisisctl drill resume {there[0].incident}"
        raise Usage(f"{there[0].incident} is under way, at its own pace and with its own people. Go on: {goes_on}")
    id_ = there[0].incident if there else leading.begin(office, drill, pinned, fast, assign)
    session.recorded = True
    how = "goes on" if there else "begins"
    show.talk(show.style(f"EXERCISE {id_} {how}: {drill.title}. Ctrl-C stops it.", "yellow"))
    leading.warn_of_empty_seats(office, id_)
    show.hint(f"the others, in their own terminals: crisisctl status -i {id_}")
    return _led(office, id_, resumed=bool(there))


def _led(office: Office, id_: str, *, resumed: bool) -> Grade:
    from crisisctl.cli import leading  # noqa: PLC0415 - only who leads a drill pays for it

    leading.lead(office, id_, resumed=resumed)
    with office.store.reading() as log:
        return service.graded(office.desk, log, id_)


@drills.command(epilog="Example: crisisctl drill resume")
def resume(
    ctx: typer.Context,
    which: Which = None,
    output: options.Output = None,
    form: Form = None,
    json: options.Json = False,
) -> None:
    """Go on with a drill with people that was interrupted; what has happened in it does not happen again."""
    session: Session = ctx.obj
    shape, file = _shape(session, form, output)
    with session.office.store.reading() as log:
        there = service.running(log)
    one = _chosen(there, which, "that is under way")
    session.recorded = True
    with _led_by_one(session, one.drill, _goes_on(one.drill)):
        grade = _led(session.office, one.incident, resumed=True)
    _report(grade, shape, file, json=json)


@drills.command(epilog="Example: crisisctl drill end")
def end(ctx: typer.Context, which: Which = None, json: options.Json = False) -> None:
    """End a drill with people before its time."""
    session: Session = ctx.obj
    with session.office.store.reading() as log:
        one = _chosen(service.running(log), which, "that is under way")
    service.Director(session.office.desk, one.incident, session.office.source()).end()
    session.recorded = True
    if json:
        show.data({"incident": one.incident, "drill": one.drill, "state": "ended"})
        return
    show.say(f"EXERCISE {one.incident} is over.")
    show.hint(f"crisisctl drill report {one.incident}")


@drills.command(epilog="Example: crisisctl drill report INC-4 -o drill.html")
def report(
    ctx: typer.Context,
    which: Which = None,
    auto: Annotated[bool, typer.Option("--auto", help="Among those that were played alone.")] = False,
    output: options.Output = None,
    form: Form = None,
    json: options.Json = False,
) -> None:
    """What was done, late or missed, the times that matter, and what to improve."""
    session: Session = ctx.obj
    shape, file = _shape(session, form, output)
    if not auto:
        with session.office.store.reading() as log:
            there = service.played(log)
            if there and (which is None or _fitting(there, which)):
                one = _chosen(there, which, "that was played")
                _report(service.graded(session.office.desk, log, one.incident), shape, file, json=json)
                _tell_of_the_other(session, which)
                return
    _report(_rehearsed(session, which), shape, file, json=json)


def _tell_of_the_other(session: Session, which: str | None) -> None:
    """What was asked for is in the room's own log, and may be in that of the drills too."""
    if which and _fitting(_played_alone(session), which):
        show.talk(f"This is {which} of the room's own log. Of the log of drills: crisisctl drill report {which} --auto")


def _played_alone(session: Session) -> list[service.Played]:
    from crisisctl.cli import acting  # noqa: PLC0415 - few ask

    if not acting.place(session.office).exists():
        return []
    with closing(acting.log_of(session.office)) as store, store.reading() as log:
        return service.played(log)


def _rehearsed(session: Session, which: str | None) -> Grade:
    """The grade of a drill that was played alone."""
    from crisisctl.cli import acting  # noqa: PLC0415 - few ask
    from crisisctl.service.desk import Desk  # noqa: PLC0415 - the same

    office = session.office
    if not acting.place(office).exists():
        raise NotFound("No drill was played yet. To play one: crisisctl drill run NAME")
    with closing(acting.log_of(office)) as store, store.reading() as log:
        one = _chosen(service.played(log), which, "that was played")
        return service.graded(Desk(store, office.clock, office.chance, office.roster), log, one.incident)


@drills.command(epilog="Example: crisisctl drill new --from github-2018.json -o github-2018.yaml")
def new(
    ctx: typer.Context,
    crisis: Annotated[Path, typer.Option("--from", metavar="CRISIS.json", help="The timeline of a real crisis.")],
    playbook: Annotated[
        str | None,
        typer.Option(metavar="PLAYBOOK", help="Left out: the one that fits.", autocompletion=complete.playbooks),
    ] = None,
    output: options.Output = None,
    json: options.Json = False,
) -> None:
    """Make a drill of a real crisis.

    What came from outside happens again; what the organisation did is what it is compared with.
    """
    from crisisctl.cli import converting  # noqa: PLC0415 - only a new drill pays for it

    converting.new(ctx.obj, crisis, playbook, named(output), json=json)


@drills.command("list", epilog="Example: crisisctl drill list")
def list_(ctx: typer.Context, json: options.Json = False) -> None:
    """The drills of the workspace, and those that were played."""
    session: Session = ctx.obj
    office = session.office
    with office.store.reading() as log:
        found = [(one, "people") for one in service.played(log)]
    found += [(one, "alone") for one in _played_alone(session)]
    scripts = [_row(session, name) for name in office.drills()]
    if json:
        keys = ("id", "playbook", "title")
        rows = [dict(zip(keys, row, strict=True)) for row in scripts]
        show.data({"drills": rows, "played": [one._asdict() | {"with": how} for one, how in found]})
        return
    if scripts:
        show.table(("DRILL", "PLAYBOOK", "TITLE"), scripts)
    if found:
        show.say()
        cells = [(one.incident, one.drill, how, one.opened_at[:16].replace("T", " "), one.state) for one, how in found]
        show.table(("PLAYED", "DRILL", "WITH", "BEGAN (UTC)", "STATE"), cells)
    if not scripts and not found:
        show.say("No drill in this workspace. Of a real crisis: crisisctl drill new --from CRISIS.json")


def _row(session: Session, name: str) -> tuple[str, str, str]:
    found = session.office.read_drill(name, COMMANDS)
    if found.document is None:
        return name, "-", f"has errors: crisisctl drill check {name}"
    return name, found.document["playbook"], found.document["title"]


@drills.command(epilog="Example: crisisctl drill check data-breach-on-friday")
def check(ctx: typer.Context, names: Names = None, json: options.Json = False) -> None:
    """Every error of a drill with its place and remedy, all in one run; exit 6 when there is one."""
    session: Session = ctx.obj
    chosen = names or session.office.drills()
    if not chosen:
        raise NotFound("There is no drill in this workspace. To make one of a real crisis: crisisctl drill new --from")
    findings = [finding for name in chosen for finding in session.office.read_drill(name, COMMANDS).findings]
    if json:
        show.data({"findings": [finding._asdict() for finding in findings]})
    else:
        listed(findings)
        if not findings:
            show.say(f"{show.count(len(chosen), 'drill')} checked, nothing to mend.")
    if bad := _errors(findings):
        raise Invalid(f"{show.count(len(bad), 'finding')} to mend.")


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "error"]


def _read(session: Session, scenario: str) -> tuple[Drill, Pinned]:
    """The drill of that name; `Invalid` with everything that is wrong with it."""
    from crisisctl.domain.drill.scenario import build, pin  # noqa: PLC0415 - only a drill pays for it

    found = session.office.read_drill(scenario, COMMANDS)
    if found.document is None:
        told = [f"{f.file}:{f.line}:{f.column}: {f.rule}: {f.message}; {f.remedy}." for f in _errors(found.findings)]
        raise Invalid("\n".join(["The drill has errors, so nothing was begun.", *told]))
    return build(found.document), pin(found.document)


def _shape(session: Session, form: str | None, output: Path | None) -> tuple[str, Path | None]:
    """In which form the report is told, and into which file, which must not be one of ours and can be written."""
    file = named(output)
    ending = file.suffix[1:] if file and file.suffix[1:] in FORMS else None
    shape = form or ending or "md"
    if shape not in FORMS:
        raise nearest(shape, FORMS, "format")
    if file:
        spare_the_workspace(session, file)
        look_first(file)
    return shape, file


def _report(grade: Grade, shape: str, file: Path | None, *, json: bool) -> None:
    from crisisctl.adapters.exports import debrief  # noqa: PLC0415 - only a report pays for it

    if file:
        write(file, debrief.render(grade, shape))
    if json:
        show.data(debrief.document(grade) | ({"file": str(file)} if file else {}))
    elif file:
        show.talk(f"Written to {file}.")
    else:
        show.raw(debrief.render(grade, shape))


def _fitting(there: list[service.Played], which: str) -> list[service.Played]:
    return [one for one in there if which.lower() in (one.incident.lower(), one.drill)]


def _chosen(there: list[service.Played], which: str | None, what: str) -> service.Played:
    """The newest that fits."""
    fits = _fitting(there, which) if which else there
    if fits:
        return fits[0]
    if which is None:
        raise NotFound(f"There is no drill {what}. To play one: crisisctl drill run NAME")
    names: Any = dict.fromkeys(name for one in there for name in (one.incident, one.drill))
    raise nearest(which, names, f"drill {what}")
