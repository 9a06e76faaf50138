"""Every template, filled in as fully as a room could, counted by each channel and read by the lint."""

from __future__ import annotations

from pathlib import Path

from crisisctl.adapters.policy import PolicyFiles
from crisisctl.adapters.yaml import load
from crisisctl.domain.lint import Context, lint
from crisisctl.domain.measure import measure
from crisisctl.domain.measure.channel import Channel
from crisisctl.domain.measure.sms import packed
from tests.playbooks.conftest import RESERVED, TEMPLATES, File, texts

POSTS = {
    "x": Channel("x", "X", rule="x", limit=280),
    "short": Channel("x", "X", rule="x", limit=280),
    "bluesky": Channel("bluesky", "Bluesky", rule="bluesky", limit=300),
    "mastodon": Channel("mastodon", "Mastodon", rule="mastodon", limit=500),
    "threads": Channel("threads", "Threads", rule="threads", limit=500),
}
PHASES = {"holding": "opening", "minimal": "opening", "resolution": "resolution", "staff": "inside", "qa": "inside"}
POLICY = PolicyFiles(None, load).policy()
USUAL = {"affected_service": "Git hosting", "account": "@example on X", "next_update_at": "2026-11-22 15:00 UTC"}


def test_every_block_fits_its_channel_with_the_longest_facts(renditions: list[dict[str, str]]) -> None:
    for found in renditions:
        for name in POSTS.keys() & found.keys():
            counted = measure(POSTS[name], found[name])
            assert counted.fits, (name, counted.count, found[name])


def test_a_text_message_is_plain_and_has_two_parts_at_most(renditions: list[dict[str, str]]) -> None:
    for text in (found["sms"] for found in renditions if "sms" in found):
        counted = packed(text)
        assert (counted.encoding, counted.segments <= 2) == ("GSM-7", True), (counted, text)


def test_the_first_text_message_of_an_outage_is_one_part_with_the_usual_facts() -> None:
    for file in TEMPLATES:
        if (file.kind, file.playbook.id) == ("holding", "outage"):
            found = texts(file.source, {**RESERVED, **USUAL, "customer_impact": "x"})["sms"]
            assert packed(found).segments == 1, found


def test_a_subject_fits_a_line_of_mail(renditions: list[dict[str, str]]) -> None:
    for found in renditions:
        assert len(found.get("email_subject", "")) <= 120


def test_the_lint_finds_nothing_in_any_text(file: File, renditions: list[dict[str, str]]) -> None:
    for text, context in {(t, _context(file, name)) for found in renditions for name, t in found.items()}:
        if not (context.channel or "").endswith("html"):
            findings = lint(text, POLICY, context)
            assert not findings, (findings[0], text)


def test_the_linted_templates_are_those_that_are_delivered() -> None:
    assert {file.path.parents[1] for file in TEMPLATES} == {Path(__file__).parents[2] / "templates"}


def _context(file: File, name: str) -> Context:
    phase = "inside" if name == "customer_care" else PHASES.get(file.kind, "update")
    whole = name != "email_subject"
    channel = name.replace("_", "-") or None
    return Context(severity="sev1", language=file.language, channel=channel, phase=phase, whole=whole)
