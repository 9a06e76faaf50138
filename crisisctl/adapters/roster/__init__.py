"""The roster: who can hold roles, and how to reach them."""

from crisisctl.adapters.roster.book import Roster

__all__ = ["Roster"]
