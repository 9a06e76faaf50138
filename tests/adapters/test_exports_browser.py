"""The page in a real browser, headless: nobody's words run, nothing is fetched, and it can be read in every light."""

from __future__ import annotations

import html
import os
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from crisisctl.adapters import exports
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.service import story as stories

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *("--no-proxy-server", "--hide-scrollbars"),
)
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')
DARK, LIGHT = "--blink-settings=preferredColorScheme=0", "--blink-settings=preferredColorScheme=1"
CANARY = "document.title='owned';document.body.id='owned'"

Browse = Callable[..., str]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is not None:
        return found
    missing = "there is no chromium on this machine: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
def browse(chromium: str, tmp_path: Path) -> Browse:
    """Opens a page with a fresh profile and returns what the browser printed."""

    def run(page: str, *flags: str) -> str:
        file, profile = tmp_path / "page.html", tmp_path / f"profile-{len(list(tmp_path.iterdir()))}"
        file.write_text(page, encoding="utf-8")
        command = [chromium, *FLAGS, f"--user-data-dir={profile}", *flags, file.as_uri()]
        done = subprocess.run(command, capture_output=True, check=True, timeout=90)
        return done.stdout.decode()

    return run


@pytest.fixture
def hostile(web: Any) -> Any:
    """A server that notices who asks, and texts that would make a browser ask it."""

    def answer(handler: BaseHTTPRequestHandler, _: Event) -> None:
        handler.send_response(204)
        handler.end_headers()

    return web(answer)


def _texts(address: str) -> list[str]:
    away = f"http://{address}"
    return [
        f"<script>{CANARY}</script>",
        f'<img src="{away}/img" onerror="{CANARY}">',
        f'</style><style>body{{background:url({away}/css)}}</style><svg onload="{CANARY}">',
        f'</title></head><body onload="{CANARY}"><iframe src="{away}/frame"></iframe>',
        f"' onfocus=\"{CANARY}\" autofocus tabindex=0 style='background:url({away}/style)",
        f'<meta http-equiv="refresh" content="0;url={away}/refresh"><base href="{away}/">',
        f"<link rel=stylesheet href={away}/link><object data={away}/object></object>",
        f"{{{{ 7*7 }}}} \\\"; }} @import '{away}/import'; body::after {{ content: '",
    ]


def _page(room: Any) -> str:
    with room.store.reading() as log:
        return exports.timeline(stories.story(room.desk, log, "INC-1"), "html")


def _hostile_page(room: Any, address: str) -> str:
    texts = _texts(address)
    room.open(title="".join(texts)[:200])
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    for text in texts:
        room.ask(ask.AddNote(text))
    room.ask(ask.LogDecision(texts[0], texts[1], tuple(texts), tuple(texts)))
    whole = "\n".join(texts)
    room.ask(ask.Draft("holding", whole), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", text_digest(whole)), "kim")
    return _page(room)


def _title(dom: str) -> str:
    found = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert found
    return html.unescape(found[1])


def _unharmed(dom: str) -> bool:
    body = re.search(r"<body[^>]*>", dom)
    elements = re.findall(r"<(script|img|iframe|svg|link|object|base)\b", dom)
    return _title(dom).startswith("INC-1: ") and body is not None and body[0] == "<body>" and not elements


def test_nobodys_words_run_and_nothing_is_fetched(room: Any, browse: Browse, hostile: Any) -> None:
    assert _unharmed(browse(_hostile_page(room, hostile.address), "--dump-dom"))
    assert hostile.requests == []


def test_the_words_are_harmless_even_without_the_policy(room: Any, browse: Browse, hostile: Any) -> None:
    bare, removed = POLICY.subn("", _hostile_page(room, hostile.address))
    assert removed == 1
    assert _unharmed(browse(bare, "--dump-dom"))
    assert hostile.requests == []


def test_the_policy_holds_even_without_the_escaping(room: Any, browse: Browse, hostile: Any) -> None:
    room.open()
    active = _page(room).replace("</main>", f"{''.join(_texts(hostile.address)[:2])}</main>")
    dom = browse(active, "--dump-dom")
    assert _title(dom).startswith("INC-1: ")
    assert 'id="owned"' not in dom
    assert hostile.requests == []


def test_the_canary_sings_where_neither_holds(room: Any, browse: Browse, hostile: Any) -> None:
    room.open()
    active = POLICY.sub("", _page(room)).replace("</main>", f"{''.join(_texts(hostile.address)[:2])}</main>")
    assert _title(browse(active, "--dump-dom")) == "owned"
    assert [request.path for request in hostile.requests] == ["/img"]


def _corner(picture: Path) -> tuple[int, ...]:
    """The colour of the first pixel of a PNG; no filter changes the first pixel of the first row."""
    data, at, packed = picture.read_bytes(), 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        packed += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    return tuple(zlib.decompress(packed)[1:4])


@pytest.mark.parametrize(("scheme", "desk"), [(LIGHT, (0xEC, 0xE9, 0xE1)), (DARK, (0x0C, 0x10, 0x16))])
def test_the_page_follows_the_light_of_the_room(
    room: Any, browse: Browse, tmp_path: Path, scheme: str, desk: tuple[int, ...]
) -> None:
    room.open()
    picture = tmp_path / "page.png"
    browse(_page(room), scheme, "--window-size=1200,900", f"--screenshot={picture}")
    assert _corner(picture) == desk


def test_on_paper_the_page_is_dark_on_white_whatever_the_screen_shows(
    room: Any, browse: Browse, tmp_path: Path
) -> None:
    room.open()
    page, paper = _page(room), tmp_path / "page.pdf"
    for scheme in (LIGHT, DARK):
        browse(page, scheme, f"--print-to-pdf={paper}")
        assert _colours(paper) >= {"18202c", "525c69"}
        assert not _colours(paper) & {"151b24", "0c1016", "e9e6de", "a5afbb"}


def _colours(paper: Path) -> set[str]:
    """The colours that a PDF fills with, in hex."""
    data = paper.read_bytes()
    assert data.startswith(b"%PDF-")
    drawn = b"".join(map(_inflated, re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)))
    fills = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg\b", drawn)
    return {"".join(f"{round(float(part) * 255):02x}" for part in fill) for fill in fills}


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


# How wide the page is, and what does not fit into its own place on it; a table's head is kept for screen readers alone.
MEASURE = """<script>onload = () => {
  let page = document.querySelector('iframe').contentDocument, wide = page.documentElement.scrollWidth;
  let all = [...page.querySelectorAll('body *:not(thead, thead *)')];
  let cut = all.filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1);
  document.title = [wide, cut.map(e => e.tagName + '.' + e.className)].join(' ');
}</script>"""


@pytest.mark.parametrize("width", [320, 700, 1200])
def test_no_width_cuts_anything_off(room: Any, browse: Browse, width: int) -> None:
    room.open(title="Unbreakable" * 18)
    room.ask(ask.AddNote("x" * 1_000))
    room.ask(ask.AddNote("x" * 5_000))
    frame = f'<iframe srcdoc="{html.escape(_page(room))}" width="{width}" height="900" style="border:0"></iframe>'
    dom = browse(f"<!doctype html><title>x</title>{frame}{MEASURE}", "--dump-dom", "--window-size=1400,1000")
    assert _title(dom).strip() == str(width)
