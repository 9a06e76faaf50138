"""Who is told of questions and corrections and of promises, in which words; and what the story says of it."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import NotFound
from crisisctl.domain.notices import notices
from crisisctl.service import story as stories
from crisisctl.service.knowledge import known
from crisisctl.service.verify import verify
from crisisctl.service.wording import message


def told(room: Any, entry: Entry) -> dict[str, str]:
    """What each person is told by the notices of an entry, at this moment."""
    return {one.person: message(room.look(), entry, one, room.clock.now()).body for one in notices(entry)}


def say(room: Any, text: str, *names: str, **how: Any) -> Entry:
    """Bring the holding statement out, made from these facts."""
    used = {name: room.look().facts[name].version for name in names}
    room.ask(ask.Draft("holding", text, used), who="sam")
    room.ask(ask.Submit("holding"), who="sam")
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who=who)
    out: Entry = room.ask(ask.Publish("holding", text_digest(text), **how)).entries[-1]
    return out


@pytest.fixture
def here(room: Any) -> Any:
    room.open(assign=(("comms-lead", "dana"), ("legal", "lee")))
    room.ask(ask.SetFact("affected_accounts", "1200"))
    return room


def test_whoever_is_asked_gets_a_notice_that_says_what_to_type(here: Any) -> None:
    entry = here.ask(ask.AskFact("affected_accounts", "kim")).entries[0]
    assert told(here, entry)["kim"].splitlines() == [
        "dana asks kim for fact affected_accounts: How many accounts are affected?",
        "Answer with: crisisctl fact set affected_accounts VALUE --source WHO -i INC-1",
        "If what was said is so: crisisctl fact confirm affected_accounts -i INC-1",
    ]
    here.ask(ask.ConfirmFact("affected_accounts"), who="kim")
    assert "It has been answered since." in told(here, entry)["kim"]


def test_who_is_not_in_the_roster_cannot_be_asked(here: Any) -> None:
    def require(person: str) -> None:
        raise NotFound(f"There is no {person}.")

    here.directory.require = require
    with pytest.raises(NotFound):
        here.ask(ask.AskFact("affected_accounts", "kim"))
    here.ask(ask.AskFact("affected_accounts"))


def test_the_lead_is_told_which_public_statement_is_wrong_by_now(here: Any) -> None:
    say(here, "1200 accounts.", "affected_accounts")
    entry = here.ask(ask.SetFact("affected_accounts", "1300"), who="lee").entries[0]
    assert told(here, entry)["dana"].splitlines() == [
        "Fact affected_accounts = 1300 (confirmed); holding used it and is public: to be corrected.",
        "Correct it with: crisisctl statement correct holding --because WHY -i INC-1",
    ]
    (fact, *_) = known(here.look())
    assert [(use.statement, use.public, use.current) for use in fact.uses] == [("holding", True, False)]


def test_before_a_promise_falls_due_the_lead_is_told_to_bring_the_next_one_out(here: Any) -> None:
    say(here, "1200 accounts.", "affected_accounts")
    here.clock.tick(minutes=51)
    here.desk.fire("INC-1")
    (warned,) = (entry for entry in here.entries() if entry.type == "promise.warned")
    said = told(here, warned)["dana"]
    assert said.endswith("Answer with: crisisctl statement draft holding -i INC-1")
    assert verify(here.store, None).flaws == []


def test_a_promise_that_nobody_followed_is_broken_and_silence_by_choice_is_told_with_its_reason(here: Any) -> None:
    say(here, "1200 accounts.", "affected_accounts")
    here.clock.tick(minutes=30)
    say(here, "1200 accounts, and no more.", "affected_accounts")
    here.clock.tick(minutes=90)
    out = say(here, "1200 accounts. That is all.", "affected_accounts", no_further=True, because="it is over")
    with here.store.reading() as log:
        story = stories.story(here.desk, log, "INC-1")
    assert [promise.verdict for promise in stories.promises(story)] == ["kept", "late"]
    assert out.version in [entry.version for entry in stories.choices(story)]


def test_what_was_promised_and_never_followed_is_broken(here: Any) -> None:
    say(here, "1200 accounts.", "affected_accounts")
    here.clock.tick(minutes=61)
    here.ask(ask.AddNote("nobody has written"))
    with here.store.reading() as log:
        story = stories.story(here.desk, log, "INC-1")
    assert [promise.verdict for promise in stories.promises(story)] == ["broken"]
