"""`task done|skip|reopen|list`: the checklist."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask

app = typer.Typer(rich_markup_mode=None)
tasks = typer.Typer(
    help="The checklist of the stages where the incident stands.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(tasks, name="task")

Task = Annotated[str, typer.Argument(metavar="TASK", help="The task.", autocompletion=complete.tasks)]


@writing(tasks, "done", example="task done pause-posts")
def done(task: Task, because: options.Because = None) -> ask.ChangeTask:
    """The task is done."""
    return ask.ChangeTask(task, "done", because)


@writing(tasks, "skip", example="task skip pause-posts --because 'nothing was scheduled'")
def skip(task: Task, because: options.Because = None) -> ask.ChangeTask:
    """The task is not necessary, for a reason."""
    return ask.ChangeTask(task, "skipped", because)


@writing(tasks, "reopen", example="task reopen pause-posts --because 'one post went out'")
def reopen(task: Task, because: options.Because = None) -> ask.ChangeTask:
    """The task is open again."""
    return ask.ChangeTask(task, "open", because)


@tasks.command("list", epilog="Example: crisisctl task list")
def list_(ctx: typer.Context, incident: options.Incident = None, json: options.Json = False) -> None:
    """The tasks here, and how they stand."""
    session: Session = ctx.obj
    found = session.look(incident)
    rows = [(task.id, found.task_state(task), task.role or "", task.stage, task.title) for task in found.here()]
    if json:
        show.data(
            {
                "incident": found.id,
                "tasks": [dict(zip(("id", "state", "role", "stage", "title"), r, strict=True)) for r in rows],
            }
        )
    elif rows:
        cells = [(task, state, role, title) for task, state, role, _stage, title in rows]
        show.table(("TASK", "STATE", "ROLE", "TITLE"), cells)
    else:
        show.say(f"{found.id} has no tasks here.")
