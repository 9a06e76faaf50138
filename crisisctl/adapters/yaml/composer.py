"""Composes a plain document from the events of ruamel.yaml's parser, one pass, nothing looked up and nothing run.

Values are those of the core schema of YAML 1.2: `on`, `NO` and `1:30` are text, and so is a date.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from crisisctl.adapters.yaml.loaded import Fault, Loaded, Spot, Unreadable
from crisisctl.domain.check import Path, kind, plain, shown

DEEPEST = 32
_LONGEST_NUMBER = 40

_WORDS: dict[str, bool | None] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
# What the parser says of a mistake, in part, and what to do about it.
_REMEDIES = {
    "'\\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": "put text that holds a colon in quotes, or mend the indentation",
    "unexpected end of stream": "close the quote that is opened here",
    "',' or": "close the bracket, or put a comma between the entries",
    "could not find expected ':'": "put a colon and a space after the key",
    "undefined tag handle": "remove the tag, the word that begins with !",
    "expected '<document start>'": "remove what stands beside the mapping, or mend the indentation",
}


def compose(text: str, loaded: Loaded) -> None:
    """Fill in the document of the text and its faults; `Unreadable` where reading cannot go on."""
    with closing(_events(text)) as events:
        _Composer(loaded, events).run()


def _events(text: str) -> Generator[Any, None, None]:
    spot = (1, 1)
    with closing(YAML(typ="safe", pure=True).parse(text)) as events:
        while True:
            try:
                event = next(events)
            except StopIteration:
                return
            except YAMLError as error:
                raise _syntax(error, spot) from None
            except Exception as error:  # noqa: BLE001 - hostile text trips the parser in ways that nobody can list
                message = f"this cannot be read: {plain(str(error))}"
                raise Unreadable(spot, "syntax", message, "write the part that follows more plainly") from None
            spot = _spot(event.start_mark)
            yield event


def _syntax(error: YAMLError, spot: Spot) -> Unreadable:
    problem = str(error)
    if isinstance(error, MarkedYAMLError):
        problem = error.problem or error.context or "something unexpected"
        mark, opened = error.problem_mark or error.context_mark, error.context_mark
        spot = _spot(mark) if mark else spot
        if opened and "end of stream" in problem:
            spot = _spot(opened)
        elif opened and opened.line + 1 < spot[0]:
            problem += f" (this part began on line {opened.line + 1})"
    remedy = next((way for part, way in _REMEDIES.items() if part in problem), "mend the indentation or the quotes")
    message = f"this is not YAML: {plain(problem)}"
    return Unreadable(spot, "syntax", message, f"{remedy}; nothing after this place was read")


def _spot(mark: Any) -> Spot:  # noqa: ANN401 - the parser has several classes of marks
    return mark.line + 1, mark.column + 1


class _Composer:
    def __init__(self, loaded: Loaded, events: Iterator[Any]) -> None:
        self.loaded = loaded
        self.events = events
        self.spot: Spot = (1, 1)

    def run(self) -> None:
        """Compose the one document; a second one is a fault."""
        begun = False
        for event in self.events:
            self.spot = _spot(event.start_mark)
            if isinstance(event, DocumentStartEvent):
                if begun:
                    self._fault("several-documents", "a second document begins here", "keep one document in a file")
                    return
                begun = True
                if event.tags or event.version not in {None, (1, 2)}:
                    remedy = "remove the lines above this that begin with %"
                    self._fault("directive", "directives are not read here", remedy)
            elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                self.loaded.document = self._value(event, (), 1)

    def _value(self, event: Any, path: Path, depth: int) -> object:  # noqa: ANN401 - any of the parser's events
        self.spot = self.loaded.values[path] = _spot(event.start_mark)
        if isinstance(event, AliasEvent):
            self.loaded.spoiled.add(path)
            self._fault("alias", f"*{plain(event.anchor)} refers to another place", "write it out here")
            return f"*{event.anchor}"  # and not nothing at all, or whatever refers to this would look unknown
        self._marks(event)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if depth > DEEPEST:
            remedy = "nest less; nothing after this place was read"
            raise Unreadable(self.spot, "too-deep", f"this lies deeper than {DEEPEST} levels", remedy)
        if isinstance(event, SequenceStartEvent):
            return self._list(path, depth)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, depth)
        raise Unreadable(self.spot, "syntax", "this is not YAML", "mend the indentation or the quotes")

    def _marks(self, event: Any) -> None:  # noqa: ANN401 - any of the parser's events
        if event.anchor is not None:
            self._fault("anchor", f"&{plain(event.anchor)} names a place", "remove it; write out what is needed twice")
        if event.ctag is not None:
            self._fault("tag", f"the tag {plain(str(event.ctag))} is not read here", "remove it; use quotes for text")

    def _list(self, path: Path, depth: int) -> list[object]:
        found: list[object] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            found.append(self._value(event, (*path, len(found)), depth + 1))
        return found

    def _mapping(self, path: Path, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        for number, event in enumerate(self.events):
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, path, depth)
            if key is None or key in found:
                # The content is read for its own faults and goes nowhere; no key of a mapping is a number.
                self._value(next(self.events), (*path, number), depth + 1)
            else:
                self.loaded.keys[(*path, key)] = spot = self.spot
                found[key] = self._value(next(self.events), (*path, key), depth + 1)
                if found[key] is None:  # the parser places a value that is not there at whatever follows
                    self.loaded.values[(*path, key)] = spot
        return found

    def _key(self, event: Any, path: Path, depth: int) -> str | None:  # noqa: ANN401 - any of the parser's events
        """The text of a key, and None for what cannot be one; `spot` is left at the key."""
        self.spot = spot = _spot(event.start_mark)
        if not isinstance(event, ScalarEvent):
            self._fault("bad-key", "this cannot be a key", "write a word and a colon")
            self._value(event, (*path, 0), depth + 1)
            return None
        self._marks(event)
        text: str = event.value
        meant = _resolve(text) if event.implicit[0] and len(text) <= _LONGEST_NUMBER else text
        if text == "<<" and event.implicit[0]:
            self._fault("merge-key", "<< merges nothing here", "write out the keys")
            return None
        if not isinstance(meant, str):
            self._fault(
                "bad-key", f"the key {shown(text)} is read as {kind(meant)}", f'put it in quotes: "{plain(text)}"'
            )
        if (first := self.loaded.keys.get((*path, text))) is not None:
            message = f"the key {shown(text)} was already there on line {first[0]}"
            self._fault("duplicate-key", message, "remove or rename one of the two")
        self.spot = spot
        return text

    def _scalar(self, event: Any, path: Path) -> object:  # noqa: ANN401 - a scalar event; its class is not typed
        text: str = event.value
        if event.ctag is not None:
            self.loaded.spoiled.add(path)
        if not event.implicit[0]:
            return text
        if len(text) > _LONGEST_NUMBER and _INTEGER.fullmatch(text):
            self.loaded.spoiled.add(path)
            message = f"this number has {len(text):,} digits"
            self._fault("huge-number", message, "write a smaller number, or put it in quotes if it is text")
            return 0
        return _resolve(text)

    def _fault(self, rule: str, message: str, remedy: str) -> None:
        self.loaded.faults.append(Fault(self.spot, rule, message, remedy))


def _resolve(text: str) -> str | float | bool | None:
    """The value of plain text. An integer is at most so long that it is cheap to convert."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FRACTION.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
