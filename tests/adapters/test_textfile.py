from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crisisctl.adapters.textfile import TextFile
from crisisctl.service.ports import DeliveryFailed, Message

NOTICE = Message("3f9a7c01d2e4b6a85f10", "INC-7 is unacknowledged", "Dana, acknowledge INC-7.\n\nOpened at 14:05 UTC.")
TOLD = (
    "URGENT NOTICE  INC-7 is unacknowledged\n"
    "  Dana, acknowledge INC-7.\n"
    "\n"
    "  Opened at 14:05 UTC.\n"
    "  ref 3f9a7c01d2e4\n"
    "\n"
)


@pytest.fixture(autouse=True)
def _generous_umask() -> Iterator[None]:
    """The modes must come from the courier, not from a careful account."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def failure(root: Path, to: str) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        TextFile(root).send(NOTICE, to)
    assert raised.value.__cause__ is None
    return raised.value


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_notice_is_appended_to_the_file(root: Path) -> None:
    for _ in range(2):
        TextFile(root).send(NOTICE, "textfile:notices.txt")
    assert (root / "notices.txt").read_text() == TOLD * 2


def test_files_and_folders_are_for_their_owner_alone(root: Path) -> None:
    TextFile(root).send(NOTICE, "textfile:a/b/notices.txt")
    assert mode(root / "a" / "b" / "notices.txt") == 0o600
    assert [mode(folder) for folder in (root, root / "a", root / "a" / "b")] == [0o700] * 3


def test_a_file_that_is_there_keeps_what_it_has(root: Path) -> None:
    root.mkdir()
    (root / "notices.txt").write_text("before\n")
    TextFile(root).send(NOTICE, "textfile:notices.txt")
    assert (root / "notices.txt").read_text() == f"before\n{TOLD}"


def test_a_body_cannot_pass_for_another_notice(root: Path) -> None:
    forged = NOTICE._replace(title="a\nURGENT NOTICE  b", body="c\nURGENT NOTICE  d\rURGENT\x0bURGENT\u2028URGENT")
    TextFile(root).send(forged, "textfile:notices.txt")
    rows = (root / "notices.txt").read_text().splitlines()
    assert [row for row in rows if row.startswith("URGENT")] == [r"URGENT NOTICE  a\x0aURGENT NOTICE  b"]


def test_text_that_no_file_can_hold_is_written_out(root: Path) -> None:
    TextFile(root).send(NOTICE._replace(title="\ud800 火 \x1b"), "textfile:notices.txt")
    assert (root / "notices.txt").read_text("utf-8").startswith("URGENT NOTICE  ⟨U+D800⟩ 火 \\x1b\n")


@pytest.mark.parametrize(
    "path", ["../notices.txt", "a/../../notices.txt", "a/..", "..", "", ".", "/", "/x/../y", "a\0b"]
)
def test_a_path_that_steps_back_or_names_no_file_is_not_tried_again(root: Path, path: str) -> None:
    failed = failure(root, f"textfile:{path}")
    assert failed.permanent
    assert "write textfile:PATH" in failed.reason
    assert TextFile(root).check(f"textfile:{path}") == failed.reason
    assert not root.exists()


def test_an_absolute_path_is_taken_as_it_is_written(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o755)
    TextFile(root).send(NOTICE, f"textfile:{folder}/notices.txt")
    assert (folder / "notices.txt").read_text() == TOLD
    assert mode(folder / "notices.txt") == 0o600
    assert not root.exists()


def test_the_folder_of_an_absolute_path_is_not_made(root: Path, tmp_path: Path) -> None:
    failed = failure(root, f"textfile:{tmp_path}/missing/notices.txt")
    assert failed.reason == (
        f"the notice could not be appended to {tmp_path}/missing/notices.txt: no such file or directory"
    )
    assert not failed.permanent


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_in_the_place_of_the_file_is_not_followed(root: Path, tmp_path: Path, *, absolute: bool) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    root.mkdir()
    (root / "notices.txt").symlink_to(victim)
    failed = failure(root, f"textfile:{root}/notices.txt" if absolute else "textfile:notices.txt")
    assert "a symbolic link" in failed.reason
    assert str(root / "notices.txt") in failed.reason
    assert victim.read_text() == "untouched"


def test_a_link_on_the_way_does_not_lead_out_of_the_root(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / "a").symlink_to(outside)
    for path in ("a/notices.txt", "a/b/notices.txt"):
        assert "a symbolic link" in failure(root, f"textfile:{path}").reason
    assert list(outside.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_told(root: Path) -> None:
    root.mkdir()
    (root / "a").write_text("")
    assert "a file for a folder" in failure(root, "textfile:a/notices.txt").reason


def test_a_folder_in_the_place_of_the_file_is_told(root: Path) -> None:
    (root / "a").mkdir(parents=True)
    failed = failure(root, "textfile:a")
    assert failed.reason == f"the notice could not be appended to {root}/a: is a directory"
    assert not failed.permanent


def test_a_pipe_in_the_place_of_the_file_holds_nothing_up(root: Path) -> None:
    root.mkdir()
    os.mkfifo(root / "pipe")
    assert str(root / "pipe") in failure(root, "textfile:pipe").reason
    reader = os.open(root / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert "not a file of this account" in failure(root, "textfile:pipe").reason
    os.close(reader)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_account_is_left_alone(root: Path) -> None:
    root.mkdir()
    (root / "notices.txt").write_text("theirs")
    os.chown(root / "notices.txt", 65534, 65534)
    assert "not a file of this account" in failure(root, "textfile:notices.txt").reason
    assert (root / "notices.txt").read_text() == "theirs"


def test_what_cannot_be_seen_in_a_path_is_written_out(root: Path) -> None:
    (root / "a\x1b").mkdir(parents=True)
    assert r"a\x1b:" in failure(root, "textfile:a\x1b").reason


def test_a_disk_that_takes_a_part_only_is_a_failure_that_names_the_file(root: Path) -> None:
    # A limit on the size of files stands for a full disk: the first write is cut short, the second is refused.
    program = (
        "import resource, sys; from pathlib import Path; from crisisctl.adapters.textfile import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "for _ in range(2):\n"
        "    try: TextFile(Path(sys.argv[1])).send(Message('k', 't', 'x' * 200), 'textfile:notices.txt')\n"
        "    except DeliveryFailed as failed: print(failed.permanent, failed)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, root], check=True, capture_output=True, text=True)
    first, second = ran.stdout.splitlines()
    assert first == (
        f"False the notice could not be appended to {root}/notices.txt: "
        "only part of it could be written; the disk may be full"
    )
    assert second == f"False the notice could not be appended to {root}/notices.txt: file too large"
    assert (root / "notices.txt").stat().st_size == 100


def test_processes_that_write_at_once_never_mix_their_notices(root: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from crisisctl.adapters.textfile import *\n"
        "message = Message('key', sys.argv[2], sys.argv[2] * 5000)\n"
        "for _ in range(50): TextFile(Path(sys.argv[1])).send(message, 'textfile:a/notices.txt')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, root, letter]) for letter in "abcd"]
    assert [writer.wait() for writer in writers] == [0] * 4
    notices = (root / "a" / "notices.txt").read_text().split("\n\n")[:-1]
    whole = {f"URGENT NOTICE  {letter}\n  {letter * 5000}\n  ref key" for letter in "abcd"}
    assert len(notices) == 200
    assert set(notices) == whole


def test_a_courier_leaves_no_file_open(root: Path) -> None:
    before = len([*Path("/dev/fd").iterdir()])
    for to in ("textfile:a/notices.txt", "textfile:a", "textfile:a/notices.txt/b"):
        for _ in range(3):
            try:
                TextFile(root).send(NOTICE, to)
            except DeliveryFailed:
                continue
    assert len([*Path("/dev/fd").iterdir()]) == before


@pytest.mark.parametrize("path", ["notices.txt", "a/b/notices.txt", "there.txt", "{root}/notices.txt"])
def test_a_path_that_works_checks_out_and_nothing_is_made(root: Path, path: str) -> None:
    root.mkdir()
    (root / "there.txt").write_text("before\n")
    to = f"textfile:{path.format(root=root)}"
    assert TextFile(root).check(to) is None
    assert [file.name for file in root.iterdir()] == ["there.txt"]
    TextFile(root).send(NOTICE, to)


def test_a_root_that_is_still_to_be_made_checks_out(root: Path) -> None:
    assert TextFile(root).check("textfile:a/notices.txt") is None
    assert not root.exists()


@pytest.mark.parametrize("path", ["link", "folder", "pipe", "file/notices.txt", "{root}/missing/notices.txt"])
def test_what_would_not_be_appended_to_does_not_check_out(root: Path, path: str) -> None:
    (root / "folder").mkdir(parents=True)
    (root / "file").write_text("")
    (root / "link").symlink_to(root / "file")
    os.mkfifo(root / "pipe")
    to = f"textfile:{path.format(root=root)}"
    assert path.removeprefix("{root}/") in (TextFile(root).check(to) or "")
    failure(root, to)
