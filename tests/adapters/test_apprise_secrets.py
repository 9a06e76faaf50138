"""Whatever goes wrong, no part of an address that may be a secret gets out."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.apprise import Apprise
from crisisctl.service.ports import DeliveryFailed, Message
from tests.answers import silent

NOTICE = Message("3f9a7c01d2e4b6a8", "INC-7 is unacknowledged", "Dana, acknowledge INC-7.")
USER, REST = "uCANARYu:pCANARYp@", "/sCANARYs/?+X-Token=hCANARYh&-q=qCANARYq&:field=fCANARYf"
MAIL = "&from=room@example.org&to=dana@example.org"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine uses, the loopback is asked directly."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def _status(code: int) -> Callable[[BaseHTTPRequestHandler, threading.Event], None]:
    def answer(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
        asked.send_response(code, "CANARY")
        asked.send_header("Location", "http://127.0.0.1:1/CANARY")
        asked.end_headers()
        asked.wfile.write(b"you sent me " + asked.path.encode())

    return answer


def _broken(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
    asked.wfile.write(b"CANARY, this is no answer\r\n\r\n")


@pytest.fixture(
    params=[
        *("500", "302", "hang", "broken", "closed", "untrusted", "unverified", "mail closed", "mail broken"),
        *("unknown scheme", "unusable option", "no scheme", "bad port", "bad user", "not installed", "discord"),
    ]
)
def address(
    request: pytest.FixtureRequest, web: Any, closed: str, certificate: Any, monkeypatch: pytest.MonkeyPatch
) -> str:
    """An address full of secrets, and a receiver that fails in one way."""
    mode = request.param
    if mode == "discord":  # an id stands where others have the host; the proxy keeps it all on this machine
        monkeypatch.setenv("HTTPS_PROXY", f"http://{closed}")
        return "discord://iCANARYi/tCANARYt"
    fixed = {
        "closed": f"json://{USER}{closed}{REST}",
        "mail closed": f"mailto://{USER}{closed}?name=CANARY{MAIL}",
        "unknown scheme": f"nosuch://{USER}example.org{REST}",
        "unusable option": f"json://{USER}{closed}{REST}&method=mCANARYm",
        "no scheme": f"{USER}example.org{REST}",
        "bad port": f"json://{USER}127.0.0.1:70000{REST}",
        "bad user": f"json://{USER}[CANARY{REST}",
        "not installed": f"mqtt://{USER}{closed}/CANARY",
    }
    if mode in fixed:
        return fixed[mode]
    if mode == "mail broken":
        return f"mailto://{USER}{web(_broken).address}?name=CANARY{MAIL}"
    if mode == "untrusted":
        return f"jsons://{USER}{web(_status(200), certificate).address}{REST}"
    if mode == "unverified":  # urllib3 warns of it in print
        return f"jsons://{USER}{web(_status(500), certificate).address}{REST}&verify=no"
    answer = {"hang": silent, "broken": _broken}.get(mode) or _status(int(mode))
    return f"json://{USER}{web(answer).address}{REST}"


@pytest.mark.parametrize("way", ["itself", "env", "file"])
def test_no_failure_tells_a_secret(
    address: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, caplog: Any
) -> None:
    (tmp_path / "dana").write_text(address)
    monkeypatch.setenv("DANA_CHAT", address)
    caplog.set_level(logging.DEBUG - 5)
    courier = Apprise(tmp_path, seconds=20)
    to = {"itself": address, "env": "env:DANA_CHAT", "file": "file:dana"}[way]
    # pytest.raises keeps the failure's frames, so that the traceback below has all of them
    with pytest.raises(DeliveryFailed) as raised:
        courier.send(NOTICE, to)
    failed = raised.value
    checked = courier.check(to) if way == "file" else None
    assert capfd.readouterr() == ("", "")
    told = [str(failed), repr(failed), failed.reason, checked or "", *map(repr, failed.args)]
    told += [record.getMessage() for record in caplog.records] + [caplog.text]
    assert failed.__cause__ is None
    assert failed.__context__ is None
    assert [text for text in told if re.search("CANARY|70000", text)] == []
    if way != "itself":
        address = "gone from this frame"
        assert "CANARY" not in _inner_frames(failed)


def _inner_frames(failed: DeliveryFailed) -> str:
    """The traceback as the most talkative printer shows it, without the frame of the test itself."""
    assert failed.__traceback__ is not None
    inner = failed.__traceback__.tb_next
    return "".join(traceback.StackSummary.extract(traceback.walk_tb(inner), capture_locals=True).format())


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to look at a process from outside")
@pytest.mark.parametrize("what", ["cmdline", "environ"])
def test_an_address_from_a_file_is_in_no_argument_and_no_environment(what: str, web: Any, tmp_path: Path) -> None:
    seen: list[bytes] = []

    def look(asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
        for task in Path("/proc/self/task").iterdir():
            seen.extend(Path(f"/proc/{pid}/{what}").read_bytes() for pid in (task / "children").read_text().split())
        _status(200)(asked, over)

    server = web(look)
    (tmp_path / "dana").write_text(f"json://{USER}{server.address}{REST}")
    Apprise(tmp_path, seconds=30).send(NOTICE, "file:dana")
    assert any(seen)
    assert [text for text in seen if b"CANARY" in text] == []


def test_what_a_plugin_prints_does_not_pass_for_an_answer() -> None:
    program = (
        "import os, sys; from crisisctl.adapters.apprise import _sole_voice; tell = _sole_voice()\n"
        "print('CANARY', flush=True); os.write(1, b'CANARY'); os.write(2, b'CANARY'); tell(how='delivered')\n"
        "raise SystemExit('CANARY')"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ('{"how": "delivered"}\n', "")
