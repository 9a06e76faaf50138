"""The texts of a statement as they are made: from templates with blocks and variants, or by hand, whole or in part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.adapters import posix
from crisisctl.adapters.jinja import Jinja
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.outgoing import Files
from crisisctl.adapters.yaml.channels import ChannelFiles
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import CrisisError, Refused, RefusedAndLogged, Usage
from crisisctl.domain.measure import channel_of, measure
from crisisctl.domain.playbook import pin
from crisisctl.domain.statements.publishing import slots
from crisisctl.domain.statements.renditions import text_digest
from crisisctl.service import composing, statements
from crisisctl.service.checking import fits
from crisisctl.service.comparing import compare, pieces
from crisisctl.service.composing import Part
from crisisctl.service.desk import Asked
from tests.domain.conftest import plan

ENGLISH = """We are sorry: {{ count }} accounts. Next update by {{ next_update_at }}.
{% block x %}{{ count }} accounts. We are sorry.{% endblock %}
{% block short %}Sorry.{% endblock %}
{% block email_subject %}Your account{% endblock %}
{% block email_html %}<p>{{ cause }}</p>{% endblock %}
"""
GERMAN = "Es tut uns leid: {{ count }} Konten.{% block short %}Tut uns leid.{% endblock %}"
TEMPLATES = {"holding.md.j2": ENGLISH, "holding.de.md.j2": GERMAN, "least.md.j2": "We are looking into it."}
PLAN = plan(
    facts={"count": {"type": "integer"}, "cause": {}, "unused": {}},
    statements={
        "holding": {
            "template": "holding.md.j2",
            "channels": ["status-page", "x", "email"],
            "audiences": ["press"],
            "languages": ["en", "de", "fr"],
            "approvals": ["legal"],
            "minimal": "least.md.j2",
            "update_every": "60m",
        }
    },
)
CHANNELS = fits(ChannelFiles(None).channels())
KEYS = {f"{way}/{language}" for way in ("status-page", "x", "email") for language in ("en", "de")}
PARTS = {"email.subject/en", "email.html/en"}


@pytest.fixture
def room(room_for: Callable[..., Any]) -> Any:
    """INC-1 on a playbook of three languages, in memory; sam writes and lena is legal."""
    return _room(room_for)


def _room(room_for: Callable[..., Any]) -> Any:
    room = room_for(Memory())
    command = ask.Open(pin(PLAN, TEMPLATES), TEMPLATES, "Water", assign=(("lead", "dana"), ("legal", "lena")))
    room.desk.open(command, Asked(Source("dana", "tester")))
    for name, value in (("count", "1200"), ("cause", "a < b & c"), ("unused", "nothing")):
        room.ask(ask.SetFact(name, value))
    return room


def compose(room: Any, part: Part = composing.WHOLE, *, minimal: bool = False) -> ask.Draft:
    with room.store.reading() as log:
        found = room.desk.load(log, "INC-1")
        jinja, now = Jinja(posix.limit_process), datetime(2026, 3, 28, 22, 1, tzinfo=UTC)
        return composing.compose(log, found, "holding", jinja, "Example", now, part=part, minimal=minimal)


def write(room: Any, text: str, part: Part = composing.WHOLE) -> ask.Draft:
    with room.store.reading() as log:
        return composing.write(log, room.desk.load(log, "INC-1"), "holding", text, part)


def texts(room: Any) -> dict[str, str]:
    with room.store.reading() as log:
        return statements.texts_of(log, room.desk.load(log, "INC-1"), "holding")


def approved(room: Any, draft: ask.Draft) -> None:
    room.ask(draft, "sam")
    room.ask(ask.Submit("holding"), "sam")
    room.ask(ask.Approve("holding"), "lena")


def publish(room: Any, state: Path, **changes: Any) -> Any:
    command = ask.Publish("holding", "")._replace(**changes)
    return statements.publish(room.desk, Files(state), "INC-1", command, Asked(Source("dana", "tester")), CHANNELS)


def test_every_language_with_a_template_of_its_own_is_made_at_once(room: Any) -> None:
    draft = compose(room)
    assert set(draft.renditions) == KEYS | PARTS, "there is no French template, and no English text poses as French"
    assert draft.text == "We are sorry: 1200 accounts. Next update by 2026-03-28 23:05 UTC."
    assert draft.renditions["status-page/en"] == draft.renditions["email/en"] == draft.text
    assert draft.renditions["x/en"] == "1200 accounts. We are sorry."
    assert draft.renditions["email.subject/en"] == "Your account"
    assert draft.renditions["email.html/en"] == "<p>a &lt; b &amp; c</p>"
    assert {draft.renditions[f"{way}/de"] for way in ("status-page", "x", "email")} == {"Es tut uns leid: 1200 Konten."}
    assert draft.template
    assert draft.promises == datetime(2026, 3, 28, 23, 5, tzinfo=UTC)


def test_a_text_knows_the_facts_that_its_templates_ask_for_and_no_others(room: Any) -> None:
    assert set(compose(room).facts) == {"count", "cause"}


def test_the_least_is_a_statement_of_its_own(room: Any) -> None:
    draft = compose(room, minimal=True)
    assert (draft.text, draft.minimal, draft.template) == ("We are looking into it.", True, True)


def test_the_shorter_text_replaces_one_channel_and_nothing_else(room: Any) -> None:
    room.ask(compose(room), "sam")
    before = texts(room)
    room.ask(compose(room, Part("x", "en", short=True)), "sam")
    assert texts(room) == before | {"x/en": "Sorry."}
    room.ask(compose(room, Part("x", None, short=True)), "sam")
    assert texts(room) == before | {"x/en": "Sorry.", "x/de": "Tut uns leid."}
    room.ask(compose(room, Part("x")), "sam")
    assert texts(room) == before


def test_a_template_without_a_shorter_text_says_so(room: Any) -> None:
    room.ask(compose(room), "sam")
    room.ask(write(room, "De la pluie.", Part("x", "fr")), "sam")
    with pytest.raises(Refused, match=r"has no shorter text in .*--channel CHANNEL --file FILE"):
        compose(room, Part("x", "fr", short=True))


def test_a_text_by_hand_replaces_the_language_and_makes_the_others_stale(room: Any) -> None:
    room.ask(compose(room), "sam")
    room.ask(write(room, "We are sorry. Next update by 2026-03-29 01:00 UTC."), "sam")
    statement = room.look().statements["holding"]
    assert set(statement.renditions) == KEYS, "the subject and the HTML of another text are gone"
    assert [*statement.stale] == ["de"]
    assert statement.promises == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    with pytest.raises(Refused, match="which is stale"):
        room.ask(ask.Submit("holding"), "sam")
    room.ask(write(room, "Es tut uns leid.", Part(None, "de")), "sam")
    assert room.look().statements["holding"].stale == ()
    assert texts(room)["email/de"] == "Es tut uns leid."


def test_a_stale_language_can_be_left_out(room: Any) -> None:
    room.ask(compose(room), "sam")
    room.ask(write(room, "We are sorry."), "sam")
    with room.store.reading() as log:
        found = room.desk.load(log, "INC-1")
        room_without = composing.leave_out(log, found, "holding", Part(None, "de"))
        with pytest.raises(Refused, match="is the language that holding is written in"):
            composing.leave_out(log, found, "holding", Part(None, "en"))
        with pytest.raises(Usage, match="--leave-out goes with"):
            composing.leave_out(log, found, "holding", composing.WHOLE)
    room.ask(room_without, "sam")
    assert set(texts(room)) == {key for key in KEYS if key.endswith("/en")}
    room.ask(ask.Submit("holding"), "sam")


def test_a_part_of_nothing_is_refused(room: Any) -> None:
    with pytest.raises(Refused, match=r"holding has no text yet\. Draft the whole first"):
        write(room, "Es tut uns leid.", Part(None, "de"))


def test_a_fact_keeps_the_version_that_the_rest_of_the_statement_used(room: Any) -> None:
    room.ask(compose(room), "sam")
    room.ask(ask.SetFact("count", "1300"))
    room.ask(compose(room, Part("x", "en")), "sam")
    assert texts(room)["x/en"] == "1300 accounts. We are sorry."
    room.ask(ask.Submit("holding"), "sam")
    room.ask(ask.Approve("holding"), "lena")
    with pytest.raises(Refused, match="fact count has changed since it was written"):
        room.ask(_hand(room))


def test_the_same_words_written_again_take_up_the_facts_as_they_are_now(room: Any) -> None:
    room.ask(compose(room), "kim")
    old = room.look().statements["holding"].facts["count"]
    room.ask(ask.SetFact("count", "11"))
    new = room.look().facts["count"].version
    written = {
        said: write(room, said).facts["count"] for said in ("About 9 accounts.", "11 accounts.", "Some accounts.")
    }
    assert new != old
    assert written == {"About 9 accounts.": new, "11 accounts.": new, "Some accounts.": new}
    was = room.entries()[old - 1].word("value")
    assert write(room, f"{was} accounts.").facts["count"] == old
    room.ask(write(room, "Some accounts."), "kim")
    room.ask(ask.SetFact("count", "12"))
    again = room.ask(write(room, "Some accounts."), "kim")
    assert again.incident.statements["holding"].facts["count"] == room.look().facts["count"].version


def _hand(room: Any) -> ask.Publish:
    statement = room.look().statements["holding"]
    return ask.Publish("holding", statement.digest, renditions=statement.renditions)


def test_what_does_not_fit_is_held_back_by_how_much(room: Any, tmp_path: Path) -> None:
    approved(room, write(room, "We are sorry. " * 30))
    outcome, files, _ = publish(room, tmp_path)
    assert outcome.entries[0].data["withheld"] == {"x/en": 419 - 280}
    assert [file.name for file in files] == ["holding.status-page.txt", "holding.email.txt"]


def test_the_files_are_named_by_channel_language_and_part(room: Any, tmp_path: Path) -> None:
    approved(room, compose(room))
    _, files, _ = publish(room, tmp_path)
    assert {file.name for file in files} == {
        *(f"holding.{way}.{language}.txt" for way in ("status-page", "x", "email") for language in ("en", "de")),
        "holding.email.en.subject.txt",
        "holding.email.en.html",
    }
    assert (tmp_path / "outgoing/INC-1/holding.x.de.txt").read_text() == "Es tut uns leid: 1200 Konten."


def test_the_author_who_approves_is_refused_and_the_log_knows(room: Any) -> None:
    room.ask(compose(room), "sam")
    room.ask(ask.Submit("holding"), "sam")
    room.ask(ask.Assign("legal", "sam", add=True))
    version = room.look().version
    with pytest.raises(RefusedAndLogged, match="sam wrote holding"):
        room.ask(ask.Approve("holding"), "sam")
    with room.store.reading() as log:
        (entry,) = log.entries("INC-1", version)
    assert (entry.type, entry.actor, entry.data["why"]) == ("statement.approval_refused", "sam", "author")
    assert room.look().statements["holding"].state == "submitted"


def test_two_revisions_are_compared_word_by_word_in_every_text(room: Any) -> None:
    room.ask(compose(room), "sam")
    room.ask(write(room, "1200 accounts. We are very sorry.", Part("x", "en")), "sam")
    with room.store.reading() as log:
        compared = compare(log, room.look(), "holding")
    (changed,) = compared.changed
    assert (compared.since, compared.to, changed.key) == (1, 2, "x/en")
    assert [*changed.pieces] == [("same", "1200 accounts. We are "), ("new", "very "), ("same", "sorry.")]
    assert set(compared.same) == (KEYS | PARTS) - {"x/en"}


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_comparison_loses_nothing_of_either_text(before: str, after: str) -> None:
    found = pieces(before, after)
    assert "".join(piece.text for piece in found if piece.kind != "new") == before
    assert "".join(piece.text for piece in found if piece.kind != "gone") == after


# Whatever is done in whatever order

WORDS = st.sampled_from(
    ["We are sorry.", "1200 accounts. " * 30, "TODO", "{{ count }}", "About 1,200 of you.", "a < b & c", "😔" * 141]
)
PIECE = st.builds(Part, st.sampled_from([None, "x", "email", "email.subject"]), st.sampled_from([None, "en", "de"]))
STEPS = st.one_of(
    st.tuples(st.just("compose"), PIECE),
    st.tuples(st.just("write"), st.tuples(WORDS, PIECE)),
    st.tuples(
        st.just("fact"), st.tuples(st.sampled_from(["count", "cause"]), st.sampled_from(["confirmed", "unconfirmed"]))
    ),
    st.tuples(st.just("retract"), st.sampled_from(["count", "cause"])),
    st.tuples(st.just("submit"), st.none()),
    st.tuples(st.just("approve"), st.sampled_from(["lena", "sam"])),
    st.tuples(st.just("publish"), st.booleans()),
)


def _step(room: Any, state: Path, kind: str, how: Any, number: int) -> None:
    if kind == "compose":
        room.ask(compose(room, how), "sam")
    elif kind == "write":
        room.ask(write(room, *how), "sam")
    elif kind == "fact":
        room.ask(ask.SetFact(how[0], str(1200 + number % 2) if how[0] == "count" else "a < b & c", how[1]))
    elif kind == "retract":
        room.ask(ask.RetractFact(how, "wrong"))
    elif kind == "submit":
        room.ask(ask.Submit("holding"), "sam")
    elif kind == "approve":
        room.ask(ask.Approve("holding"), how)
    else:
        _published(room, state, glass=how)


def _published(room: Any, state: Path, *, glass: bool) -> None:
    """Publish, and look at what went out: it fits, it is whole, and it is what was confirmed and approved."""
    before = room.look()
    found = publish(room, state, glass=glass, because="nobody answers" if glass else None)
    (out,) = [entry for entry in found.outcome.entries if entry.type == "statement.published"]
    with room.store.reading() as log:
        released = statements.released(log, out)
    channels = ChannelFiles(None).channels()
    statement = before.statements["holding"]
    broken = found.outcome.entries[0].type == "statement.break_glass"
    for key, text in released.items():
        assert measure(channel_of(channels, key.partition("/")[0]), text).fits
        assert slots({key: text}) == {}
        assert text_digest(text) == out.data["renditions"][key] == statement.renditions[key]
        covering = [a for a in statement.approvals if a.covers.get(key) == text_digest(text)]
        assert covering or broken
    for name, version in statement.facts.items():
        assert (before.facts[name].status, before.facts[name].version) == ("confirmed", version)
    assert len(released) == len(found.files)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=3, max_size=14))
def test_nothing_goes_out_too_long_open_unconfirmed_or_other_than_approved(
    room_for: Callable[..., Any], tmp_path: Path, steps: list[tuple[str, Any]]
) -> None:
    room = _room(room_for)
    approved(room, write(room, "We are sorry."))
    for number, (kind, how) in enumerate(steps):
        try:
            _step(room, tmp_path, kind, how, number)
        except CrisisError:
            continue
