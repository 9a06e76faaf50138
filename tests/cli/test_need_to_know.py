"""A restricted incident exists for those who are in it, and for nobody else: every command, walked as an outsider."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.cli.app import command
from tests.cli.test_completion import offered
from tests.conftest import HandClock, Program
from tests.words import SHORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran
    from tests.postgres import Databases

OUT = "otto"  # the outsider
# Words that stand in the restricted incidents alone, and the person who is in no other.
CANARIES = ("zanzibar", "mona", "428571428571", "sev2")
OPEN, CLOSED, ORDINARY, NEVER = "INC-1", "INC-2", "INC-3", "INC-7"
HIDDEN = (OPEN, CLOSED)
KEYS = ("key-open", "key-note", "key-closed")  # of requests in the restricted incidents
TAKEN = "That request key is taken. Nothing was done; take a new key."
SEAL = re.compile(r"\b[0-9a-f]{12,64}\b")
EACH = ("md", "json", "jsonl", "csv", "html")

# Every command, and what an outsider types after it. `@` takes the id of an incident: a hidden one, or one that was
# never there.
ASKS: dict[str, list[str]] = {
    "open": ["open data-breach --title Mine --request-id key-open", "open data-breach --title Mine -q"],
    "advance": ["advance @", "advance activate @ --because x", "advance activate @ --dry-run --because x"],
    "status": ["status @", "status @ --json"],
    "timers": ["timers @", "timers @ --all --json"],
    "assign": ["assign legal otto @", "assign legal otto @ --add --json"],
    "release": ["release legal lee @", "release comms-lead @"],
    "handover": [
        *("handover comms-lead @", "handover legal @ --json", "handover comms-lead @ --to otto --note x"),
        *(
            "handover comms-lead @ --accept",
            "handover comms-lead @ --decline --because x",
            "handover legal @ --withdraw",
        ),
    ],
    "roles": ["roles @", "roles @ --history", "roles @ --at 2026-03-28T22:30:00Z --json"],
    "ack": ["ack @", "ack first-response @"],
    "snooze": ["snooze 20m @ --because x"],
    "access grant": ["access grant otto @"],
    "access revoke": ["access revoke mona @ --because x"],
    "access list": ["access list @", "access list @ --json"],
    "task done": ["task done pause-posts @"],
    "task skip": ["task skip pause-posts @ --because x"],
    "task reopen": ["task reopen pause-posts @ --because x"],
    "task list": ["task list @", "task list @ --json"],
    "note": ["note x @", "note x @ --expect-version 3", "note x @ --request-id fresh"],
    "decide": ["decide x @ --because y"],
    "fact set": ["fact set affected_accounts 7 @"],
    "fact ask": ["fact ask @", "fact ask affected_accounts @", "fact ask @ --json"],
    "fact confirm": ["fact confirm affected_accounts @"],
    "fact retract": ["fact retract affected_accounts @ --because x"],
    "fact list": ["fact list @", "fact list @ --json", "fact list --history @"],
    "severity": ["severity sev1 @ --because x"],
    "reopen": ["reopen @ --because x"],
    "redact": ["redact 1 @ --because x", "redact 9999 @ --because x"],
    "statement draft": ["statement draft holding @", "statement draft holding @ --file words.txt"],
    "statement show": ["statement show holding @", "statement show nothing @ --json"],
    "statement diff": ["statement diff holding @", "statement diff holding @ --from 1 --json"],
    "statement submit": ["statement submit holding @"],
    "statement approve": ["statement approve holding @"],
    "statement reject": ["statement reject holding @ --because x"],
    "statement publish": ["statement publish holding @"],
    "statement correct": ["statement correct holding @ --because x"],
    "statement posted": [
        "statement posted x @ --url https://x.com/n/status/1460323737035677698",
        "statement posted x @ --url https://x.com/n/status/1 --statement holding --json",
    ],
    "statement retry": ["statement retry holding @ --channel x --because y"],
    "statement embargo": [
        "statement embargo holding @ --until 2026-11-22T16:00Z --because x",
        "statement embargo holding @ --audience press --lift --because x --json",
    ],
    "statement lint": ["statement lint holding @", "statement lint words.txt @", "statement lint words.txt @ --json"],
    "statement list": ["statement list @", "statement list @ --json"],
    "timeline": [*(f"timeline @ --format {form}" for form in EACH), "timeline @ -o out.md", "timeline @ --include all"],
    "report": ["report @", "report @ --json", "report @ -o out.md", "report @ --include tlp"],
    "clock assess": ["clock assess @", "clock assess gdpr.art33 @ --answer risk=yes"],
    "clock start": ["clock start gdpr.art33 @", "clock start gdpr.art33 @ --trigger 2026-01-01T00:00Z --json"],
    "clock file": ["clock file gdpr.art33 @ --to x"],
    "clock waive": ["clock waive gdpr.art33 @ --because x"],
    "clock decline": ["clock decline gdpr.art33 @ --because x"],
    "clock miss": ["clock miss gdpr.art33 @ --because x"],
    "clock list": ["clock list @", "clock list @ --json"],
    "clock explain": ["clock explain gdpr.art33 @", "clock explain gdpr.art33 @ --json"],
    "clock ics": ["clock ics @", "clock ics @ --json", "clock ics @ -o out.ics"],
    "clock draft": [
        "clock draft gdpr.art33 @",
        "clock draft gdpr.art33 @ --json",
        "clock draft gdpr.art33 @ -o out.md",
    ],
    "playbook graph": ["playbook graph @", "playbook graph @ --json"],
    "verify": ["verify @", "verify @ --json"],
}
# What he looks at without naming an incident, and in the ordinary one.
LOOKS = [
    *("list", "list --json", "list --all", "list --all --json"),
    *("status", "status --json", "status -i INC-99", "timers", "timers --all --json", "advance"),
    *("search forum", "search zanzibar", "search zanzibar --json", "search incident --json", "search opened"),
    *(
        "roles",
        "roles --history --json",
        "handover comms-lead",
        "handover legal --json",
        "watch --list",
        "watch --list --json",
    ),
    *("task list --json", "fact list", "fact list --json", "statement list", "statement show holding", "access list"),
    *(
        "statement lint crisisctl.toml --json",
        "statement lint holding",
        "statement posted x --url https://x.com/n/status/1",
    ),
    *(f"timeline --format {form}" for form in EACH),
    *("report", "report --json", "verify", "verify --json", "doctor", "doctor --json", "oncall gaps"),
    *("playbook list", "playbook list --json", "playbook show data-breach", "playbook check --format line"),
    *("advance activate --dry-run --because x", "note x --expect-version 3", "redact 9999 --because x"),
    *("open nothing --title x", "ack nothing", "task done nothing", "verify --rebuild"),
]
# What neither needs an incident nor knows of any, or is typed by a test of its own below.
APART = {"init", "list", "search", "doctor", "demo", "watch", "store info", "statement measure", "statement channels"}
# What is about plans, people, laws, or the whole log as a file, which its readers read whole: docs/security.md.
KNOW_NONE = ("playbook ", "roster ", "oncall ", "store ", "clock ", "drill ")


def _commands(group: Any, path: str = "") -> Iterator[str]:
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        if hasattr(found, "list_commands"):
            yield from _commands(found, f"{path}{name} ")
        else:
            yield f"{path}{name}"


class Place:
    """A workspace, the clock by which everybody in it goes, and a short way to type there."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.clock = HandClock()

    def run(self, line: str, who: str = OUT) -> Ran:
        return self.program(*line.split(), who=who, clock=self.clock)

    def do(self, line: str, who: str = OUT) -> Ran:
        self.clock.tick(seconds=10)
        ran = self.run(line, who)
        assert ran.code == 0, f"{line}: {ran.err}"
        return ran


