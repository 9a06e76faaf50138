"""Where the file cannot be written: what is there can still be read, a refusal is told, and nothing is half-written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import StoreFailed
from crisisctl.service.verify import verify

HAND = Path(__file__).parent / "hand.py"

# Gives up, before it goes on, the two rights by which root passes over modes; anybody else does not have them.
BOUND = """
import ctypes, os, sys
for right in (1, 2):
    ctypes.CDLL(None).prctl(24, right, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
Hand = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hand() -> Hand:
    """Runs a hand whom modes bind, even when the tests are run by root."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", BOUND, sys.executable, str(HAND), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def _room(room_for: Callable[[Any], Any], path: Path) -> Any:
    room = room_for(Sqlite(path, posix.turnstile, posix.network_file_system))
    room.open()
    room.ask(ask.AddNote("seen"))
    return room


def _close(folder: Path) -> None:
    """Leaves it for reading only."""
    for found in (*folder.iterdir(), folder):
        found.chmod(0o500 if found.is_dir() else 0o400)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that may be closed."""
    yield tmp_path / "state"
    (tmp_path / "state").chmod(0o700)


@pytest.fixture
def closed(folder: Path, room_for: Callable[[Any], Any]) -> Path:
    """A log that was closed as it should be, where nothing can be written."""
    path = folder / "crisisctl.db"
    _room(room_for, path).store.close()
    _close(folder)
    return path


@pytest.fixture
def crashed(folder: Path, tmp_path: Path, room_for: Callable[[Any], Any]) -> Path:
    """A log whose writer was stopped by a power cut: its last entries are in the write-ahead log alone."""
    room = _room(room_for, tmp_path / "alive" / "crisisctl.db")
    shutil.copytree(tmp_path / "alive", folder)
    room.store.close()
    assert (folder / "crisisctl.db-wal").stat().st_size > 0
    return folder / "crisisctl.db"


SEEN = {"notes": 1, "entries": 5, "flaws": []}


def test_a_log_in_a_folder_that_cannot_be_written_can_be_read(closed: Path, folder: Path, hand: Hand) -> None:
    alone = ["crisisctl.db", "crisisctl.db.lock"]
    assert sorted(path.name for path in folder.iterdir()) == alone
    done = hand("look", str(closed))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == SEEN
    assert sorted(path.name for path in folder.iterdir()) == alone


def test_a_log_that_cannot_be_written_can_be_read(closed: Path, folder: Path, hand: Hand) -> None:
    folder.chmod(0o700)
    assert json.loads(hand("look", str(closed)).stdout) == SEEN


def test_writing_where_one_may_not_is_refused_and_writes_nothing(closed: Path, folder: Path, hand: Hand) -> None:
    before = closed.read_bytes()
    for mode in (0o500, 0o700):
        folder.chmod(mode)
        told = json.loads(hand("fill", str(closed)).stdout)
        assert (told["done"], told["code"], told["notes"]) == (0, 7, 1)
        assert "crisisctl.db" in told["said"]
        assert "nothing was written" in told["said"].lower()
    assert closed.read_bytes() == before


def test_what_a_crash_left_in_the_write_ahead_log_can_be_read(crashed: Path, folder: Path, hand: Hand) -> None:
    _close(folder)
    assert json.loads(hand("look", str(crashed)).stdout) == SEEN


def test_an_old_state_is_never_shown_as_the_present_one(crashed: Path, folder: Path, hand: Hand) -> None:
    (folder / "crisisctl.db-shm").unlink()
    _close(folder)
    done = hand("look", str(crashed))
    assert done.returncode == 1
    assert f"StoreFailed: {crashed} has entries in crisisctl.db-wal" in done.stderr
    assert "Copy crisisctl.db and crisisctl.db-wal to a folder of your own" in done.stderr


@pytest.mark.parametrize("loss", ["gone", "empty"])
def test_a_log_that_is_gone_is_not_replaced_while_its_last_entries_are_there(crashed: Path, loss: str) -> None:
    wal = crashed.with_name("crisisctl.db-wal")
    entries = wal.read_bytes()
    crashed.unlink() if loss == "gone" else crashed.write_bytes(b"")
    store = Sqlite(crashed, posix.turnstile, posix.network_file_system)
    with pytest.raises(StoreFailed, match=r"crisisctl\.db-wal beside it holds entries of it"), store.writing():
        pass
    with pytest.raises(StoreFailed, match=r"move crisisctl\.db-wal away to begin a new log"), store.reading():
        pass
    assert wal.read_bytes() == entries
    wal.rename(wal.with_name("aside"))
    with pytest.raises(StoreFailed, match=r"remove crisisctl\.db\.lock to begin a new log"), store.writing():
        pass
    crashed.with_name("crisisctl.db.lock").unlink()
    with store.writing() as ledger:
        assert ledger.heads() == []
    store.close()


def test_copied_as_it_says_it_can_be_read(crashed: Path, folder: Path, tmp_path: Path, hand: Hand) -> None:
    (tmp_path / "own").mkdir()
    for name in ("crisisctl.db", "crisisctl.db-wal"):
        shutil.copy(folder / name, tmp_path / "own" / name)
    assert json.loads(hand("look", str(tmp_path / "own" / "crisisctl.db")).stdout) == SEEN


def test_a_folder_that_nobody_may_enter_is_told(closed: Path, folder: Path, hand: Hand) -> None:
    folder.chmod(0)
    done = hand("look", str(closed))
    assert "StoreFailed" in done.stderr
    assert "Permission denied" in done.stderr
    assert str(closed) in done.stderr


def test_a_folder_in_which_nothing_can_be_made_is_told(folder: Path, hand: Hand) -> None:
    folder.mkdir(mode=0o500)
    done = hand("fill", str(folder / "new" / "crisisctl.db"))
    told = json.loads(done.stdout)
    assert told["code"] == 7
    assert str(folder / "new") in told["said"]


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
    before = room.types().count("note.added")
    room.ask(ask.AddNote("there is room again"))
    assert room.types().count("note.added") == before + 1
    assert verify(store, None).flaws == []
    store.close()


def test_a_disk_that_fails_in_the_middle_is_told_by_the_store_itself(tmp_path: Path) -> None:
    path = tmp_path / "file" / "crisisctl.db"
    path.parent.write_text("a file where the folder should be")
    store = Sqlite(path, posix.turnstile, posix.network_file_system)
    with pytest.raises(StoreFailed, match=r"Nothing was written\."), store.writing():
        pytest.fail("it opened")


def test_a_log_that_could_not_be_made_leaves_nothing_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "state" / "crisisctl.db"
    told = _told([sys.executable, str(HAND), "fill", str(path), str(20_000)])
    assert (told["done"], told["code"], told["entries"]) == (0, 7, 0)
    assert [found.name for found in path.parent.iterdir() if found.name != "crisisctl.db.lock"] == []
    assert _told([sys.executable, str(HAND), "notes", str(path), str(tmp_path), "1"])
