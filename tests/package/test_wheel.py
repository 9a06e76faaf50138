"""What is delivered: the wheel lays out a workspace without the repository."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_every_playbook_and_template(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, ending in (("playbooks", "*.yaml"), ("templates", "*.j2")):
        for path in (ROOT / folder).rglob(ending):
            assert f"crisisctl/data/{path.relative_to(ROOT)}" in held


def test_the_wheel_carries_the_demo_and_nothing_of_the_tests(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    assert "crisisctl/data/demo.json" in held
    policies = ("policy", "policy-words", "policy-en-errors", "policy-en-warnings")
    assert {f"crisisctl/data/{name}.yaml" for name in ("channels", *policies)} <= held
    assert "crisisctl/py.typed" in held
    assert not any(name.startswith("tests/") for name in held)


def test_the_wheel_carries_the_schema_and_what_a_new_playbook_begins_with(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {str(path.relative_to(ROOT)) for path in (ROOT / "crisisctl" / "data" / "new").iterdir()}
    assert len(wanted) == 11
    assert wanted | {"crisisctl/data/playbook.schema.json"} <= held


def test_the_wheel_carries_the_catalogue_of_clocks_and_its_calendars(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    folder = ROOT / "crisisctl" / "data" / "clocks"
    wanted = {str(path.relative_to(ROOT)) for path in folder.rglob("*") if path.is_file()}
    assert "crisisctl/data/clocks/catalogue.json" in wanted
    assert "crisisctl/data/clocks/holidays/US.json" in wanted
    assert wanted <= held


def test_an_installed_program_lays_out_a_workspace_and_opens_an_incident(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    own = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    (site / "borrowed.pth").write_text(f"{own}\n")  # the dependencies; the program itself is the wheel's
    room = tmp_path / "room"
    for arguments in (["init", str(room)], ["--workspace", str(room), "open", "outage", "--title", "Down", "-q"]):
        ran = subprocess.run(
            [python, "-m", "crisisctl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "INC-1\n"
    deadline = ["clock", "compute", "sec.8k-1.05", "--trigger", "2026-11-18T10:00-05:00"]
    ran = subprocess.run(
        [python, "-m", "crisisctl", *deadline], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Due: 2026-11-24T17:30:00-05:00" in ran.stdout
    where = [str(python), "-c", "import crisisctl; print(crisisctl.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(site) in found.stdout