def _hide(place: Place) -> None:
    """Two restricted incidents full of words, one open and one closed."""
    (place.program.root / "secret.txt").write_text(f"Zanzibar has 428571428571 accounts less, of nothing. {SHORT}")
    for id_, key in ((OPEN, "key-open"), (CLOSED, "key-closed")):
        line = f"open data-breach --restricted --title Zanzibar --severity sev2 --assign legal=lee --request-id {key}"
        place.do(line, "mona")
        for typed in (
            f"note zanzibar-note -i {id_} --privileged --tlp red",
            f"decide zanzibar-choice -i {id_} --because zanzibar --option zanzibar-b --dissent mona",
            f"fact set affected_accounts 428571428571 -i {id_} --source zanzibar-source",
            f"ack -i {id_}",
            f"snooze 20m -i {id_} --because zanzibar-rest",
            f"statement draft holding -i {id_} --file secret.txt",
            f"statement submit holding -i {id_}",
        ):
            place.do(typed, "mona")
        place.do(f"assign comms-lead dana -i {id_}", "mona")
        place.do(f"statement approve holding -i {id_}", "dana")
        place.do(f"statement approve holding -i {id_}", "lee")
        place.do(f"statement publish holding -i {id_}", "dana")
        place.do(f"assign comms-lead mona -i {id_}", "dana")
    place.do(f"note more -i {OPEN} --request-id key-note", "mona")
    place.do(f"task skip pause-posts -i {CLOSED} --because zanzibar-skip", "mona")
    for move in ("activate", "inform", "notify", "close"):
        place.do(f"advance {move} -i {CLOSED} --because zanzibar-move", "mona")


