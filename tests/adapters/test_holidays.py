"""Calendars of business days: what is shipped, what the package knows, and what authorities close beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from crisisctl.adapters.catalogue import FOLDER, shipped
from crisisctl.adapters.holidays import SHIPPED, Holidays, Place
from crisisctl.domain.clocks.calendar import business_days, working
from crisisctl.domain.clocks.faults import Uncomputable
from crisisctl.domain.clocks.places import COUNTRIES
from crisisctl.domain.errors import NotFound
from tests import press


@pytest.fixture(scope="module")
def calendars() -> Holidays:
    return Holidays(shipped()["calendars"])


def test_the_catalogue_is_what_its_sources_say() -> None:
    assert (FOLDER / "catalogue.json").read_text() == press.written(press.catalogue()), "run make clocks"


@pytest.mark.parametrize("place", press.PLACES)
def test_the_shipped_holidays_are_those_of_the_package(place: str) -> None:
    kept = json.loads((SHIPPED / f"{place}.json").read_text())
    now = press.holidays(place)
    if kept["version"] != now["version"]:
        pytest.skip(f"made with {kept['version']}, and {now['version']} is installed: make clocks")
    assert kept == now


def test_every_shipped_calendar_is_made_by_the_press() -> None:
    assert {file.stem for file in SHIPPED.iterdir()} == set(press.PLACES)


@pytest.mark.parametrize("country", sorted(set(COUNTRIES.values())))
def test_every_country_of_a_zone_has_a_calendar(country: str, calendars: Holidays) -> None:
    calendar = calendars(country)
    assert any(calendar.holiday(date(2027, 1, 1) + timedelta(days=n)) for n in range(365))
    assert calendar.version.endswith(f"({country})")


def test_a_year_beyond_what_is_shipped_is_asked_of_the_package(calendars: Holidays) -> None:
    assert calendars("US").holiday(date(2050, 7, 4)) == "Independence Day"
    assert calendars("US").holiday(date(2050, 7, 5)) is None


def test_a_year_beyond_the_package_is_an_error_that_says_so(calendars: Holidays) -> None:
    for day in (date(2150, 7, 4), date(1700, 7, 4)):
        with pytest.raises(Uncomputable, match=f"covers 1777 to 2100, and this leads to {day.year}") as refused:
            calendars("US").holiday(day)
        assert refused.value.fault == "beyond_calendar"


@pytest.mark.parametrize("name", ["XX", "DE-XX", "zone", "", "../US", "A" * 5000, "DE\0"])
def test_an_unknown_calendar_is_an_error_that_says_what_to_write(name: str, calendars: Holidays) -> None:
    with pytest.raises(NotFound, match="There is no calendar"):
        calendars(name)


def test_edgar_is_open_on_good_friday_and_closed_on_columbus_day(calendars: Holidays) -> None:
    sec = calendars("SEC")
    assert working(sec, date(2026, 4, 3))
    assert not working(sec, date(2026, 10, 12))
    assert not working(sec, date(2026, 11, 11))


@pytest.mark.parametrize("day", ["2018-12-05", "2019-12-24", "2020-12-24", "2021-06-18", "2025-01-09", "2027-12-31"])
def test_edgar_is_closed_on_the_days_that_sources_confirm(day: str, calendars: Holidays) -> None:
    assert calendars("SEC").holiday(date.fromisoformat(day))


def test_every_closure_has_its_source() -> None:
    for calendar in shipped()["calendars"].values():
        for day, closure in (calendar.get("closures") or {}).items():
            assert closure["source"], day
            assert closure["closed"] is (closure["confidence"] == "high"), "only what a source confirms is left out"


def test_japanese_authorities_are_closed_around_the_new_year(calendars: Holidays) -> None:
    opening = calendars("JP-OPEN")
    closed = [day for n in range(9) if opening.holiday(day := date(2026, 12, 28) + timedelta(days=n))]
    assert [day.isoformat() for day in closed] == [
        "2026-12-29",
        "2026-12-30",
        "2026-12-31",
        "2027-01-01",
        "2027-01-02",
        "2027-01-03",
    ]


def test_the_version_names_the_package_and_the_state_of_the_closures(calendars: Holidays) -> None:
    assert calendars("SEC").version.startswith("SEC: holidays 0.")
    assert calendars("SEC").version.endswith("as of 2026-11-22")


def test_a_part_of_a_country_has_its_own_holidays(calendars: Holidays) -> None:
    assert calendars("DE-BY").holiday(date(2026, 1, 6))
    assert calendars("DE").holiday(date(2026, 1, 6)) is None
    assert business_days(calendars("AU-NSW"), date(2026, 6, 5), 1).last == date(2026, 6, 9)


def test_what_is_shipped_needs_no_package() -> None:
    code = (
        "import sys; from datetime import date; from crisisctl.adapters.holidays import Place; "
        "assert Place('US').holiday(date(2026, 7, 3)); assert 'holidays' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_place_that_is_not_shipped_says_which_package_it_comes_from(tmp_path: Path) -> None:
    assert Place("US", tmp_path).version == Place("US").version
    assert Place("US", tmp_path).holiday(date(2026, 7, 3)) == Place("US").holiday(date(2026, 7, 3))
