"""The template files that a playbook names, in every language, read without leaving their folder or running them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crisisctl.adapters.yaml.loaded import Fault, Loaded
from crisisctl.domain.check import Path as Steps
from crisisctl.domain.check import is_template_name, plain, shown
from crisisctl.domain.locale import customary, is_language, spoken, variant_name

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
    """The sources, by name, of the templates that the statements name and of their variants in other languages.

    Adds the faults of those that cannot be used.
    """
    sources: dict[str, str] = {}
    refused: dict[str, tuple[str, str, str]] = {}
    for path, name in _named(loaded.document):
        if name not in sources and name not in refused:
            try:
                _take(folder, name, sources)
            except FileNotFoundError:
                continue
            except _Refused as error:
                refused[name] = error.why
        if name in refused:
            loaded.faults.append(Fault(loaded.spot(path), *refused[name]))
            loaded.spoiled.add(path)
    return sources


def _take(folder: Path, template: str, sources: dict[str, str]) -> None:
    """Adds a template and its variants to the sources; all of them or none."""
    found: dict[str, str] = {}
    for name in (template, *_variants(folder, template)):
        if name not in sources:
            taken = sum(len(source.encode()) for source in (*sources.values(), *found.values()))
            found[name] = _source(folder, name, LARGEST_TOGETHER - taken)
    sources.update(found)


def _variants(folder: Path, template: str) -> list[str]:
    """The names of the files beside a template that are the same in another language, sorted."""
    *inside, file = template.split("/")
    try:
        with _opened(folder, inside) as at:
            beside = os.listdir(at)  # noqa: PTH208 - of a handle, which is no path
    except OSError:
        return []  # reading the template itself tells why
    tags = {tag for name in beside if (tag := spoken(name, file))}
    for tag in sorted(tags):
        if not is_language(tag) and (right := customary(tag)):
            message = (
                f"the language of the template {shown(variant_name(template, tag))} is not written as it is elsewhere"
            )
            raise _Refused("template-language", message, f"rename it to {variant_name(template, right)}")
    return [variant_name(template, tag) for tag in sorted(tags) if is_language(tag)]


def _named(document: object) -> Iterator[tuple[Steps, str]]:
    statements = document.get("statements") if isinstance(document, dict) else None
    for id_, spec in statements.items() if isinstance(statements, dict) else ():
        for key in ("template", "minimal"):
            name = spec.get(key) if isinstance(spec, dict) else None
            if isinstance(name, str) and is_template_name(name):
                yield ("statements", id_, key), name


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
    with _opened(folder, inside) as at:
        handle = os.open(file, _FILE, dir_fd=at)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _Refused("template-unreadable", f"{shown(name)} is not a file", "put a file there")
        return opened.read(LARGEST_TEMPLATE + 1)


@contextmanager
def _opened(folder: Path, inside: list[str]) -> Iterator[int]:
    """A handle of the folder that the steps lead to."""
    at = os.open(folder, _FOLDER)
    try:
        for part in inside:
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        yield at
    finally:
        os.close(at)


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
