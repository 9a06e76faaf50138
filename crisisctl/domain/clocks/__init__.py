"""Deadlines that laws and contracts set: what the catalogue holds, and what follows from the facts.

Nothing here reads a file or a clock. `compute` turns a clock of the catalogue, the facts known so far and the calendars
into a result that can be computed again at any time: an amended fact gives a new result, never a corrected one.
"""