def _ordinary(place: Place) -> None:
    place.clock.time = HandClock().time.replace(hour=23)
    id_ = place.do("open data-breach --title Forum --assign legal=lee -q").out.strip()
    place.do(f"note the-incident-was-seen -i {id_}")
    place.do(f"fact set affected_accounts 1200 -i {id_}")
    place.do(f"ack -i {id_}")


@pytest.fixture
def url() -> str | None:
    """Each workspace has a file of its own; that a sight is the same over every store is proved where sights are."""
    return None


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workspaces are kept, each of them made once."""
    return tmp_path_factory.mktemp("kept")


def _made(kept: Path, name: str, place: Place, tell: Callable[[Place], None]) -> Place:
    """The workspace with its story told, or a copy of one in which it was."""
    place.clock.time = HandClock().time
    if not (kept / name).exists():
        tell(place)
        shutil.copytree(place.program.root, kept / name)
        (kept / f"{name}.time").write_text(place.clock.time.isoformat())
    shutil.copytree(kept / name, place.program.root, dirs_exist_ok=True)
    place.clock.time = datetime.fromisoformat((kept / f"{name}.time").read_text())
    return place


@pytest.fixture
def full(program: Program, kept: Path) -> Place:
    """INC-1 is restricted and open, INC-2 restricted and closed, INC-3 ordinary; otto is in INC-3 alone."""

    def tell(place: Place) -> None:
        _hide(place)
        _ordinary(place)

    return _made(kept, "full", Place(program), tell)


@pytest.fixture
def bare(program: Program, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The same workspace, in which the restricted incidents never existed; the ordinary one is INC-1 here."""
    root = program.root.parent / "else"
    shutil.copytree(program.root, root, ignore=shutil.ignore_patterns("state", "secret.txt"))
    return _made(kept, "bare", Place(Program(root, monkeypatch)), _ordinary)


@pytest.fixture
def served(program: Program, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Place, Place]]:
    """The full workspace and the bare one, each with its log in PostgreSQL."""
    given = [databases.place(), databases.place()]
    other = program.root.parent / "else"
    shutil.copytree(program.root, other)
    full, bare = (
        Place(Program(root, monkeypatch, place.url)) for root, place in zip((program.root, other), given, strict=True)
    )
    _hide(full)
    for place in (full, bare):
        _ordinary(place)
    bare.clock.time = full.clock.time
    yield full, bare
    for there in given:
        databases.drop(there)


def _silent(text: str) -> bool:
    return not any(canary in text.lower() for canary in CANARIES)


def _names(text: str) -> set[str]:
    return set(re.findall(r"INC-\d+", text))


def _leaks(*texts: str) -> list[str]:
    return [text for text in texts if not _silent(text) or _names(text) & set(HIDDEN)]


