"""The template files that a playbook names, read without leaving their folder and without running them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from crisisctl.adapters.yaml.loaded import Fault, Loaded
from crisisctl.domain.check import Path as Steps
from crisisctl.domain.check import is_template_name, plain, shown

LARGEST_TEMPLATE = 64 * 1024
LARGEST_TOGETHER = 512 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Not blocking, so that a pipe in the place of a file is refused and not waited for.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Refused(Exception):
    """A template file cannot be used: rule, message, remedy."""

    def __init__(self, rule: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.why = (rule, message, remedy)


def template_sources(loaded: Loaded, folder: Path) -> dict[str, str]:
    """The sources, by name, of the templates that the statements name; adds the faults of those that cannot be used."""
    sources: dict[str, str] = {}
    refused: dict[str, tuple[str, str, str]] = {}
    room = LARGEST_TOGETHER
    for path, name in _named(loaded.document):
        if name not in sources and name not in refused:
            try:
                source = _source(folder, name, room)
            except FileNotFoundError:
                continue
            except _Refused as error:
                refused[name] = error.why
            else:
                room -= len(source)
                sources[name] = source
        if name in refused:
            loaded.faults.append(Fault(loaded.spot(path), *refused[name]))
            loaded.spoiled.add(path)
    return sources


def _named(document: object) -> Iterator[tuple[Steps, str]]:
    statements = document.get("statements") if isinstance(document, dict) else None
    for id_, spec in statements.items() if isinstance(statements, dict) else ():
        name = spec.get("template") if isinstance(spec, dict) else None
        if isinstance(name, str) and is_template_name(name):
            yield ("statements", id_, "template"), name


def _source(folder: Path, name: str, room: int) -> str:
    """The text of a template that can be parsed; `FileNotFoundError` when there is none, else `_Refused`."""
    try:
        data = _bytes(folder, name)
    except FileNotFoundError:
        raise
    except OSError as error:
        message = f"the template {shown(name)} cannot be read: {os.strerror(error.errno or 0).lower()}"
        remedy = "put a readable file there; a link, or a folder that is a link, is not followed"
        raise _Refused("template-unreadable", message, remedy) from None
    if len(data) > LARGEST_TEMPLATE:
        message = f"the template {shown(name)} is larger than {LARGEST_TEMPLATE // 1024} KiB"
        raise _Refused("template-too-large", message, "shorten it")
    if len(data) > room:
        message = f"the templates up to {shown(name)} are larger than {LARGEST_TOGETHER // 1024} KiB together"
        raise _Refused("template-too-large", message, "shorten them")
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"line {line} of the template {shown(name)} is not UTF-8"
        raise _Refused("template-not-utf-8", message, "save the file as UTF-8") from None
    _parse(source, name)
    return source


def _bytes(folder: Path, name: str) -> bytes:
    """At most one byte more of the file than is allowed; every step on the way there must be a folder and no link."""
    *inside, file = name.split("/")
    at = os.open(folder, _FOLDER)
    try:
        for part in inside:
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        handle = os.open(file, _FILE, dir_fd=at)
    finally:
        os.close(at)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _Refused("template-unreadable", f"{shown(name)} is not a file", "put a file there")
        return opened.read(LARGEST_TEMPLATE + 1)


def _parse(source: str, name: str) -> None:
    """Parses and nothing more: to compile would compute the constants, `'x' * 10**9` among them."""
    from jinja2 import Environment, TemplateSyntaxError  # noqa: PLC0415 - only what reads a template pays for it

    try:
        Environment(autoescape=False).parse(source)  # noqa: S701 - nothing is rendered here
    except TemplateSyntaxError as error:
        message = f"line {error.lineno} of the template {shown(name)} is wrong: {plain(error.message or 'syntax')}"
        raise _Refused("template-syntax", message, "mend the template") from None
    except (RecursionError, ValueError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else "it holds too long a number"
        raise _Refused(
            "template-syntax", f"the template {shown(name)} cannot be parsed: {why}", "simplify it"
        ) from None
