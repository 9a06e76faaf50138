"""Languages: how they are written, and which variant of a template speaks one.

A language is the simple form of BCP 47: two or three letters, then a script (`Hant`) and a region (`AT`, `419`) where
they matter, in the customary case: `de`, `de-AT`, `zh-Hant-TW`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_LOOSE = re.compile(r"[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE | re.ASCII)
_ENDINGS = re.compile(r"(?:\.[a-z]+)?(?:\.j2)?\Z")
_SCRIPT = 4


def is_language(tag: object) -> bool:
    """True for a language in its customary case: `de-AT`, and neither `de-at` nor `de_AT`."""
    return isinstance(tag, str) and LANGUAGE.fullmatch(tag) is not None


def customary(tag: str) -> str | None:
    """The language that somebody wrote as `DE`, `de_at` or `de-AT`, in its customary case; None when it is none."""
    if not _LOOSE.fullmatch(tag):
        return None
    first, *rest = tag.lower().replace("_", "-").split("-")
    return "-".join([first, *(part.title() if len(part) == _SCRIPT else part.upper() for part in rest)])


def fallbacks(language: str) -> tuple[str, ...]:
    """The language itself, then each more general one: `de-AT`, `de`."""
    parts = language.split("-")
    return tuple("-".join(parts[:count]) for count in range(len(parts), 0, -1))


def variant_name(template: str, language: str) -> str:
    """The file that speaks a language: `holding/outage.de.md.j2` for `holding/outage.md.j2` and `de`."""
    stem, endings = _split(template)
    return f"{stem}.{language}{endings}"


def spoken(name: str, template: str) -> str | None:
    """What stands in a file's name where a variant of the template has its language; None when nothing does."""
    stem, endings = _split(template)
    inner = name.removeprefix(f"{stem}.")
    if inner == name or not inner.endswith(endings):
        return None
    return inner.removesuffix(endings) or None


def variant(names: Collection[str], template: str, language: str) -> str | None:
    """The best of the files: the variant in the language, or in a more general one, or else the template itself.

    None when not even that is among them.
    """
    for each in fallbacks(language):
        if (name := variant_name(template, each)) in names:
            return name
    return template if template in names else None


def _split(template: str) -> tuple[str, str]:
    """The name without its endings, and the endings: `holding/outage` and `.md.j2`."""
    folder, slash, file = template.rpartition("/")
    at = next(found.start() for found in _ENDINGS.finditer(file) if found.end() == len(file))
    return (folder + slash + file[:at], file[at:]) if at else (template, "")
