"""The time in the id of a post on X."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain.snowflake import EPOCH, posted_at, status_id

ID = "1288834974657000000"


@pytest.mark.parametrize(
    "told",
    [
        ID,
        f" {ID} ",
        f"https://x.com/room/status/{ID}",
        f"https://twitter.com/room/status/{ID}?s=20",
        f"https://mobile.twitter.com/room/statuses/{ID}/photo/1",
        f"x.com/i/web/status/{ID}",
    ],
)
def test_an_id_is_found_in_the_address_of_a_post(told: str) -> None:
    assert status_id(told) == ID


@pytest.mark.parametrize(
    "told", ["", "https://x.com/room", "https://example.org/x.com/room/status/12345", f"https://notx.com/a/status/{ID}"]
)
def test_other_addresses_have_none(told: str) -> None:
    assert status_id(told) is None


def test_a_post_of_known_time() -> None:
    assert posted_at("1050118621198921728") == datetime(2018, 10, 10, 20, 19, 24, 211_000, tzinfo=UTC)


@pytest.mark.parametrize("id_", ["20", "29700859246", "99999999999999999999"])
def test_an_id_that_was_counted_or_is_none_has_no_time(id_: str) -> None:
    assert posted_at(id_) is None


@given(st.integers(min_value=10_000, max_value=2**41 - 1), st.integers(min_value=0, max_value=2**22 - 1))
def test_the_time_is_exact_to_the_millisecond(milliseconds: int, low: int) -> None:
    moment = posted_at(str((milliseconds << 22) + low))
    assert moment is not None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000 == milliseconds + EPOCH
