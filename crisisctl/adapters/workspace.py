"""The workspace: the folder with `crisisctl.toml`, and what that file says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.domain.errors import Invalid, NotFound

FILE = "crisisctl.toml"
CLOCKS = "clocks.yaml"
FILINGS = "filings.yaml"
LONGEST = 65_536


class Settings(NamedTuple):
    """What the settings file says; relative paths are relative to its folder."""

    root: Path
    organisation: str = "our company"
    store: str = "sqlite:state/crisisctl.db"
    identity: str = "open"
    actor: str | None = None
    playbooks: Path = Path("playbooks")
    templates: Path = Path("templates")
    roster: Path = Path("roster.yaml")
    state: Path = Path("state")
    notices: tuple[str, ...] = ("console:", "textfile:state/notices.txt")
    privileged: tuple[str, ...] = ("legal",)
    dead_man: str | None = None
    dead_man_every: str = "60s"
    zones: Mapping[str, str] = {}


_TYPES: dict[str, type] = {
    "organisation": str,
    "store": str,
    "identity": str,
    "as": str,
    "playbooks": str,
    "templates": str,
    "roster": str,
    "state": str,
    "notices": list,
    "privileged": list,
    "dead_man": str,
    "dead_man_every": str,
    "zones": dict,
}


def find(start: Path, told: str | None) -> Path:
    """The folder of the workspace: the one told, else the nearest upwards that holds a settings file."""
    if told is not None:
        root = Path(told).expanduser().absolute()
        if not there(root / FILE):
            raise NotFound(f"{root} is no workspace: it has no {FILE}. To make it one: crisisctl init {root}")
        return root
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise NotFound(f"There is no workspace here: no {FILE} in {start} or above. To make one: crisisctl init")


def there(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def read(root: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of a workspace, the environment first; `Invalid` names the file and what to write instead."""
    path = root / FILE
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1)
        if len(text) > LONGEST:
            raise Invalid(f"{path} is larger than {LONGEST // 1024} KiB. Settings need a page; shorten it.")
        said = _parsed(text.decode())
    except ValueError as error:  # TOML that is broken, or no UTF-8
        raise Invalid(f"{path}: {error}") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    _check(path, said)
    usual = Settings(root)
    return Settings(
        root=root,
        organisation=said.get("organisation", usual.organisation),
        store=environment.get("CRISISCTL_STORE") or said.get("store", usual.store),
        identity=said.get("identity", usual.identity),
        actor=said.get("as"),
        playbooks=root / said.get("playbooks", usual.playbooks),
        templates=root / said.get("templates", usual.templates),
        roster=root / said.get("roster", usual.roster),
        state=root / said.get("state", usual.state),
        notices=tuple(said.get("notices", usual.notices)),
        privileged=tuple(said.get("privileged", usual.privileged)),
        dead_man=said.get("dead_man"),
        dead_man_every=said.get("dead_man_every", usual.dead_man_every),
        zones=said.get("zones", usual.zones),
    )


def _parsed(text: str) -> dict[str, Any]:
    if all(not line or line.isspace() or line.startswith("#") for line in text.splitlines()):
        return {}  # a file in which every line is a comment costs no parser
    import tomllib  # noqa: PLC0415

    return tomllib.loads(text)


def _check(path: Path, said: dict[str, Any]) -> None:
    for name, value in said.items():
        if name not in _TYPES:
            raise Invalid(f"{path}: there is no setting {name!r}. The settings are {', '.join(_TYPES)}.")
        if not isinstance(value, _TYPES[name]):
            instead = "something else" if name == "dead_man" else repr(value)  # it may hold a secret
            raise Invalid(f"{path}: {name} is {_article(_TYPES[name])}, not {instead}.")
    if said.get("notices") == [] or not all(isinstance(contact, str) for contact in said.get("notices", [])):
        raise Invalid(f'{path}: notices is a list of contacts, such as ["console:"].')
    if not all(isinstance(role, str) for role in said.get("privileged", [])):
        raise Invalid(f'{path}: privileged is a list of roles, such as ["legal"].')
    for language, zone in said.get("zones", {}).items():
        _check_zone(path, language, zone)
    if said.get("identity", "open") not in ("open", "strict"):
        raise Invalid(f"{path}: identity is 'open' or 'strict', not {said['identity']!r}.")


def _check_zone(path: Path, language: str, zone: object) -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only who names zones pays for them

    try:
        ZoneInfo(str(zone))
    except (LookupError, ValueError, OSError):
        raise Invalid(f"{path}: zones.{language}: {zone!r} is no zone. Write one such as Europe/Berlin.") from None


def _article(kind: type) -> str:
    return "a text" if kind is str else "a list" if kind is list else "a table"
