"""The playbooks and templates that come with the program, the laying out of a workspace, and of a new playbook."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from crisisctl.domain.errors import Refused, StoreFailed

_DATA = Path(__file__).parent.parent / "data"

SETTINGS = """\
# The settings of this workspace, each with its usual value. Take the # away to change one.

# organisation = "our company"            # templates call it {{ organisation }}
# zones = {de = "Europe/Berlin"}          # by whose clocks statements tell times in a language, beside UTC
# store = "sqlite:state/crisisctl.db"     # the log: one file, kept on a local disk
# identity = "open"                       # "strict": a login acts only as the person whom the roster ties to it
# as = "dana"                             # who acts when nothing else says so
# privileged = ["legal"]                  # the roles that may take along what is privileged
# notices = ["console:", "textfile:state/notices.txt"]    # how to reach people who have no contacts of their own
# dead_man = "env:DEAD_MAN"               # an address outside that a watch calls while all goes well: it misses us
# dead_man_every = "60s"                  # how often
"""

ROSTER = """\
# Who can hold roles, and how to reach them. Contacts are Apprise addresses (mailto://, slack://, msteams://, json://),
# or references to them, so that no secret stands here: env:NAME (a variable), file:PATH (the first line of a file).
# While nobody is listed, any name will do.

people: {}
#  dana:
#    name: Dana Ruiz
#    login: dana                        # the system's name for her
#    roles: [comms-lead]
#    timezone: Europe/Madrid
#    contacts: ["mailto://user:password@mail.example.com?to=dana@example.com", {to: "env:DANA_CHAT", after: 2m}]
#    phone: "+34 600 000 000"
#    quiet: {from: "22:00", to: "07:00"}    # and who is told instead: fallback: sam
"""


def sources() -> Path:
    """The folder that holds `playbooks` and `templates`: in the wheel, or at the top of the repository."""
    inside = _DATA
    return inside if (inside / "playbooks").is_dir() else Path(__file__).parent.parent.parent


def lay_out(root: Path) -> list[Path]:
    """Write what a workspace needs and does not have; the files written."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        (root / "state").mkdir(mode=0o700, exist_ok=True)
        return [*_texts(root), *_copies(root)]
    except OSError as error:
        raise StoreFailed(f"{error.filename or root} cannot be written: {error.strerror}.") from None


def _texts(root: Path) -> Iterator[Path]:
    for name, text in (("crisisctl.toml", SETTINGS), ("roster.yaml", ROSTER)):
        path = root / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
            yield path


def _copies(root: Path) -> Iterator[Path]:
    for folder, ending in (("playbooks", "*.yaml"), ("templates", "*.j2")):
        for source in sorted((sources() / folder).rglob(ending)):
            path = root / folder / source.relative_to(sources() / folder)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, path)
                yield path


def schema() -> str:
    """The JSON Schema of the playbook language, for editors."""
    return (_DATA / "playbook.schema.json").read_text(encoding="utf-8")


def outline(name: str) -> str:
    """A file that a new playbook begins with: the playbook itself, or the words of one of its statements."""
    return (_DATA / "new" / name).read_text(encoding="utf-8")


def lay_down(files: Mapping[Path, str]) -> None:
    """Write all of the files or none; `Refused` when one of them is there already."""
    for path in files:
        if path.exists() or path.is_symlink():
            raise Refused(f"{path} is there already, and nothing was written. Choose another name, or move it away.")
    made: list[Path] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise StoreFailed(f"{error.filename or path} cannot be written: {error.strerror}. Nothing was.") from None
