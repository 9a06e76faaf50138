"""A playbook as an SVG that needs nothing installed: to be put on the wall before it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crisisctl.domain.graph.layout import PAD, Frame, Layout, Route, laid_out
from crisisctl.domain.graph.look import sheet
from crisisctl.domain.graph.model import Arrow, Drawing
from crisisctl.domain.graph.typeset import STYLES, Line, Text, block, width

MARGIN = 36.0
_LEAST = 640.0
_TIP = 9.0
_READABLE = 780.0  # the longest line of prose


class Part(NamedTuple):
    """Some of the picture: its markup and how high it is."""

    markup: str
    height: float


def svg(drawing: Drawing) -> str:
    """The picture as one document; whatever anybody typed in it is text and nothing else."""
    plan = laid_out(drawing)
    room = max(_LEAST, plan.width)
    head = _head(drawing, room)
    foot = _foot(drawing, room)
    left = MARGIN + (room - plan.width) / 2
    top = MARGIN + head.height
    broad, high = room + 2 * MARGIN, top + plan.height + 28 + foot.height + MARGIN
    return "".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(broad)} {_n(high)}" {_size(broad, high)} role="img"',
        ' aria-labelledby="title desc" lang="en">\n',
        f'<title id="title">{escaped(drawing.heading)}</title>\n<desc id="desc">{escaped(told(drawing))}</desc>\n',
        f"<style>{sheet()}</style>\n",
        f'<rect class="paper" {_size(broad, high)}/>\n',
        f'<g transform="translate({_n(MARGIN)} {_n(MARGIN)})">\n{head.markup}</g>\n',
        f'<g transform="translate({_n(left)} {_n(top)})">\n{"".join(_body(plan))}</g>\n',
        f'<g transform="translate({_n(MARGIN)} {_n(top + plan.height + 28)})">\n{foot.markup}</g>\n',
        "</svg>\n",
    ])  # fmt: skip


def escaped(text: str) -> str:
    """Text as it may stand in XML, between tags and in attributes."""
    for character, entity in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(character, f"&{entity};")
    return text


def told(drawing: Drawing) -> str:
    """The whole picture in words, for whoever cannot see it."""
    names = {path: node.title for path, node in drawing.nodes.items()}
    said = [drawing.incident] if drawing.incident else []
    for node in drawing.nodes.values():
        where = f" in {names[node.parent]}" if node.parent else ""
        kind = ", final" if node.final else ", all its stages at once" if node.parallel else ""
        mark = f", {node.mark}" if node.mark else ""
        said.append(f"Stage {node.title}{where}{kind}{mark}")
        said += [f"  called: {rung}" for rung in node.ladder]
    for arrow in (*drawing.arrows, *drawing.anywhere):
        source = names[arrow.source] if arrow.source else "anywhere"
        notes = f" ({'; '.join(arrow.notes)})" if arrow.notes else ""
        said.append(f"{arrow.head}: from {source} to {names[arrow.to]}{notes}")
    return ".\n".join(said) + "."


def _size(broad: float, high: float) -> str:
    return f'width="{_n(broad)}" height="{_n(high)}"'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _text(text: Text, x: float, y: float) -> str:
    """Lines of text from the top left corner."""
    parts = []
    for line in text.lines:
        style = STYLES[line.style]
        parts.append(_line(line, x, y + style.base) if line.text else "")
        y += style.leading
    return "".join(parts)


def _line(line: Line, x: float, base: float) -> str:
    return f'<text class="{line.style}" x="{_n(x + line.indent)}" y="{_n(base)}">{escaped(line.text)}</text>\n'


def _head(drawing: Drawing, room: float) -> Part:
    parts = [(drawing.title, "heading"), (f"{drawing.id}, version {drawing.version}", "subheading")]
    text = block([*parts, *([(drawing.incident, "title")] if drawing.incident else [])], room)
    summary = block([(drawing.summary, "summary")] if drawing.summary else [], min(room, _READABLE))
    text = Text((*text.lines, Line("", "space"), *summary.lines))
    return Part(_text(text, 0, 0), text.height + 26)


def _body(plan: Layout) -> Iterator[str]:
    """Groups first, then wires, then stages and words, so that nothing that is read lies under anything."""
    groups = [frame for frame in plan.frames if frame.kind != "stage"]
    yield from map(_frame, groups)
    yield from (f'<path class="rule" d="M{_n(x)} {_n(y)}V{_n(to)}"/>\n' for x, y, to in plan.rules)
    yield from map(_wire, plan.routes)
    yield from (_frame(frame) for frame in plan.frames if frame.kind == "stage")


def _frame(frame: Frame) -> str:
    node = frame.node
    state = "" if node.since is None else " passed" if not node.lit else " here" if frame.kind == "stage" else " around"
    x, y = frame.x, frame.y
    parts = [f'<g class="{frame.kind}{state}" data-stage="{escaped(node.path)}">\n']
    parts.append(f"<title>{escaped(f'{node.title} ({node.path})')}</title>\n")
    parts.append(_box("box", x, y, frame.width, frame.height, 9))
    if node.final:
        parts.append(_box("inner", x + 4, y + 4, frame.width - 8, frame.height - 8, 6))
    text_y = y + PAD if node.children else y + (frame.height - frame.text.height) / 2
    parts.append(_text(frame.text, x + PAD, text_y))
    parts += _clock(frame, x + PAD, text_y)
    if node.first and frame.kind != "region":
        middle = y + min(24.0, frame.height / 2)
        parts.append(f'<circle class="dot" cx="{_n(x - 22)}" cy="{_n(middle)}" r="5"/>\n')
        parts.append(f'<path class="wire" d="M{_n(x - 17)} {_n(middle)}H{_n(x - _TIP)}"/>\n')
        parts.append(_tip(x, middle, "right"))
    return "".join([*parts, "</g>\n"])


def _box(kind: str, x: float, y: float, broad: float, high: float, corner: float) -> str:
    return f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" {_size(broad, high)} rx="{_n(corner)}"/>\n'


def _clock(frame: Frame, x: float, y: float) -> Iterator[str]:
    """The face of a clock beside the first of the lines that tell who is called when."""
    for line in frame.text.lines:
        if line.style == "minute":
            middle = y + STYLES["rung"].leading * 0.52
            yield f'<circle class="clock" cx="{_n(x + 6)}" cy="{_n(middle)}" r="5.2"/>\n'
            yield f'<path class="clock" d="M{_n(x + 6)} {_n(middle - 3.2)}V{_n(middle)}H{_n(x + 8.6)}"/>\n'
            return
        y += STYLES[line.style].leading


def _wire(route: Route) -> str:
    wire = route.wire
    kind = "move timed" if wire.timed else "move"
    ends = f'data-source="{escaped(wire.source)}" data-to="{escaped(wire.to)}"'
    path, tip = _loop(route) if wire.source == wire.to else _line_of(route)
    words = _text(wire.text, *route.label)
    return f'<g class="{kind}" {ends}>\n<path class="wire" d="{path}"/>\n{tip}{words}</g>\n'


def _loop(route: Route) -> tuple[str, str]:
    x, top, bottom = route.runs[0]
    path = f"M{_n(x)} {_n(top)}C{_n(x + 26)} {_n(top)} {_n(x + 26)} {_n(bottom)} {_n(x + _TIP - 1)} {_n(bottom)}"
    return path, _tip(x, bottom, "left")


def _line_of(route: Route) -> tuple[str, str]:
    """The wire from its top to its bottom, bending between its straight runs; it ends where its tip begins."""
    runs = list(route.runs)
    (x, y, to), (end_x, end_y, end_to) = runs[0], runs[-1]
    if route.upward:
        runs[0] = (x, y + _TIP - 1, max(to, y + _TIP + 2))
        tip = _tip(x, y, "up")
    else:
        runs[-1] = (end_x, min(end_y, end_to - _TIP - 2), end_to - _TIP + 1)
        tip = _tip(end_x, end_to, "down")
    at = runs[0][0]
    path = f"M{_n(at)} {_n(runs[0][1])}"
    before = runs[0][2]
    for x, top, bottom in runs[1:]:
        if abs(x - at) > 0.05:  # noqa: PLR2004 - less is not seen
            bend = (top - before) * 0.55
            path += f"V{_n(before)}C{_n(at)} {_n(before + bend)} {_n(x)} {_n(top - bend)} {_n(x)} {_n(top)}"
        at, before = x, bottom
    return f"{path}V{_n(before)}", tip


_TIPS = {"down": (0, -1), "up": (0, 1), "left": (1, 0), "right": (-1, 0)}


def _tip(x: float, y: float, way: str) -> str:
    """The head of an arrow that points at a place."""
    along, down = _TIPS[way]
    back_x, back_y = x + along * _TIP, y + down * _TIP
    aside_x, aside_y = down * _TIP / 2, along * _TIP / 2
    points = ((x, y), (back_x + aside_x, back_y + aside_y), (back_x - aside_x, back_y - aside_y))
    return f'<path class="tip" d="M{"L".join(f"{_n(one)} {_n(other)}" for one, other in points)}Z"/>\n'


def _foot(drawing: Drawing, room: float) -> Part:
    """What may happen anywhere, and what the signs mean."""
    note = _anywhere(drawing.anywhere, drawing, room) if drawing.anywhere else Part("", 0)
    legend = _legend(drawing, room)
    gap = 20 if note.height else 0
    moved = f'<g transform="translate(0 {_n(note.height + gap)})">\n{legend.markup}</g>\n'
    return Part(note.markup + moved, note.height + gap + legend.height)


def _anywhere(arrows: Sequence[Arrow], drawing: Drawing, room: float) -> Part:
    parts = [("From anywhere", "title")]
    for arrow in arrows:
        parts.append((f"{arrow.head} → {drawing.nodes[arrow.to].title}", "trigger"))
        parts += [(", ".join(arrow.notes), "note")] if arrow.notes else []
    text = block(parts, room - 2 * PAD)
    box = _box("sheet", 0, 0, text.width + 2 * PAD, text.height + 2 * PAD, 2)
    return Part(f'<g class="anywhere">\n{box}{_text(text, PAD, PAD)}</g>\n', text.height + 2 * PAD)


def _legend(drawing: Drawing, room: float) -> Part:
    """The signs that occur in this picture, in rows."""
    x, y, markup = 0.0, 0.0, ""
    for sign, words in _signs(drawing):
        step = 44 + width(words, "note") + 22
        if x and x + step > room:
            x, y = 0.0, y + 26
        text = _line(Line(words, "note"), 40, 13)
        markup += f'<g transform="translate({_n(x)} {_n(y)})">\n{sign}{text}</g>\n'
        x += step
    return Part(f'<g class="legend">\n{markup}</g>\n', y + 22)


def _signs(drawing: Drawing) -> Iterator[tuple[str, str]]:
    nodes = drawing.nodes.values()
    small = _box("box", 1, 1, 30, 16, 4)
    start = f'<circle class="dot" cx="9" cy="9" r="5"/><path class="wire" d="M14 9H22"/>\n{_tip(31, 9, "right")}'
    yield start, "begins here"
    yield f'<g class="stage">{small}{_box("inner", 4, 4, 24, 10, 2)}</g>\n', "the end"
    if any(node.lit for node in nodes):
        yield f'<g class="stage here">{small}</g>\n', "stands here now"
    if any(node.since and not node.lit for node in nodes):
        yield f'<g class="stage passed">{small}</g>\n', "was here"
    yield (
        f'<path class="wire" d="M1 9H22"/>{_tip(31, 9, "right")}',
        "a move, by its trigger, with who may and what it takes",
    )
    if any(arrow.after for arrow in drawing.arrows):
        wire = f'<path class="wire" d="M1 9H22"/>{_tip(31, 9, "right")}'
        yield f'<g class="timed">{wire}</g>\n', "made by the escalation itself, after so long"
    if any(node.ladder for node in nodes):
        clock = '<circle class="clock" cx="16" cy="9" r="6"/><path class="clock" d="M16 5V9H19"/>\n'
        yield clock, "who is called after how long in the stage"
    if any(node.parallel for node in nodes):
        yield '<path class="rule" d="M16 0V18"/>\n', "side by side at the same time"
