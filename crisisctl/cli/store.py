"""`store move|backup|restore|info|init|grants`: the place where the log lives."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crisisctl.adapters.whole import left_over
from crisisctl.bootstrap import custody
from crisisctl.cli import options, show
from crisisctl.cli.session import Session
from crisisctl.domain.entries import STORE
from crisisctl.domain.errors import Usage
from crisisctl.domain.moving import went
from crisisctl.domain.times import clock_time, instant, stamp

if TYPE_CHECKING:
    from crisisctl.service.ports import Log

app = typer.Typer(rich_markup_mode=None)
stores = typer.Typer(
    help="The place where the log lives.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(stores, name="store")

_EVER = datetime.max.replace(tzinfo=UTC)
_MANY = 1_000_000
_UNITS = ("bytes", "KiB", "MiB", "GiB")
_STEP = 1024
Url = "sqlite:FILE or postgresql://HOST/DATABASE, as in the settings."


@stores.command("move", epilog="Example: crisisctl store move sqlite:state/log.db postgresql://db/crisis")
def move(
    ctx: typer.Context,
    there: Annotated[str, typer.Argument(metavar="FROM", help=f"Where the log is: {Url}")],
    to: Annotated[str, typer.Argument(metavar="TO", help="Where it shall be, a place that holds no entry.")],
    json: options.Json = False,
) -> None:
    """Move the whole log to another store.

    It is copied letter for letter, verified there, and only then closed where it was: from then on that can be read and
    not written. Killed at any point, it can be run again.
    """
    session: Session = ctx.obj
    done = custody.move(session.office, _told(there, "FROM"), _told(to, "TO"), show.progress)
    session.recorded = True
    show.progress("")
    if json:
        show.data({"to": done.address, "entries": done.entries, "incidents": done.incidents, "again": done.again})
        return
    earlier = ", as an earlier run left it" if done.again else ""
    show.say(f"Moved: {_amount(done.entries, done.incidents)}, verified at {done.address}{earlier}.")
    show.say("Where the log was it can be read, and no longer written.")
    show.hint(f'set store = "{done.address}" in crisisctl.toml, restart the watches, then crisisctl doctor')


@stores.command("backup", epilog="Example: crisisctl store backup /backup/crisis.db")
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; its folder must be there.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is a backup.")] = False,
    json: options.Json = False,
) -> None:
    """Copy the log into a SQLite file, and verify that.

    From either kind of store, while people write. The file can be read as a store, and restored.
    """
    session: Session = ctx.obj
    _spare_the_log(session, file)
    extent = custody.backup(session.office, file, show.progress, replace=force)
    show.progress("")
    if json:
        show.data({"file": str(file)} | extent._asdict())
        return
    last = f", the last of {clock_time(instant(extent.last))} UTC" if extent.last else ""
    show.say(f"{file} holds {_amount(extent.entries, extent.incidents)}{last}. It verifies.")
    for part in left_over(file.parent):
        show.talk(f"{part} was left by a backup that was killed. Remove it, unless another backup runs just now.")
    show.hint(f"to look into it at any time: CRISISCTL_STORE=sqlite:{file.absolute()} crisisctl verify")


@stores.command("restore", epilog="Example: crisisctl store restore /backup/crisis.db")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What crisisctl store backup wrote.")],
    although_moved: Annotated[
        bool, typer.Option("--although-moved", help="Also that of a log that was moved, when the new one is lost.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Put a backup into the store of the settings, which must hold no entry.

    The file is verified first, and the store after it.
    """
    session: Session = ctx.obj
    done = custody.restore(session.office, file, show.progress, moved_too=although_moved)
    session.recorded = True
    show.progress("")
    if json:
        show.data({"file": str(file), "to": done.address, "entries": done.entries, "incidents": done.incidents})
        return
    show.say(f"Restored: {_amount(done.entries, done.incidents)}, verified at {session.office.store.place()}.")
    show.hint(
        "timers that fell due since the backup fire again once a watch runs, so tell people; then crisisctl watch"
    )


@stores.command("init", epilog="Example: crisisctl store init")
def init(ctx: typer.Context, json: options.Json = False) -> None:
    """Make an empty log where the settings say, if there is none.

    In PostgreSQL that is for whoever shall own it. Any first entry does it as well.
    """
    session: Session = ctx.obj
    store = session.office.store
    there = bool(store.about()["schema"])
    if not there:
        with store.writing():
            pass
    if json:
        show.data({"store": store.address(), "made": not there})
    else:
        show.say(f"{store.place()} {'holds a log already' if there else 'is ready: an empty log was made there'}.")
        show.hint("crisisctl store info" if there else "crisisctl doctor")


@stores.command("info", epilog="Example: crisisctl store info --json")
def info(ctx: typer.Context, json: options.Json = False) -> None:
    """What there is to know of the store: what it holds, what waits, and how it is kept."""
    session: Session = ctx.obj
    store = session.office.store
    about = {"store": store.address()} | store.about()
    with store.reading() as log:
        about |= _contents(log, session)
    if json:
        show.data(about)
        return
    for name, value in about.items():
        show.fold(f"{name.replace('_', ' ')}: {_shown(name, value)}", 2)
    if not about["schema"]:
        show.hint("crisisctl store init, or open the first incident")


@stores.command("grants", epilog="Example: crisisctl store grants > rights.sql")
def grants(
    ctx: typer.Context,
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="NAME", help="What the names of the roles begin with.")
    ] = "crisisctl",
    json: options.Json = False,
) -> None:
    """Print the SQL that gives logins of PostgreSQL the rights they need, and each its person.

    To be read, and run by the owner of the log. Who is who comes from the logins in the roster.
    """
    session: Session = ctx.obj
    said = custody.grants(session.office, prefix)
    if json:
        show.data({"sql": said})
    else:
        show.raw(said)


def _contents(log: Log, session: Session) -> dict[str, object]:
    heads, extent, now = log.heads(), log.extent(), session.now()
    return {
        "entries": extent.entries,
        "first_entry": extent.first,
        "last_entry": extent.last,
        "incidents": {
            "open": sum(head.closed_at is None for head in heads),
            "closed": sum(head.closed_at is not None for head in heads),
            "drills": sum(head.drill for head in heads),
        },
        "pending_timers": len(log.due(_EVER, _MANY)),
        "unsent_notices": len(log.outbox()),
        "watches": [{"watch": beat.watch, "at": stamp(beat.at)} for beat in log.beats() if beat.alive(now)],
        "moved": _moved(log),
    }


def _moved(log: Log) -> dict[str, str] | None:
    entry = went(log.entries(STORE))
    return {"to": entry.data["to"], "at": stamp(entry.recorded_at)} if entry else None


def _shown(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a store says of itself
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == []:
        return "none" if name != "moved" else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(key, inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(str(item["watch"]) for item in value)
    return _size(value) if name.endswith("size") else str(value)


def _size(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < _STEP:
            return f"{count:.4g} {unit}"
        count /= _STEP
    return f"{count:.4g} {_UNITS[-1]}"


def _amount(entries: int, incidents: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'} of {show.count(incidents, 'incident')}"


def _told(url: str, which: str) -> str:
    if not url.strip():
        raise Usage(f"{which} is empty. Name a store: {Url}")
    return url


def _spare_the_log(session: Session, file: Path) -> None:
    """A slip of the hand must not put the backup in the place of the log, whose files all begin with its name."""
    log, target = Path(session.office.store.place()).resolve(), file.resolve()
    if target.parent == log.parent and target.name.startswith(log.name):
        raise Usage(f"{file} belongs to the log itself. Name another file, on another disk if you can.")
