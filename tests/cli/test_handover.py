"""`handover`: offering a role, answering an offer, and reading the brief without writing anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import HandClock, Program

OFFER = ("handover", "legal", "--to", "mo")
YES = ("handover", "legal", "--accept")
NO = ("handover", "legal", "--decline", "--because", "on a plane")
BACK = ("handover", "legal", "--withdraw")


@pytest.fixture
def offered(opened: Program) -> Program:
    """Lee, the counsel, has offered the role to Mo."""
    opened.ok("ack")
    opened.ok(*OFFER, "--note", "the regulator calls at six", who="lee")
    return opened


def _status(program: Program) -> Any:
    return program.ok("status", "--json").json


def test_an_offer_shows_the_brief_and_the_next_step_for_both(opened: Program) -> None:
    told = opened.ok(*OFFER, "--note", "the regulator calls at six", who="lee")
    lines = told.out.splitlines()
    assert lines[0].endswith(": lee offers legal to mo, noting: the regulator calls at six.")
    assert lines[2] == "INC-1: Records on a forum"
    assert "WHERE IT STANDS" in lines
    assert told.err.splitlines() == [
        "Next: mo accepts: crisisctl --as mo handover legal --accept -i INC-1",
        "Next: until then lee holds legal; to take it back: crisisctl handover legal --withdraw -i INC-1",
    ]


def test_the_role_moves_when_the_offer_is_accepted(offered: Program) -> None:
    assert _status(offered)["roles"]["legal"] == ["lee"]
    told = offered.ok(*YES, who="mo")
    assert [line.partition(": ")[2] for line in told.out.splitlines()] == [
        "mo accepts legal from lee.",
        "lee leaves legal.",
        "mo takes legal.",
    ]
    assert told.err == "Next: crisisctl status -i INC-1\n"
    assert (_status(offered)["roles"]["legal"], _status(offered)["handovers"]) == (["mo"], [])


def test_who_takes_over_from_the_one_who_acknowledged_is_asked_to_do_so_anew(opened: Program) -> None:
    opened.ok("ack")
    opened.ok("handover", "comms-lead", "--to", "kim")
    told = opened.ok("handover", "comms-lead", "--accept", who="kim")
    assert told.err == "Next: crisisctl ack -i INC-1, so that what dana acknowledged does not go stale\n"


@pytest.mark.parametrize(
    ("line", "who", "sentence", "then"),
    [
        (NO, "mo", "mo declines legal, offered by lee, because on a plane.", "lee still holds legal"),
        (BACK, "lee", "The offer of legal by lee to mo was withdrawn by lee.", "crisisctl status -i INC-1"),
    ],
)
def test_a_no_leaves_the_role_where_it_is(
    offered: Program, line: tuple[str, ...], who: str, sentence: str, then: str
) -> None:
    told = offered.ok(*line, who=who)
    assert told.out.rstrip().endswith(sentence)
    assert then in told.err
    assert (_status(offered)["roles"]["legal"], _status(offered)["handovers"]) == (["lee"], [])


def test_status_shows_what_is_on_offer(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee", clock=clock)
    assert program.ok("status", "--json", clock=clock).json["handovers"] == []
    program.ok(*OFFER, who="lee", clock=clock)
    shown = program.ok("status", clock=clock).out
    assert "  legal: lee (offered to mo since 2026-03-28 22:00:00 UTC)\n" in shown
    assert program.ok("status", "--json", clock=clock).json["handovers"] == [
        {"role": "legal", "from": "lee", "to": "mo", "since": "2026-03-28T22:00:00.000000Z"}
    ]


def test_timers_reach_both_while_the_offer_is_open(offered: Program) -> None:
    def reached() -> list[list[str]]:
        timers = offered.ok("timers", "--json").json["timers"]
        return [timer["reaches"] for timer in timers if "lee" in timer["reaches"] or "mo" in timer["reaches"]]

    assert reached()
    assert all({"lee", "mo"} <= set(people) for people in reached())
    offered.ok(*YES, who="mo")
    assert all("lee" not in people for people in reached())


def test_a_role_alone_shows_a_fresh_brief_and_writes_nothing(opened: Program, version: Callable[[], int]) -> None:
    before = version()
    told = opened.ok("handover", "legal", who="mo")
    assert told.out.startswith("INC-1: Records on a forum\nWritten on ")
    assert f"from version {before} of the log." in told.out
    assert told.err == "Next: crisisctl handover legal --to PERSON -i INC-1\n"
    assert version() == before
    assert opened.ok("handover", "legal", "--json").json == {
        "incident": "INC-1",
        "role": "legal",
        "handover": None,
        "note": None,
        "brief": opened.ok("handover", "legal", "--json").json["brief"],
    }


def test_a_role_on_offer_shows_the_brief_of_the_offer(offered: Program, version: Callable[[], int]) -> None:
    before = version()
    offered.ok("note", "said since")
    told = offered.ok("handover", "legal", who="mo")
    assert told.out.startswith("lee offered legal to mo on ")
    assert "\nNote: the regulator calls at six\n" in told.out
    assert f"from version {before - 1} of the log." in told.out
    assert "said since" not in told.out
    assert told.err == "Next: crisisctl handover legal --accept -i INC-1, or --decline --because WHY\n"
    shown = offered.ok("handover", "legal", "--json").json
    assert (shown["handover"]["from"], shown["handover"]["to"]) == ("lee", "mo")
    assert shown["note"] == "the regulator calls at six"
    assert shown["brief"] in told.out


def test_an_erased_brief_reads_so(offered: Program, version: Callable[[], int]) -> None:
    offered.ok("redact", str(version()), "--because", "a name")
    told = offered.ok("handover", "legal")
    assert told.out.splitlines()[1:] == ["Note: (redacted)", "", "(redacted)"]
    assert offered.ok("handover", "legal", "--json").json["note"] == "(redacted)"


def test_json_of_an_offer_is_the_outcome_with_the_brief(opened: Program) -> None:
    told = opened.ok(*OFFER, "--json", who="lee").json
    assert [entry["type"] for entry in told["entries"]][-1] == "handover.offered"
    assert told["brief"].startswith("INC-1: Records on a forum\n")
    assert "brief" not in opened.ok(*YES, "--json", who="mo").json


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["legl", "--to", "mo"], 4, "There is no role 'legl'. Did you mean legal?"),
        (["legl"], 4, "There is no role 'legl'. Did you mean legal?"),
        (["legal", "--to", "mo"], 3, "Only who holds legal can hand it over (lee)."),
        (["legal", "--to", "mo"], 3, "To move it without them: crisisctl assign legal mo -i INC-1"),
        (["deputy-comms", "--to", "mo"], 3, "Nobody holds deputy-comms, so there is nothing to hand over."),
        (["comms-lead", "--to", "dana"], 3, "dana holds comms-lead already"),
        (["comms-lead", "--to", ""], 3, "cannot be a person"),
        (["comms-lead", "--to", "a b"], 3, "cannot be a person"),
        (["comms-lead", "--to", "mo", "--note", " "], 3, "The note is empty."),
        (["comms-lead", "--to", "mo", "--at", "2099-01-01T00:00:00Z"], 3, "is in the future"),
        (["comms-lead", "--to", "mo", "--at", "2020-01-01T00:00:00Z"], 3, "is before INC-1 was opened"),
        (["comms-lead", "--accept"], 3, "No handover of comms-lead is open."),
        (["comms-lead", "--withdraw"], 3, "No handover of comms-lead is open."),
        (["comms-lead", "--decline", "--because", "x"], 3, "No handover of comms-lead is open."),
        (["comms-lead", "--decline"], 2, "Declining needs a reason: --because WHY"),
        (["comms-lead", "--to", "mo", "--accept"], 2, "--to and --accept do not go together. Give one of them."),
        (["comms-lead", "--accept", "--decline", "--withdraw"], 2, "--accept and --decline and --withdraw do not go"),
        (["comms-lead", "--note", "x"], 2, "--note goes with --to PERSON."),
        (["comms-lead", "--accept", "--note", "x"], 2, "--note goes with --to PERSON."),
        (["comms-lead", "--to", "mo", "--because", "x"], 2, "--because goes with --decline"),
        (["comms-lead", "--at", "2026-01-01T00:00:00Z"], 2, "--at goes with --to, --accept, --decline or --withdraw"),
        (["comms-lead", "--request-id", "k"], 2, "--request-id goes with --to"),
        (["comms-lead", "--expect-version", "1"], 2, "--expect-version goes with --to"),
        ([], 2, "Missing argument 'ROLE'."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_writes_nothing(
    opened: Program, version: Callable[[], int], line: list[str], code: int, sentence: str
) -> None:
    before = version()
    refused = opened("handover", *line)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err
    assert version() == before


@pytest.mark.parametrize(("line", "who"), [(YES, "lee"), (NO, "dana"), (BACK, "mo"), (BACK, "dana"), (OFFER, "lee")])
def test_who_may_not_answer_is_told_who_may(
    offered: Program, version: Callable[[], int], line: tuple[str, ...], who: str
) -> None:
    before = version()
    refused = offered(*line, who=who)
    assert (refused.code, version()) == (3, before)
    assert "mo" in refused.err


def test_a_repeat_of_the_same_request_says_so_and_shows_no_second_brief(
    opened: Program, version: Callable[[], int]
) -> None:
    first = opened.ok(*OFFER, "--request-id", "h1", "--json", who="lee").json
    after = version()
    assert opened.ok(*OFFER, "--request-id", "h1", "--json", who="lee").json == first | {"repeated": True}
    told = opened.ok(*OFFER, "--request-id", "h1", who="lee")
    assert told.out == f"Already done: INC-1 version {after}: lee offers legal to mo.\n"
    assert told.err == ""
    assert version() == after


def test_the_last_word_is_refused_to_who_has_not_seen_it(offered: Program) -> None:
    refused = offered(*YES, "--expect-version", "3", who="mo")
    assert refused.code == 5


def test_with_a_roster_only_those_in_it_are_offered_anything(opened: Program) -> None:
    (opened.root / "roster.yaml").write_text("people: {lee: {name: Lee}, mona: {name: Mona}}\n")
    refused = opened(*OFFER, who="lee")
    assert refused.code == 4
    assert "Did you mean mona?" in refused.err


def test_the_brief_fits_a_terminal_and_obeys_nothing(
    offered: Program, terminal: Terminal, shown: Callable[[str], str]
) -> None:
    screen = terminal("handover", "legal")
    assert screen.code == 0
    brief, _, hint = shown(screen.plain).partition("Next: ")
    assert max(map(len, brief.splitlines())) <= 80
    assert hint.startswith("crisisctl handover legal --accept")


def test_a_brief_for_a_closed_incident_can_be_read_and_nothing_offered(published: Program) -> None:
    published.ok("advance", "notify")
    published.ok("advance", "inform")
    published.ok(*OFFER, who="lee")
    published.ok("advance", "close")
    assert published("status", "-i", "INC-1", "--json").json["handovers"] == []
    read = published.ok("handover", "legal", "-i", "INC-1")
    assert "WHERE IT STANDS" in read.out
    assert read.err == ""
    refused = published(*OFFER, "-i", "INC-1", who="lee")
    assert (refused.code, "INC-1 is closed. To go on: crisisctl reopen" in refused.err) == (3, True)


def test_a_drill_marks_its_brief(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--drill", "--assign", "legal=lee")
    assert program.ok(*OFFER, who="lee").out.count("EXERCISE EXERCISE EXERCISE") == 2
