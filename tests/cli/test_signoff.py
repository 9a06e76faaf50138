"""Sign-off on the command line: renditions, lint, delegates apart, and the loud exceptions."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ON_FILE
from tests.words import CHANGED, GERMAN, SHORT

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.cli.conftest import Terminal
    from tests.conftest import Program, Ran

LOGIN = pwd.getpwuid(os.geteuid()).pw_name
ADDED = "    languages: [en, de]\n    minimal: holding/least.md.j2\n"
pytestmark = ON_FILE


@pytest.fixture
def bilingual(program: Program) -> Program:
    """INC-1 on a playbook that speaks two languages and keeps a line for the case that nobody answers."""
    playbook = program.root / "playbooks" / "data-breach.yaml"
    text = playbook.read_text()
    playbook.write_text(text.replace("    channels:", f"{ADDED}    channels:"))
    templates = program.root / "templates" / "holding"
    (templates / "least.md.j2").write_text(SHORT)
    (templates / "data-breach.md.j2").write_text(f"{SHORT}{{% block short %}}We are sorry.{{% endblock %}}")
    (templates / "data-breach.de.md.j2").write_text(GERMAN)
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
    program.ok("assign", "deputy-comms", "kim")
    return program


def write(program: Program, text: str, *line: str, who: str = "kim") -> Ran:
    (program.root / "words.txt").write_text(text, encoding="utf-8")
    return program.ok("statement", "draft", "holding", "--file", "words.txt", *line, who=who)


def drafted(program: Program) -> None:
    program.ok("statement", "draft", "holding", who="kim")


def approved(program: Program) -> None:
    drafted(program)
    program.ok("statement", "submit", "holding", who="kim")
    program.ok("statement", "approve", "holding", who="lee")
    program.ok("statement", "approve", "holding")


def shown(program: Program) -> Any:
    return program.ok("statement", "show", "holding", "--json").json


def test_one_draft_gives_a_text_for_each_channel_and_language(bilingual: Program) -> None:
    drafted(bilingual)
    told = shown(bilingual)
    assert [*told["renditions"]] == [
        *("status-page/en", "x/en", "email/en"),
        *("status-page/de", "x/de", "email/de"),
    ]
    assert told["renditions"]["x/de"]["text"] == GERMAN
    assert bilingual.ok("statement", "show", "holding", "--language", "de").out == GERMAN
    assert bilingual.ok("statement", "show", "holding", "--channel", "x").out == SHORT
    said = bilingual.ok("statement", "show", "holding").err
    assert "Texts of their own: status-page/de, x/de, email/de." in said


def test_one_text_is_replaced_and_its_approvals_alone_are_void(bilingual: Program) -> None:
    approved(bilingual)
    told = write(bilingual, CHANGED, "--channel", "x")
    assert "the approval of legal, comms-lead of x/en is void" in told.out
    by = {key: one["approved_by"] for key, one in shown(bilingual)["renditions"].items()}
    assert by.pop("x/en") == []
    assert all(roles == ["legal", "comms-lead"] for roles in by.values())
    assert bilingual("statement", "publish", "holding").code == 3


def test_a_stale_language_is_named_with_what_to_type(bilingual: Program) -> None:
    drafted(bilingual)
    told = write(bilingual, CHANGED)
    assert told.err.startswith("Next: crisisctl statement draft holding --language de --file FILE: de is stale\n")
    refused = bilingual("statement", "submit", "holding", who="kim")
    assert refused.code == 3
    assert "its de version was written, which is stale" in refused.err
    assert "stale: de" in bilingual.ok("statement", "list").err
    assert "stale in de" in bilingual.ok("status").out
    bilingual.ok("statement", "draft", "holding", "--language", "de", "--leave-out", who="kim")
    bilingual.ok("statement", "submit", "holding", who="kim")


def test_a_text_that_does_not_fit_offers_the_shorter_one(bilingual: Program) -> None:
    write(bilingual, f"{SHORT} {'We go on with our work. ' * 12}")
    said = bilingual.ok("statement", "show", "holding").err
    assert "x/en does not fit: " in said
    bilingual.ok("statement", "draft", "holding", "--channel", "x", "--short", who="kim")
    assert shown(bilingual)["renditions"]["x/en"]["text"] == "We are sorry."


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["--short"], "--short goes with --channel"),
        (["--minimal", "--channel", "x"], "--minimal is a whole statement"),
        (["--minimal", "--leave-out"], "--minimal and --leave-out do not go together"),
        (["--leave-out"], "--leave-out goes with --channel or --language"),
    ],
)
def test_what_does_not_go_together_is_told(bilingual: Program, line: list[str], sentence: str) -> None:
    refused = bilingual("statement", "draft", "holding", *line)
    assert (refused.code, sentence in refused.err) == (2, True), refused.err


def test_the_lint_stops_a_submission_with_every_finding_and_an_override_is_loud(
    bilingual: Program, types: Callable[[], list[str]]
) -> None:
    write(bilingual, "No comment. We guarantee that this will never happen again.")
    refused = bilingual("statement", "submit", "holding", who="kim")
    assert refused.code == 3
    assert "The lint finds" in refused.err
    assert "no-comment" in refused.err
    assert "statement.submitted" not in types()
    bilingual.ok("statement", "submit", "holding", "--override", "--because", "quoted in court", who="kim")
    assert types()[-2:] == ["statement.lint_overridden", "statement.submitted"]
    assert "OVERRIDE of the lint" in bilingual.ok("status").out
    report = bilingual.ok("report").out
    assert "**OVERRIDE: kim submitted holding against the lint" in report
    assert "quoted in court" in report


def test_the_line_that_was_approved_beforehand_goes_out_without_approval(bilingual: Program) -> None:
    bilingual.ok("statement", "draft", "holding", "--minimal", who="kim")
    told = bilingual.ok("statement", "submit", "holding", who="kim")
    assert "approved beforehand by the playbook" in told.out
    bilingual.ok("statement", "publish", "holding", who="kim")


def test_the_lead_breaks_the_glass_and_every_account_of_it_says_so(bilingual: Program) -> None:
    drafted(bilingual)
    refused = bilingual("statement", "publish", "holding", "--break-glass", "--because", "x", who="lee")
    assert (refused.code, "Only comms-lead may publish without approvals (dana)" in refused.err) == (3, True)
    assert bilingual("statement", "publish", "holding", "--break-glass").code == 3
    told = bilingual.ok("statement", "publish", "holding", "--break-glass", "--because", "nobody answers")
    assert "BREAK-GLASS: dana published holding without its approvals, because nobody answers." in told.out
    assert "BREAK-GLASS" in bilingual.ok("status").out
    assert "BREAK-GLASS" in bilingual.ok("statement", "list").err
    assert "**BREAK-GLASS: dana published" in bilingual.ok("timeline").out
    assert "**BREAK-GLASS: dana published it without its approvals.**" in bilingual.ok("report").out


def test_the_author_under_another_spelling_is_refused_and_logged(
    bilingual: Program, types: Callable[[], list[str]]
) -> None:
    drafted(bilingual)
    bilingual.ok("statement", "submit", "holding", who="kim")
    bilingual.ok("assign", "legal", "KIM")
    refused = bilingual("statement", "approve", "holding", who="KIM")
    assert (refused.code, "KIM wrote holding" in refused.err) == (3, True)
    assert types()[-1] == "statement.approval_refused"
    assert "REFUSED: approval of holding by KIM, its own author" in bilingual.ok("timeline").out


def test_an_approval_under_another_name_is_refused_and_logged_where_identity_is_strict(bilingual: Program) -> None:
    drafted(bilingual)
    bilingual.ok("statement", "submit", "holding", who="kim")
    (bilingual.root / "crisisctl.toml").write_text('identity = "strict"\n')
    (bilingual.root / "roster.yaml").write_text(
        f"people: {{kim: {{login: {LOGIN}}}, lee: {{login: other}}, dana: {{}}}}"
    )
    refused = bilingual("statement", "approve", "holding", who="lee")
    assert refused.code == 3
    assert f"Identity is strict: {LOGIN} is kim and may not act as lee." in refused.err
    assert bilingual("statement", "publish", "holding", who="dana").code == 3
    told = bilingual.ok("timeline", "--format", "json", who="kim").json["entries"][-2:]
    assert [one["text"] for one in told] == [
        f"REFUSED: approval of holding by kim, the login {LOGIN}, which is not lee's",
        f"REFUSED: publication of holding by kim, the login {LOGIN}, which is not dana's",
    ]


def test_an_approval_may_name_the_digest_of_what_was_read(bilingual: Program) -> None:
    drafted(bilingual)
    bilingual.ok("statement", "submit", "holding", who="kim")
    assert bilingual("statement", "approve", "holding", "--digest", "0000", who="lee").code == 5
    bilingual.ok("statement", "approve", "holding", "--digest", shown(bilingual)["digest"][:8], who="lee")


def test_the_digest_of_all_texts_changes_with_any_of_them(bilingual: Program) -> None:
    drafted(bilingual)
    before, source = shown(bilingual)["digest_of_all"], shown(bilingual)["digest"]
    assert bilingual.ok("statement", "list", "--json").json["statements"][0]["digest_of_all"] == before
    write(bilingual, CHANGED, "--channel", "x")
    after = shown(bilingual)["digest_of_all"]
    assert after != before
    of_x = shown(bilingual)["renditions"]["x/en"]["digest"]
    assert f"SHA-256 {of_x[:16]}" in bilingual.ok("statement", "show", "holding", "--channel", "x").err
    bilingual.ok("statement", "submit", "holding", who="kim")
    assert f"--digest {after[:16]}" in bilingual.ok("statement", "show", "holding").err
    for channel in ("status-page", "email"):
        write(bilingual, f"{CHANGED} On {channel}.", "--channel", channel)
    bilingual.ok("statement", "submit", "holding", who="kim")
    for old in (before, after, source):
        assert bilingual("statement", "approve", "holding", "--digest", old, who="lee").code == 5
    bilingual.ok("statement", "approve", "holding", "--digest", shown(bilingual)["digest_of_all"][:12], who="lee")
    bilingual.ok("statement", "approve", "holding", "--digest", of_x[:12])


def test_words_that_were_altered_in_the_database_are_neither_shown_nor_approved(
    bilingual: Program, behind: Behind
) -> None:
    drafted(bilingual)
    bilingual.ok("statement", "submit", "holding", who="kim")
    behind.change("UPDATE entry SET words = replace(words, 'sorry', 'happy') WHERE type = 'statement.drafted'")
    for line in (["show", "holding"], ["show", "holding", "--channel", "x"], ["approve", "holding"]):
        ran = bilingual("statement", *line, who="lee")
        assert (ran.code, "does not verify" in ran.err, ran.out) == (8, True, "")
    told = bilingual.ok("report")
    assert "WARNING: The log of INC-1 does not verify" in told.err
    assert told.out.startswith("> **WARNING")


def test_a_text_that_does_not_fit_is_told_before_it_is_published(bilingual: Program) -> None:
    long = f"{SHORT} " + "We tell everybody what we know. " * 10
    told = write(bilingual, long).err
    assert "x/en does not fit: " in told
    assert "weighted characters too many. Its template keeps a shorter text (`short`)" in told
    for line in (["show", "holding", "--channel", "x"], ["submit", "holding"]):
        assert "statement draft holding --channel x --short" in bilingual.ok("statement", *line, who="kim").err
    assert "fit" not in bilingual.ok("statement", "show", "holding", "--channel", "email").err
    template = bilingual.root / "templates" / "holding" / "data-breach.md.j2"
    template.write_text(SHORT)
    bilingual.ok("open", "data-breach", "--title", "Another", "--assign", "legal=lee")
    bilingual.ok("statement", "draft", "holding", "--file", "words.txt", "-i", "INC-2")
    told = bilingual.ok("statement", "show", "holding", "--channel", "x", "-i", "INC-2").err
    assert "keeps no shorter text (`short`). Bring one: crisisctl statement draft holding --channel x --file" in told


def test_a_next_update_in_the_past_is_told_at_every_step_before_the_publication(bilingual: Program) -> None:
    said = "says that the next update comes by 2020-03-28 22:30 UTC, which is past"
    assert said in write(bilingual, f"{SHORT.partition('Next update')[0]}Next update by 2020-03-28 22:30 UTC.").err
    assert said in bilingual.ok("statement", "submit", "holding", "--override", "--because", "x", who="kim").err
    assert said in bilingual.ok("statement", "approve", "holding", who="lee").err


def test_the_lint_judges_alike_by_hand_and_at_the_submission(bilingual: Program) -> None:
    html = "<p>We know of it since 2026-03-28 21:00 UTC.</p>"
    parts = f"{SHORT}{{% block email_html %}}{html}{{% endblock %}}{{% block email_subject %}}Records{{% endblock %}}"
    (bilingual.root / "templates" / "holding" / "data-breach.md.j2").write_text(parts)
    bilingual.ok("open", "data-breach", "--title", "Another", "--assign", "legal=lee")
    bilingual.ok("statement", "draft", "holding", "-i", "INC-2", who="kim")
    by_hand = bilingual("statement", "lint", "holding", "-i", "INC-2", "--json").json
    submitted = bilingual.ok("statement", "submit", "holding", "-i", "INC-2", who="kim").err
    lint = [line for line in submitted.splitlines() if line.startswith("warning: ") and ": " in line[9:]]
    found = by_hand["findings"]
    assert not [one for one in found if one["rendition"].startswith("email.")]
    assert len(found) == len([line for line in lint if any(one["message"] in line for one in found)])


def test_a_channel_that_changes_in_one_language_alone_is_told(bilingual: Program) -> None:
    drafted(bilingual)
    told = write(bilingual, CHANGED, "--channel", "status-page").err
    assert "status-page/en was changed and status-page/de was not" in told
    assert "statement draft holding --channel status-page --language de --file FILE" in told
    assert "was not" not in write(bilingual, GERMAN + " Danke.", "--channel", "status-page", "--language", "de").err


def test_a_faulty_template_is_told_to_be_as_it_was_at_the_opening(bilingual: Program) -> None:
    (bilingual.root / "templates" / "holding" / "data-breach.md.j2").write_text("{{ 1 / 0 }}")
    bilingual.ok("open", "data-breach", "--title", "Another", "--assign", "legal=lee")
    told = bilingual("statement", "draft", "holding", "-i", "INC-2")
    assert told.code == 6
    assert "INC-2 keeps its templates as they were when it was opened" in told.err
    assert "statement draft holding --file FILE" in told.err


def test_who_is_to_be_found_before_a_text_can_be_approved_is_the_next_step(bilingual: Program) -> None:
    drafted(bilingual)
    bilingual.ok("release", "legal")
    told = bilingual.ok("statement", "submit", "holding", who="kim").err
    assert "Next: crisisctl assign legal PERSON, for nobody can approve holding otherwise" in told


# Comparing


def test_what_changed_is_shown_word_by_word(bilingual: Program) -> None:
    drafted(bilingual)
    write(bilingual, SHORT.replace("sorry", "very sorry"), "--channel", "x")
    told = bilingual.ok("statement", "diff", "holding")
    assert told.out.startswith("x/en\nWe are{+ very+} sorry: some account")
    assert "The same in both: status-page/en, email/en" in told.err
    found = bilingual.ok("statement", "diff", "holding", "--from", "1", "--to", "2", "--json").json
    (changed,) = found["changed"]
    assert (found["from"], found["to"], changed["rendition"], changed["before"]) == (1, 2, "x/en", SHORT)
    refused = bilingual("statement", "diff", "holding", "--from", "7")
    assert (refused.code, refused.err) == (4, "holding has no revision 7; its revisions are 1 to 2.\n")


def test_a_comparison_is_in_colour_on_a_terminal(bilingual: Program, terminal: Terminal) -> None:
    drafted(bilingual)
    write(bilingual, SHORT.replace("sorry", "very sorry"), "--channel", "x")
    screen = terminal("statement", "diff", "holding", NO_COLOR="", TERM="xterm")
    assert "\x1b[32m{+ very+}\x1b[0m" in screen.text
