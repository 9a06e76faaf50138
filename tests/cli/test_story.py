"""`timeline` and `report`: the story, in every form and into files."""

from __future__ import annotations

import csv
import io
import json
import os
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program, Ran

FORMS = ("md", "json", "jsonl", "csv", "html")
KEYS = {"version", "occurred_at", "recorded_at", "actor", "role", "via", "type", "text", "data", "digest"}


class Page(HTMLParser):
    """Counts elements and keeps every address that they would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_json_holds_every_key_of_the_contract_for_every_entry(published: Program) -> None:
    told = published.ok("timeline", "--format", "json").json
    assert told["incident"] == "INC-1"
    assert all(set(entry) - {"late_seconds"} == KEYS for entry in told["entries"])
    assert sorted(entry["version"] for entry in told["entries"]) == list(range(1, len(told["entries"]) + 1))
    assert all(
        time.endswith("Z") and len(time) == 27
        for entry in told["entries"]
        for time in (entry["occurred_at"], entry["recorded_at"])
    )


def test_the_types_are_nouns_and_verbs_of_the_contract(published: Program) -> None:
    types = {entry["type"] for entry in published.ok("timeline", "--format", "json").json["entries"]}
    assert {
        "incident.opened",
        "role.assigned",
        "stage.entered",
        "stage.left",
        "escalation.fired",
        "escalation.acknowledged",
        "task.done",
        "fact.set",
        "statement.drafted",
        "statement.submitted",
        "statement.approved",
        "statement.published",
    } <= types
    assert all(len(kind.split(".")) == 2 for kind in types)


def test_every_form_tells_the_same_entries(published: Program) -> None:
    entries = published.ok("timeline", "--format", "json").json["entries"]
    told = {form: published.ok("timeline", "--format", form).out for form in FORMS}
    lines = [json.loads(line) for line in told["jsonl"].splitlines()]
    assert [{k: v for k, v in line.items() if k != "incident"} for line in lines] == entries
    rows = list(csv.DictReader(io.StringIO(told["csv"], newline="")))
    assert [(row["seq"], row["type"], row["digest"]) for row in rows] == [
        (str(entry["version"]), entry["type"], entry["digest"]) for entry in entries
    ]
    for entry in entries:
        if entry["type"] in ("task.done", "fact.set", "statement.published", "escalation.acknowledged"):
            assert entry["text"].split(";")[0].replace("_", "\\_") in told["md"]
            assert entry["text"].split(";")[0] in told["html"]


def test_the_same_log_gives_the_same_bytes(published: Program) -> None:
    for form in FORMS:
        assert published.ok("timeline", "--format", form) == published.ok("timeline", "--format", form)


def test_left_out_the_form_is_markdown_and_json_is_short_for_its_form(opened: Program) -> None:
    assert opened.ok("timeline").out.startswith("# Timeline of INC-1: Records on a forum\n")
    assert opened.ok("timeline", "--json") == opened.ok("timeline", "--format", "json")


def test_an_unknown_form_offers_the_known_ones(opened: Program) -> None:
    refused = opened("timeline", "--format", "htm")
    assert refused.code == 4
    assert "There is no format 'htm'. Did you mean html?" in refused.err


def test_the_page_loads_nothing_and_runs_nothing_from_elsewhere(opened: Program) -> None:
    opened.ok("note", '<script src="//evil.example/x.js"></script><img src=x onerror=alert(1)>')
    page = Page()
    page.feed(opened.ok("timeline", "--format", "html").out)
    assert "img" not in page.tags
    assert "table" in page.tags or "ol" in page.tags or "section" in page.tags
    assert [address for address in page.addresses if not address.startswith("#")] == []


def test_what_people_typed_cannot_become_a_formula_unless_told_to(opened: Program) -> None:
    opened.ok("note", "=HYPERLINK(1)")

    def cell(told: Ran) -> str:
        rows = csv.DictReader(io.StringIO(told.out, newline=""))
        return next(row["text"] for row in rows if row["type"] == "note.added")

    assert cell(opened.ok("timeline", "--format", "csv")) == "'=HYPERLINK(1)"
    assert cell(opened.ok("timeline", "--format", "csv", "--raw")) == "=HYPERLINK(1)"


def test_the_report_is_a_draft_of_the_post_mortem(published: Program) -> None:
    published.ok("decide", "Tell everyone today", "--because", "it is their data")
    for trigger in ("inform", "notify", "close"):
        published.ok("advance", trigger)
    report = published.ok("report", "-i", "INC-1").out
    assert report.startswith("#")
    for expected in ("INC-1", "Records on a forum", "Tell everyone today", "it is their data", "1200 accounts"):
        assert expected in report
    assert published.ok("report", "-i", "INC-1", "--json").json == {
        "incident": "INC-1",
        "report": report,
        "withheld": {"privileged": 0, "tlp": 0},
    }


def test_an_open_incident_has_a_report_already(opened: Program) -> None:
    assert "INC-1" in opened.ok("report").out


@pytest.mark.parametrize("form", FORMS)
def test_a_file_holds_what_would_have_been_printed_and_is_closed_to_others(opened: Program, form: str) -> None:
    printed = opened.ok("timeline", "--format", form).out
    told = opened.ok("timeline", "--format", form, "-o", "story.out")
    path = opened.root / "story.out"
    assert (told.out, told.err) == ("", "Written to story.out.\n")
    assert path.read_bytes().decode() == printed
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "begins"), [("x.json", "{"), ("x.csv", '"seq",'), ("x.html", "<!"), ("x.md", "# ")])
def test_left_out_the_form_follows_the_ending_of_the_file(opened: Program, name: str, begins: str) -> None:
    opened.ok("timeline", "-o", name)
    assert (opened.root / name).read_text().lower().startswith(begins)


def test_a_file_that_is_there_is_replaced_whole_and_closed_to_others(opened: Program) -> None:
    path = opened.root / "story.md"
    path.write_text("x" * 1_000_000)
    path.chmod(0o644)
    printed = opened.ok("timeline").out
    opened.ok("timeline", "-o", "story.md")
    assert path.read_text() == printed
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(opened.root.glob(".story.md*")), "nothing is left beside it"


def test_a_dash_is_standard_output(opened: Program) -> None:
    assert opened.ok("timeline", "-o", "-") == opened.ok("timeline")
    assert not (opened.root / "-").exists()


@pytest.mark.parametrize("command", ["timeline", "report"])
def test_a_symbolic_link_is_not_followed(opened: Program, command: str) -> None:
    victim = opened.root / "victim"
    victim.write_text("mine")
    (opened.root / "link.md").symlink_to(victim)
    refused = opened(command, "-o", "link.md")
    assert (refused.code, refused.err) == (2, "link.md is a symbolic link. Name the file itself.\n")
    assert victim.read_text() == "mine"
    assert (opened.root / "link.md").is_symlink()


def test_a_dangling_symbolic_link_makes_nothing_where_it_points(opened: Program) -> None:
    (opened.root / "link.md").symlink_to(opened.root / "elsewhere")
    assert opened("timeline", "-o", "link.md").code == 2
    assert not (opened.root / "elsewhere").exists()


def test_a_device_or_pipe_is_never_replaced_by_a_file(opened: Program) -> None:
    pipe = opened.root / "pipe"
    os.mkfifo(pipe)
    refused = opened("timeline", "-o", "pipe")
    assert (refused.code, refused.err) == (2, "pipe is a device or pipe. Name a file.\n")
    assert pipe.is_fifo()


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        (".", 2, ". is a folder. Name a file."),
        ("..", 2, ".. is a folder. Name a file."),
        ("playbooks", 2, "playbooks belongs to the workspace."),
        ("playbooks/outage.yaml", 2, "playbooks/outage.yaml belongs to the workspace."),
        ("templates/x.md", 2, "belongs to the workspace"),
        ("crisisctl.toml", 2, "belongs to the workspace"),
        ("roster.yaml", 2, "belongs to the workspace"),
        ("state/crisisctl.db", 2, "belongs to the workspace"),
        ("state/crisisctl.db-wal", 2, "belongs to the workspace"),
        ("./state/../state/x.md", 2, "belongs to the workspace"),
        ("not/there.md", 7, "not/there.md cannot be written: No such file or directory."),
        ("crisisctl.toml/x.md", 2, "belongs to the workspace"),
        ("x" * 300, 7, "cannot be written: File name too long."),
    ],
)
def test_a_file_that_cannot_be_written_is_told(opened: Program, name: str, code: int, sentence: str) -> None:
    refused = opened("timeline", "-o", name)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err


def test_a_form_that_is_unknown_is_told_even_as_json(opened: Program) -> None:
    assert opened("timeline", "--format", "pdf", "--json").code == 4


def test_json_is_json_and_another_form_goes_to_a_file(opened: Program) -> None:
    refused = opened("timeline", "--format", "csv", "--json")
    assert (refused.code, refused.out) == (2, "")
    assert "-o FILE" in refused.err


@pytest.mark.parametrize(
    ("line", "begins"),
    [("timeline --format csv", '"seq",'), ("timeline", "{"), ("report", "# "), ("timeline --format html", "<!")],
)
def test_with_json_and_a_file_the_file_is_written_and_the_document_names_it(
    opened: Program, line: str, begins: str
) -> None:
    told = opened.ok(*line.split(), "-o", "story.out", "--json")
    assert told.json == {"incident": "INC-1", "file": "story.out"}
    assert told.err == ""
    assert (opened.root / "story.out").read_text().lower().startswith(begins)


def test_no_cell_of_a_sheet_is_split_where_semicolons_part_cells(opened: Program) -> None:
    opened.ok("note", "a;=1+1")
    line = next(line for line in opened.ok("timeline", "--format", "csv").out.splitlines() if "a;=1+1" in line)
    assert line.startswith('"')
    assert '"a;=1+1"' in line


def test_every_line_of_a_drill_says_so(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--drill")
    program.ok("note", "y")
    lines = [json.loads(line) for line in program.ok("timeline", "--format", "jsonl").out.splitlines()]
    assert all(line["drill"] is True for line in lines)
    program.ok("open", "data-breach", "--title", "real")
    assert '"drill"' not in program.ok("timeline", "-i", "INC-2", "--format", "jsonl").out.replace('"drill": false', "")


@pytest.mark.parametrize("line", ["report", "timeline", "timeline --format json"])
def test_standard_output_by_its_other_name_is_one_document_too(opened: Program, line: str) -> None:
    assert opened.ok(*line.split(), "-o", "-", "--json").json["incident"] == "INC-1"


def test_another_form_is_refused_on_standard_output_by_its_other_name_too(opened: Program) -> None:
    assert opened("timeline", "-o", "-", "--format", "csv", "--json").code == 2