def _alike(place: Place, text: str, id_: str) -> str:
    """The text without what tells two workspaces with the same story apart: ids, places and seals."""
    style = id_.replace("-", "\\00002d")  # as a style sheet has it
    root = str(place.program.root)
    told = text.replace(f"{root}/playbooks", "playbooks").replace(root, "ROOM")
    told = told.replace(id_, "INC-#").replace(style, "INC-#")
    return SEAL.sub("SEAL", told)


def test_the_table_names_every_command() -> None:
    every = set(_commands(command()))
    known = set(ASKS) | APART | {name for name in every if name.startswith(KNOW_NONE)}
    assert sorted(every - known) == [], "say in ASKS what an outsider types after it, or in APART why nothing"
    assert sorted(known - every) == []


def _walk(full: Place, lines: list[str]) -> None:
    """Nothing that is asked of what is hidden has another answer than of what was never there."""
    (full.program.root / "words.txt").write_text("words")
    for line in lines:
        never = full.run(line.replace("@", f"-i {NEVER}"))
        assert never.code == 4, line
        for id_ in HIDDEN:
            asked = full.run(line.replace("@", f"-i {id_}"))
            assert (asked.code, asked.out) == (never.code, never.out), line
            assert asked.err.replace(f"'{id_}'", f"'{NEVER}'") == never.err, line
            assert _leaks(asked.out, asked.err.replace(f"'{id_}'", "")) == []
    assert not (full.program.root / "out.md").exists()


@pytest.mark.parametrize("name", [name for name in ASKS if name != "open"])
def test_what_is_hidden_is_what_was_never_there(full: Place, name: str) -> None:
    _walk(full, ASKS[name])


def test_on_a_server_what_is_hidden_is_what_was_never_there(served: tuple[Place, Place]) -> None:
    full, bare = served
    _walk(full, [line for name, lines in ASKS.items() if name != "open" for line in lines])
    _look(full, bare)
    for key in KEYS:
        for line in ("note x", "open data-breach --title x"):
            told = full.run(f"{line} --request-id {key}")
            assert (told.code, told.out, told.err) == (5, "", f"{TAKEN}\n")
    assert _names(full.run("list --all", "mona").out) == {*HIDDEN, ORDINARY}
    assert not (full.program.root / "state" / "crisisctl.db").exists()


