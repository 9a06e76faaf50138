"""`demo`: a real crisis as a drill, in virtual time, through the same commands that people type."""

from __future__ import annotations

import io
import json as encoder
import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from crisisctl.adapters import library
from crisisctl.adapters.system import VirtualClock
from crisisctl.bootstrap import Office
from crisisctl.cli import options, show
from crisisctl.domain.errors import CrisisError, Refused
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time, parse_instant, words
from crisisctl.service.story import measures

app = typer.Typer(rich_markup_mode=None)
INCIDENT = "INC-1"


class Step(NamedTuple):
    """What somebody types at a moment."""

    at: datetime
    person: str
    arguments: tuple[str, ...]


class Scene(NamedTuple):
    """The crisis, who plays in it, and what they type."""

    crisis: dict[str, Any]
    people: dict[str, list[str]]
    steps: list[Step]
    counted_from: datetime


@app.command(epilog="Example: crisisctl demo")
def demo(
    folder: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="Where; left out: a new temporary folder.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Replay a real crisis as a drill, in seconds.

    GitLab's lost database of 2017, ten days in virtual time. Nothing leaves this machine.
    """
    from crisisctl.cli.run import run  # noqa: PLC0415 - the demo types what people type

    root = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="crisisctl-demo-"))
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise Refused(f"{root} is not an empty folder. Name a new one, so that nothing of yours is touched.")
    for name in [name for name in os.environ if name.startswith("CRISISCTL_")]:
        del os.environ[name]  # they speak of somebody's real room
    scene = read_scene()
    stage(root, scene)
    clock = VirtualClock(scene.steps[0].at)
    office = Office(root=root, clock=clock)
    tell = (lambda _: None) if json else show.say
    tell(f"{scene.crisis['title']}, replayed as a drill in {root}\n")
    for step in scene.steps:
        for line in _meanwhile(office, clock, step.at):
            tell(show.style(line, "yellow"))
        tell(show.style(f"{clock_time(step.at)}  {step.person}$ crisisctl {shlex.join(step.arguments)}", "cyan"))
        tell(f"    {_typed(run, root, step, clock)}")
    _epilogue(office, root, scene, json=json)


def read_scene() -> Scene:
    """The crisis and its script, from the data of the package: what was seen is noted, what was done is typed."""
    data = Path(library.__file__).parent.parent / "data"
    script = encoder.loads((data / "demo.json").read_text(encoding="utf-8"))
    crisis = encoder.loads((data / "crises" / f"{script['crisis']}.json").read_text(encoding="utf-8"))
    typed = [Step(parse_instant(s["at"]), s["as"], tuple(s["do"])) for s in script["steps"]]
    seen = [_seen(row, script["scribe"], typed[0].at) for row in crisis["rows"]]
    begin = next(parse_instant(row["at"]) for row in crisis["rows"] if row.get("tag") == script["from"])
    return Scene(crisis, script["people"], sorted([*typed, *seen], key=lambda step: step.at), begin)


def _seen(row: dict[str, Any], scribe: str, opened: datetime) -> Step:
    """A row of the crisis as a note; what came before the opening is noted after it, with its own time."""
    at = parse_instant(row["at"])
    note = ("note", f"{row['actor']}: {row['text']}")
    return Step(at, scribe, note) if at > opened else Step(opened, scribe, (*note, "--at", row["at"]))


def stage(root: Path, scene: Scene) -> None:
    """Lay out the workspace of the scene, with its people."""
    library.lay_out(root)
    people = {person: {"roles": roles} for person, roles in scene.people.items()}
    (root / "roster.yaml").write_text(encoder.dumps({"people": people}), encoding="utf-8")  # JSON is YAML


def _typed(run: Any, root: Path, step: Step, clock: VirtualClock) -> str:  # noqa: ANN401 - the command line itself
    out, err = io.StringIO(), io.StringIO()
    arguments = ["--workspace", str(root), "--as", step.person, *step.arguments]
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments, clock=clock)
    if code:
        raise CrisisError(f"The demo stopped at {shlex.join(step.arguments)}: {err.getvalue().strip()}")
    return out.getvalue().split("\n", 1)[0]


def _meanwhile(office: Office, clock: VirtualClock, until: datetime) -> Iterator[str]:
    """What the watch does before the next person types, at the very instants when it falls due."""
    with redirect_stderr(io.StringIO()):
        while True:
            with office.store.reading() as log:
                due, before = log.next_due(), log.head(INCIDENT)
            if due is None or due > until or before is None:
                break
            clock.set(due)
            office.watch.round()
            with office.store.reading() as log:
                new = list(log.entries(INCIDENT, before.version))
            yield from (f"{clock_time(e.occurred_at)}  {sentence(e)}" for e in new if not e.type.startswith("notice."))
    clock.set(until)


def _epilogue(office: Office, root: Path, scene: Scene, *, json: bool) -> None:
    from crisisctl.adapters import exports  # noqa: PLC0415
    from crisisctl.cli.story import write  # noqa: PLC0415
    from crisisctl.service.story import story  # noqa: PLC0415
    from crisisctl.service.verify import verify  # noqa: PLC0415

    with office.store.reading() as log:
        told = story(office.desk, log, INCIDENT)
    page, report = root / "timeline.html", root / "post-mortem.md"
    write(page, exports.timeline(told, "html"))
    write(report, exports.report(told))
    first = next(m for m in measures(told.entries) if m.name == "first statement")
    if first.at is None or first.after is None:
        raise CrisisError("The demo ended without a statement.")
    seconds = (first.at - scene.counted_from).total_seconds()
    verdict = verify(office.store, None)
    office.store.close()
    if json:
        keys = {"workspace": str(root), "incident": INCIDENT, "html": str(page), "report": str(report)}
        show.data(
            keys | {"entries": verdict.entries, "verified": not verdict.flaws, "first_statement_seconds": seconds}
        )
        return
    show.raw(f"\n{exports.timeline(told, 'md')}")
    show.say(f"\nThe log verifies: {verdict.entries} entries." if not verdict.flaws else f"\n{verdict.flaws[0]}")
    show.say(f"Timeline for the browser: {page}")
    show.say(f"Draft of the post-mortem: {report}")
    show.say(
        f"Time to first statement: {seconds:.0f} s after the loss was confirmed ({words(first.after)} after detection)."
    )
    show.hint(f"cd {root} && crisisctl status -i {INCIDENT}")
