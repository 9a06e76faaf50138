"""The picture of a playbook in a real browser: with its own fonts, no text leaves its box or lies over another."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.yaml import load
from crisisctl.domain.graph.model import drawing
from crisisctl.domain.graph.svg import svg
from crisisctl.domain.playbook import build
from tests.adapters.test_exports_browser import DARK, LIGHT, Browse, _corner, browse, chromium
from tests.domain.test_graph_svg import EVERYTHING

__all__ = ["browse", "chromium"]  # fixtures

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "playbooks").glob("*.yaml"))
# Where each text and box is drawn, in the order of the document, written where the dump can be read from.
MEASURE = """<script>onload = () => {
  let at = e => { let r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom] };
  let words = (g) => [...g.children].filter(e => e.tagName == 'text').map(e => [e.textContent, ...at(e)]);
  let stages = [...document.querySelectorAll('g[data-stage]')]
    .map(g => ({stage: g.dataset.stage, box: at(g.querySelector('.box')), texts: words(g)}));
  let moves = [...document.querySelectorAll('g[data-source]')].map(words).flat();
  let all = [...document.querySelectorAll('text')].map(e => [e.textContent, ...at(e)]);
  let page = at(document.querySelector('svg'));
  document.title = encodeURIComponent(JSON.stringify({stages, moves, all, page}));
}</script>"""


def _measured(browse: Browse, markup: str) -> Any:
    from urllib.parse import unquote  # noqa: PLC0415

    dom = browse(f"<!doctype html><style>body{{margin:0}}</style>{markup}{MEASURE}", "--dump-dom")
    # The picture has a title of its own; that of the page is in its head.
    found = re.search(r"<head>.*?<title>(.*?)</title>", dom, re.DOTALL)
    assert found
    return json.loads(unquote(html.unescape(found[1])))


def _meets(one: list[float], other: list[float], slack: float = 0.5) -> bool:
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def _pictures() -> list[Any]:
    documents: list[Any] = [load(path).document for path in LIBRARY]
    named = [pytest.param(document, id=document["playbook"]) for document in documents]
    return [*named, pytest.param(EVERYTHING, id="everything")]


@pytest.mark.parametrize("document", _pictures())
def test_no_text_leaves_its_box_or_lies_over_another(browse: Browse, document: Any) -> None:
    seen = _measured(browse, svg(drawing(build(document))))
    page = seen["page"]
    for stage in seen["stages"]:
        left, _, right, _ = stage["box"]
        for text, x, _, to, _ in stage["texts"]:
            assert left - 0.5 <= x, (stage["stage"], text)
            assert to <= right + 0.5, (stage["stage"], text)
    leaves = [stage for stage in seen["stages"] if not any(_in(other, stage) for other in seen["stages"])]
    for text, *place in seen["moves"]:
        assert not any(_meets(place, stage["box"]) for stage in leaves), text
        for other, *second in seen["moves"]:
            assert place == second or not _meets(place, second, slack=3), (text, other)
    for text, x, _, to, _ in seen["all"]:
        assert page[0] <= x, text
        assert to <= page[2], text


def _in(inner: Any, outer: Any) -> bool:
    return bool(inner["stage"].startswith(f"{outer['stage']}."))


@pytest.mark.parametrize(("scheme", "paper"), [(LIGHT, (0xFB, 0xFA, 0xF6)), (DARK, (0x0F, 0x14, 0x1B))])
def test_the_picture_follows_the_light_of_the_room(
    browse: Callable[..., str], tmp_path: Path, scheme: str, paper: tuple[int, ...]
) -> None:
    document: Any = load(LIBRARY[0]).document
    shot = tmp_path / "picture.png"
    page = f"<!doctype html><style>body{{margin:0}}</style>{svg(drawing(build(document)))}"
    browse(page, scheme, "--window-size=1200,900", f"--screenshot={shot}")
    assert _corner(shot) == paper