def test_what_the_environment_names_is_hidden_too(full: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRISISCTL_INCIDENT", OPEN)
    told = full.run("status")
    assert told.code == 4
    assert _leaks(told.out, told.err.replace(f"'{OPEN}'", "")) == []


def test_every_look_is_the_same_as_if_it_had_never_been(full: Place, bare: Place) -> None:
    _look(full, bare)


def _look(full: Place, bare: Place) -> None:
    for line in LOOKS:
        here, there = (place.run(line.replace("%", str(place.program.root))) for place in (full, bare))
        assert here.code == there.code, line
        for mine, other in ((here.out, there.out), (here.err, there.err)):
            assert _alike(full, mine, ORDINARY) == _alike(bare, other, "INC-1"), line
        assert _leaks(here.out, here.err.replace("'zanzibar'", "")) == [], line


def test_every_write_elsewhere_tells_the_same(full: Place, bare: Place) -> None:
    lines = [
        *("note x --json", "task done pause-posts", "advance activate --because x --json", "assign legal otto"),
        *("statement draft holding", "statement submit holding", "severity sev3 --because x", "timeline -o %/out.json"),
        *("report -o %/out.md", "access grant otto", "redact 2 --because x", "timers", "list"),
    ]
    for line in lines:
        here, there = (place.run(line.replace("%", str(place.program.root))) for place in (full, bare))
        assert here.code == there.code, line
        for mine, other in ((here.out, there.out), (here.err, there.err)):
            assert _alike(full, mine, ORDINARY) == _alike(bare, other, "INC-1"), line
    for file in ("out.json", "out.md"):
        mine, other = ((place.program.root / file).read_text() for place in (full, bare))
        assert _alike(full, mine, ORDINARY) == _alike(bare, other, "INC-1")
        assert _leaks(mine) == []


def test_the_gap_in_the_numbers_is_the_only_trace_of_it(full: Place, bare: Place) -> None:
    mine, other = full.do("open data-breach --title Mine --json"), bare.do("open data-breach --title Mine --json")
    assert (mine.json.pop("incident"), other.json.pop("incident")) == ("INC-4", "INC-2")
    assert _alike(full, mine.out, "INC-4") == _alike(bare, other.out, "INC-2")
    several = full.run("status")
    assert several.code == 2
    assert _names(several.err) == {ORDINARY, "INC-4"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("line", ["note x", "open data-breach --title x", "ack", "statement draft holding"])
def test_a_key_that_is_used_in_it_is_taken_and_nothing_more(full: Place, key: str, line: str) -> None:
    told = full.run(f"{line} --request-id {key}")
    assert (told.code, told.out) == (5, "")
    assert told.err == f"{TAKEN}\n"


def test_a_watch_tells_an_outsider_of_what_he_may_see(full: Place, bare: Place) -> None:
    for place in (full, bare):
        place.clock.tick(hours=2)
    for line in ("watch --once", "watch --once --json", "doctor", "doctor --json", "status"):
        here, there = full.run(line), bare.run(line)
        assert _alike(full, here.out, ORDINARY) == _alike(bare, there.out, "INC-1"), line
        assert (here.code, _names(here.out + here.err)) == (there.code, _names(here.out + here.err) & {ORDINARY}), line
    assert "notice.sent" in full.run(f"timeline -i {OPEN} --format json", "mona").out


def test_a_timer_that_is_hidden_is_not_overdue_to_an_outsider(
    full: Place, bare: Place, spoil_here: Callable[..., None]
) -> None:
    for place in (full, bare):
        place.do("watch --once")
    spoil_here("UPDATE timer SET due = '2026-03-01T22:00:00.000000Z' WHERE incident = 'INC-1'")
    for line in ("status", "doctor", "doctor --json"):
        here, there = full.run(line), bare.run(line)
        assert _alike(full, here.out + here.err, ORDINARY) == _alike(bare, there.out + there.err, "INC-1"), line
    assert "A timer has been overdue" in full.run(f"status -i {ORDINARY}", "mona").err


def test_what_a_watch_prints_and_files_of_it_names_the_person_and_nothing_else(full: Place) -> None:
    full.clock.tick(hours=2)
    shown = full.run("watch --once").err
    filed = (full.program.root / "state" / "notices.txt").read_text()
    for text in (shown, filed):
        assert "A restricted incident needs mona" in text
        assert "Sign in and run: crisisctl list" in text
        assert _leaks(text.replace("mona", "")) == []
        assert ORDINARY in text  # of which everything is told


def test_a_watch_that_fails_to_deliver_gives_no_reason_for_what_is_hidden(full: Place) -> None:
    (full.program.root / "crisisctl.toml").write_text('notices = ["textfile:/nowhere/at/all.txt"]')
    full.clock.tick(hours=2)
    told = full.run("watch --once --json")
    assert told.json["reasons"]
    assert all(ORDINARY in reason for reason in told.json["reasons"])
    assert _leaks(told.out, told.err) == []
    doctor = full.run("doctor --json")
    assert "was not reached" in doctor.out
    assert _leaks(doctor.out, doctor.err) == []
    assert OPEN in full.run("doctor --json", "mona").out


def test_the_shell_offers_an_outsider_nothing_of_it(full: Place) -> None:
    lines = (
        "status -i ",
        "search -",
        "assign legal ",
        "release legal ",
        f"task done -i {OPEN} ",
        f"advance -i {OPEN} ",
    )
    for line in lines:
        names = offered(full.program, f"crisisctl {line}", CRISISCTL_AS=OUT)
        assert not _names(" ".join(names)) & set(HIDDEN), line
        assert "mona" not in names, line
    assert offered(full.program, f"crisisctl task done -i {OPEN} ", CRISISCTL_AS=OUT) == []
    assert offered(full.program, "crisisctl --as otto status -i ", CRISISCTL_AS="mona") == [ORDINARY]
    assert offered(full.program, "crisisctl status -i ", CRISISCTL_AS="mona") == [OPEN, CLOSED, ORDINARY]


@pytest.mark.parametrize("who", ["mona", "lee"])
def test_a_member_sees_it_all(full: Place, who: str) -> None:
    told = full.run("list --all", who).out
    assert _names(told) == {*HIDDEN, ORDINARY}
    assert told.count("RESTRICTED Zanzibar") == 2
    assert full.run("verify --json", who).json["incidents"] == 3
    assert _names(full.run("search zanzibar --json", who).out) == set(HIDDEN)
    status = full.run(f"status -i {OPEN}", who).out
    assert "restricted to mona, lee" in status
    assert "428571428571" in status
    for form in EACH:
        assert "zanzibar" in full.run(f"timeline -i {CLOSED} --format {form}", who).out.lower()
    assert "428571428571" in full.run(f"report -i {CLOSED}", who).out


def test_a_flaw_in_what_is_hidden_is_found_and_not_described(
    full: Place, spoil_here: Callable[..., None], bare: Place
) -> None:
    spoil_here("UPDATE head SET title = 'Zanzibar' || title WHERE incident = 'INC-1'")
    spoil_here("UPDATE timer SET due = '2026-03-28T22:00:00.000000Z' WHERE incident = 'INC-1'")
    told = full.run("verify --json")
    assert told.code == 8
    assert told.json["flaws"] == ["something is wrong in an incident that you may not see"]
    assert told.json["entries"] == bare.run("verify --json").json["entries"]
    assert _leaks(told.out, told.err) == []
    named = full.run("verify --json", "mona").json["flaws"]
    assert len(named) == 2
    assert all(flaw.startswith(OPEN) for flaw in named)
    again = full.run("verify --rebuild")
    assert again.code == 0
    assert again.err.splitlines()[0].endswith("of 1 incident are written anew.")
    assert full.run("list --all", "mona").out.count("RESTRICTED") == 2


def test_an_entry_that_cannot_be_read_is_named_to_members_alone(full: Place, spoil_here: Callable[..., None]) -> None:
    spoil_here("UPDATE entry SET words = '{' WHERE incident = 'INC-1' AND version > 5")
    full.clock.tick(hours=5)
    for line in ("search forum", "verify", "verify --rebuild", "watch --once", "doctor", "list", "status"):
        told = full.run(line)
        assert _leaks(told.out, told.err.replace("needs mona", "")) == [], line
    assert full.run("watch --once").code == 8
    assert OPEN in full.run("watch --once", "mona").err
    assert OPEN in full.run("search forum", "mona").err


def test_a_restricted_incident_whose_head_is_gone_is_nobodys(full: Place, spoil_here: Callable[..., None]) -> None:
    spoil_here("DELETE FROM head WHERE incident = 'INC-1'")
    for line in ("search zanzibar", "verify --json", f"status -i {ORDINARY}", "list --all", "doctor"):
        told = full.run(line)
        assert _leaks(told.out, told.err) == [], line


@pytest.fixture
def spoil_here(full: Place) -> Callable[..., None]:
    """Changes rows of the workspace's log behind the program's back, triggers or not."""

    def change(statement: str) -> None:
        path: Path = full.program.root / "state" / "crisisctl.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            db.execute(statement)
            for _, sql in triggers:
                db.execute(sql)

    return change


def test_what_is_done_to_the_whole_log_is_counted_as_the_outsider_sees_it(full: Place, bare: Place) -> None:
    for line in (
        *("store backup %/copy.db", "store backup %/copy2.db --json", "store restore %/copy.db"),
        *("store move sqlite:%/copy.db sqlite:%/moved.db", "store move sqlite:%/moved.db sqlite:%/again.db --json"),
        "store move sqlite:%/moved.db sqlite:%/again.db --json",
    ):
        here, there = (place.run(line.replace("%", str(place.program.root))) for place in (full, bare))
        assert here.code == there.code, line
        for mine, other in ((here.out, there.out), (here.err, there.err)):
            assert _alike(full, mine, ORDINARY) == _alike(bare, other, "INC-1"), line
        assert _leaks(here.out, here.err) == [], line
