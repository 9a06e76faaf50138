"""Where the file cannot be written: what is there can still be read, a refusal is told, and nothing is half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import StoreFailed
from crisisctl.service.verify import verify

HAND = Path(__file__).parent / "hand.py"
NOBODY = 65534
ROOT = os.geteuid() == 0
Hand = Callable[..., subprocess.CompletedProcess[str]]


class Closed(NamedTuple):
    """A folder with a log in which a process without privileges may change nothing."""

    folder: Path
    path: Path


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are for one user only."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        for found in Path(folder).rglob("*"):
            found.chmod(0o700)


@pytest.fixture
def hand() -> Hand:
    """Runs a hand without privileges, so that modes mean something when the tests are run by root."""
    user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if ROOT else {}
    tried = subprocess.run(
        [sys.executable, "-c", "import crisisctl.adapters.sqlite"], capture_output=True, check=False, cwd="/", **user
    )
    if tried.returncode:
        pytest.skip("a user without privileges cannot start this Python")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(HAND), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **user)

    return run


def _room(room_for: Callable[[Any], Any], path: Path) -> Any:
    room = room_for(Sqlite(path, posix.turnstile, posix.network_file_system))
    room.open()
    room.ask(ask.AddNote("seen"))
    return room


def _close(folder: Path, path: Path) -> None:
    """Gives it to nobody, for reading only."""
    for found in (*folder.iterdir(), folder):
        if ROOT:
            os.chown(found, NOBODY, NOBODY)
        found.chmod(0o500 if found.is_dir() else 0o400)


@pytest.fixture
def closed(public: Path, room_for: Callable[[Any], Any]) -> Closed:
    """A log that was closed as it should be."""
    folder = public / "state"
    path = folder / "crisisctl.db"
    _room(room_for, path).store.close()
    _close(folder, path)
    return Closed(folder, path)


@pytest.fixture
def crashed(public: Path, room_for: Callable[[Any], Any]) -> Closed:
    """A log whose writer was stopped by a power cut: its last entries are in the write-ahead log alone."""
    room = _room(room_for, public / "alive" / "crisisctl.db")
    folder = public / "state"
    shutil.copytree(public / "alive", folder)
    room.store.close()
    assert (folder / "crisisctl.db-wal").stat().st_size > 0
    return Closed(folder, folder / "crisisctl.db")


SEEN = {"notes": 1, "entries": 5, "flaws": []}


def test_a_log_in_a_folder_that_cannot_be_written_can_be_read(closed: Closed, hand: Hand) -> None:
    assert sorted(path.name for path in closed.folder.iterdir()) == ["crisisctl.db", "crisisctl.db.lock"]
    done = hand("look", str(closed.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == SEEN
    assert sorted(path.name for path in closed.folder.iterdir()) == ["crisisctl.db", "crisisctl.db.lock"]


def test_a_log_that_cannot_be_written_in_a_folder_that_can_be_read(closed: Closed, hand: Hand) -> None:
    closed.folder.chmod(0o700)
    assert json.loads(hand("look", str(closed.path)).stdout) == SEEN


def test_writing_where_one_may_not_is_refused_and_writes_nothing(closed: Closed, hand: Hand) -> None:
    before = closed.path.read_bytes()
    for mode in (0o500, 0o700):
        closed.folder.chmod(mode)
        told = json.loads(hand("fill", str(closed.path)).stdout)
        assert (told["done"], told["code"], told["notes"]) == (0, 7, 1)
        assert "crisisctl.db" in told["said"]
        assert "Nothing was written" in told["said"] or "nothing was written" in told["said"]
    assert closed.path.read_bytes() == before


def test_what_a_crash_left_in_the_write_ahead_log_can_be_read(crashed: Closed, hand: Hand) -> None:
    _close(crashed.folder, crashed.path)
    assert json.loads(hand("look", str(crashed.path)).stdout) == SEEN


def test_an_old_state_is_never_shown_as_the_present_one(crashed: Closed, hand: Hand) -> None:
    (crashed.folder / "crisisctl.db-shm").unlink()
    _close(crashed.folder, crashed.path)
    done = hand("look", str(crashed.path))
    assert done.returncode == 1
    assert "StoreFailed" in done.stderr
    assert f"{crashed.path} has entries in crisisctl.db-wal" in done.stderr
    assert "Copy crisisctl.db and crisisctl.db-wal to a folder of your own" in done.stderr


def test_a_folder_that_nobody_may_enter_is_told(closed: Closed, hand: Hand) -> None:
    closed.folder.chmod(0)
    done = hand("look", str(closed.path))
    assert "StoreFailed" in done.stderr
    assert "Permission denied" in done.stderr
    assert str(closed.path) in done.stderr


def test_a_folder_in_which_nothing_can_be_made_is_told(public: Path, hand: Hand) -> None:
    told = json.loads(hand("fill", str(public / "new" / "crisisctl.db")).stdout)
    assert told["code"] == 7
    assert str(public) in told["said"]


def test_a_program_that_runs_out_of_room_leaves_whole_entries(tmp_path: Path) -> None:
    """A limit on the size of a file stands for a disk that fails: the system refuses the write."""
    path = tmp_path / "state" / "crisisctl.db"
    limit = ["fill", str(path), str(700_000)]
    told = _told([sys.executable, str(HAND), *limit])
    assert told["code"] == 7
    assert str(path) in told["said"]
    assert told["done"] > 0
    assert (told["notes"], told["flaws"]) == (told["done"], [])
    assert _told([sys.executable, str(HAND), "look", str(path)])["notes"] == told["done"]


def test_a_full_disk_leaves_whole_entries_and_says_so(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=1m tmpfs {tmp_path}"
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        pytest.skip("this system lets no user mount a small disk")
    path = tmp_path / "state" / "crisisctl.db"
    told = _told([*inside, f'{mount} && exec "$@"', "sh", sys.executable, str(HAND), "fill", str(path)])
    assert told["code"] == 7
    assert told["said"] == (f"The disk that holds {path} is full. Nothing was written; free some space and repeat.")
    assert told["done"] > 0
    assert (told["notes"], told["flaws"]) == (told["done"], [])


def _told(command: list[str]) -> Any:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_after_the_disk_was_full_the_log_goes_on(tmp_path: Path, room_for: Callable[[Any], Any]) -> None:
    path = tmp_path / "state" / "crisisctl.db"
    _told([sys.executable, str(HAND), "fill", str(path), str(700_000)])
    store = Sqlite(path, posix.turnstile, posix.network_file_system)
    room = room_for(store)
    before = room.look().version
    room.ask(ask.AddNote("there is room again"))
    assert room.look().version == before + 1
    assert verify(store, None).flaws == []
    store.close()


def test_a_disk_that_fails_in_the_middle_is_told_by_the_store_itself(tmp_path: Path) -> None:
    path = tmp_path / "file" / "crisisctl.db"
    path.parent.write_text("a file where the folder should be")
    store = Sqlite(path, posix.turnstile, posix.network_file_system)
    with pytest.raises(StoreFailed, match=r"Nothing was written\."), store.writing():
        pytest.fail("it opened")
