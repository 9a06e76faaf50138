"""The command line's front: the options before the command, and each command's module, loaded when it is named."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from crisisctl.cli import complete
from crisisctl.cli.session import Session

# Click's own base class of all that it raises, wherever it lives today.
USAGE_ERROR: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

FRONT = ("--workspace", "--as", "--debug")  # the options that stand before the command
MODULES = {
    "init": "init",
    "open": "open",
    "advance": "advance",
    "status": "look",
    "list": "look",
    "timers": "look",
    "search": "look",
    "assign": "people",
    "release": "people",
    "handover": "handover",
    "roles": "roles",
    "ack": "people",
    "snooze": "people",
    "oncall": "oncall",
    "access": "access",
    "task": "task",
    "note": "words",
    "decide": "words",
    "fact": "fact",
    "severity": "words",
    "reopen": "words",
    "redact": "words",
    "statement": "statement",
    "timeline": "story",
    "report": "story",
    "verify": "verify",
    "watch": "watch",
    "store": "store",
    "roster": "roster",
    "playbook": "playbook",
    "clock": "clock",
    "doctor": "doctor",
    "demo": "demo",
}


class Commands(TyperGroup):
    """Loads a command's module only when the command is named: `advance` never pays for the others."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - Click's interface
        """Every command's name, in the order of the help."""
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - Click's interface
        """The command of that name, or None."""
        if cmd_name not in MODULES:
            return None
        return _built(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Click's interface
        """The command that is named; for a mistyped name Typer offers the nearest of the keys of `commands`."""
        names: Any = dict.fromkeys(MODULES)
        self.commands = names
        return super().resolve_command(ctx, args)


@cache
def _built(name: str) -> Any:  # noqa: ANN401 - a Click command
    """The command or group of that name alone: building its neighbours would cost more than running it."""
    app: typer.Typer = import_module(f"crisisctl.cli.{MODULES[name]}").app
    how: dict[str, Any] = {"pretty_exceptions_short": True, "rich_markup_mode": None}
    for group in app.registered_groups:
        if group.name == name:
            return typer.main.get_group_from_info(group, suggest_commands=True, **how)
    return next(
        typer.main.get_command_from_info(info, **how)
        for info in app.registered_commands
        if name in (info.name, getattr(info.callback, "__name__", None))
    )


def _print_version(wanted: bool) -> None:
    if wanted:
        from crisisctl import __version__  # noqa: PLC0415

        typer.echo(f"crisisctl {__version__}")
        raise typer.Exit


def _front(
    ctx: typer.Context,
    workspace: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="The workspace; left out: the nearest folder upwards with crisisctl.toml."),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PERSON",
            help="Who acts; left out: who you are logged in as.",
            autocompletion=complete.people,
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A crisis room in a terminal: playbooks, roles, escalations, approved words, and a log of every decision.

    The two that matter: `crisisctl open PLAYBOOK --title TITLE` opens an incident, `crisisctl advance` moves it on.
    """
    for name, given in (("--workspace", workspace), ("--as", actor)):
        if given == "":
            raise typer.BadParameter(f"{name} is empty. Leave it out, or say which.")
    session = ctx.ensure_object(Session)
    session.workspace, session.actor, session.debug = workspace, actor, debug


@cache
def command() -> Any:  # noqa: ANN401 - a Click command, whose module Typer keeps to itself
    """The whole command line as one command."""
    app = typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_front)
    return typer.main.get_command(app)
