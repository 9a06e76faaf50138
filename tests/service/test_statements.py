"""Statements between the log and the rules: made from the pinned template, found in the log, laid out after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.jinja import Jinja
from crisisctl.adapters.outgoing import Files
from crisisctl.adapters.yaml import read
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Conflict, Invalid, NotFound, Refused, Unverified
from crisisctl.service import composing, statements
from crisisctl.service.desk import Asked
from crisisctl.service.opening import opening
from crisisctl.service.ports import Finding, Store

SEATS = (("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee"))
KIM = Asked(Source("kim", "tester"))


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """One open incident in each kind of store; dana leads, lee is counsel, kim is deputy and writes."""
    room = room_for(store)
    room.open(assign=SEATS)
    return room


def _compose(room: Any, id_: str = "holding", incident: str = "INC-1") -> ask.Draft:
    with room.store.reading() as log:
        told = room.desk.load(log, incident)
        return composing.compose(log, told, id_, Jinja(posix.limit_process), "Example Cloud")


def _text(room: Any, id_: str = "INC-1") -> str:
    with room.store.reading() as log:
        return statements.text_of(log, room.desk.load(log, id_), "holding")


def _approved(room: Any, text: str = "We are sorry.\n", id_: str = "INC-1") -> str:
    room.ask(ask.Draft("holding", text), "kim", id_=id_)
    room.ask(ask.Submit("holding"), "kim", id_=id_)
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who, id_=id_)
    return _text(room, id_)


def _publish(room: Any, state: Path, *audiences: str, id_: str = "INC-1", asked: Asked = KIM) -> Any:
    return statements.publish(room.desk, Files(state), id_, ask.Publish("holding", "", audiences), asked)


def test_a_text_is_made_of_the_facts_as_they_stand(room: Any) -> None:
    version = room.ask(ask.SetFact("affected_accounts", "1,200")).entries[0].version
    draft = _compose(room)
    assert "What we know: about 1200 accounts are affected." in draft.text
    assert (draft.statement, draft.facts) == ("holding", {"affected_accounts": version})
    room.ask(draft, "kim")


def test_a_fact_that_is_missing_is_told(room: Any) -> None:
    with pytest.raises(Invalid, match="affected_accounts"):
        _compose(room)
    room.ask(ask.SetFact("affected_accounts", "7"))
    room.ask(ask.RetractFact("affected_accounts", "wrong"))
    with pytest.raises(Invalid, match="affected_accounts"):
        _compose(room)


def test_a_fact_that_changed_meanwhile_is_a_conflict(room: Any) -> None:
    room.ask(ask.SetFact("affected_accounts", "7"))
    draft = _compose(room)
    room.ask(ask.SetFact("affected_accounts", "8"))
    with pytest.raises(Conflict, match="affected_accounts changed"):
        room.ask(draft, "kim")


def test_the_incident_itself_can_be_named(room: Any, tmp_path: Path) -> None:
    _own(room, tmp_path, "{{ incident }} {{ title }} {{ severity }} {{ opened_at }} {{ organisation }}")
    draft = _compose(room, incident="INC-2")
    assert draft.text == "INC-2 Records on a forum sev1 2026-03-28 22:00 UTC Example Cloud"


def test_the_template_is_the_one_of_the_opening(room: Any, tmp_path: Path) -> None:
    template = _own(room, tmp_path, "as it was")
    template.write_text("as it is now")
    assert _compose(room, incident="INC-2").text == "as it was"
    template.unlink()
    assert _compose(room, incident="INC-2").text == "as it was"


def _own(room: Any, tmp_path: Path, text: str) -> Path:
    """Opens INC-2 on a playbook with a template of its own."""
    template = tmp_path / "own" / "templates" / "holding" / "data-breach.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text(text)
    (tmp_path / "own" / "data-breach.yaml").write_text(room.playbook.read_text())
    room.playbook = tmp_path / "own" / "data-breach.yaml"
    room.open(assign=SEATS)
    return template


def test_a_template_that_was_not_there_is_told(room: Any) -> None:
    found = read(room.playbook, room.playbook.parent / "templates")
    room.desk.open(opening(found.document, {}, [], "Without templates"), KIM)
    with pytest.raises(Refused, match=r"holding/data-breach\.md\.j2 was not there when INC-2 was opened\. Bring"):
        _compose(room, incident="INC-2")


def test_an_unknown_statement_is_told_with_the_nearest(room: Any) -> None:
    with pytest.raises(NotFound, match="no statement 'holdings'"):
        _compose(room, "holdings")


def test_the_present_text_is_the_one_in_the_log(room: Any) -> None:
    with pytest.raises(Refused, match="holding has no text yet"):
        _text(room)
    room.ask(ask.Draft("holding", "We are sorry."), "kim")
    room.ask(ask.Draft("holding", "We are very sorry."), "kim")
    assert _text(room) == "We are very sorry."


def test_an_erased_text_is_told(room: Any) -> None:
    version = room.ask(ask.Draft("holding", "We are sorry."), "kim").entries[0].version
    room.desk.handle("INC-1", ask.Redact(version, (), "a name"), KIM)
    with pytest.raises(Refused, match=r"The text of holding was erased by a redaction\. Draft it again\."):
        _text(room)


def test_a_publication_lays_out_the_approved_bytes(room: Any, tmp_path: Path) -> None:
    text = _approved(room)
    outcome, files, _ = _publish(room, tmp_path)
    assert outcome.incident.statements["holding"].state == "published"
    assert [path.name for path in files] == ["holding.status-page.txt", "holding.x.txt", "holding.email.txt"]
    assert {text_digest(path.read_text()) for path in files} == {outcome.incident.statements["holding"].digest}
    assert {path.read_text() for path in files} == {text}


def test_what_is_refused_is_not_laid_out(room: Any, tmp_path: Path) -> None:
    room.ask(ask.Draft("holding", "We are sorry."), "kim")
    with pytest.raises(Refused):
        _publish(room, tmp_path)
    assert list(tmp_path.rglob("*.txt")) == []


def test_a_repeated_publication_lays_out_again_and_writes_nothing(room: Any, tmp_path: Path) -> None:
    _approved(room)
    asked = KIM._replace(request="r-1")
    _publish(room, tmp_path, asked=asked)
    for path in tmp_path.rglob("*.txt"):
        path.unlink()
    version = room.look().version
    outcome, files, _ = _publish(room, tmp_path, asked=asked)
    assert (outcome.repeated, room.look().version) == (True, version)
    assert all(path.is_file() for path in files)


def test_a_repeat_lays_out_what_was_published_and_not_what_was_drafted_since(room: Any, tmp_path: Path) -> None:
    text = _approved(room)
    asked = KIM._replace(request="r-1")
    _publish(room, tmp_path, asked=asked)
    room.ask(ask.Draft("holding", "Nobody has approved this.", correcting="it is worse"), "kim")
    _, files, _ = _publish(room, tmp_path, asked=asked)
    assert {path.read_text() for path in files} == {text}


def test_a_repeat_lays_nothing_over_what_was_published_later(room: Any, tmp_path: Path) -> None:
    _approved(room)
    asked = KIM._replace(request="r-1")
    _publish(room, tmp_path, asked=asked)
    room.ask(ask.Draft("holding", "We were wrong.", correcting="the numbers"), "kim")
    room.ask(ask.Submit("holding"), "kim")
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who)
    _publish(room, tmp_path)
    assert _publish(room, tmp_path, asked=asked)[1] == []
    assert {path.read_text() for path in tmp_path.rglob("*.txt")} == {"We were wrong."}


def test_a_request_that_was_another_command_lays_out_nothing(room: Any, tmp_path: Path) -> None:
    _approved(room)
    room.ask(ask.AddNote("a note"), request="r-1")
    with pytest.raises(Conflict, match="stands for something else"):
        _publish(room, tmp_path, asked=KIM._replace(request="r-1"))
    assert list(tmp_path.rglob("*.txt")) == []
    assert room.look().statements["holding"].state == "approved"


def test_a_repeat_of_words_that_were_erased_is_told(room: Any, tmp_path: Path) -> None:
    drafted = room.ask(ask.Draft("holding", "We are sorry."), "kim").entries[0].version
    room.ask(ask.Submit("holding"), "kim")
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who)
    asked = KIM._replace(request="r-1")
    _publish(room, tmp_path, asked=asked)
    room.ask(ask.Redact(drafted, (), "it names somebody"))
    with pytest.raises(Refused, match="was erased by a redaction"):
        _publish(room, tmp_path, asked=asked)


def test_a_drill_is_laid_out_apart(room: Any, tmp_path: Path) -> None:
    room.open(drill=True, assign=SEATS)
    _approved(room, id_="INC-2")
    _, files, _ = _publish(room, tmp_path, id_="INC-2")
    assert {path.parent for path in files} == {tmp_path / "exercise" / "INC-2"}
    assert all(path.read_text().startswith("EXERCISE") for path in files)


def test_files_that_cannot_be_written_are_told_after_the_log_has_it(room: Any, tmp_path: Path) -> None:
    _approved(room)
    (tmp_path / "files").write_text("a file where the folder should be")
    outcome, files, trouble = _publish(room, tmp_path / "files")
    assert (outcome.incident.statements["holding"].state, files) == ("published", [])
    assert trouble.startswith("The publication is recorded, but not its files: ")
    assert trouble.endswith("The text as published stands in: crisisctl report -i INC-1")


def test_nothing_is_published_from_a_log_that_does_not_verify(
    filed: Any, spoil: Callable[..., None], tmp_path: Path
) -> None:
    filed.ask(ask.Assign("legal", "lee"))
    filed.ask(ask.Assign("deputy-comms", "kim"))
    _approved(filed)
    forged = "UPDATE entry SET actor = 'mallory' WHERE type = 'statement.approved' AND actor = 'lee'"
    spoil(forged)
    before = filed.look().version
    with pytest.raises(Unverified, match=r"INC-1 does not verify \(entry \d+: its digest does not match its content\)"):
        _publish(filed, tmp_path)
    assert (filed.look().version, list(tmp_path.rglob("*.txt"))) == (before, [])


def test_nothing_is_published_by_the_word_of_a_forged_snapshot(
    filed: Any, spoil: Callable[..., None], tmp_path: Path
) -> None:
    filed.ask(ask.Assign("legal", "lee"))
    filed.ask(ask.Assign("deputy-comms", "kim"))
    _approved(filed)
    spoil("UPDATE head SET snapshot = replace(snapshot, 'dana', 'mallory')")
    with pytest.raises(Unverified, match="its snapshot does not agree with its entries"):
        _publish(filed, tmp_path)


def test_every_fact_that_a_template_still_needs_is_named_at_once(room: Any, tmp_path: Path) -> None:
    folder = tmp_path / "book"
    (folder / "templates" / "holding").mkdir(parents=True)
    book = room.playbook.read_text()
    (folder / "data-breach.yaml").write_text(book)
    for file in (room.playbook.parent / "templates").rglob("*.j2"):
        target = folder / "templates" / file.relative_to(room.playbook.parent / "templates")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("{{ affected_accounts }} since {{ aware_at }}")
    room.playbook = folder / "data-breach.yaml"
    room.open()
    with pytest.raises(Invalid, match=r"'affected_accounts' is not known yet.* Not set yet are: .*aware_at"):
        _compose(room, incident="INC-2")


def test_a_closed_incident_drafts_nothing_and_says_so_first(room: Any) -> None:
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.Advance("activate", "x"))
    _approved(room)
    room.ask(ask.Publish("holding", room.look().statements["holding"].digest), "kim")
    room.ask(ask.SetFact("affected_accounts", "12"))
    for trigger in ("inform", "notify", "close"):
        room.ask(ask.Advance(trigger))
    with pytest.raises(Refused, match="INC-1 is closed"):
        _compose(room)


def _finding(number: int, level: str = "error") -> Finding:
    return Finding("book.yaml", number, 1, level, "a-rule", f"mistake {number}", "mend it")


def test_a_playbook_with_errors_opens_nothing_and_the_first_five_are_told() -> None:
    findings = [_finding(number) for number in range(1, 8)]
    with pytest.raises(Invalid) as caught:
        opening({"playbook": "x"}, {}, findings, "A title")
    lines = str(caught.value).splitlines()
    assert lines[0] == "The playbook has errors, so nothing was opened. crisisctl playbook check shows all."
    assert lines[1:] == [*(f"  book.yaml:{n}:1: mistake {n}; mend it" for n in range(1, 6)), "  and 2 more"]


def test_a_file_that_holds_no_playbook_opens_nothing() -> None:
    with pytest.raises(Invalid, match="nothing was opened"):
        opening(None, {}, [_finding(1)], "A title")


def test_warnings_keep_nothing_from_being_opened(room: Any) -> None:
    found = read(room.playbook, room.playbook.parent / "templates")
    command = opening(found.document, found.templates, [_finding(1, "warning")], "A title")
    assert room.desk.open(command, KIM).incident.title == "A title"


def test_words_that_were_erased_are_drafted_again_even_to_the_byte(room: Any) -> None:
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.Advance("activate", "x"))
    drafted = room.ask(ask.Draft("holding", "We are sorry."), "kim").entries[0].version
    room.ask(ask.Submit("holding"), "kim")
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who)
    room.ask(ask.Redact(drafted, (), "it names somebody"))
    with pytest.raises(Refused) as caught:
        room.ask(ask.Advance("inform"))
    assert caught.value.missing == (
        "statement holding must be published, its text was erased: crisisctl statement draft holding",
    )
    assert room.ask(ask.Draft("holding", "We are sorry."), "kim").entries[0].data["revision"] == 2


def test_nothing_is_erased_before_it_was_written(room: Any) -> None:
    start = room.clock.time
    room.clock.tick(minutes=10)
    version = room.ask(ask.AddNote("a name")).entries[0].version
    with pytest.raises(Refused, match=f"is before entry {version}"):
        room.ask(ask.Redact(version, (), "x"), at=start)
