"""What systemd hears, on a real socket of its kind."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from crisisctl.adapters.systemd import VARIABLE, notify


def test_a_state_arrives_as_one_datagram(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        notify({VARIABLE: str(tmp_path / "notify")}, "READY=1\nWATCHDOG=1")
        notify({VARIABLE: str(tmp_path / "notify")}, "STOPPING=1")
        ear.settimeout(10)
        assert (ear.recv(100), ear.recv(100)) == (b"READY=1\nWATCHDOG=1", b"STOPPING=1")


@pytest.mark.skipif(not os.path.exists("/proc/self"), reason="names without a file are Linux's own")  # noqa: PTH110
def test_a_socket_without_a_file_is_reached_too() -> None:
    name = f"crisisctl-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0{name}")
        notify({VARIABLE: f"@{name}"}, "READY=1")
        ear.settimeout(10)
        assert ear.recv(100) == b"READY=1"


@pytest.mark.parametrize("where", ["/nowhere/at/all", "@nobody-listens-here", "vsock:2:1234", "", "/" + "x" * 300])
def test_where_nobody_listens_nothing_fails(where: str) -> None:
    notify({VARIABLE: where}, "READY=1")


def test_without_systemd_nothing_is_said() -> None:
    notify({}, "READY=1")


def test_nobody_waits_for_an_ear_that_is_full(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        for _ in range(2_000):
            notify({VARIABLE: str(tmp_path / "notify")}, "WATCHDOG=1")
