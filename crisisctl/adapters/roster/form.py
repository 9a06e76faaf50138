"""The form of `roster.yaml`: what may stand in it, each slip with its place."""

from __future__ import annotations

import errno
import re
import stat
from itertools import pairwise
from pathlib import Path
from typing import Any

from crisisctl.domain.errors import Invalid
from crisisctl.domain.text import PERSON

LONGEST = 131_072
_TOP = {"people", "rotas", "overrides"}
_SHAPE = "write `people:` and below it one entry for each person; beside it `rotas:` and `overrides:`, and nothing else"
_KEYS = {"name", "login", "roles", "timezone", "contacts", "phone", "quiet", "fallback"}


def people(path: Path) -> dict[str, dict[str, Any]]:
    """Everybody in the file as written, by id; `Invalid`, with the place, when it has a slip."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only a changed roster pays for it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        text = ordinary(path).read_bytes()[: LONGEST + 1]
        if len(text) > LONGEST:
            raise Invalid(f"{path} is larger than {LONGEST // 1024} KiB.")
        document = _loader(YAML(typ="safe", pure=True)).load(text.decode())
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise Invalid(f"{path}{_place(error)} cannot be read: {_problem(error)}") from None
    document = {} if document is None else document
    found = document.get("people") if isinstance(document, dict) and not document.keys() - _TOP else ""
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise Invalid(f"{path}: {_SHAPE}.")
    for id_, spec in found.items():
        try:
            _check(path, id_, spec)
        except Invalid as error:
            raise Invalid(_with_line(path, text, id_, str(error))) from None
    from crisisctl.adapters.roster import ways  # noqa: PLC0415 - only a changed roster pays for it

    ways.check_fallbacks(str(path), found)
    logins = sorted(spec["login"] for spec in found.values() if "login" in spec)
    if twice := [one for one, next_ in pairwise(logins) if one == next_]:
        raise Invalid(f"{path}: the login {twice[0]} is tied to two people. Leave it to the one whose it is.")
    return found


def _with_line(path: Path, content: bytes, id_: object, told: str) -> str:
    """What is told of a slip of that person, with the line of what it names, or of the nearest thing around it."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only a slip pays for it

    named = re.match(r"(?:\.\w+|\[\d+\])*", told.removeprefix(f"{path}: people.{id_}"))
    node: Any = YAML(typ="safe", pure=True).compose(content.decode())
    for step in ("people", str(id_), *re.findall(r"\w+", named[0] if named else "")):
        if node.id == "mapping":
            below = {str(key.value): value for key, value in node.value}
        else:
            below = {str(place): value for place, value in enumerate(node.value)}
        if step not in below:
            break
        node = below[step]
    return f"{path}:{node.start_mark.line + 1}{told.removeprefix(str(path))}"


def _loader(yaml: Any) -> Any:  # noqa: ANN401 - ruamel.yaml's loader, whose module is imported late
    """The loader, to which an impossible day is a text: whoever checks it can say where it stands."""
    from ruamel.yaml.constructor import SafeConstructor  # noqa: PLC0415 - as above

    class Days(SafeConstructor):
        def moment(self, node: Any) -> Any:  # noqa: ANN401 - ruamel.yaml's interface
            try:
                return self.construct_yaml_timestamp(node)
            except ValueError:
                return node.value

    Days.add_constructor("tag:yaml.org,2002:timestamp", Days.moment)
    yaml.Constructor = Days
    return yaml


def _check(path: Path, id_: object, spec: object) -> None:
    where = f"{path}: people.{id_}"
    if not isinstance(id_, str) or not PERSON.fullmatch(id_):
        raise Invalid(f"{where}: an id is letters, digits and . _ @ + - only.")
    if not isinstance(spec, dict):
        raise Invalid(f"{where}: write a mapping such as {{name: Dana Ruiz, roles: [comms-lead]}}.")
    if odd := sorted(str(key) for key in spec if key not in _KEYS):
        raise Invalid(f"{where}: unknown key {odd[0]!r}. The keys are {', '.join(sorted(_KEYS))}.")
    from crisisctl.adapters.roster import ways  # noqa: PLC0415 - only a changed roster pays for it

    ways.check(where, spec)
    value = spec.get("roles", [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid(f"{where}.roles: write a list of texts.")
    for key in ("name", "login", "timezone"):
        if not isinstance(spec.get(key, ""), str):
            raise Invalid(f"{where}.{key}: write a text.")
    if "timezone" in spec:
        _zone(where, spec["timezone"])


def mark(path: Path) -> tuple[int, ...]:
    """What differs when the file has changed; nothing while there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def ordinary(path: Path) -> Path:
    """The path of an ordinary file; an `OSError` for a pipe or device, whose reader would wait without end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "It is no ordinary file")
    return path


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""


def _problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    problem = getattr(error, "problem", None) or str(error)
    return f"{' '.join(problem.split())[:300].rstrip('.')}."


def _zone(where: str, name: str) -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only a changed roster pays for it

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(f"{where}.timezone: {name!r} is no zone. Write one such as Europe/Madrid.") from None
