"""What the shell offers when Tab is pressed. A completion never fails aloud: on any trouble it offers nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from typer import Context

from crisisctl.cli.session import Session

Offer = Callable[[Context, str], list[str]]


def _offer(find: Callable[[Session, Context], Iterable[str]]) -> Offer:
    def offer(ctx: Context, incomplete: str) -> list[str]:
        session = Session()
        front = ctx.find_root().params
        session.workspace, session.actor = front.get("workspace"), front.get("actor")
        try:
            return sorted({name for name in find(session, ctx) if name.startswith(incomplete)})
        except Exception:  # noqa: BLE001 - a traceback in the middle of a line being typed helps nobody
            return []
        finally:
            session.close()

    return offer


def _here(session: Session, ctx: Context) -> Any:  # noqa: ANN401 - the incident; naming it would import the rules
    return session.look(ctx.params.get("incident"))


def _incidents(session: Session, _ctx: Context) -> Iterable[str]:
    with session.office.store.reading() as log:
        return [head.incident for head in log.heads()]


def _triggers(session: Session, ctx: Context) -> Iterable[str]:
    from crisisctl.domain.moves import machine  # noqa: PLC0415

    incident = _here(session, ctx)
    return {move.trigger for move in machine(incident.playbook).possible(incident.stages)}


def _people(session: Session, ctx: Context) -> Iterable[str]:
    known = set(session.office.roster.people)
    return known or {person for people in _here(session, ctx).roles.values() for person in people}


def one_of(names: Sequence[str]) -> Offer:
    """Offers the same names always."""
    return _offer(lambda _session, _ctx: names)


incidents = _offer(_incidents)
triggers = _offer(_triggers)
people = _offer(_people)
tasks = _offer(lambda session, ctx: (task.id for task in _here(session, ctx).here()))
rotas = _offer(lambda session, _ctx: session.office.roster.rotas.plan.roles)
roles = _offer(lambda session, ctx: _here(session, ctx).playbook.roles)
facts = _offer(lambda session, ctx: _here(session, ctx).playbook.facts)
statements = _offer(lambda session, ctx: _here(session, ctx).playbook.statements)
channels = _offer(lambda session, _ctx: session.office.channels.channels())
severities = _offer(lambda session, ctx: _here(session, ctx).playbook.severities)
escalations = _offer(lambda session, ctx: {ladder.escalation for ladder in _here(session, ctx).ladders.values()})
playbooks = _offer(lambda session, _ctx: session.office.playbooks())
clocks = _offer(lambda session, _ctx: session.office.clocks.known)
filings = _offer(lambda session, _ctx: session.office.filings.known)
