"""The server is killed again and again under writers; nothing acknowledged is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outage import survives, writing
from tests.postgres import Place, Server

KILLS = 12


@pytest.mark.torture
def test_nothing_that_was_acknowledged_is_lost_however_often_the_server_is_killed(
    rough: Server, there: Place, tmp_path: Path, report: Callable[[str], None]
) -> None:
    with writing(there, tmp_path) as writers:
        promised = survives(rough, there, writers, KILLS)
        failed = sum(len(writer.said("failed")) for writer in writers)
    report(f"{KILLS} kills, {promised} notes acknowledged, {failed} refused")
