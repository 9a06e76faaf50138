"""The timeline for machines: JSON, JSON Lines and CSV, in the order in which things happened.

JSON is ASCII alone, so that no control character reaches a terminal. CSV follows RFC 4180 in UTF-8: lines end in CR LF,
`seq` is the version of the entry, and what a terminal would obey or hide is written out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from crisisctl.domain.telling import Told
from crisisctl.domain.text import visible
from crisisctl.domain.times import stamp
from crisisctl.service.story import Measure, Story, measures

COLUMNS = ("seq", "at_utc", "recorded_at_utc", "late_seconds", "type", "actor", "role", "via", "text", "digest")
# What a spreadsheet takes for the beginning of a formula, however much space comes before it.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212]| *[\t\r\n]")


def as_json(story: Story) -> str:
    """One document: the incident, its playbook, its measures and its entries.

    An entry's `data` is as the log holds it, except in the one that opened the incident: there `playbook` has its id,
    version and digest without its text, and `templates` is a list of their names.
    """
    incident = story.incident
    book = incident.playbook
    document = {
        "incident": incident.id,
        "title": incident.title,
        "playbook": {"id": book.id, "version": book.version, "digest": incident.playbook_digest},
        "severity": incident.severity,
        "drill": incident.drill,
        "entries": [_object(told) for told in story.told],
        "measures": {measure.name: _measured(measure) for measure in measures(story.entries)},
        "withheld": withheld(story),
    }
    return f"{json.dumps(document, indent=2)}\n"


def as_jsonl(story: Story) -> str:
    """One entry a line, the same objects as in `as_json`, each with its incident and, in a drill, its mark.

    If entries are withheld, one more line says how many of which kind.
    """
    mark = {"drill": True} if story.incident.drill else {}
    end = [{"incident": story.incident.id, **mark, "withheld": withheld(story)}] if story.withheld.entries else []
    rows = [*({"incident": story.incident.id, **mark, **_object(told)} for told in story.told), *end]
    lines = (json.dumps(row) for row in rows)
    return "".join(f"{line}\n" for line in lines)


WRITERS = {"json": as_json, "jsonl": as_jsonl}


def as_csv(story: Story, *, raw: bool = False) -> str:
    """One entry a row under `COLUMNS`; without `raw`, a cell that could be a formula begins with an apostrophe."""
    sheet = io.StringIO(newline="")
    rows = csv.writer(sheet, quoting=csv.QUOTE_ALL)  # some spreadsheets split bare cells at semicolons
    rows.writerow(COLUMNS)
    for told in story.told:
        cells = [told.entry.version, *map(visible_cell, _texts(told))]
        rows.writerow(cells if raw else [harmless(cell) for cell in cells])
    if left := story.withheld.sentence():
        rows.writerow([{"type": "entries.withheld", "text": left}.get(column, "") for column in COLUMNS])
    return sheet.getvalue()


def harmless(cell: str | int) -> str | int:
    """The cell, with an apostrophe before it when a spreadsheet would work it out."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def visible_cell(cell: str | int) -> str | int:
    """The cell with every character written out that a terminal would obey or hide, except tabs and line breaks."""
    return visible(cell, lines=True) if isinstance(cell, str) else cell


def withheld(story: Story) -> dict[str, int]:
    """How many entries are left out for which reason."""
    return {"privileged": story.withheld.privileged, "tlp": story.withheld.tlp}


def _texts(told: Told) -> Sequence[str | int]:
    entry = told.entry
    late = _seconds(told.late) if told.late else ""
    times = (stamp(entry.occurred_at), stamp(entry.recorded_at), late)
    return (*times, entry.type, entry.actor, entry.role or "", entry.via, told.text, entry.digest)


def _object(told: Told) -> dict[str, Any]:
    entry = told.entry
    return {
        "version": entry.version,
        "occurred_at": stamp(entry.occurred_at),
        "recorded_at": stamp(entry.recorded_at),
        **({"late_seconds": _seconds(told.late)} if told.late else {}),
        "actor": entry.actor,
        "role": entry.role,
        "via": entry.via,
        "type": entry.type,
        "text": told.text,
        "data": _named(entry.data) if entry.type == "incident.opened" else entry.data,
        "digest": entry.digest,
    }


def _named(data: Mapping[str, Any]) -> dict[str, Any]:
    book = data["playbook"]
    named = {"id": book["id"], "version": book["version"], "digest": book["digest"]}
    told = {key: value for key, value in data.get("exercise", {}).items() if key != "text"}
    more = {"exercise": told} if told else {}
    return {**data, "playbook": named, "templates": sorted(data["templates"]), **more}


def _measured(measure: Measure) -> dict[str, str | int | None]:
    at, after = measure.at, measure.after
    return {"at": stamp(at) if at else None, "after_seconds": None if after is None else _seconds(after)}


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
