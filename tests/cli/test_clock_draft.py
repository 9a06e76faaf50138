"""`clock draft`: what is filed for a clock, filled from the log, and what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from markdown_it import MarkdownIt

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Program

ADVICE = "Not legal advice. Last verified on 2026-11-22; reviewed by nobody yet."
OWN = """\
texts:
  entity_name: Example GmbH
  dpo_contact: "Kim Lee, +49 30 1234"
forms:
  gdpr.art33:
    fields:
      nature: {facts: [affected_accounts]}
      delay: {omit: true}
      board: {title: Whether the board knows, citation: our own, required: true}
  lgpd.anpd:
    title: Comunicado
    layout: |
      {{ form }} | {{ who }} | {{ number }} | {% if exercise %}E{% else %}real{% endif %} | {{ answers|length > 0 }}
    fields:
      who: {title: Who, citation: Art. 9, facts: [entity_name], standing: true}
      number: {title: How many, citation: Art. 9, facts: [affected_accounts]}
"""


def fields(program: Program, clock: str = "gdpr.art33", *line: str, **how: Any) -> dict[str, Any]:
    told = program.ok("clock", "draft", clock, *line, "--json", **how).json
    return {one["id"]: one for one in told["fields"]}


def own(program: Program, text: str = OWN) -> None:
    (program.root / "filings.yaml").write_text(text)


def test_a_draft_is_filled_from_the_facts_and_lists_what_is_missing(opened: Program) -> None:
    opened.ok("fact", "set", "affected_accounts", "1200", "--status", "unconfirmed")
    out = opened.ok("clock", "draft", "gdpr.art33").out
    assert out.startswith("> **DRAFT, not filed.** Made from INC-1 at version ")
    assert "# Notification of a personal-data breach to the supervisory authority" in out
    assert "*required, Art. 33(3)(c)*" in out
    assert "**UNCONFIRMED:**\n\n1200\n\n*From fact affected\\_accounts. Once it is sure: crisisctl fact confirm" in out
    assert "- **When the controller became aware**: crisisctl fact set aware\\_at VALUE -i INC-1" in out
    assert ADVICE in out


def test_json_tells_each_field_with_its_status_and_its_source(opened: Program) -> None:
    opened.ok("fact", "set", "aware_at", "2026-03-28T21:00Z")
    told = opened.ok("clock", "draft", "gdpr.art33", "--json").json
    assert set(told) == {"incident", "clock", "title", "fields", "missing", "notice", "text"}
    assert told["fields"][2] == {
        "id": "aware",
        "title": "When the controller became aware",
        "required": True,
        "value": "2026-03-28 21:00 UTC",
        "status": "confirmed",
        "source": "fact aware_at",
    }
    assert {one["id"] for one in told["missing"]} == {one["id"] for one in told["fields"] if one["value"] is None}
    required = [one["required"] for one in told["missing"]]
    assert required == sorted(required, reverse=True)
    assert all(one["remedy"] for one in told["missing"])
    assert told["text"] == opened.ok("clock", "draft", "gdpr.art33").out
    assert told["notice"].startswith(ADVICE)


def test_a_retracted_fact_is_missing_again(opened: Program) -> None:
    opened.ok("fact", "set", "affected_accounts", "1200")
    assert fields(opened)["people_number"]["value"] == "1200"
    opened.ok("fact", "retract", "affected_accounts", "--because", "counted twice")
    assert fields(opened)["people_number"]["status"] == "missing"


def test_what_is_privileged_is_withheld_unless_it_may_be_taken_along(opened: Program) -> None:
    opened.ok("fact", "set", "affected_accounts", "471100093", "--privileged", who="lee")
    told = opened.ok("clock", "draft", "gdpr.art33")
    assert "471100093" not in told.out
    assert "**[WITHHELD]**" in told.out
    assert "--include privileged" in told.out
    assert "*1 entry is left out: 1 privileged.*" in told.out
    assert opened("clock", "draft", "gdpr.art33", "--include", "all").code == 3
    taken = opened.ok("clock", "draft", "gdpr.art33", "--include", "privileged", who="lee").out
    assert "471100093" in taken
    assert "**PRIVILEGED.**" in taken
    told_so = opened.ok("timeline", "--format", "json").json["entries"][-1]
    assert (told_so["type"], told_so["data"]["included"]) == ("filing.exported", ["privileged"])


def test_a_value_that_was_said_again_under_a_label_stays_in_the_room(opened: Program) -> None:
    opened.ok("fact", "set", "affected_accounts", "1200")
    opened.ok("fact", "set", "affected_accounts", "1200", "--tlp", "red")
    assert fields(opened)["people_number"]["status"] == "withheld"
    opened.ok("fact", "set", "affected_accounts", "1300")
    assert fields(opened)["people_number"]["value"] == "1300"


def test_the_clock_gives_its_beginning_and_its_end(opened: Program) -> None:
    assert "Due: not known; the clock has not been started in INC-1" in opened.ok("clock", "draft", "nis2.final").out
    opened.ok("clock", "start", "nis2.notification", "--trigger", "2026-03-28T21:00Z")
    out = opened.ok("clock", "draft", "nis2.notification").out
    assert "- Due: 2026-03-31 21:00:00 UTC" in out
    assert fields(opened, "nis2.notification")["aware"]["value"] == "2026-03-28 21:00:00 UTC"
    assert fields(opened, "nis2.notification")["aware"]["source"] == "clock nis2.notification"


def test_a_chained_clock_cites_the_filing_before_it(opened: Program) -> None:
    missing = opened.ok("clock", "draft", "nis2.final", "--json").json["missing"]
    before = next(one for one in missing if one["id"] == "earlier")
    assert before["remedy"].endswith("crisisctl clock file nis2.notification --to WHOM -i INC-1")
    opened.ok("clock", "file", "nis2.notification", "--to", "BSI", "--reference", "26-17")
    assert fields(opened, "nis2.final")["earlier"]["value"].endswith(" UTC, to BSI, reference 26-17")
    assert "Filed already: 2" in opened.ok("clock", "draft", "nis2.notification").out


def test_what_the_public_was_told_is_cited_and_the_sample_is_the_text(published: Program) -> None:
    assert fields(published)["people_told"]["value"].endswith(": holding, to employees, customers, press")
    sample = fields(published, "california.ag")["sample"]
    assert sample["source"] == "statement holding, revision 1"
    shown = published.ok("statement", "show", "holding", "--json").json
    assert sample["value"] == shown["text"]


def test_that_a_clock_will_be_missed_gives_the_reasons(opened: Program) -> None:
    opened.ok("open", "data-breach", "--title", "second")
    opened.ok("clock", "start", "gdpr.art33", "-i", "INC-2")
    opened.ok("clock", "miss", "gdpr.art33", "-i", "INC-2", "--because", "counting takes a week")
    delay = fields(opened, "gdpr.art33", "-i", "INC-2")["delay"]
    assert (delay["value"], delay["status"]) == ("counting takes a week", "recorded")


def test_a_drill_is_marked(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--drill")
    assert program.ok("clock", "draft", "gdpr.art33").out.startswith("> **EXERCISE.**")


def test_nothing_that_people_typed_becomes_markup_or_a_template(opened: Program) -> None:
    opened.ok("open", "data-breach", "--title", "[x](//evil.example) <img src=x> {{ 7*7 }} `a` # b")
    out = opened.ok("clock", "draft", "sec.8k-1.05", "-i", "INC-2").out
    out += opened.ok("clock", "draft", "nis2.early-warning", "-i", "INC-2").out
    page = MarkdownIt("commonmark", {"html": True}).render(out)
    assert "<a " not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page


def test_the_name_of_the_organisation_is_told_only_if_it_was(opened: Program) -> None:
    assert fields(opened)["controller"]["status"] == "missing"
    (opened.root / "crisisctl.toml").write_text('organisation = "Example GmbH"\n')
    assert fields(opened)["controller"]["value"] == "Example GmbH"


def test_a_workspace_answers_what_is_standing_and_changes_forms(opened: Program) -> None:
    own(opened)
    opened.ok("fact", "set", "affected_accounts", "1200")
    found = fields(opened)
    assert (found["contact"]["value"], found["contact"]["source"]) == (
        "Kim Lee, +49 30 1234",
        "filings.yaml, dpo_contact",
    )
    assert (found["nature"]["value"], found["nature"]["title"]) == ("1200", "Nature of the breach")
    assert found["board"]["status"] == "missing"
    assert "delay" not in found
    assert fields(opened, "uk-gdpr.art33")["contact"]["value"] == "Kim Lee, +49 30 1234"


def test_a_form_can_have_a_layout_of_its_own(opened: Program) -> None:
    own(opened)
    out = opened.ok("clock", "draft", "lgpd.anpd").out
    assert out == "Comunicado | Example GmbH | **[MISSING]** | real | True\n"


def test_a_broken_layout_is_told_with_its_clock_and_line(opened: Program) -> None:
    own(opened, OWN.replace("{{ who }}", "{{ nobody }}"))
    ran = opened("clock", "draft", "lgpd.anpd")
    assert (ran.code, ran.out) == (6, "")
    assert "the layout of lgpd.anpd in filings.yaml, line 1: 'nobody' is not known" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("gdpr.art33:", "gpdr.art33:", "filings.yaml:5:3: there is no form 'gpdr.art33'; write gdpr.art33."),
        (
            "facts: [affected_accounts]}\n      delay",
            "fact: x}\n      delay",
            "filings.yaml:7:16: the key 'fact' is not known",
        ),
        ("omit: true", "omit: 7", "filings.yaml:8:21: forms.gdpr.art33.fields.delay.omit is a whole number"),
        ("forms:\n", "forms: [\n", "filings.yaml:"),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_place_and_remedy(opened: Program, old: str, new: str, told: str) -> None:
    own(opened, OWN.replace(old, new))
    ran = opened("clock", "draft", "gdpr.art33")
    assert (ran.code, ran.out) == (6, "")
    assert told in ran.err


def test_a_clock_without_a_form_offers_those_that_have_one(opened: Program) -> None:
    ran = opened("clock", "draft", "appi.final")
    assert (ran.code, ran.out) == (4, "")
    assert "appi.final has no filing form." in ran.err
    assert "gdpr.art33, " in ran.err
    assert opened("clock", "draft", "gpdr.art33").code == 4
    assert opened("clock", "draft", "gdpr").code == 2


def test_a_form_for_a_clock_of_ones_own(opened: Program) -> None:
    clock = "regimes: {acme: {title: Acme, clocks: {notice: {title: Tell Acme, start: aware, rule: {hours: 24}}}}}\n"
    (opened.root / "clocks.yaml").write_text(clock)
    own(opened, "forms: {acme.notice: {title: Notice, fields: {number: {title: N, facts: [affected_accounts]}}}}\n")
    assert list(fields(opened, "acme.notice")) == ["number"]


def test_looking_writes_nothing_and_a_file_is_logged(opened: Program, version: Callable[[], int]) -> None:
    before = version()
    printed = opened.ok("clock", "draft", "gdpr.art33").out
    opened.ok("clock", "draft", "gdpr.art33", "--json")
    assert version() == before
    ran = opened.ok("clock", "draft", "gdpr.art33", "-o", "art33.md")
    assert ran.out == ""
    assert "Written to art33.md.\n11 required answers missing;" in ran.err
    assert "Next: crisisctl clock file gdpr.art33 --to WHOM" in ran.err
    assert (opened.root / "art33.md").read_text() == printed
    last = opened.ok("timeline", "--format", "json").json["entries"][-1]
    assert last["text"].startswith(f"Filing draft for gdpr.art33 of version {before} taken out as md")
    assert opened.ok("verify").code == 0


def test_a_restricted_incident_logs_whoever_looks(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--restricted")
    program.ok("clock", "draft", "gdpr.art33")
    assert program.ok("timeline", "--format", "json").json["entries"][-1]["type"] == "filing.exported"


@ON_FILE
def test_every_form_can_be_drafted(opened: Program) -> None:
    for clock in opened("clock", "draft", "appi.final").err.partition("one of these: ")[2].strip(" .\n").split(", "):
        out = opened.ok("clock", "draft", clock).out
        assert out.count("\n## ") >= 4, clock
        assert "{{" not in out
        assert "None" not in out


@ON_FILE
def test_as_a_process_it_is_one_document(opened: Program) -> None:
    ran = opened.process("clock", "draft", "gdpr.art33")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == opened.ok("clock", "draft", "gdpr.art33").out
