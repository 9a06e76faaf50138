"""Drills: a crisis that somebody wrote down in advance, how it is to be answered, and how it was."""
