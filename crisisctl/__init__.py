"""crisisctl: a crisis room in a terminal for the communications side of a crisis."""

__version__ = "0.1.0"
