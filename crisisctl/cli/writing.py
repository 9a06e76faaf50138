"""The shape of every command that writes: its own parameters say what, the shared ones who, when and how."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import typer

from crisisctl.cli import options
from crisisctl.cli.done import Step, Tell, tell
from crisisctl.cli.session import Session
from crisisctl.domain.errors import NotOneself
from crisisctl.service.desk import Outcome

Rule = TypeVar("Rule", bound=Callable[..., Any])


class Call(NamedTuple):
    """The run that a rule belongs to; a rule whose first parameter is `call` gets it."""

    session: Session
    incident: str | None
    request: str | None


_SHARED = {
    "incident": (options.Incident, None),
    "at": (options.At, None),
    "request_id": (options.Request, None),
    "expect_version": (options.Expect, None),
    "json": (options.Json, False),
}
_ROLE = {"role": (options.AsRole, None)}


def writing(
    app: typer.Typer,
    name: str,
    *,
    example: str,
    then: Step = None,
    acting: bool = False,
    verb: str = "",
    telling: Tell = tell,
    after: Callable[[Call, Outcome], None] | None = None,
) -> Callable[[Rule], Rule]:
    """Register a function that turns its parameters into a request to the desk; with `acting`, a role may be named.

    With a `verb`, it is about a statement, and who does it under another's name is written down. `after` has more
    to say once it is done.
    """
    shared = (_ROLE if acting else {}) | _SHARED

    def register(rule: Rule) -> Rule:
        calls = "call" in rule.__annotations__

        def command(ctx: typer.Context, **given: Any) -> None:  # noqa: ANN401 - Typer hands over what was typed
            session: Session = ctx.obj
            how = {key: given.pop(key, None) for key in shared}
            with refused(session, how["incident"], given.get("statement", ""), verb):
                asked = session.asked(how["at"], how["request_id"], how["expect_version"], how.get("role"))
            if calls:
                given["call"] = Call(session, how["incident"], how["request_id"])
            outcome = session.handle(how["incident"], rule(**given), asked)
            telling(outcome, json=how["json"], then=then)
            if after and not outcome.repeated:
                after(Call(session, how["incident"], how["request_id"]), outcome)

        _declare(command, rule, shared)
        app.command(name, help=rule.__doc__, epilog=f"Example: crisisctl {example}")(command)
        return rule

    return register


@contextmanager
def refused(session: Session, incident: str | None, statement: str, verb: str) -> Iterator[None]:
    """Write down who lays hand on public words under another's name, where identity is strict."""
    try:
        yield
    except NotOneself as error:
        if verb:
            session.office.refused(session.which(incident), statement, verb, error)
        raise


def _declare(command: Any, rule: Callable[..., Any], shared: dict[str, tuple[Any, Any]]) -> None:  # noqa: ANN401 - a function that gets a signature
    """Give the command the parameters of the rule and the shared ones, as Typer reads them."""
    kind = inspect.Parameter.KEYWORD_ONLY
    typed = inspect.signature(rule, eval_str=True).parameters.values()
    own = [p.replace(kind=kind) for p in typed if p.name != "call"]
    rest = [inspect.Parameter(key, kind, default=default, annotation=a) for key, (a, default) in shared.items()]
    first = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    command.__signature__ = inspect.Signature([first, *own, *rest])
    command.__annotations__ = {p.name: p.annotation for p in (first, *own, *rest)}
