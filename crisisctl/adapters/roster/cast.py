"""The people of a scenario: a roster that no file holds, and whose only contact is a name that a recorder hears."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crisisctl.adapters.roster.book import Person, Roster

NOWHERE = Path(os.devnull)  # nothing can lie below it


class Cast(Roster):
    """Everybody in a scenario, with the roles that they hold at its beginning. Nobody is on call; no file is read."""

    def __init__(self, people: Sequence[str], roles: Mapping[str, Sequence[str]]) -> None:
        super().__init__(NOWHERE / "roster.yaml", NOWHERE / "roster.json", ())
        self._cast = {
            person: Person(person, person, None, tuple(role for role, held in roles.items() if person in held), 1)
            for person in people
        }

    @property
    def people(self) -> Mapping[str, Person]:
        return self._cast

    def contacts(self, person: str) -> Sequence[str]:
        return (person,)

    def has_rotas(self) -> bool:
        return False

    def details(self) -> tuple[Mapping[str, Mapping[str, Any]], str]:
        return {person.id: {"roles": [*person.roles]} for person in self._cast.values()}, ""
