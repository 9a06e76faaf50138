"""An incident of twenty thousand entries: a command at its end costs little more than one at its beginning."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from crisisctl.adapters.postgres import Postgres
from crisisctl.domain import commands as ask
from crisisctl.service.verify import verify
from tests.postgres import Place


@pytest.mark.torture
def test_a_command_on_twenty_thousand_entries_costs_little_more(
    place: Place, room_for: Callable[[Any], Any], report: Callable[[str], None]
) -> None:
    with closing(Postgres(place.url)) as store:
        room = room_for(store)
        room.open()
        spent = []
        for _ in range(20):
            begun = time.monotonic()
            for n in range(1_000):
                room.ask(ask.AddNote(f"note {n}"))
            spent.append(time.monotonic() - begun)
        report(f"1,000 notes took {spent[0]:.2f} s at the beginning, {spent[-1]:.2f} s at the end")
        assert spent[-1] < 5 * spent[0]
        assert verify(store, None).flaws == []
        assert len(room.entries()) > 20_000
