"""The end on the command line: silence by choice, and an audience that is not told of the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Program

RESOLUTION = """  resolution:
    template: holding/data-breach.md.j2
    audiences: [customers]
    channels: [status-page]
    phase: resolution
"""


def _published(program: Program, *more: str) -> None:
    """The holding statement is out, in a playbook that has a statement of the end."""
    playbook = program.root / "playbooks" / "data-breach.yaml"
    text = playbook.read_text()
    playbook.write_text(text.replace("statements:\n  holding:", f"statements:\n{RESOLUTION}  holding:"))
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee")
    program.ok("task", "done", "pause-posts")
    program.ok("advance", "activate", "--because", "confirmed")
    program.ok("fact", "set", "affected_accounts", "1200")
    program.ok("statement", "draft", "holding", who="sam")
    program.ok("statement", "submit", "holding", who="sam")
    program.ok("statement", "approve", "holding")
    program.ok("statement", "approve", "holding", who="lee")
    program.ok("statement", "publish", "holding", *more)
    program.ok("advance", "inform")
    program.ok("advance", "notify")


def test_a_case_is_not_closed_over_those_who_were_told_unless_that_is_said_with_its_reason(program: Program) -> None:
    _published(program)
    refused = program("advance", "close")
    assert refused.code == 3
    way = "crisisctl statement draft resolution, or crisisctl advance close --waive-audience customers --because WHY"
    assert f"customers heard of the beginning and not of the end: {way}" in " ".join(refused.err.split())
    (move,) = program.ok("status", "--json").json["moves"]
    assert [said.split()[0] for said in move["missing"]] == ["employees", "customers", "press"]
    waived = [part for name in ("employees", "customers", "press") for part in ("--waive-audience", name)]
    assert program("advance", "close", *waived).code == 3
    rehearsed = program.ok("advance", "close", *waived, "--because", "nobody asked", "--dry-run")
    assert "Nothing was written." in rehearsed.out
    line = ("advance", "close", *waived, "--because", "nobody asked", "--request-id", "r-1", "-i", "INC-1")
    program.ok(*line)
    assert program.ok(*line).out.startswith("Already done")
    told = program.ok("timeline", "-i", "INC-1").out
    assert "WAIVED: press is not told of the end, because nobody asked" in told
    assert "nobody asked" in program.ok("report", "-i", "INC-1").out
    assert program.ok("verify").code == 0


def test_silence_is_a_choice_with_a_reason(program: Program) -> None:
    _published(program, "--no-further-update", "--because", "all is said")
    assert [timer["kind"] for timer in program.ok("status", "--json").json["timers"]] == []
    assert "no further update is promised, because all is said" in program.ok("timeline").out
    assert "all is said" in program.ok("report").out
