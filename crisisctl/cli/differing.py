"""How a comparison of two revisions is shown: in colour on a terminal, with marks everywhere else."""

from __future__ import annotations

from crisisctl.cli import show
from crisisctl.service.comparing import Changed, Compared, Piece

_MARKS = {"gone": ("[-", "-]", "red"), "new": ("{+", "+}", "green")}


def told(compared: Compared, *, json: bool) -> None:
    """What differs, rendition by rendition; texts that changed alike are shown once."""
    if json:
        show.data(_document(compared))
        return
    show.talk(f"{compared.statement} from revision {compared.since} to revision {compared.to}")
    alike: dict[tuple[str | None, str | None], list[Changed]] = {}
    for one in compared.changed:
        alike.setdefault((one.before, one.after), []).append(one)
    for (before, after), every in alike.items():
        note = " (new)" if before is None else " (left out, or erased)" if after is None else ""
        show.say(f"{', '.join(one.key for one in every)}{note}")
        show.say("".join(_shown(piece) for piece in every[0].pieces))
        show.say()
    if compared.same:
        show.talk(f"The same in both: {', '.join(compared.same)}")
    elif not compared.changed:
        show.talk("Nothing differs.")


def _shown(piece: Piece) -> str:
    if piece.kind == "same":
        return piece.text
    start, end, colour = _MARKS[piece.kind]
    return show.style(f"{start}{piece.text}{end}", colour)


def _document(compared: Compared) -> dict[str, object]:
    changed = [
        {"rendition": one.key, "before": one.before, "after": one.after, "pieces": [p._asdict() for p in one.pieces]}
        for one in compared.changed
    ]
    keys = {"incident": compared.incident, "statement": compared.statement, "from": compared.since, "to": compared.to}
    return keys | {"changed": changed, "same": [*compared.same]}
