"""The roster against a playbook: roles that nobody can fill, people whom nothing reaches, and who must not be away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.playbook import Playbook


class Seated(NamedTuple):
    """One person of the roster: the roles they can hold, and what is wrong with each of their contacts, if anything."""

    roles: tuple[str, ...]
    contacts: tuple[str | None, ...]

    @property
    def reachable(self) -> bool:
        """Whether any contact works."""
        return None in self.contacts


People = Mapping[str, Seated]


def needed(book: Playbook, able: Collection[str]) -> set[str]:
    """The roles that a move or a statement cannot do without; of several that may move, one that somebody can hold."""
    roles = {role.id for role in book.roles.values() if role.required}
    roles |= {role for spec in book.statements.values() for role in spec.approvals.roles}
    for move in book.transitions:
        roles |= {*move.requires.roles, *(() if set(able).intersection(move.by) else move.by[:1])}
    return roles


def gaps(book: Playbook, able: Collection[str]) -> list[str]:
    """The roles that nobody can fill, of those that are needed, where `able` are those that somebody can hold."""
    free = {role.id for role in book.roles.values() if {role.id, role.deputy} & {*able}}
    return [role for role in book.roles if role in needed(book, able) - free]


def able(people: People, without: str | None = None) -> set[str]:
    """The roles that somebody in the roster can hold, one person being away."""
    return {role for id_, person in people.items() if id_ != without for role in person.roles}


def seats(here: Place, book: Playbook, people: People) -> None:
    """Every role has somebody in the roster."""
    can = able(people)
    missing = gaps(book, can)
    for role in book.roles:
        if role in missing:
            message = f"nobody in the roster can be {shown(role)}, which the plan cannot do without"
            remedy = f"add {plain(role)} to somebody's roles in the roster"
            here.at("roles", role).warn("role-without-people", message, remedy, key=True)
        elif role not in can:
            message = f"nobody in the roster can be {shown(role)}"
            remedy = f"add {plain(role)} to somebody's roles in the roster, or remove the role"
            here.at("roles", role).warn("role-without-people", message, remedy, key=True)


def guards(here: Place, book: Playbook, people: People) -> None:
    """No move asks for a role that nobody in the roster can hold, or for a statement that nobody there can approve."""
    can = able(people)
    for move in book.transitions:
        place = here.at("transitions", move.number, "requires")
        for number, role in enumerate(move.requires.roles):
            if role not in can:
                message = f"{shown(move.trigger)} can never be taken: nobody in the roster can be {plain(role)}"
                place.at("roles", number).warn("guard-never-holds", message, "add the role to somebody in the roster")
        for id_, state in move.requires.statements:
            if state in ("approved", "published") and (short := unapproved(book, id_, people)):
                why = f"nobody in the roster can approve {plain(id_)} as {plain(short)}"
                message = f"{shown(move.trigger)} can never be taken: {why}"
                place.at("statements", id_).warn("guard-never-holds", message, "add the role to somebody", key=True)


def unapproved(book: Playbook, id_: str, people: People) -> str:
    """The roles for want of which nobody can approve a statement at the most severe severity, or nothing."""
    spec, can = book.statements[id_], able(people)
    quorum = spec.approvals.at(book.severities[0])
    stand_in = spec.delegate.to if spec.delegate else {}
    lacking = [role for role in quorum.roles if not {role, stand_in.get(role)} & can]
    return " or ".join(lacking) if not spec.preapproved and len(quorum.roles) - len(lacking) < quorum.enough else ""


def authors(here: Place, book: Playbook, people: People) -> None:
    """Whoever approves a statement is not the only one who could write it."""
    seated = {id_ for id_, person in people.items() if book.roles.keys() & {*person.roles}}
    if len(seated) != 1:
        return
    only = next(iter(seated))
    for id_, spec in book.statements.items():
        if spec.approvals.roles and not spec.preapproved:
            message = f"{plain(only)} alone can hold a role, so whoever writes {shown(id_)} is the one to approve it"
            place = here.at("statements", id_, "approvals")
            place.warn("approver-is-author", message, "give a role of this playbook to a second person", key=True)


def contacts(here: Place, people: People) -> None:
    """Everybody in the roster can be reached; the places are those of the roster."""
    for id_, person in people.items():
        if person.reachable:
            continue
        place = here.at("people", id_)
        why = "; ".join(trouble for trouble in person.contacts if trouble) or "has no contact"
        message = f"{shown(id_)} cannot be reached: {plain(why)}"
        place.warn("person-without-contact", message, "add a contact that works, then crisisctl roster ping", key=True)


def indispensable(book: Playbook, people: People) -> dict[str, list[str]]:
    """Each person without whom the plan would stop, with the roles that nobody else in the roster could take."""
    before = {*gaps(book, able(people))}
    found = {id_: [role for role in gaps(book, able(people, id_)) if role not in before] for id_ in people}
    return {id_: roles for id_, roles in found.items() if roles}
