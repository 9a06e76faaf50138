"""The workspace: where it is found, what its settings may say, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from crisisctl.adapters.library import SETTINGS
from crisisctl.adapters.workspace import FILE, LONGEST, Settings, find, read
from crisisctl.domain.errors import Invalid, NotFound


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with settings that say nothing."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / FILE).write_text("")
    return tmp_path / "room"


def _told(root: Path, text: str | bytes) -> str:
    (root / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Invalid) as caught:
        read(root, {})
    assert str(caught.value).startswith(str(root / FILE))
    return str(caught.value)


def test_it_is_found_by_walking_up(root: Path) -> None:
    deep = root / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert [find(start, None) for start in (root, root / "a", deep)] == [root] * 3


def test_the_nearest_one_is_found(root: Path) -> None:
    inner = root / "a" / "inner"
    (inner / "deep").mkdir(parents=True)
    (inner / FILE).write_text("")
    assert find(inner / "deep", None) == inner


def test_a_folder_of_that_name_is_no_settings_file(root: Path) -> None:
    (root / "a" / FILE).mkdir(parents=True)
    assert find(root / "a", None) == root


def test_where_there_is_none_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        find(tmp_path, None)
    assert str(caught.value) == (
        f"There is no workspace here: no {FILE} in {tmp_path} or above. To make one: crisisctl init"
    )


def test_one_that_was_told_is_taken_and_no_other(root: Path, tmp_path: Path) -> None:
    assert find(tmp_path, str(root)) == root
    (root / "a").mkdir()
    with pytest.raises(NotFound) as caught:
        find(root, str(root / "a"))
    told = f"{root / 'a'} is no workspace: it has no {FILE}. To make it one: crisisctl init {root / 'a'}"
    assert str(caught.value) == told


def test_one_that_was_told_may_be_relative_or_at_home(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert find(root, "room") == root
    monkeypatch.setenv("HOME", str(root.parent))
    assert find(root, "~/room") == root


@pytest.mark.parametrize("name", ["x" * 5_000, "a\0b", "", "/proc/self/mem/x"])
def test_a_name_that_no_folder_can_have_is_none(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    with pytest.raises(NotFound, match="is no workspace"):
        find(root, name)


def test_settings_that_say_nothing_are_the_usual_ones(root: Path) -> None:
    assert read(root, {}) == Settings(
        root=root,
        organisation="our company",
        store="sqlite:state/crisisctl.db",
        identity="open",
        actor=None,
        playbooks=root / "playbooks",
        templates=root / "templates",
        roster=root / "roster.yaml",
        state=root / "state",
        notices=("console:", "textfile:state/notices.txt"),
    )


def test_the_settings_that_are_laid_out_are_the_usual_ones(root: Path) -> None:
    usual = read(root, {})
    (root / FILE).write_text(SETTINGS)
    assert read(root, {}) == usual


def test_comments_alone_are_the_usual_settings(root: Path) -> None:
    usual = read(root, {})
    (root / FILE).write_text("# identity = 'strict'\n\n   \n# as = 'dana'\n")
    assert read(root, {}) == usual


def test_every_setting_can_be_said(root: Path) -> None:
    (root / FILE).write_text(
        'organisation = "Example Cloud"\nstore = "sqlite:elsewhere.db"\nidentity = "strict"\nas = "dana"\n'
        'playbooks = "plans"\ntemplates = "/srv/words"\nroster = "people.yaml"\nstate = "var"\n'
        'notices = ["env:CHAT"]\n'
    )
    assert read(root, {}) == Settings(
        root,
        "Example Cloud",
        "sqlite:elsewhere.db",
        "strict",
        "dana",
        root / "plans",
        Path("/srv/words"),
        root / "people.yaml",
        root / "var",
        ("env:CHAT",),
    )


def test_the_environment_names_the_store_first(root: Path) -> None:
    (root / FILE).write_text('store = "sqlite:one.db"')
    assert read(root, {"CRISISCTL_STORE": "sqlite:two.db"}).store == "sqlite:two.db"
    assert read(root, {"CRISISCTL_STORE": ""}).store == "sqlite:one.db"


BAD = {
    'organization = "x"': "there is no setting 'organization'. The settings are organisation, store, identity, as",
    "[identity]": "identity is a text, not {}",
    "as = 7": "as is a text, not 7",
    "as = true": "as is a text, not True",
    'notices = "console:"': "notices is a list, not 'console:'",
    "notices = [1]": 'notices is a list of contacts, such as ["console:"]',
    "notices = []": 'notices is a list of contacts, such as ["console:"]',
    'identity = "Strict"': "identity is 'open' or 'strict', not 'Strict'",
    'identity = ""': "identity is 'open' or 'strict', not ''",
    "identity = strict": "line 1, column",
    'as = "dana"\nas = "lee"\n\n': "line 2",
    '\n\nstore = "x\n': "line 3",
}


@pytest.mark.parametrize("text", BAD)
def test_a_mistake_is_told_with_its_place(root: Path, text: str) -> None:
    assert BAD[text] in _told(root, text)


def test_what_is_no_text_is_told(root: Path) -> None:
    assert "utf-8" in _told(root, b'as = "\xff"')


def test_settings_that_are_too_long_are_never_cut(root: Path) -> None:
    """What stands at the end may be what matters most."""
    long = ("# " + "x" * 97 + "\n") * (LONGEST // 100 + 1) + 'identity = "strict"\n'
    assert "is larger than 64 KiB" in _told(root, long)


def test_settings_that_cannot_be_read_are_told(root: Path) -> None:
    (root / FILE).unlink()
    with pytest.raises(Invalid, match=r"crisisctl\.toml cannot be read: No such file or directory"):
        read(root, {})
