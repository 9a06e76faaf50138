"""Whatever a file of channels holds, it is either told what is wrong with it or it can be counted by."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crisisctl.domain.measure import AUDIENCES, CANNOT, RULES, measure
from crisisctl.domain.measure.form import built, check_channels, merged

SCRAP = st.none() | st.booleans() | st.integers(-3, 2**60) | st.floats() | st.text(max_size=5)
ODD: st.SearchStrategy[Any] = (
    SCRAP | st.lists(SCRAP, max_size=2) | st.dictionaries(st.text(max_size=3), SCRAP, max_size=2)
)
NAMES = st.sampled_from(["x", "sms", "radio", "email"])
COUNTING = {
    "title": st.just("A place") | ODD,
    "rule": st.sampled_from(sorted(RULES)) | ODD,
    "unit": st.just("furlongs") | ODD,
    "limit": st.integers(1, 99) | ODD,
    "advised": st.integers(1, 99) | ODD,
}
PART = st.fixed_dictionaries({}, optional=COUNTING) | ODD
CHANNEL = st.fixed_dictionaries(
    {},
    optional={
        **COUNTING,
        "hashtags": st.integers(0, 9) | ODD,
        "cannot": st.lists(st.sampled_from(CANNOT), max_size=2) | ODD,
        "audience": st.sampled_from(AUDIENCES) | ODD,
        "languages": st.lists(st.sampled_from(["en", "de-AT", "german"]), max_size=2) | ODD,
        "to": st.sampled_from(["env:X", "file:secret", "json://host", "nothing"]) | ODD,
        "parts": st.dictionaries(st.sampled_from(["subject", "html"]), PART, max_size=2) | ODD,
    },
)
FILE = st.dictionaries(NAMES, CHANNEL | ODD, max_size=3) | ODD


@settings(deadline=None, max_examples=400)
@given(FILE, FILE)
@example({"x": None}, {"x": {"parts": {"a": None}}})
@example({"x": {"parts": {"a": {"limit": 3}}}}, {"x": {"parts": None, "limit": None}})
def test_a_file_without_slips_can_be_counted_by_alone_and_over_another(one: object, two: object) -> None:
    problems = [*check_channels(one), *check_channels(two)]
    assert all(problem.message and problem.remedy for problem in problems)
    if problems:
        return
    assert isinstance(one, dict | None)
    assert isinstance(two, dict | None)
    channels = built(merged(one or {}, two or {}))
    assert list(channels) == list({**(one or {}), **(two or {})})
    for channel in channels.values():
        for counted in (channel, *channel.parts.values()):
            assert measure(counted, "One #word, https://example.com").count >= 0


@settings(deadline=None)
@given(FILE)
def test_a_file_laid_over_itself_changes_nothing(one: object) -> None:
    if isinstance(one, dict) and not check_channels(one):
        assert built(merged(one, one)) == built(merged({}, one))
