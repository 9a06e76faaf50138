"""Every template in every language: its blocks, what it asks for, and what it says inside and outside the house."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from crisisctl.domain.statements.publishing import slots
from tests.playbooks import conduct
from tests.playbooks.conftest import CORRECTION, EARLY, RESERVED, TEMPLATES, File, Values, names, texts
from tests.playbooks.technical import TEXT_MESSAGES

KINDS = {"holding", "update", "resolution", "correction", "staff", "qa", "minimal"}
LANGUAGES = {"en", "de"}
PUBLIC = ("holding", "update", "resolution", "correction")
SOCIAL = {"x", "bluesky", "mastodon", "threads", "short"}
PROMISE = {
    "en": "Next update by 2026-11-22 16:00 CET (15:00 UTC)",
    "de": "Nächstes Update bis 2026-11-22 16:00 MEZ (15:00 UTC)",
}
SORRY = {"en": r"\b[Ss]orry\b", "de": r"\b(?:tut|tun) (?:uns|mir) leid\b|\bleid\b"}
OPEN = {"en": r"not yet know|do not know|not known|whether|how|who", "de": r"noch nicht|noch offen|ob |wie |prüfen"}
PARTS = {
    "en": ("What we know: ", "What we do not yet know: ", "What we are doing: ", "What you can do: "),
    "de": ("Was wir wissen: ", "Was wir noch nicht wissen: ", "Was wir tun: ", "Was Sie tun können: "),
}
RELATIVE = {
    "en": r"\b(?:today|tomorrow|yesterday|soon|shortly|hours?|minutes?|currently)\b",
    "de": r"\b(?:heute|morgen|gestern|bald|demnächst|Stunden?|Minuten?|derzeit|in Kürze|umgehend)\b",
}


def every(renditions: list[dict[str, str]]) -> chain[str]:
    """Every text of every rendition that is not HTML."""
    return chain.from_iterable(
        (text for name, text in found.items() if not name.endswith("_html")) for found in renditions
    )


def of(*kinds: str) -> pytest.MarkDecorator:
    """For the templates of these kinds alone."""
    return pytest.mark.parametrize("file", [file for file in TEMPLATES if file.kind in kinds], ids=str, indirect=True)


def test_every_crisis_has_every_kind_in_every_language() -> None:
    found = {(file.playbook.id, file.kind, file.language) for file in TEMPLATES}
    assert found == {(id_, kind, language) for id_ in EARLY for kind in KINDS for language in LANGUAGES}


def test_a_template_asks_for_facts_of_its_playbook_alone(file: File) -> None:
    own = RESERVED.keys() - {"title", "incident", "severity"}
    assert names(file.source) <= own | file.playbook.facts.keys()


def test_a_variant_has_the_blocks_of_the_template(file: File) -> None:
    source = file.path.with_name(f"{file.playbook.id}.md.j2").read_text(encoding="utf-8")
    assert re.findall(r"{% block (\w+) %}", file.source) == re.findall(r"{% block (\w+) %}", source)


def test_a_template_needs_what_is_surely_known_and_nothing_else(file: File) -> None:
    inside = {"next_update_at"} if file.kind in {"staff", "qa"} else set()
    values = {name: "2026-11-22 15:00 UTC" if name.endswith("_at") else "x" for name in file.sure - inside}
    assert texts(file.source, {**RESERVED, **values})[""]


def test_a_public_statement_has_a_block_for_each_short_channel(file: File) -> None:
    blocks = set(re.findall(r"{% block (\w+) %}", file.source))
    if file.kind in PUBLIC:
        assert blocks >= SOCIAL | {"email_subject", "email_html"}
        assert ("sms" in blocks) == (file.playbook.id in {"outage", "data-breach", "account-takeover"} | TEXT_MESSAGES)
    else:
        assert blocks == ({"customer_care"} if file.kind == "staff" else set())


def test_every_text_promises_the_next_one_at_a_time_with_its_zone(file: File, renditions: list[dict[str, str]]) -> None:
    for found in renditions:
        for name, text in found.items():
            if name not in {"email_subject", "email_html"}:
                said = text.replace("Next update there by", "Next update by").replace(
                    "next update by", "Next update by"
                )
                assert PROMISE[file.language].casefold() in said.casefold(), (name, text)


def test_every_text_is_sorry_and_says_what_is_open(file: File, renditions: list[dict[str, str]]) -> None:
    for found in renditions:
        for name, text in found.items():
            if not name.startswith("email_"):
                assert re.search(SORRY[file.language], text), (name, text)
                open_ = file.kind in {"resolution", "staff", "qa"} or re.search(OPEN[file.language], text)
                assert open_, (name, text)


@of(*PUBLIC)
def test_a_public_text_has_all_its_parts_once(file: File, renditions: list[dict[str, str]]) -> None:
    for found in renditions:
        assert all(found[""].count(part) == 1 for part in PARTS[file.language]), found[""]


def test_no_text_names_a_time_that_moves(file: File, renditions: list[dict[str, str]]) -> None:
    for text in every(renditions):
        assert not re.search(RELATIVE[file.language], text), text


def test_every_text_is_punctuated_however_its_parts_fall(renditions: list[dict[str, str]]) -> None:
    for text in every(renditions):
        assert not re.search(r" [.,;:]|[.,;:]{2}|  |\.[A-Za-zÄÖÜ]|\n{3}|[ \t]$|^ ", text, re.MULTILINE), text
        assert not re.search(r"{{|{%|None|True|False|TODO", text), text


def test_html_has_the_words_of_the_text_and_no_more(file: File, renditions: list[dict[str, str]]) -> None:
    for found in (found for found in renditions if "email_html" in found):
        html = found["email_html"]
        assert html.startswith(f'<div lang="{file.language}">')
        bare = re.sub(r"<[^>]+>", " ", re.sub(r"</?strong>", "", html)).split()
        said = found[""].split()
        assert [word.strip(".,:") for word in bare] == [word.strip(".,:") for word in said]


def test_html_shows_what_a_fact_holds_and_runs_nothing() -> None:
    file = next(
        file for file in TEMPLATES if (file.kind, file.playbook.id, file.language) == ("holding", "outage", "en")
    )
    values = dict.fromkeys(EARLY["outage"], "<script>x</script>")
    assert "<script" not in texts(file.source, {**RESERVED, **values})["email_html"]


@of("staff")
def test_a_staff_line_says_what_to_say_where_to_send_and_what_to_do(
    file: File, renditions: list[dict[str, str]]
) -> None:
    parts = {
        "en": ("What you may say: ", "Where questions go: ", "What we leave open: ", "What you can do: "),
        "de": ("Was Sie sagen dürfen: ", "Wohin mit Fragen: ", "Was offen bleibt: ", "Was Sie tun können: "),
    }[file.language]
    for found in renditions:
        assert all(found[""].count(part) == 1 for part in parts)
        assert re.search("spokesperson|Pressestelle", found[""])


@of("qa")
def test_questions_and_answers_come_in_pairs_and_are_hard_enough(file: File, renditions: list[dict[str, str]]) -> None:
    question, answer = {"en": ("Question: ", "Answer: "), "de": ("Frage: ", "Antwort: ")}[file.language]
    for found in renditions:
        asked = re.findall(rf"^{question}.*\?$\n^{answer}.*\.$", found[""], re.MULTILINE)
        assert found[""].count(question) == found[""].count(answer) == len(asked)
        assert 5 <= len(asked) <= 9
        assert len(found[""]) < 2500


@of("minimal")
def test_the_minimal_line_is_one_line_of_what_is_sure(file: File, renditions: list[dict[str, str]]) -> None:
    assert len({found[""] for found in renditions}) == 1
    assert "\n" not in renditions[0][""]
    assert len(renditions[0][""]) <= 300


@of("holding", "minimal", "update", "resolution", "correction")
def test_a_word_that_must_not_go_out_yet_holds_an_open_slot(file: File, renditions: list[dict[str, str]]) -> None:
    surely = {name: "2026-11-22 15:00 UTC" if name.endswith("_at") else "x" for name in file.sure}
    for name in file.allowed.keys() & names(file.source):
        choices: tuple[str | bool, ...] = (*file.playbook.facts[name].choices, False)
        unset: Values = {**RESERVED, **{key: value for key, value in surely.items() if key != name}}
        wrong: list[Values] = [{**unset, name: value} for value in choices if value not in file.allowed[name]]
        for known in (unset, *wrong):
            found = texts(file.source, known)
            assert {key for key in found if key != "email_subject"} <= slots(found).keys(), known
    assert not any(slots(found) for found in renditions)


@of("holding", "minimal")
def test_first_words_wait_for_what_makes_them_true(file: File) -> None:
    assert names(file.source) >= conduct.ALLOWS.get(file.playbook.id, {}).keys()


@of("correction")
def test_a_correction_says_what_was_said_and_what_is_right(file: File, renditions: list[dict[str, str]]) -> None:
    assert file.language == "de" or names(file.source) >= CORRECTION
    for found in renditions:
        assert re.search("What is right: |Richtig ist: |englischen Fassung", found[""]), found[""]
