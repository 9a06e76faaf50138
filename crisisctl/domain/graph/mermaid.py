"""A playbook as a Mermaid state diagram, for whatever shows Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from crisisctl.domain.graph.model import Arrow, Drawing, Node

# Everything that Mermaid could read as its own; the numbers are those of HTML, between # and ;.
_SPECIAL = re.compile(r"[^\w ,.()/→-]|--|%%", re.ASCII)
_LITERAL = re.compile(r"[\w ]")
_LOOK = {
    "here": "fill:#ffe08a,stroke:#7a4b00,stroke-width:3px,color:#2b1a00",
    "passed": "fill:#e3e7ec,stroke:#525c69,color:#18202c",
    "over": "stroke-width:3px",
}


def mermaid(shown: Drawing) -> str:
    """The diagram's text, which any title may stand in: none can end a line or be taken for an instruction."""
    ids = {path: f"s{number}" for number, path in enumerate(shown.nodes, 1)}
    title = json.dumps(shown.heading + (f", {shown.incident}" if shown.incident else "")).replace("%", "\\u0025")
    lines = ["---", f"title: {title}", "---", "stateDiagram-v2", "    direction TB"]
    lines += _inside(shown, ids, "", 1)
    lines += [f"    {_arrow(arrow, ids)}" for arrow in shown.arrows]
    lines += _notes(shown, ids)
    lines += [f"    classDef {name} {look}" for name, look in _LOOK.items()]
    lines += [f"    class {ids[node.path]} {kind}" for node in shown.nodes.values() if (kind := _kind(node))]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Text as it may stand anywhere in a diagram: letters, digits and a few marks as they are, the rest by number."""
    return _SPECIAL.sub(lambda found: "".join(map(_by_number, found[0])), text)


def _by_number(character: str) -> str:
    return character if _LITERAL.fullmatch(character) else f"#{ord(character)};"


def _inside(shown: Drawing, ids: dict[str, str], path: str, depth: int) -> Iterator[str]:
    pad = "    " * depth
    parallel = bool(path) and shown.nodes[path].parallel
    for number, node in enumerate(shown.within(path)):
        if parallel and number:
            yield f"{pad}--"
        yield f'{pad}state "{quoted(_told(node))}" as {ids[node.path]}'
        if node.first:
            yield f"{pad}[*] --> {ids[node.path]}"
        if node.children:
            yield f"{pad}state {ids[node.path]} {{"
            yield from _inside(shown, ids, node.path, depth + 1)
            yield f"{pad}}}"
        if node.final and not path:
            yield f"{pad}{ids[node.path]} --> [*]"


def _told(node: Node) -> str:
    return f"{node.title} ({node.mark})" if node.mark else node.title


def _arrow(arrow: Arrow, ids: dict[str, str]) -> str:
    return f"{ids[arrow.source]} --> {ids[arrow.to]} : {quoted(_label(arrow))}"


def _label(arrow: Arrow) -> str:
    return f"{arrow.head} ({', '.join(arrow.notes)})" if arrow.notes else arrow.head


def _notes(shown: Drawing, ids: dict[str, str]) -> Iterator[str]:
    for node in shown.nodes.values():
        said = ["calls " + ", then ".join(map(str, node.ladder))] if node.ladder else []
        if node.path == next(iter(shown.nodes)):
            said += [f"from anywhere: {_label(one)} to {shown.nodes[one.to].title}" for one in shown.anywhere]
        for line in said:
            yield f"    note right of {ids[node.path]} : {quoted(line)}"


def _kind(node: Node) -> str:
    return "here" if node.lit else "passed" if node.since else "over" if node.final else ""
