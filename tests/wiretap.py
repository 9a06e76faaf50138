"""An ear on every socket: of the processes that are tapped, and servers at which not a byte may arrive."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Program

# Every Python process that starts with this on its path writes down whom it wants to reach, its children too; but for
# the child in which Apprise works, which reads no path: that one was started is told.
_TAP = """
import os, sys
_file = os.open(os.environ["WIRETAP"], os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
_events = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")
def _heard(event, arguments):
    if event in _events and not (event == "socket.connect" and isinstance(arguments[1], (str, bytes))):
        os.write(_file, f"{event} {arguments!r}\\n".encode())
    if event == "subprocess.Popen" and "apprise" in repr(arguments):
        os.write(_file, b"subprocess.Popen apprise\\n")
sys.addaudithook(_heard)
"""


class Ear:
    """A server on the loopback that takes whatever comes, by TCP and UDP, and keeps it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for work in (self._accept, self._receive):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        self._tcp.close()
        self._udp.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._tcp.accept()
                self.heard.append(b"<a connection>")
                with caller, suppress(OSError):
                    caller.settimeout(0.5)
                    while data := caller.recv(65_536):
                        self.heard.append(data)

    def _receive(self) -> None:
        with suppress(OSError):
            while True:
                self.heard.append(self._udp.recv(65_536))


class Tapped:
    """Runs the program in processes of its own that write down whom they want to reach."""

    def __init__(self, program: Program, folder: Path) -> None:
        self._program = program
        self._notes = folder / "wiretap.txt"
        (folder / "sitecustomize.py").write_text(_TAP)
        root = Path(__file__).parents[1]
        path = os.pathsep.join([str(folder), str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.environment = {"PYTHONPATH": path, "WIRETAP": str(self._notes)}

    def __call__(self, *arguments: str, who: str = "dana") -> subprocess.CompletedProcess[str]:
        return self._program.process(*arguments, who=who, env=self.environment)

    def started(self, *arguments: str, who: str = "dana") -> subprocess.Popen[str]:
        """A process that goes on meanwhile."""
        environment = self._program.environment(who) | self.environment
        command = [sys.executable, "-m", "crisisctl", *arguments]
        out = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=self._program.root, env=environment, text=True, **out)  # type: ignore[call-overload,no-any-return]

    def reached(self) -> list[str]:
        """Whom any of them wanted to reach; a socket that is a file on this machine leads nowhere."""
        return self._notes.read_text().splitlines() if self._notes.exists() else []
