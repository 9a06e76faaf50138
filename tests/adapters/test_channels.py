"""The channels: those of the program, a workspace's own laid over them, and every slip told at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from crisisctl.adapters.yaml.channels import ChannelFiles
from crisisctl.domain.errors import Invalid
from crisisctl.domain.measure import RULES, Channel, measure

USUAL = ChannelFiles(None).channels()


def with_own(folder: Path, text: str) -> dict[str, Channel]:
    (folder / "channels.yaml").write_text(text, encoding="utf-8")
    return dict(ChannelFiles(folder / "channels.yaml").channels())


def slips(folder: Path, text: str) -> list[str]:
    """What is told of a file that cannot be used, without its path."""
    with pytest.raises(Invalid) as told:
        with_own(folder, text)
    lines = str(told.value).split("\n")
    assert all(line.startswith(f"{folder / 'channels.yaml'}:") for line in lines)
    return [line.removeprefix(f"{folder / 'channels.yaml'}:") for line in lines]


def test_every_place_that_a_crisis_is_told_in_is_known() -> None:
    places = {"x", "bluesky", "mastodon", "threads", "linkedin", "facebook", "instagram", "status-page", "email", "sms"}
    assert places | {"press-release", "internal-chat", "customer-care", "push", "website"} <= set(USUAL)


@pytest.mark.parametrize(
    ("name", "rule", "limit"),
    [
        ("x", "x", 280),
        ("bluesky", "bluesky", 300),
        ("mastodon", "mastodon", 500),
        ("threads", "threads", 500),
        ("linkedin", "utf16", 3000),
        ("facebook", "utf16", 63206),
        ("instagram", "utf16", 2200),
        ("youtube", "utf16", 5000),
        ("tiktok", "utf16", 2200),
        ("sms", "sms", 10),
        ("push", "graphemes", 178),
        ("status-page", "none", None),
        ("press-release", "words", None),
    ],
)
def test_each_has_the_limit_of_its_platform(name: str, rule: str, limit: int | None) -> None:
    assert (USUAL[name].rule, USUAL[name].limit, USUAL[name].unit) == (rule, limit, RULES[rule])


def test_the_subject_of_an_e_mail_is_a_part_of_it() -> None:
    subject = USUAL["email"].parts["subject"]
    assert (subject.id, subject.limit, subject.advised) == ("email.subject", 998, 78)
    assert measure(subject, "x" * 999).excess == 1


def test_no_channel_of_the_program_posts_anywhere_by_itself() -> None:
    assert {one.to for one in USUAL.values()} == {None}


def test_inside_channels_are_for_inside_audiences() -> None:
    inside = {one.id for one in USUAL.values() if one.audience == "inside"}
    assert inside == {"internal-chat", "intranet", "customer-care"}


def test_a_workspace_changes_single_keys_and_leaves_the_rest(tmp_path: Path) -> None:
    found = with_own(tmp_path, "x: {limit: 25000, to: env:X_URL}\nemail: {parts: {subject: {advised: 60}}}\n")
    assert found["x"] == USUAL["x"]._replace(limit=25000, to="env:X_URL")
    assert found["email"].parts["subject"].limit == 998
    assert found["email"].parts["subject"].advised == 60
    assert found["email"].parts["html"] == USUAL["email"].parts["html"]
    assert found["bluesky"] == USUAL["bluesky"]


def test_a_workspace_adds_channels_of_its_own(tmp_path: Path) -> None:
    found = with_own(tmp_path, "radio: {title: Radio, rule: words, limit: 90, languages: [de, de-AT]}\ntannoy:\n")
    assert (found["radio"].limit, found["radio"].unit, found["radio"].languages) == (90, "words", ("de", "de-AT"))
    assert found["tannoy"] == Channel("tannoy", "tannoy")
    assert list(found)[-2:] == ["radio", "tannoy"]


def test_a_limit_is_taken_away_by_saying_null(tmp_path: Path) -> None:
    assert with_own(tmp_path, "linkedin: {limit: null}\n")["linkedin"].limit is None


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_a_file_with_nothing_in_it_changes_nothing(tmp_path: Path, text: str) -> None:
    assert with_own(tmp_path, text) == dict(USUAL)


def test_a_workspace_needs_no_file_of_channels(tmp_path: Path) -> None:
    assert dict(ChannelFiles(tmp_path / "channels.yaml").channels()) == dict(USUAL)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: {limit: many}", "1:12: x.limit is text, not a whole number. Write a whole number without quotes"),
        ("x: {limit: 0}", "1:12: x.limit is 0. Write 1 or more."),
        ("x: {limit: -3}", "1:12: x.limit is -3. Write 1 or more."),
        ("x: {limit: true}", "1:12: x.limit is true, not a whole number."),
        ("x: {rule: tweet}", "1:11: x.rule cannot be 'tweet'. Write x or bluesky or"),
        ("x: {rule: mastodn}", "1:11: x.rule cannot be 'mastodn'. Write mastodon."),
        ("x: {rule: [x]}", "1:11: x.rule cannot be a list."),
        ("x: {limt: 3}", "1:5: the key 'limt' is not known in x. Write limit."),
        ("x: {cannot: [links, sound]}", "1:21: item 2 of x.cannot cannot be 'sound'. Write "),
        ("x: {audience: everybody}", "1:15: x.audience cannot be 'everybody'. Write public or inside."),
        ("x: {languages: [german]}", "1:17: item 1 of x.languages is not a language. Write it as en, de or de-AT."),
        ("x: {title: ''}", "1:12: x.title is empty. Write a few words."),
        ("x: 280", "1:4: x is a whole number, not a mapping. Write keys and values here:"),
        ("- x", "1:1: this file is not a mapping of channels. Write the name of each channel"),
        ("Big X: {}", "1:1: 'Big X' cannot name a channel."),
        ("x: {parts: {subject: {to: env:A}}}", "1:23: the key 'to' is not known in x.parts.subject."),
        ("x: {limit: 1}\nx: {limit: 2}", "2:1: the key 'x' was already there on line 1."),
        ("x: {limit: 1", "1:13: this is not YAML:"),
        ("x: &a {limit: 1}\ny: *a", "1:4: &a names a place."),
    ],
)
def test_a_slip_is_told_with_its_place_and_its_remedy(tmp_path: Path, text: str, told: str) -> None:
    found = slips(tmp_path, text)
    assert found[0].startswith(told), found[0]


def test_all_slips_are_told_in_one_run(tmp_path: Path) -> None:
    found = slips(tmp_path, "x: {limit: 0, rule: y}\nsms: {audience: all}\nradio: {to: 3}\n")
    assert [line.split(":")[0] for line in found] == ["1", "1", "2", "3"]


@pytest.mark.parametrize("to", ["hunter2", "env:", "env:9", "mailto:me", "'https://has space'", "'file: '", "3"])
def test_an_address_that_is_none_is_told_without_repeating_it(tmp_path: Path, to: str) -> None:
    (told,) = slips(tmp_path, f"x: {{to: {to}}}")
    assert told.startswith("1:9: x.to is no address. Write env:NAME, file:PATH or an address")
    assert "hunter2" not in told


@pytest.mark.parametrize("to", ["env:X_URL", "file:secrets/x", "https+mastodon://token@host", "mailto://a:b@c.example"])
def test_an_address_may_be_a_reference_or_an_address(tmp_path: Path, to: str) -> None:
    assert with_own(tmp_path, f'x: {{to: "{to}"}}')["x"].to == to


def test_a_folder_or_foreign_bytes_in_place_of_the_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "channels.yaml").mkdir()
    with pytest.raises(Invalid, match=r"channels\.yaml:1:1: .*file"):
        ChannelFiles(tmp_path / "channels.yaml").channels()
    (tmp_path / "other.yaml").write_bytes(b"x: \xff")
    with pytest.raises(Invalid, match=r"other\.yaml:1:4: the byte 0xff here is not UTF-8\. Save the file as UTF-8\."):
        ChannelFiles(tmp_path / "other.yaml").channels()
