"""`playbook graph`: a picture of a plan, and of where an incident stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

BEGINNINGS = {"mermaid": "---\ntitle: ", "dot": 'digraph "data-breach" {', "svg": "<svg xmlns="}


@pytest.mark.parametrize(("form", "beginning"), BEGINNINGS.items())
def test_a_form_is_drawn_on_standard_output(program: Program, form: str, beginning: str) -> None:
    told = program.ok("playbook", "graph", "data-breach", "--format", form)
    assert told.out.startswith(beginning)
    assert told.err == ""
    document: Any = program.ok("playbook", "graph", "data-breach", "--format", form, "--json").json
    assert document["graph"] == told.out
    assert (document["playbook"], document["format"], document["incident"]) == ("data-breach", form, None)


def test_left_out_it_is_mermaid(program: Program) -> None:
    assert "stateDiagram-v2" in program.ok("playbook", "graph", "data-breach").out
    assert "stateDiagram-v2" in program.ok("playbook", "graph", "data-breach", "-o", "-").out


ENDINGS = {"plan.svg": "svg", "plan.dot": "dot", "plan.gv": "dot", "plan.mmd": "mermaid", "plan.SVG": "svg"}


@pytest.mark.parametrize(("name", "form"), ENDINGS.items())
def test_the_ending_of_the_file_says_the_form(program: Program, name: str, form: str) -> None:
    told = program.ok("playbook", "graph", "data-breach", "-o", name)
    assert (told.out, told.err) == ("", f"Drawn in {name}.\n")
    assert (program.root / name).read_text().startswith(BEGINNINGS[form])


def test_what_is_said_goes_before_the_ending(program: Program) -> None:
    told = program.ok("playbook", "graph", "data-breach", "-o", "plan.txt", "--format", "dot", "--json").json
    assert told["file"] == "plan.txt"
    assert (program.root / "plan.txt").read_text().startswith("digraph")


def test_a_file_of_the_workspace_is_spared(program: Program) -> None:
    plan = program.root / "playbooks" / "data-breach.yaml"
    before = plan.read_text()
    assert program("playbook", "graph", "data-breach", "-o", str(plan)).code == 2
    assert plan.read_text() == before


def test_where_an_incident_stands_is_lit(responding: Program) -> None:
    drawn = ET.fromstring(responding.ok("playbook", "graph", "-i", "INC-1", "--format", "svg").out)  # noqa: S314 - ours
    lit = {group.get("data-stage") for group in drawn.iter() if "here" in group.get("class", "").split()}
    assert lit - {None} == set(responding.ok("status", "--json").json["stages"])
    said = [text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "INC-1: Records on a forum" in said
    assert any(line.startswith("entered ") for line in said)


def test_an_incident_is_drawn_in_its_own_edition_of_the_playbook(responding: Program) -> None:
    plan = responding.root / "playbooks" / "data-breach.yaml"
    plan.write_text(plan.read_text().replace("title: Detected", "title: Renamed since"))
    assert "Detected" in responding.ok("playbook", "graph", "data-breach", "-i", "1").out
    assert "Renamed since" in responding.ok("playbook", "graph", "data-breach").out
    plan.unlink()
    assert "Detected" in responding.ok("playbook", "graph", "-i", "1").out


def test_a_drill_is_marked_in_its_picture(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "Practice", "--drill")
    assert "EXERCISE INC-1" in program.ok("playbook", "graph", "-i", "1", "--format", "svg").out


def test_drawing_writes_nothing_into_the_log(responding: Program) -> None:
    before = responding.ok("status", "--json").json["version"]
    responding.ok("playbook", "graph", "-i", "1", "-o", "plan.svg")
    assert responding.ok("status", "--json").json["version"] == before


def test_what_cannot_be_drawn_is_refused_with_what_to_do(responding: Program) -> None:
    (responding.root / "playbooks" / "bad.yaml").write_text("playbook: bad\n")
    for arguments, code, sentence in (
        ([], 2, "Say which playbook to draw"),
        (["data-breech"], 4, "Did you mean data-breach?"),
        (["data-breach", "--format", "png"], 2, "--format is mermaid, dot or svg, not 'png'"),
        (["data-breach", "-o", "x.png"], 2, "No picture is made as .png. The endings are .mmd"),
        (["bad"], 6, "crisisctl playbook check bad"),
        (["-i", "INC-9"], 4, "INC-9"),
        (["outage", "-i", "1"], 2, "INC-1 runs by data-breach"),
    ):
        told = responding("playbook", "graph", *arguments)
        assert told.code == code, told.err
        assert sentence in told.err
