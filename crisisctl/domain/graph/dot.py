"""A playbook in the language of Graphviz: `dot -Tsvg` and the like draw it."""

from __future__ import annotations

from collections.abc import Iterator

from crisisctl.domain.graph.model import Arrow, Drawing, Node

_HEAD = """\
    compound=true; rankdir=TB; nodesep=0.4; ranksep=0.6; fontname="Helvetica"; fontsize=18; labelloc=t;
    node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#18202c", fontname="Helvetica", fontsize=12];
    edge [color="#3d4754", fontname="Helvetica", fontsize=10];"""
_PASSED, _HERE = "#e3e7ec", "#ffe08a"


def dot(shown: Drawing) -> str:
    """The graph's text, which any title may stand in: none can end its quotes."""
    ids = {path: f"s{number}" for number, path in enumerate(shown.nodes, 1)}
    title = f"{shown.heading}\n{shown.incident}" if shown.incident else shown.heading
    lines = [f"digraph {quoted(shown.id)} {{", _HEAD, f"    label={quoted(title)};"]
    lines += _inside(shown, ids, "", 1)
    lines += [_arrow(arrow, shown, ids) for arrow in shown.arrows]
    lines += _anywhere(shown)
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """Text as Graphviz reads it back; its lines are centred."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;").replace("\n", "\\n")
    return f'"{safe}"'


def _inside(shown: Drawing, ids: dict[str, str], path: str, depth: int) -> Iterator[str]:
    pad = "    " * depth
    for node in shown.within(path):
        id_ = ids[node.path]
        if node.children:
            yield f"{pad}subgraph cluster_{id_} {{"
            yield f"{pad}    label={quoted(_told(node))}; {_frame(shown, node)}"
            # A cluster cannot be the end of an edge; this point in it can.
            yield f'{pad}    {id_} [shape=point, style=invis, width=0.01, label=""];'
            yield from _inside(shown, ids, node.path, depth + 1)
            yield f"{pad}}}"
        else:
            yield f"{pad}{id_} [label={quoted(_told(node))}{_look(node)}];"
        if node.first:
            yield f'{pad}start_{id_} [shape=circle, width=0.14, fixedsize=true, fillcolor="#18202c", label=""];'
            yield f"{pad}start_{id_} -> {id_}{_ends(lhead=id_ if node.children else '')};"


def _told(node: Node) -> str:
    return "\n".join(filter(None, (node.title, node.mark, *map(str, node.ladder))))


def _frame(shown: Drawing, node: Node) -> str:
    outside = shown.nodes.get(node.parent)
    style = "dashed" if outside and outside.parallel else "rounded"
    fill = _HERE if node.lit else _PASSED
    return f'style="{style},filled" fillcolor="{fill}40"; color="#18202c"; fontsize=13;'


def _look(node: Node) -> str:
    fill = f', fillcolor="{_HERE if node.lit else _PASSED}"' if node.since else ""
    return f"{fill}{', penwidth=3' if node.lit else ''}{', peripheries=2' if node.final else ''}"


def _arrow(arrow: Arrow, shown: Drawing, ids: dict[str, str]) -> str:
    source, to = shown.nodes[arrow.source], shown.nodes[arrow.to]
    apart = not _holds(source, to) and not _holds(to, source)
    tail = ids[source.path] if source.children and apart else ""
    head = ids[to.path] if to.children and apart else ""
    label = "\n".join((arrow.head, *arrow.notes))
    look = f"label={quoted(label)}{', style=dashed' if arrow.after else ''}"
    return f"    {ids[source.path]} -> {ids[to.path]}{_ends(look, tail, head)};"


def _holds(outer: Node, inner: Node) -> bool:
    return f"{inner.path}.".startswith(f"{outer.path}.")


def _ends(look: str = "", ltail: str = "", lhead: str = "") -> str:
    said = [look] if look else []
    said += [f"{name}=cluster_{id_}" for name, id_ in (("ltail", ltail), ("lhead", lhead)) if id_]
    return f" [{', '.join(said)}]" if said else ""


def _anywhere(shown: Drawing) -> Iterator[str]:
    if shown.anywhere:
        said = [f"{' '.join((one.head, *one.notes))} → {shown.nodes[one.to].title}" for one in shown.anywhere]
        label = quoted("\n".join(["From anywhere:", *said]))
        yield f'    anywhere [shape=note, style=filled, fillcolor="#f4f1e8", label={label}];'
