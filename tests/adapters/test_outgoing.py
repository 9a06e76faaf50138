"""Published statements as files: exactly the approved bytes, one file a channel, and a drill's where nobody looks."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crisisctl.adapters.outgoing import Files
from crisisctl.domain.errors import StoreFailed

TEXT = "We are sorry.\n\tÜber 1 000 Konten, 数据.\r\nNo newline at the end"
BANNER = "EXERCISE EXERCISE EXERCISE"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def _release(state: Path, *channels: str, text: str = TEXT, drill: bool = False) -> list[Path]:
    renditions = {f"{channel}/en": text for channel in channels}
    return Files(state).lay_out("INC-1", "holding", renditions, drill=drill)


def test_each_channel_has_exactly_the_approved_bytes(state: Path) -> None:
    paths = _release(state, "status-page", "x", "email")
    folder = state / "outgoing" / "INC-1"
    assert paths == [folder / f"holding.{channel}.txt" for channel in ("status-page", "x", "email")]
    assert {path.read_bytes() for path in paths} == {TEXT.encode()}
    assert sorted(folder.iterdir()) == sorted(paths)


def test_a_text_of_old_has_no_language(state: Path) -> None:
    paths = Files(state).lay_out("INC-1", "holding", {"text": TEXT}, drill=False)
    assert paths == [state / "outgoing" / "INC-1" / "holding.text.txt"]


def test_several_languages_stand_in_the_names(state: Path) -> None:
    texts = {"x/en": "Sorry.", "x/de-AT": "Verzeihung."}
    paths = Files(state).lay_out("INC-1", "holding", texts, drill=False)
    assert [(path.name, path.read_text()) for path in paths] == [
        ("holding.x.en.txt", "Sorry."),
        ("holding.x.de-AT.txt", "Verzeihung."),
    ]


def test_a_text_that_goes_out_alone_keeps_the_name_it_had_among_several(state: Path) -> None:
    Files(state).lay_out("INC-1", "holding", {"x/en": "Sorry.", "x/de": "Verzeihung."}, drill=False)
    (path,) = Files(state).lay_out("INC-1", "holding", {"x/en": "So sorry."}, drill=False, several=True)
    assert (path.name, path.read_text()) == ("holding.x.en.txt", "So sorry.")
    assert len([*path.parent.iterdir()]) == 2


@pytest.mark.parametrize("language", ["", ".de"])
def test_the_parts_of_an_email_have_names_of_their_own(state: Path, language: str) -> None:
    texts = {"email.subject/de": "S", "email/de": "T", "email.html/de": "<p>"} | ({"x/en": "X"} if language else {})
    paths = Files(state).lay_out("INC-1", "holding", texts, drill=False)
    ends = (f"email{language}.subject.txt", f"email{language}.txt", f"email{language}.html")
    assert [path.name for path in paths[:3]] == [f"holding.{end}" for end in ends]
    assert paths[2].read_bytes() == b"<p>"


def test_a_channel_with_a_dot_in_its_name_keeps_it(state: Path) -> None:
    assert [path.name for path in _release(state, "example.com", "example.org")] == [
        "holding.example.com.txt",
        "holding.example.org.txt",
    ]


def test_a_drill_lies_apart_and_is_marked_above_and_below(state: Path) -> None:
    (path,) = _release(state, "x", drill=True)
    assert path == state / "exercise" / "INC-1" / "holding.x.txt"
    assert path.read_bytes().decode() == f"{BANNER}\n{TEXT}\n{BANNER}\n"
    assert not (state / "outgoing").exists()


def test_a_later_text_takes_the_place_of_the_earlier_one(state: Path) -> None:
    _release(state, "x", text="A long first text, which has to go.")
    (path,) = _release(state, "x", text="Short.")
    assert path.read_bytes() == b"Short."


def test_nobody_else_can_read_it(state: Path) -> None:
    before = os.umask(0o022)
    (path,) = _release(state, "x")
    os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_link_in_its_place_is_replaced_and_not_followed(state: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("untouched")
    folder = state / "outgoing" / "INC-1"
    folder.mkdir(parents=True)
    (folder / "holding.x.txt").symlink_to(tmp_path / "precious")
    (path,) = _release(state, "x")
    assert not path.is_symlink()
    assert path.read_bytes() == TEXT.encode()
    assert (tmp_path / "precious").read_text() == "untouched"


def test_a_link_laid_in_wait_for_the_new_text_is_not_followed(state: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("untouched")
    folder = state / "outgoing" / "INC-1"
    folder.mkdir(parents=True)
    (folder / f".holding.x.txt.{os.getpid()}").symlink_to(tmp_path / "precious")
    with pytest.raises(StoreFailed):
        _release(state, "x")
    assert (tmp_path / "precious").read_text() == "untouched"


def test_what_is_in_the_way_is_told(state: Path) -> None:
    state.write_text("a file where the folder should be")
    with pytest.raises(StoreFailed, match=r"cannot be written: (Not a directory|File exists)\.") as caught:
        _release(state, "x")
    assert str(state) in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_told(state: Path) -> None:
    (state / "outgoing" / "INC-1" / "holding.x.txt").mkdir(parents=True)
    with pytest.raises(StoreFailed, match=r"holding\.x\.txt cannot be written: Is a directory"):
        _release(state, "x")


def test_a_text_that_could_not_be_written_leaves_nothing_half_done(state: Path) -> None:
    (state / "outgoing" / "INC-1" / "holding.x.txt").mkdir(parents=True)
    with pytest.raises(StoreFailed):
        _release(state, "x")
    assert [path.name for path in (state / "outgoing" / "INC-1").iterdir()] == ["holding.x.txt"]


def test_what_a_stopped_process_left_half_done_is_swept_away(state: Path) -> None:
    folder = state / "outgoing" / "INC-1"
    folder.mkdir(parents=True)
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    half = folder / f".holding.x.txt.{gone.stdout.strip()}"
    half.write_text("half a sen")
    alive = folder / f".holding.x.txt.{os.getppid()}"
    alive.write_text("somebody is at it")
    other = folder / ".update.x.txt.1"
    other.write_text("another statement")
    (path,) = _release(state, "x")
    assert sorted(folder.iterdir()) == sorted([path, alive, other])
