"""Calendars: iCalendar files and addresses that say who is on call."""

from crisisctl.adapters.calendars.shelf import Shelf

__all__ = ["Shelf"]
