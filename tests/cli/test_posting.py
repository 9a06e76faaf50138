"""What the command line tells of words that were published, and how people answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Program

NOWHERE = "http://127.0.0.1:9/hook"  # where nobody listens


def posts(program: Program) -> dict[str, Any]:
    listed = program.ok("status", "--json").json["statements"]
    return {post["channel"]: post for post in listed[0]["posts"]}


def test_files_wait_to_be_pasted_and_a_person_says_where_they_are(
    published: Program, shown: Callable[[str], str]
) -> None:
    told = shown(published.ok("statement", "list").out)
    assert "paste its file, then:" in told
    published.ok("statement", "posted", "status-page", "--url", "https://status.example.org/1", "--request-id", "k")
    again = published.ok(
        "statement", "posted", "status-page", "--url", "https://status.example.org/1", "--request-id", "k"
    )
    assert again.out.startswith("Already done")
    assert posts(published)["status-page"]["url"] == "https://status.example.org/1"
    assert "status-page/en: out since" in published.ok("status").out
    assert "status-page/en: out since" in published.ok("statement", "show", "holding").err


def test_a_url_with_what_a_terminal_obeys_is_refused(published: Program) -> None:
    refused = published("statement", "posted", "email", "--url", "https://x.example/\x1b[31m")
    assert refused.code == 3
    assert "\x1b" not in refused.err


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (["posted", "mastodon", "--url", "https://x.example/1"], 4, "channel on which something was published"),
        (["posted", "email", "--url", "here"], 3, "is no address"),
        (["retry", "holding", "--channel", "email", "--because", "y"], 3, "email has no address in channels.yaml"),
        (
            ["retry", "holding", "--channel", "x", "--because", "y"],
            3,
            "too long for x/en, so it was not published there",
        ),
        (["posted", "x", "--url", "https://x.com/room/status/1"], 3, "too long for x/en"),
        (["retry", "holdign", "--channel", "x", "--because", "y"], 4, "Did you mean holding"),
        (["embargo", "holding", "--until", "soon", "--because", "y"], 3, "is not a time"),
        (["embargo", "holding", "--until", "2020-01-01T00:00Z", "--because", "y"], 3, "has passed"),
        (["embargo", "holding", "--lift", "--because", "y"], 3, "There is no embargo on holding"),
        (["embargo", "holding", "--because", "y"], 2, "--until TIME to begin an embargo, or --lift to end it"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(published: Program, typed: list[str], code: int, said: str) -> None:
    ran = published("statement", *typed)
    assert (ran.code, said in ran.err) == (code, True), ran.err


def test_a_channel_that_is_down_is_told_and_tried_by_the_watch(approved: Program) -> None:
    (approved.root / "channels.yaml").write_text(f"email: {{to: '{NOWHERE}'}}\n")
    published = approved.ok("statement", "publish", "holding")
    assert "127.0.0.1 refuses the connection; no watch is running" in published.err
    assert "holding.email.txt" not in published.out  # it is not to be pasted meanwhile
    post = posts(approved)["email"]
    assert (post["state"], post["attempts"], post["reason"]) == ("unposted", 1, "127.0.0.1 refuses the connection")
    kinds = [timer["kind"] for timer in approved.ok("timers", "--json").json["timers"]]
    assert kinds.count("posting") == 1
    assert approved.ok("verify").code == 0


def test_the_doctor_finds_addresses_that_cannot_work(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOM_X", "https+mastodon://nobody-gave-a-token")
    (program.root / "channels.yaml").write_text("x: {to: 'env:ROOM_X'}\nemail: {to: 'env:ROOM_MAIL'}\n")
    checks = program("doctor", "--json").json["checks"]
    found = [check["what"] for check in checks if check["what"].startswith("channel ")]
    assert len(found) == 2
    assert "channel x cannot be posted to: that is no address of an account" in found[0]
    assert "env:ROOM_MAIL is not set" in found[1]


def test_publishing_before_an_embargo_ends_is_refused_and_the_way_out_works(approved: Program) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    approved.ok("statement", "embargo", "holding", "--until", until, "--because", "markets are open")
    refused = approved("statement", "publish", "holding")
    assert refused.code == 3
    lift = refused.err.partition("To lift it: crisisctl ")[2].strip().removesuffix("WHY").split()
    approved.ok(*lift, "it leaked")
    assert approved.ok("statement", "list", "--json").json["statements"][0].get("embargoes") is None
    approved.ok("statement", "publish", "holding")
