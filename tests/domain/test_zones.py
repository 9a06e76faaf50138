"""Times as readers' clocks show them, and read back from what was written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crisisctl.domain.promise import read
from crisisctl.domain.zones import shown

NOVEMBER, JULY, LATE = "2026-11-22 15:00 UTC", "2026-07-01 15:00 UTC", "2026-11-22 23:30 UTC"
SHOWN = [
    (NOVEMBER, "Europe/Berlin", "en", "2026-11-22 16:00 CET (15:00 UTC)"),
    (NOVEMBER, "Europe/Berlin", "de", "2026-11-22 16:00 MEZ (15:00 UTC)"),
    (JULY, "Europe/Vienna", "de-AT", "2026-07-01 17:00 MESZ (15:00 UTC)"),
    (LATE, "Europe/Madrid", "en", "2026-11-23 00:30 CET (23:30 UTC on 2026-11-22)"),
    (LATE, "Europe/Berlin", "de", "2026-11-23 00:30 MEZ (23:30 UTC am 2026-11-22)"),
    (NOVEMBER, "America/New_York", "en", "2026-11-22 10:00 EST (15:00 UTC)"),
    (NOVEMBER, "Asia/Kolkata", "en", "2026-11-22 20:30 UTC+05:30 (15:00 UTC)"),  # IST is also Ireland's and Israel's
    (NOVEMBER, "America/Sao_Paulo", "pt", "2026-11-22 12:00 UTC-03:00 (15:00 UTC)"),
    (NOVEMBER, "UTC", "en", NOVEMBER),
    ("about 15:00 UTC", "Europe/Berlin", "de", "about 15:00 UTC"),
]


@pytest.mark.parametrize(("text", "zone", "language", "told"), SHOWN)
def test_a_time_is_told_by_the_clocks_of_its_readers(text: str, zone: str, language: str, told: str) -> None:
    assert shown(text, zone, language) == told


@pytest.mark.parametrize(
    ("text", "language", "told"), [(text, language, told) for text, _, language, told in SHOWN[:-1]]
)
def test_a_promise_told_so_is_read_back(text: str, language: str, told: str) -> None:
    said = "Nächstes Update bis" if language.startswith("de") else "Next update by"
    at = datetime.fromisoformat(text.replace(" UTC", "+00:00")).astimezone(UTC)
    assert read(f"We are sorry. {said} {told}.").at == at
