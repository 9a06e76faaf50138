"""A clock in words."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain.clocks.catalogue import build
from crisisctl.domain.clocks.tell import explained, length, standing
from tests.clockwork import clocks


def made(**changes: Any) -> Any:
    spec = {"title": "One", "start": "aware", "rule": {"hours": 24}} | changes
    return next(iter(build({"own": {"title": "Own", "clocks": {"one": spec}}}).values()))


@pytest.mark.parametrize("id_", clocks().known)
def test_every_clock_says_what_starts_it_how_long_it_runs_and_where_that_is_written(id_: str) -> None:
    clock = clocks().known[id_]
    told = list(explained(clock))
    assert all(sentence and sentence.rstrip()[-1] in ".?" for sentence in told), told
    assert told[0].startswith(f"It starts with {clock.start}")
    assert any(clock.citation in sentence for sentence in told)
    assert any(length(clock) in sentence for sentence in told)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"hours": 1}, "1 elapsed hour"),
        ({"days": 30}, "30 calendar days"),
        ({"days": 5, "first_day": True}, "5 calendar days, the day of the start being the first"),
        ({"days": 60, "from": "year-end"}, "60 calendar days after the end of the calendar year"),
        ({"business_days": 4, "at": "17:30"}, "4 business days, by 17:30"),
        ({"months": 1}, "1 month"),
        ({"duty": "without undue delay"}, "without undue delay"),
        ({"accepted_by": "17:30"}, "by 17:30 on the due date"),
        (
            {"earliest": [{"hours": 4}, {"hours": 24, "after": "aware"}], "late": {"hours": 4}},
            "the earlier of 4 elapsed hours and 24 elapsed hours after aware; if later than that, 4 elapsed hours",
        ),
    ],
)
def test_how_long_a_clock_runs_is_said_in_words(rule: dict[str, Any], words: str) -> None:
    assert length(made(rule=rule)) == words


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"only": {"people": {"least": 500}}}, "Only if people is 500 or more."),
        ({"only": {"people": {"least": 2, "most": 9}}}, "Only if people is 2 or more and at most 9."),
        ({"only": {"small": {"is": False}}}, "Only if small is no."),
        ({"only": {"entity": {"among": ["bank", "ccp"]}}}, "Only if entity is bank or ccp."),
        ({"asks": {"small": "Are we small?"}}, "Ask: Are we small?"),
        ({"zone": "Asia/Tokyo"}, "Days end in Asia/Tokyo, unless told otherwise."),
        ({"rule": {"business_days": 1}}, "Business days by the calendar of the place."),
        ({"rule": {"business_days": 1}, "calendar": "SEC"}, "Business days by the calendar SEC."),
        (
            {"since": "2026-01-01", "until": "2026-12-31"},
            "Status: in force, from 2026-01-01, until 2026-12-31. Confidence: medium.",
        ),
        (
            {"roll": "opening"},
            "A last day on which the authority is closed moves to the next opening day. Alarms do not move.",
        ),
    ],
)
def test_each_thing_that_a_clock_hangs_on_is_told(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in list(explained(made(**changes)))


@pytest.mark.parametrize(
    ("clocks_", "line"),
    [
        ([made()], "Last verified never; reviewed by nobody yet."),
        (
            [made(last_verified="2026-10-01", reviewed_by="Kim Lee")],
            "Last verified on 2026-10-01; reviewed by Kim Lee.",
        ),
        (
            [made(last_verified="2026-10-01", reviewed_by="Kim Lee"), made(last_verified="2026-11-01")],
            "Last verified between 2026-10-01 and 2026-11-01; reviewed by Kim Lee, nobody yet.",
        ),
        (
            [made(last_verified="2026-10-01"), made()],
            "Last verified on 2026-10-01, some of them never; reviewed by nobody yet.",
        ),
        ([], "Last verified never; reviewed by nobody yet."),
    ],
)
def test_the_standing_line_says_who_verified_when_and_hides_no_gap(clocks_: list[Any], line: str) -> None:
    assert standing(clocks_) == f"Not legal advice. {line} Ask your counsel."
