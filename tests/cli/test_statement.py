"""`statement`: public words, approved to the byte."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.words import GERMAN

if TYPE_CHECKING:
    from tests.conftest import Program

TEXT = (
    "On 22 November 2026 we learned that some account records were exposed. We are sorry.\n"
    "What we know: about 1200 accounts are affected. What we do not know yet: how the records were copied.\n"
    "We have closed the way in and are checking every account. Please change your password."
    " Next update by 22 November 2026, 15:00 UTC."
)
CHANNELS = ("status-page", "email")  # on X the text is too long, so it is held back there
BANNER = "EXERCISE EXERCISE EXERCISE"


def _state(program: Program) -> str:
    return str(program.ok("status", "-i", "INC-1", "--json").json["statements"][0]["state"])


def _files(program: Program, kind: str = "outgoing") -> dict[str, bytes]:
    folder = program.root / "state" / kind / "INC-1"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_draft_is_the_template_with_the_facts_as_they_stand(responding: Program) -> None:
    told = responding.ok("statement", "draft", "holding")
    assert "Statement holding drafted, revision 1." in told.out
    assert told.err.startswith("Next: crisisctl statement show holding, then statement submit holding\n")
    shown = responding.ok("statement", "show", "holding")
    assert shown.out == TEXT, "in a pipe or file these are the very bytes"
    digest = sha256(TEXT.encode()).hexdigest()
    assert f"holding revision 1 by dana: drafted; SHA-256 {digest[:16]}" in shown.err
    assert "Approval missing: comms-lead, legal" in shown.err


def test_show_as_json_holds_the_text_its_digest_and_who_approved(responding: Program) -> None:
    responding.ok("statement", "draft", "holding", who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    responding.ok("statement", "approve", "holding", who="lee")
    assert responding.ok("statement", "show", "holding", "--json").json == {
        "incident": "INC-1",
        "statement": "holding",
        "state": "submitted",
        "revision": 1,
        "digest": sha256(TEXT.encode()).hexdigest(),
        "digest_of_all": responding.ok("statement", "list", "--json").json["statements"][0]["digest_of_all"],
        "text": TEXT,
        "approvals": [{"role": "legal", "person": "lee", "covers": ["email/en", "status-page/en", "x/en"]}],
        "waiting": ["comms-lead"],
        "author": "kim",
        "renditions": {
            "status-page/en": _rendition(TEXT, 317, None),
            "x/en": _rendition(TEXT, 317, 280),
            "email/en": _rendition(TEXT, 317, None),
        },
        "stale": [],
        "facts": {"affected_accounts": 8},
        "break_glass": False,
        "overridden": [],
    }


def _rendition(text: str, count: int, limit: int | None) -> dict[str, Any]:
    excess = max(count - (limit or count), 0)
    digest = sha256(text.encode()).hexdigest()
    keys = {"text": text, "digest": digest, "count": count, "limit": limit, "fits": not excess, "excess": excess}
    return keys | {"approved_by": ["legal"]}


def test_without_its_facts_a_template_gives_no_text_and_says_which_is_missing(opened: Program) -> None:
    refused = opened("statement", "draft", "holding")
    assert refused.code == 6
    assert "'affected_accounts' is not known yet. Set it: crisisctl fact set affected_accounts VALUE" in refused.err
    assert _state(opened) == "planned"


def test_a_draft_may_come_from_a_file_or_standard_input(responding: Program) -> None:
    (responding.root / "words.txt").write_text("We are looking into it.\n", encoding="utf-8")
    responding.ok("statement", "draft", "holding", "--file", "words.txt")
    assert responding.ok("statement", "show", "holding", "--json").json["text"] == "We are looking into it."
    piped = responding.process("statement", "draft", "holding", "--file", "-", input="Żółć: we know.\r\nMore soon.\n")
    assert piped.returncode == 0, piped.stderr
    assert responding.ok("statement", "show", "holding", "--json").json["text"] == "Żółć: we know.\nMore soon."


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (None, 4, "words.txt cannot be read: No such file or directory."),
        (b"", 3, "The text is empty."),
        (b"  \n\n ", 3, "The text is empty."),
        (b"\xff\xfe\x00", 2, "words.txt is not UTF-8 text: the byte 0xff in line 1, column 1"),
        (b"a" * 1_000_000, 3, "at most 65,536 characters are taken. Shorten the text."),
        (b"a" * 70_000, 3, "at most 65,536 are kept. Shorten it."),
        (b"a\x1b]0;title\x07", 3, "The text has \\x1b at character 2, which nobody can see."),
        ("left\u202eright".encode(), 3, "The text has ⟨U+202E⟩ at character 5"),
    ],
)
def test_a_file_that_is_no_text_is_refused(
    responding: Program, content: bytes | None, code: int, sentence: str
) -> None:
    if content is not None:
        (responding.root / "words.txt").write_bytes(content)
    refused = responding("statement", "draft", "holding", "--file", "words.txt")
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err
    assert _state(responding) == "planned"


def test_an_endless_standard_input_is_read_to_its_bound(responding: Program) -> None:
    with Path("/dev/zero").open("rb") as endless:
        refused = responding.process("statement", "draft", "holding", "--file", "-", stdin=endless, timeout=60)
    assert refused.returncode == 3
    assert "at most 65,536 characters are taken" in refused.stderr


def test_the_same_text_twice_is_refused(responding: Program) -> None:
    responding.ok("statement", "draft", "holding")
    refused = responding("statement", "draft", "holding")
    assert refused.code == 3
    assert refused.err == "That is the text of holding revision 1, to the byte. Nothing has changed.\n"


def test_every_role_must_approve_and_nobody_approves_twice_or_for_another(responding: Program) -> None:
    responding.ok("statement", "draft", "holding", who="kim")
    submitted = responding.ok("statement", "submit", "holding", who="kim")
    assert submitted.err.startswith("Next: crisisctl statement approve holding (comms-lead: dana; legal: lee)\n")
    assert responding("statement", "approve", "holding", who="mallory").code == 3
    half = responding.ok("statement", "approve", "holding", who="lee")
    assert "approved for legal; waiting for comms-lead." in half.out
    again = responding("statement", "approve", "holding", who="lee")
    assert again.code == 3
    assert "lee holds no role whose approval of holding is missing (comms-lead: dana)." in again.err
    whole = responding.ok("statement", "approve", "holding")
    assert whole.err.startswith("Next: crisisctl statement publish holding\n")
    assert _state(responding) == "approved"


@pytest.mark.parametrize("author", ["dana", "DANA", "\uff44ana"])
def test_the_author_cannot_approve_whatever_the_spelling_of_the_name(responding: Program, author: str) -> None:
    responding.ok("statement", "draft", "holding", who=author)
    responding.ok("statement", "submit", "holding", who=author)
    refused = responding("statement", "approve", "holding", who="dana")
    assert refused.code == 3
    assert "wrote holding; somebody else must approve it" in refused.err


def test_a_new_text_voids_the_approvals_of_the_one_before(responding: Program) -> None:
    responding.ok("statement", "draft", "holding", who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    responding.ok("statement", "approve", "holding", who="lee")
    responding.ok("fact", "set", "affected_accounts", "1300")
    told = responding.ok("statement", "draft", "holding", who="kim")
    assert "revision 2; the approval of legal is void." in told.out
    assert responding("statement", "publish", "holding").code == 3


def test_an_approval_may_name_its_role(responding: Program) -> None:
    responding.ok("assign", "legal", "dana", "--add")
    responding.ok("statement", "draft", "holding", who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    told = responding.ok("statement", "approve", "holding", "--role", "legal")
    assert "approved for legal; waiting for comms-lead" in told.out
    assert responding("statement", "approve", "holding", "--role", "legl").code == 4


def test_a_rejected_text_goes_back_with_its_reason(responding: Program) -> None:
    responding.ok("statement", "draft", "holding", who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    assert responding("statement", "reject", "holding", "--because", "no", who="mallory").code == 3
    told = responding.ok("statement", "reject", "holding", "--because", "names a customer", who="lee")
    assert "Statement holding rejected, because names a customer." in told.out
    assert told.err == "Next: crisisctl statement draft holding\n"
    assert responding("statement", "publish", "holding").code == 3
    responding.ok("statement", "draft", "holding", who="kim")  # even the same text may be brought again
    assert _state(responding) == "drafted"


def test_what_is_published_is_to_the_byte_what_was_approved(approved: Program) -> None:
    published = approved.ok("statement", "publish", "holding")
    assert _files(approved) == {f"holding.{channel}.txt": TEXT.encode() for channel in CHANNELS}
    for channel in CHANNELS:
        path = approved.root / "state" / "outgoing" / "INC-1" / f"holding.{channel}.txt"
        assert f"  to paste: {path}" in published.out
        assert path.stat().st_mode & 0o777 == 0o600
    entries = approved.ok("timeline", "--format", "json").json["entries"]
    sealed = next(entry for entry in entries if entry["type"] == "statement.published")["data"]["digest"]
    assert sealed == sha256(TEXT.encode()).hexdigest()


def test_text_in_any_script_is_published_to_the_byte(responding: Program) -> None:
    words = f"{GERMAN}\n\tÜber uns — 申し訳ございません & <keine> Vorlage %s {{}}"
    (responding.root / "words.txt").write_text(words, encoding="utf-8")
    responding.ok("statement", "draft", "holding", "--file", "words.txt", who="kim")
    responding.ok("statement", "submit", "holding", "--override", "--because", "it is German", who="kim")
    responding.ok("statement", "approve", "holding")
    responding.ok("statement", "approve", "holding", who="lee")
    responding.ok("statement", "publish", "holding")
    assert set(_files(responding).values()) == {words.encode()}
    assert responding.process("statement", "show", "holding").stdout == words


def test_json_lists_the_files_and_the_entry(approved: Program) -> None:
    told = approved.ok("statement", "publish", "holding", "--json").json
    assert [Path(file).name for file in told["files"]] == [f"holding.{channel}.txt" for channel in CHANNELS]
    assert [entry["type"] for entry in told["entries"]] == ["statement.published"]
    assert set(told) == {"incident", "version", "stages", "entries", "files", "posts"}


def test_a_drill_s_words_are_marked_above_and_below_and_lie_apart(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee", "--drill")
    program.ok("fact", "set", "affected_accounts", "1200")
    program.ok("statement", "draft", "holding", who="kim")
    program.ok("statement", "submit", "holding", who="kim")
    program.ok("statement", "approve", "holding")
    program.ok("statement", "approve", "holding", who="lee")
    program.ok("statement", "publish", "holding")
    marked = f"{BANNER}\n{TEXT}\n{BANNER}\n".encode()
    assert _files(program, "exercise") == {f"holding.{channel}.txt": marked for channel in CHANNELS}
    assert not (program.root / "state" / "outgoing").exists()


def test_audiences_hear_it_in_their_order(approved: Program) -> None:
    refused = approved("statement", "publish", "holding", "--audience", "press")
    assert refused.code == 3
    assert (
        "employees must hear it before press: crisisctl statement publish holding --audience employees" in refused.err
    )
    first = approved.ok("statement", "publish", "holding", "--audience", "employees")
    assert "published to employees." in first.out, "no channel is for employees alone"
    assert "No channel of holding goes to employees alone. Tell them: crisisctl statement show holding" in first.err
    assert _state(approved) == "publishing"
    again = approved("statement", "publish", "holding", "--audience", "employees")
    assert (again.code, again.err) == (3, "employees has holding already.\n")
    rest = approved.ok("statement", "publish", "holding")
    assert "published to customers, press on status-page, email; held back: x/en (too long by 37)" in rest.out
    assert "x/en was held back, for it is too long by 37. Shorten it: crisisctl statement draft" in rest.err
    assert "next update promised by" in rest.out
    assert _state(approved) == "published"


def test_several_audiences_may_be_named_at_once_in_any_order(approved: Program) -> None:
    told = approved.ok("statement", "publish", "holding", "--audience", "customers", "--audience", "employees")
    assert "published to employees, customers on status-page, email" in told.out


def test_a_statement_that_is_half_out_is_not_drafted_anew(approved: Program) -> None:
    approved.ok("statement", "publish", "holding", "--audience", "employees")
    approved.ok("fact", "set", "affected_accounts", "1300")
    refused = approved("statement", "draft", "holding")
    assert refused.code == 3
    assert "holding is half out. Publish the rest first, or: crisisctl statement correct" in refused.err
    approved.ok("statement", "correct", "holding", "--because", "employees found a mistake", who="kim")
    assert _state(approved) == "drafted"


def test_whoever_holds_no_role_cannot_publish(approved: Program) -> None:
    refused = approved("statement", "publish", "holding", who="mallory")
    assert refused.code == 3
    assert "mallory holds no role, and only the people in the room may publish." in refused.err
    assert not (approved.root / "state" / "outgoing").exists()


def test_a_correction_is_a_new_text_approved_and_published_like_the_first(
    published: Program, types: Callable[[], list[str]]
) -> None:
    published.ok("fact", "set", "affected_accounts", "1300")
    told = published.ok("statement", "correct", "holding", "--because", "counted again", who="kim")
    assert "Statement holding corrected, revision 2, because counted again." in told.out
    assert published("statement", "publish", "holding").code == 3
    published.ok("statement", "submit", "holding", who="kim")
    published.ok("statement", "approve", "holding")
    published.ok("statement", "approve", "holding", who="lee")
    published.ok("statement", "publish", "holding")
    assert set(_files(published).values()) == {TEXT.replace("1200", "1300").encode()}
    assert [kind for kind in types() if kind in ("statement.corrected", "statement.published")] == [
        "statement.published",
        "statement.corrected",
        "statement.published",
    ]


def test_a_published_statement_keeps_its_move_open_while_it_is_corrected(published: Program) -> None:
    published.ok("fact", "set", "affected_accounts", "1300")
    published.ok("statement", "correct", "holding", "--because", "counted again", who="kim")
    published.ok("advance", "inform")


def test_what_was_never_published_cannot_be_corrected(approved: Program) -> None:
    refused = approved("statement", "correct", "holding", "--because", "x")
    assert refused.code == 3
    assert "holding was never published, so there is nothing to correct" in refused.err


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["show", "holdin"], 4, "There is no statement 'holdin'. Did you mean holding?"),
        (["draft", "holdin"], 4, "There is no statement 'holdin'. Did you mean holding?"),
        (["show", "holding"], 3, "holding has no text yet: crisisctl statement draft holding"),
        (["submit", "holding"], 3, "holding has no text yet: crisisctl statement draft holding"),
        (["approve", "holding"], 3, "holding has no text yet"),
        (["publish", "holding"], 3, "holding has no text yet"),
        (["reject", "holding", "--because", "x"], 3, "holding has no text yet"),
        (["reject", "holding"], 2, "Missing option '--because'."),
        (["correct", "holding"], 2, "Missing option '--because'."),
        (["draft"], 2, "Missing argument 'STATEMENT'."),
        (["publsh", "holding"], 2, "Did you mean 'publish'?"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    responding: Program, line: list[str], code: int, sentence: str
) -> None:
    refused = responding("statement", *line)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err


def test_an_unknown_audience_offers_the_nearest(approved: Program) -> None:
    refused = approved("statement", "publish", "holding", "--audience", "pres")
    assert refused.code == 4
    assert "There is no audience 'pres'. Did you mean press?" in refused.err


def test_the_list_shows_how_each_stands_and_whom_it_waits_for(responding: Program) -> None:
    row: dict[str, Any] = {"id": "holding", "audiences": "employees, customers, press", "phase": None}
    row |= {"revision": 0, "digest_of_all": None, "renditions": [], "stale": [], "break_glass": False, "overridden": []}
    assert responding.ok("statement", "list", "--json").json == {
        "incident": "INC-1",
        "statements": [row | {"state": "planned", "waiting": "-"}],
    }
    responding.ok("statement", "draft", "holding", who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    told = responding.ok("statement", "list")
    assert told.out.splitlines()[1].split(maxsplit=2)[:2] == ["holding", "submitted"]
    assert "comms-lead, legal" in told.out
    assert max(map(len, told.out.splitlines())) <= 80


def test_a_publication_whose_process_was_killed_is_laid_out_by_its_repeat(approved: Program) -> None:
    approved.ok("statement", "publish", "holding", "--request-id", "p1")
    folder = approved.root / "state" / "outgoing" / "INC-1"
    for path in folder.iterdir():
        path.unlink()
    again = approved.ok("statement", "publish", "holding", "--request-id", "p1")
    assert again.out.startswith("Already done: ")
    assert _files(approved) == {f"holding.{channel}.txt": TEXT.encode() for channel in CHANNELS}


def test_a_repeated_draft_drafts_nothing_again(responding: Program, version: Callable[[], int]) -> None:
    responding.ok("statement", "draft", "holding", "--request-id", "d1")
    responding.ok("fact", "set", "affected_accounts", "1300")
    before = version()
    assert responding.ok("statement", "draft", "holding", "--request-id", "d1").out.startswith("Already done: ")
    assert version() == before


def test_a_link_planted_where_a_publication_goes_is_not_written_through(approved: Program) -> None:
    folder = approved.root / "state" / "outgoing" / "INC-1"
    folder.mkdir(parents=True)
    victim = approved.root / "victim"
    victim.write_text("mine")
    (folder / "holding.email.txt").symlink_to(victim)
    approved.ok("statement", "publish", "holding")
    assert victim.read_text() == "mine"
    assert _files(approved)["holding.email.txt"] == TEXT.encode()


def test_a_folder_that_cannot_take_the_files_is_told_and_the_log_keeps_the_publication(
    approved: Program, types: Callable[[], list[str]]
) -> None:
    (approved.root / "state").mkdir(mode=0o700, exist_ok=True)
    (approved.root / "state" / "outgoing").write_text("a file in the way")
    told = approved.ok("statement", "publish", "holding", "--request-id", "p1")
    assert "The publication is recorded, but not its files: " in told.err
    assert "to paste" not in told.out
    assert "statement.published" in types()


def test_times_are_told_by_the_clocks_of_the_readers(program: Program) -> None:
    (program.root / "crisisctl.toml").write_text('zones = {en = "Europe/Madrid"}\n')
    book = program.root / "playbooks" / "data-breach.yaml"
    book.write_text(book.read_text().replace("holding/data-breach.md.j2", "holding/when.md.j2"))
    (program.root / "templates" / "holding" / "when.md.j2").write_text("Known since {{ opened_at }} ({{ zone }}).")
    program.ok("open", "data-breach", "--title", "x", "--at", "2026-07-01T22:30:00Z")
    program.ok("statement", "draft", "holding")
    told = "Known since 2026-07-02 00:30 CEST (22:30 UTC on 2026-07-01) (Europe/Madrid)."
    assert program.ok("statement", "show", "holding").out == told
    (program.root / "crisisctl.toml").write_text('zones = {en = "Madrid"}\n')
    ran = program("status")
    assert (ran.code, "zones.en: 'Madrid' is no zone. Write one such as Europe/Berlin." in ran.err) == (6, True)
