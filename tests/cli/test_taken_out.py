"""What leaves the room: labels keep entries in, `--include` brings them along, and the log says who took what."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Program
    from tests.postgres import Databases

FORMS = ("md", "json", "jsonl", "csv", "html")
KEPT_IN = ("counsel-fears", "red-source", "amber-strict-name", "amber-plan", "471100093")
LET_OUT = ("green-news", "clear-news", "plain-note")
NOTES = {
    "red-source": ("--tlp", "red"),
    "amber-strict-name": ("--tlp", "amber+strict"),
    "amber-plan": ("--tlp", "AMBER"),
    "green-news": ("--tlp", "green"),
    "clear-news": ("--tlp", "clear"),
    "plain-note": (),
}


@pytest.fixture
def labelled(opened: Program) -> Program:
    """INC-1 with a word under each label; two entries are privileged, one of them is red too."""
    for text, how in NOTES.items():
        opened.ok("note", text, *how)
    opened.ok("decide", "settle", "--because", "counsel-fears", "--privileged")
    opened.ok("fact", "set", "affected_accounts", "471100093", "--privileged", "--tlp", "red")
    return opened


def _exports(program: Program) -> Any:
    told = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    return [entry for entry in told if entry["type"].endswith(".exported")]


@pytest.mark.parametrize("form", FORMS)
def test_a_timeline_leaves_out_what_its_labels_keep_in_and_counts_it(labelled: Program, form: str) -> None:
    text = labelled.ok("timeline", "--format", form).out
    assert not [word for word in KEPT_IN if word in text]
    assert [word for word in LET_OUT if word in text] == list(LET_OUT)
    told = "5 entries are left out: 2 privileged, 4 marked TLP:AMBER or stricter"
    if form == "json":
        assert json.loads(text)["withheld"] == {"privileged": 2, "tlp": 4}
    elif form == "jsonl":
        assert json.loads(text.splitlines()[-1]) == {"incident": "INC-1", "withheld": {"privileged": 2, "tlp": 4}}
    elif form == "csv":
        last = list(csv.DictReader(io.StringIO(text)))[-1]
        assert (last["type"], last["text"], last["seq"]) == ("entries.withheld", told, "")
    else:
        assert told in text


def test_the_report_leaves_it_out_of_every_section(labelled: Program) -> None:
    text = labelled.ok("report").out
    assert not [word for word in KEPT_IN if word in text]
    assert "*5 entries are left out: 2 privileged, 4 marked TLP:AMBER or stricter.*" in text
    assert "No fact was recorded." in text
    assert "No decision was logged." in text
    assert "- affected" not in text  # it is known, so it is not asked for either
    assert labelled.ok("report", "--json").json["withheld"] == {"privileged": 2, "tlp": 4}


@pytest.mark.parametrize("form", ["md", "json", "jsonl", "csv", "html"])
def test_without_labels_nothing_is_said_of_them(opened: Program, form: str) -> None:
    text = opened.ok("timeline", "--format", form).out
    assert ("withheld" in text) is (form == "json")
    assert "left out" not in text
    assert "left out" not in opened.ok("report").out


@pytest.mark.parametrize(
    ("include", "there", "left"),
    [
        (["privileged"], ["counsel-fears"], {"privileged": 0, "tlp": 4}),
        (["tlp"], ["red-source", "amber-strict-name", "amber-plan"], {"privileged": 2, "tlp": 0}),
        (["privileged", "tlp"], list(KEPT_IN), {"privileged": 0, "tlp": 0}),
        (["all"], list(KEPT_IN), {"privileged": 0, "tlp": 0}),
    ],
)
def test_what_is_included_is_there_and_marked(
    labelled: Program, include: list[str], there: list[str], left: dict[str, int]
) -> None:
    asked = [word for kind in include for word in ("--include", kind)]
    told = labelled.ok("timeline", "--format", "json", *asked, who="lee").json
    text = json.dumps(told)
    assert sorted(word for word in KEPT_IN if word in text) == sorted(there)
    assert told["withheld"] == left
    report = labelled.ok("report", *asked, who="lee").out
    assert sorted(word for word in KEPT_IN if word in report) == sorted(there)


def test_what_is_labelled_says_so_wherever_it_is_told(labelled: Program) -> None:
    told = labelled.ok("timeline", "--include", "all", who="lee").out
    assert r"\[TLP:RED\] red-source" in told
    assert r"\[PRIVILEGED\] Decided: settle" in told
    assert r"\[PRIVILEGED, TLP:RED\] Fact affected\_accounts = 471100093" in told
    assert r"\[PRIVILEGED\] settle" in labelled.ok("report", "--include", "all", who="lee").out
    assert "[TLP:GREEN] green-news" in labelled.ok("search", "green-news").out


@pytest.mark.parametrize(
    ("who", "include", "who_may"),
    [
        ("dana", "privileged", "Those who may hold legal (lee)."),
        ("dana", "all", "Those who may hold legal (lee)."),
        ("otto", "privileged", "Those who may hold legal (lee)."),
        ("otto", "tlp", "only those who are may take along TLP entries: dana, lee."),
    ],
)
@pytest.mark.parametrize("command", ["timeline", "report"])
def test_whoever_may_not_take_it_along_is_refused(
    labelled: Program, who: str, include: str, who_may: str, command: str
) -> None:
    file = labelled.root / "out.md"
    told = labelled(command, "--include", include, "-o", str(file), who=who)
    assert (told.code, told.out) == (3, "")
    assert who_may in told.err
    assert not file.exists()
    assert _exports(labelled) == []


def test_whoever_is_in_the_incident_may_take_along_tlp(labelled: Program) -> None:
    assert "red-source" in labelled.ok("timeline", "--include", "tlp", who="dana").out


def test_the_refusal_is_the_same_when_there_is_nothing_to_take(opened: Program) -> None:
    assert opened("timeline", "--include", "privileged", who="otto").code == 3


@pytest.mark.parametrize(
    ("setting", "may"),
    [('["legal"]', ["lee"]), ('["comms-lead", "legal"]', ["dana", "lee"]), ("[]", []), ('["nobody"]', [])],
)
def test_the_settings_say_which_roles_read_what_is_privileged(labelled: Program, setting: str, may: list[str]) -> None:
    (labelled.root / "crisisctl.toml").write_text(f"privileged = {setting}\n")
    able = [who for who in ("dana", "lee", "otto") if labelled("report", "--include", "privileged", who=who).code == 0]
    assert able == may
    finds = [who for who in ("dana", "lee", "otto") if "counsel" in labelled.ok("search", "fears", who=who).out]
    assert finds == may


def test_a_setting_that_is_no_list_of_roles_is_refused(opened: Program) -> None:
    for wrong in ("'legal'", "[1]"):
        (opened.root / "crisisctl.toml").write_text(f"privileged = {wrong}\n")
        assert opened("status").code == 6


def test_a_kind_that_there_is_not_is_refused_with_those_there_are(opened: Program) -> None:
    told = opened("report", "--include", "secret")
    assert told.code == 4
    assert "privileged" in told.err


def test_whoever_sees_the_incident_sees_labelled_facts_in_it(labelled: Program) -> None:
    assert "affected_accounts = 471100093" in labelled.ok("status", who="otto").out
    assert "red-source" in labelled.ok("search", "red-source", who="otto").out


def test_a_label_that_tlp_does_not_know_is_refused(opened: Program) -> None:
    told = opened("note", "x", "--tlp", "white")
    assert told.code == 3
    assert "red, amber+strict, amber, green, clear" in told.err


@pytest.mark.parametrize(
    ("line", "kind", "form"),
    [
        (("timeline", "-o", "tale.csv"), "timeline.exported", "csv"),
        (("timeline", "--format", "jsonl", "-o", "tale.txt", "--json"), "timeline.exported", "jsonl"),
        (("report", "-o", "post-mortem.md"), "report.exported", "md"),
    ],
)
def test_what_goes_into_a_file_is_logged_with_what_it_holds(
    labelled: Program, version: Callable[[], int], line: tuple[str, ...], kind: str, form: str
) -> None:
    before = version()
    labelled.ok(*line, who="otto")
    assert version() == before + 1
    entry = _exports(labelled)[0]
    assert (entry["type"], entry["actor"], entry["role"]) == (kind, "otto", None)
    assert entry["data"] == {"format": form, "included": [], "entries": before - 5, "version": before}
    assert entry["text"].endswith(f" to {line[line.index('-o') + 1]}")
    assert f"version {before + 1}" not in (labelled.root / line[line.index("-o") + 1]).read_text()


def test_a_repeated_export_is_logged_again(opened: Program) -> None:
    opened.ok("ack")
    for _ in range(2):
        opened.ok("report", "-o", "out.md")
    first, second = _exports(opened)
    assert second["data"]["version"] == first["data"]["version"] + 1


def test_looking_at_an_ordinary_incident_does_not_move_it(opened: Program, version: Callable[[], int]) -> None:
    before = version()
    for line in (*(("timeline", "--format", form) for form in FORMS), ("report",), ("report", "--json")):
        opened.ok(*line)
    opened.ok("timeline", "-o", "-")
    assert version() == before


def test_bringing_along_more_than_usual_is_logged_wherever_it_goes(labelled: Program) -> None:
    labelled.ok("timeline", "--include", "tlp", who="dana")
    labelled.ok("report", "--include", "all", "-o", "out.md", who="lee")
    one, two = _exports(labelled)
    assert (one["data"]["included"], one["actor"]) == (["tlp"], "dana")
    assert one["text"].endswith("with what is labelled tlp) to standard output")
    assert two["data"]["included"] == ["privileged", "tlp"]


def test_whoever_looks_at_a_restricted_incident_whole_is_logged(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--restricted")
    for line in (("timeline",), ("report", "--json"), ("timeline", "--format", "csv")):
        program.ok(*line)
    assert [entry["type"] for entry in _exports(program)] == [
        "timeline.exported",
        "report.exported",
        "timeline.exported",
    ]
    assert program.ok("verify").code == 0


def test_an_export_of_a_closed_incident_is_logged_too(published: Program) -> None:
    for move in ("inform", "notify", "close"):
        published.ok("advance", move)
    published.ok("report", "-i", "INC-1", "-o", "out.md")
    assert [entry["type"] for entry in _exports(published)] == ["report.exported"]


@pytest.mark.parametrize("file", ["crisisctl.toml", "state/x.md", "nowhere/at/all.md"])
def test_what_cannot_be_written_there_is_no_export(opened: Program, version: Callable[[], int], file: str) -> None:
    before = version()
    told = opened("report", "-o", str(opened.root / file))
    assert told.code in (2, 7)
    assert version() == before


@pytest.fixture
def stuck(labelled: Program) -> Program:
    """A log that takes no more entries."""
    turnstile = labelled.root / "state" / "crisisctl.db.lock"
    turnstile.unlink()
    turnstile.mkdir()
    return labelled


@ON_FILE
def test_where_the_log_takes_no_entry_the_usual_is_exported_with_a_warning(stuck: Program) -> None:
    told = stuck("report", "-o", "out.md")
    assert told.code == 0
    assert "The export is made, but the log does not say so: " in told.err
    assert (stuck.root / "out.md").read_text().startswith("# Post-mortem of INC-1")


@ON_FILE
def test_where_the_log_takes_no_entry_nothing_more_than_the_usual_gets_out(stuck: Program) -> None:
    for line in (("report", "--include", "tlp", "-o", "out.md"), ("timeline", "--include", "tlp")):
        told = stuck(*line)
        assert (told.code, told.out) == (7, "")
    assert not (stuck.root / "out.md").exists()


@ON_FILE
def test_where_the_log_takes_no_entry_a_restricted_incident_is_not_let_out(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x", "--restricted")
    turnstile = program.root / "state" / "crisisctl.db.lock"
    turnstile.unlink()
    turnstile.mkdir()
    for line in (("timeline",), ("report", "-o", "out.md")):
        told = program(*line)
        assert (told.code, told.out) == (7, "")
    assert program.ok("status").out  # looking at it goes on
    assert not (program.root / "out.md").exists()


@pytest.fixture
def closed(program: Program, url: str | None, databases: Databases) -> Program:
    """INC-1 is restricted to dana and lee, INC-2 is not and has a note marked red; the log was moved away."""
    program.ok("open", "data-breach", "--title", "Zanzibar", "--restricted", "--assign", "legal=lee")
    program.ok("open", "data-breach", "--title", "Forum")
    program.ok("note", "red-source", "--tlp", "red", "-i", "INC-2")
    program.ok("store", "move", url or "sqlite:state/crisisctl.db", databases.place().url)
    return program


def _unlogged(told: str) -> bool:
    return told.startswith("The export is made, but the log does not say so: ") and MOVED in told


MOVED = "This log was moved to postgresql://"


@pytest.mark.parametrize("line", [("timeline",), ("timeline", "--format", "json"), ("report",)])
def test_members_read_a_log_that_was_moved_and_are_told_that_it_cannot_say_so(
    closed: Program, line: tuple[str, ...]
) -> None:
    told = closed.ok(*line, "-i", "INC-1", who="lee")
    assert "Zanzibar" in told.out
    assert _unlogged(told.err)
    assert ".exported" not in told.out
    assert closed(*line, "-i", "INC-1", who="otto").code == 4


def test_what_is_labelled_is_read_there_by_those_who_may(closed: Program) -> None:
    told = closed.ok("timeline", "-i", "INC-2", "--include", "tlp")
    assert "red-source" in told.out
    assert _unlogged(told.err)
    assert closed("timeline", "-i", "INC-2", "--include", "tlp", who="otto").code == 3


def test_a_file_of_it_is_still_refused_there(closed: Program) -> None:
    for line in (("timeline", "-i", "INC-1"), ("report", "-i", "INC-2", "--include", "tlp")):
        told = closed(*line, "-o", "out.md")
        assert (told.code, told.out) == (7, "")
        assert MOVED in told.err
    assert not (closed.root / "out.md").exists()
