"""How long a text is on each channel: the platforms' own figures, and what holds of any text."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.domain.errors import Refused
from crisisctl.domain.measure import RULES, Channel, Measure, channel_of, measure
from crisisctl.domain.measure.addresses import library, weighed
from crisisctl.domain.measure.sms import packed
from crisisctl.domain.text import LONGEST_TEXT

DATA = Path(__file__).parents[1] / "data"
TEXTS = json.loads((DATA / "counted-texts.json").read_text(encoding="utf-8"))
WEIGHTED = json.loads((DATA / "weighted-posts.json").read_text(encoding="utf-8"))["cases"]
LIMITS = {"x": 280, "bluesky": 300, "mastodon": 500, "threads": 500, "sms": 10, "subject": 998}
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
# What addresses, emoji and messages are made of, more of it than chance would bring together.
PIECES = st.sampled_from(
    (
        *("https://", "http://", "x.com", "status.example.co.uk", ".", "-", "_", "/a(b)", "?q=1", "@", "@a@b.example"),
        *("#", " ", "\n", "\r\n", "\u3000", "\u2028", "\x1c", "漢", "現在。", "é", "e\u0301", "a", FAMILY, "😷"),
        *("\ufe0f", "€", "^", "ж", "t.co/abc", "example.com中国語", "☃.net", "\u202a", "\ufb01", "xn--a.com"),
        *("\u0301", "1", ".com"),
    )
)
TANGLED = st.lists(PIECES, max_size=30).map("".join)


def on(rule: str, text: str, **more: Any) -> Measure:
    warning = more.pop("warning", "")
    unit = more.pop("unit", RULES[rule])
    return measure(Channel(rule, rule, rule, unit, more.pop("limit", LIMITS.get(rule)), **more), text, warning=warning)


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row["id"])
def test_a_text_counts_on_every_platform_as_it_should(row: dict[str, Any]) -> None:
    x, bluesky, sms = (on(rule, row["text"]) for rule in ("x", "bluesky", "sms"))
    assert x.more == row["x"]
    assert (x.count, x.fits) == (row["x"]["weighted"], row["x"]["valid"])
    assert bluesky.more == row["bluesky"]
    assert (bluesky.count, bluesky.fits) == (row["bluesky"]["graphemes"], row["bluesky"]["valid"])
    assert sms.more == row["sms"]
    assert sms.count == row["sms"]["segments"]
    assert on("characters", row["text"]).count == row["codepoints"]
    assert on("utf16", row["text"]).count == row["utf16"]


@pytest.mark.parametrize("case", WEIGHTED, ids=lambda case: case["what"])
def test_a_post_weighs_what_the_published_suite_says(case: dict[str, Any]) -> None:
    assert weighed("".join(piece * times for piece, times in case["text"]), 280) == (case["weighted"], case["valid"])


@settings(deadline=None, max_examples=300)
@given(st.one_of(TANGLED, ANYTHING))
def test_counting_word_by_word_changes_nothing_of_what_the_library_finds(text: str) -> None:
    whole = library().parse_tweet(text)
    assert weighed(text, 280) == (whole.weightedLength, whole.valid)


@pytest.mark.parametrize(
    "text",
    [
        "a." * 32_768,
        "漢" * 65_535 + ".",
        "漢." * 20_000,
        ("漢" * 9 + ".") * 6_000,
        "a-" * 30_000 + ".com",
        "x.com/(" * 9_000,
    ],
    ids=["dots", "run", "wide dots", "labels", "hyphens", "brackets"],
)
def test_no_text_keeps_the_count_waiting(text: str) -> None:
    began = time.process_time()
    on("x", text)
    on("mastodon", f"https://{text}"[:LONGEST_TEXT])
    assert time.process_time() - began < 12


def test_a_text_that_nobody_could_post_is_counted_in_full_and_not_less() -> None:
    assert on("x", "a." * 5_000 + "com").count == 10_003
    assert on("x", "漢." * 5_000 + "com").count == 15_003


def test_a_long_text_with_many_addresses_is_counted_exactly() -> None:
    text = "Follow https://status.example.com/incidents/2026?lang=en#latest, please.\n" * 800
    assert on("x", text, limit=25_000).count == (len("Follow , please.\n") + 23) * 800


def test_a_longer_limit_makes_a_longer_post_valid() -> None:
    assert on("x", "a" * 281).more["valid"] is False
    assert on("x", "a" * 281, limit=25_000).more["valid"] is True
    assert on("x", "a" * 281, limit=None).fits


@pytest.mark.parametrize(
    ("rule", "text", "troubles", "excess"),
    [
        ("x", "", ("X takes no empty post",), 0),
        ("x", "a" * 281, ("1 weighted character too many",), 1),
        ("x", "\ufeffa", ("it holds a character that X refuses: U+FEFF, U+FFFE or U+FFFF",), 0),
        ("bluesky", "é" * 1301, ("1,001 graphemes too many",), 1001),
        ("bluesky", FAMILY * 121, ("25 UTF-8 bytes too many",), 25),
        ("mastodon", "a" * 502, ("2 characters too many",), 2),
        ("sms", "a" * 1531, ("1 segment too many",), 1),
        ("subject", "One\nTwo", ("a subject is a single line",), 0),
        ("subject", "é" * 500, ("2 octets too many",), 2),
    ],
)
def test_what_does_not_fit_says_why_and_by_how_much(rule: str, text: str, troubles: tuple[str], excess: int) -> None:
    found = on(rule, text)
    assert (found.fits, found.troubles, found.excess) == (False, troubles, excess)


def test_an_empty_text_fits_wherever_nothing_may_be_said() -> None:
    for rule in sorted(set(RULES) - {"x"}):
        found = on(rule, "")
        assert (found.count, found.fits, found.excess) == (0, True, 0), rule


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("https://example.com", 23),
        ("http://" + "b" * 30 + ".com/example", 23),
        ("see https://example.com/a(b)c?d=é.", 4 + 23 + 1),
        ("https://example.com/(a) and https://example.co.uk:8080/, too", 23 + 5 + 23 + 5),
        ("gemini://example.org/x", 23),
        ("https://x.com/https://y.com", 23),
        ("example.com", 11),
        ("https://localhost/a", 19),
        ("https://-a.com https://a_b.com", 14 + 1 + 15),
        ("https://a_b.example.com", 23),
        ("ahttps://example.com", 20),
        ("@alice@bbb.example", 6),
        ("@alice and @bob@b.example.", 16),
        ("https://example.com/@alice@b.example", 23),
        ("mail dana@example.com", 21),
        (FAMILY, 1),
        (" \n ", 0),
    ],
)
def test_mastodon_counts_addresses_as_23_and_mentions_without_their_host(text: str, count: int) -> None:
    assert on("mastodon", text).count == count


def test_mastodon_counts_the_content_warning_and_the_others_do_not() -> None:
    assert on("mastodon", "a" * 499, warning="b").fits
    assert on("mastodon", "a" * 499, warning="bb").excess == 1
    assert on("mastodon", "", warning="https://example.com/long").count == 24
    assert on("bluesky", "a", warning="bb").count == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [("café", 4), ("😷", 4), (FAMILY, 25), ("🇩🇪", 8), ("1️⃣", 7), ("1#", 2), ("©™", 2), ("☺", 1), ("☺️", 6), ("漢", 1)],
)
def test_threads_counts_an_emoji_by_its_bytes(text: str, count: int) -> None:
    assert on("threads", text).count == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 152 + "€" + "a" * 8, ("GSM-7", 162, 2)),
        ("a" * 152 + "€" + "a" * 151, ("GSM-7", 305, 2)),
        ("a" * 152 + "€" + "a" * 152, ("GSM-7", 306, 3)),  # the escape does not fit into the first
        ("€" * 153, ("GSM-7", 306, 3)),
        ("^{}\\[~]|€\f", ("GSM-7", 20, 1)),
        ("é\r\n@Å", ("GSM-7", 5, 1)),
        ("\t", ("UCS-2", 1, 1)),
        ("\x1b", ("UCS-2", 1, 1)),
        ("\x00", ("UCS-2", 1, 1)),
        ("ж" * 66 + "😷" + "ж" * 3, ("UCS-2", 71, 2)),
        ("ж" * 66 + "😷" + "ж" * 65, ("UCS-2", 133, 2)),
        ("ж" * 66 + "😷" + "ж" * 66, ("UCS-2", 134, 3)),  # the pair is not split
    ],
)
def test_short_messages_never_split_a_character(text: str, expected: tuple[str, int, int]) -> None:
    assert packed(text) == expected


def messages(text: str) -> list[str]:
    """The text dealt out to messages one character at a time, the plain way."""
    found = packed(text)
    alone, each = (160, 153) if found.encoding == "GSM-7" else (70, 67)

    def size(part: str) -> int:
        return packed(f"{part}ж").units - 1 if found.encoding == "UCS-2" else packed(part).units

    if size(text) <= alone:
        return [text] if text else []
    dealt = [""]
    for one in text:
        if size(dealt[-1] + one) > each:
            dealt.append("")
        dealt[-1] += one
    return dealt


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from("aé€^\n") | st.sampled_from("aж😷€"), max_size=330))
def test_as_many_messages_as_dealing_the_characters_out_takes(text: str) -> None:
    assert packed(text).segments == len(messages(text))


@settings(deadline=None)
@given(ANYTHING, ANYTHING)
def test_plain_counts_add_up(one: str, two: str) -> None:
    for rule in ("characters", "utf16", "octets", "none"):
        assert on(rule, one + two).count == on(rule, one).count + on(rule, two).count
    assert on("graphemes", f"{one}\r\n{two}").count == on("graphemes", one).count + 1 + on("graphemes", two).count
    assert on("words", f"{one} {two}").count == on("words", one).count + on("words", two).count


@settings(deadline=None)
@given(st.one_of(TANGLED, ANYTHING))
def test_words_apart_weigh_on_x_what_each_weighs(text: str) -> None:
    assert on("x", f" {text} {text}").count == 2 * on("x", f" {text}").count


@settings(deadline=None, max_examples=200)
@given(st.one_of(TANGLED, ANYTHING), st.integers(1, 60))
def test_a_text_fits_exactly_when_nothing_troubles_it(text: str, limit: int) -> None:
    for rule in RULES:
        found = on(rule, text, limit=limit)
        assert found.fits == (not found.troubles)
        assert found.count <= limit or (found.excess > 0 and not found.fits)
        assert found.fits or found.excess > 0 or rule in {"x", "subject"}
        assert found.fits == found.more.get("valid", found.fits)


def test_hashtags_have_a_limit_of_their_own() -> None:
    tags = " ".join(f"#tag{number}" for number in range(31))
    found = on("utf16", tags, limit=2200, hashtags=30)
    assert (found.more["hashtags"], found.fits, found.troubles) == (31, False, ("1 hashtag too many",))
    assert on("utf16", "a#b &#39; ##c #d", hashtags=2).fits


def test_what_is_advised_never_stands_in_the_way() -> None:
    found = on("subject", "a" * 79, advised=78)
    assert found.fits
    assert found.more == {"advised": 78, "within_advice": False}
    assert on("words", "one two", advised=2).more["within_advice"]


def test_characters_that_cannot_be_seen_are_counted_like_any_other() -> None:
    text = "a\u200cb\u200dc\x00\x1b\u202e"
    assert [on(rule, text).count for rule in ("characters", "utf16", "octets")] == [8, 8, 14]
    assert on("x", text).count == 9  # a directional mark weighs two


@pytest.mark.parametrize("text", ["ab\ud800c", "\udfff", "\ud83d\ude37"])
def test_half_a_character_is_refused_with_its_place(text: str) -> None:
    for rule in RULES:
        with pytest.raises(Refused, match=r"⟨U\+D[8F][0-9A-F]{2}⟩ at character [13]|at character 1"):
            on(rule, text)


def test_a_text_too_long_for_any_statement_is_refused() -> None:
    assert on("characters", "a" * LONGEST_TEXT).fits
    with pytest.raises(Refused, match="65,537 characters; at most 65,536"):
        on("characters", "a" * (LONGEST_TEXT + 1))


def test_a_channel_that_nobody_knows_counts_characters_and_has_no_limit() -> None:
    radio = channel_of({}, "radio")
    assert (radio.limit, radio.to, measure(radio, "é😷").count) == (None, None, 2)
    email = Channel("email", "E-mail", parts={"subject": Channel("email.subject", "Subject", "subject")})
    assert channel_of({"email": email}, "email.subject").rule == "subject"
    assert channel_of({"email": email}, "email") is email
    assert channel_of({"email": email}, "email.html").id == "email.html"
