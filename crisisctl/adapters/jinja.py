"""Fills in templates in a process of their own: a template is somebody else's program until it has ended.

Here is the parent's side: it starts an isolated Python, hands it templates and values, and bounds its time and what it
may say. The child, `adapters/sandbox.py`, takes limits upon itself before it reads a byte of the template.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from crisisctl.domain.errors import Invalid, Refused
from crisisctl.domain.text import prose, visible
from crisisctl.service.ports import Filling, Value

if TYPE_CHECKING:
    from selectors import BaseSelector
    from subprocess import Popen

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 2
RESIDENT_SECONDS = 600
WALL_SECONDS = 3.0
START_SECONDS = 10.0
LARGEST_SOURCE = 64 * 1024
LARGEST_REQUEST = 4 * 1024 * 1024
LARGEST_OUTPUT = 256 * 1024
LARGEST_REPLY = 2 * LARGEST_OUTPUT + 64 * 1024  # the texts as JSON, with every quote and line break written out
LARGEST_NUMBER = 10**30
SUBJECT = "_subject"  # how the name of a block ends that is one line

# What the child says: one byte once its limits hold, one for how it went, then the texts, or template, line and fault.
READY, DONE, FAULT = b"+", b"=", b"!"

_START = "import sys; sys.path += sys.argv[4:]; from crisisctl.adapters.sandbox import {0}; {0}(*sys.argv[1:4])"


class Jinja:
    """The `Templates` port. `limit` binds the process that it is called in to bytes of memory and seconds of computing.

    It is called in the child, which finds it by name, so it must be a plain function of a module; None sets no limits.
    """

    def __init__(self, limit: Callable[[int, int], None] | None) -> None:
        self._limit = _reference(limit) if limit else ""

    def render(self, source: str, values: Mapping[str, Value], *, name: str = "template") -> str:
        """The common text in NFC, without the blocks, with no white space around it and no line break at its end.

        `Invalid` as for `render_many`.
        """
        return self.render_all(source, values, name=name)[""]

    def render_all(self, source: str, values: Mapping[str, Value], *, name: str = "template") -> Mapping[str, str]:
        """The common text under "", then the text of each block that gives one, by the block's name."""
        return self.render_many([Filling(name, source, values)])[0]

    def render_many(self, fillings: Sequence[Filling]) -> list[Mapping[str, str]]:
        """The texts of several templates as `render_all` gives them, in one process and within its limits.

        `Invalid`, with the line where there is one, when a template is broken, hostile or too costly, uses a name
        that has no value, or gives no text or characters that nobody can see.
        """
        wheres = [_where(filling.name) for filling in fillings]
        asked = [(one.source, _checked(where, one.values)) for where, one in zip(wheres, fillings, strict=True)]
        answers = self._ask(wheres, asked)
        return [_public(*each) for each in zip(wheres, answers, (one.values for one in fillings), strict=True)]

    def names(self, source: str, *, name: str = "template") -> list[str]:
        """The names that the template and its blocks may ask for, sorted, those tested with `is defined` included."""
        found: list[str] = self._ask([_where(name)], [(source, None)])[0]
        return found

    def _ask(self, wheres: list[str], asked: Sequence[tuple[str, dict[str, Value] | None]]) -> list[Any]:
        if not asked:
            return []
        for where, (source, _) in zip(wheres, asked, strict=True):
            _check_size(f"{where} has", source.encode("utf-8", "surrogatepass"), LARGEST_SOURCE)
        request = json.dumps({"fillings": asked, "room": LARGEST_OUTPUT}).encode()
        _check_size(f"{_together(wheres)} with its values has", request, LARGEST_REQUEST)
        try:
            outcome = self._outcome(request)
        except OSError as error:
            why = f"no process could be started ({error.strerror})."
            raise Invalid(f"{_together(wheres)} cannot be filled in: {why}") from None
        return _read(wheres, outcome)

    def _outcome(self, request: bytes) -> _Outcome:
        return _run(_command(self._limit), request)


class Resident(Jinja):
    """The same with one child for all that a process asks, which keeps what it compiled: for thousands of rehearsals.

    The bounds of each answer are the same but for the seconds of computing, which the wall clock alone bounds.
    """

    _child: Popen[bytes] | None = None
    _owner = 0

    def close(self) -> None:
        """Let go of the child; the next question starts another."""
        child, self._child = self._child, None
        if child and self._owner == os.getpid():
            _kill(child.pid)
            with child:  # closes its pipes and takes its exit code
                pass

    def _outcome(self, request: bytes) -> _Outcome:
        if self._child is None or self._owner != os.getpid():  # a copy of this process has no child of its own yet
            self._child, self._owner = _started(_command(self._limit, "serve", RESIDENT_SECONDS)), os.getpid()
        child = self._child
        reply, late = _talk(child, request + b"\n", _Chapter)
        head, _, body = reply[1:].partition(b"\n")
        if late or head != str(len(body)).encode():
            self.close()
        return _Outcome(reply[:1] + body, late, child.returncode or 0)


def _reference(limit: Callable[[int, int], None]) -> str:
    module, name = limit.__module__, getattr(limit, "__qualname__", "")
    if getattr(sys.modules.get(module), name, None) is not limit:
        raise TypeError(f"{limit!r} cannot be found by name in another process")
    return f"{module}:{name}"


def _where(name: str) -> str:
    return "The template" if name == "template" else f"template {visible(name[:200])}"


def _together(wheres: Sequence[str]) -> str:
    """What is to blame when it is not known which of several it was."""
    return wheres[0] if len(wheres) == 1 else f"One of {len(wheres)} templates, from {wheres[0]} on,"


def _check_size(what: str, given: bytes, most: int) -> None:
    if len(given) > most:
        raise Invalid(f"{what} {len(given):,} bytes; at most {most:,} are taken. Shorten it.")


def _checked(where: str, values: Mapping[str, Value]) -> dict[str, Value]:
    for key, value in values.items():
        what = f"{where}: the value of {visible(str(key)[:80])!r}"
        if not isinstance(value, str | int):
            raise Invalid(f"{what} is a {type(value).__name__}; a template takes text, whole numbers, yes and no.")
        if not isinstance(value, str) and abs(value) > LARGEST_NUMBER:
            raise Invalid(f"{what} is a number of more than 30 digits. Give it as text.")
    return dict(values)


def _public(where: str, texts: Mapping[str, str], values: Mapping[str, Value]) -> dict[str, str]:
    """The texts as they may be published; a block that gives nothing is left out, and a subject is one line."""
    public = {}
    for block, text in texts.items():
        given = " ".join(text.split()) if block.endswith(SUBJECT) else text
        if given.strip() or not block:
            what = f"block {block}" if block else "the text"
            try:
                public[block] = prose(given, what, LARGEST_OUTPUT)
            except Refused as refused:
                raise Invalid(f"{where}: {refused}{_blame(values)}") from None
    return public


def _blame(values: Mapping[str, Value]) -> str:
    for key, value in values.items():
        plain = str(value).replace("\r\n", "\n")
        if visible(plain, lines=True) != plain:
            return f" The value of {visible(key[:80])!r} has such a character."
    return ""


class _Outcome(NamedTuple):
    reply: bytes
    late: bool
    code: int


def _read(wheres: Sequence[str], outcome: _Outcome) -> list[Any]:
    """What the child answered for each template; nothing that it says is trusted further than as text."""
    reply, where = outcome.reply, _together(wheres)
    if not reply.startswith(READY):
        late = f" in {START_SECONDS:g} s; the machine may be overloaded" if outcome.late else ""
        raise Invalid(f"{where} cannot be filled in: its process did not start{late}. Try again; see crisisctl doctor.")
    if outcome.late:
        raise Invalid(f"{where} did not finish in {WALL_SECONDS:g} s; it may loop. Simplify it.")
    if len(reply) > LARGEST_REPLY + 2:
        raise Invalid(f"{where}: the text comes to more than {LARGEST_OUTPUT:,} bytes. Shorten it.")
    try:
        text = reply[2:].decode("utf-8", "surrogatepass")
        if reply[1:2] == DONE:
            return _answers(text, len(wheres))
    except (ValueError, RecursionError):
        raise Invalid(_ended(where, outcome.code)) from None
    if reply[1:2] != FAULT:
        raise Invalid(_ended(where, outcome.code))
    place, _, fault = text.partition("\n")
    which, _, line = place.partition(":")
    if which.isdecimal() and int(which[:4]) < len(wheres):
        where = wheres[int(which[:4])]
    raise Invalid(f"{where}{f', line {visible(line)}' if line else ''}: {visible(fault)}")


def _answers(text: str, count: int) -> list[Any]:
    """For each of `count` templates its texts by block or a list of names; `ValueError` when it is anything else."""
    answers = json.loads(text)
    if not isinstance(answers, list) or len(answers) != count or not all(map(_is_answer, answers)):
        raise ValueError
    return answers


def _is_answer(answer: object) -> bool:
    if isinstance(answer, list):
        return all(isinstance(name, str) for name in answer)
    return isinstance(answer, dict) and "" in answer and all(isinstance(text, str) for text in answer.values())


def _ended(where: str, code: int) -> str:
    from signal import SIGXCPU  # noqa: PLC0415 - only a failure pays for it

    if code == -SIGXCPU:
        return f"{where} did not finish in {CPU_SECONDS} s of computing; it may loop. Simplify it."
    return f"{where} broke the process that was filling it in; it may need too much memory. Simplify it."


def _command(limit: str, main: str = "main", seconds: int = CPU_SECONDS) -> list[str]:
    """An isolated Python that sees the standard library and the folders of three packages, and no start-up files."""
    no_cache = ["-B"] if sys.dont_write_bytecode else []
    return [
        sys.executable,
        "-I",
        "-S",
        *no_cache,
        "-c",
        _START.format(main),
        limit,
        str(MEMORY),
        str(seconds),
        *_homes(),
    ]


def _homes() -> Iterator[str]:
    from importlib.util import find_spec  # noqa: PLC0415 - only filling in a template needs it

    for package in ("crisisctl", "jinja2", "markupsafe"):
        spec = find_spec(package)
        if spec and spec.origin:
            yield os.path.dirname(os.path.dirname(spec.origin))  # noqa: PTH120 - a zip file's inside is no Path


def _run(command: list[str], request: bytes) -> _Outcome:
    with _started(command) as child:
        try:
            reply, late = _talk(child, request)
        finally:
            _kill(child.pid)
    return _Outcome(reply, late, child.returncode)


def _started(command: list[str]) -> Popen[bytes]:
    import subprocess  # noqa: PLC0415 - only filling in a template needs it

    # Some Pythons find their own library only through these.
    kept = {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - every word of it is our own
        command, bufsize=0, stdin=pipe, stdout=pipe, stderr=nowhere, env=kept, start_new_session=True
    )


def _kill(group: int) -> None:
    from signal import SIGKILL  # noqa: PLC0415 - Windows has none

    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, SIGKILL)


def _talk(child: Popen[bytes], request: bytes, how: type[_Talk] | None = None) -> tuple[bytes, bool]:
    """Sends the request and takes the reply, at most one byte more than is allowed; true when time ran out first."""
    from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector  # noqa: PLC0415 - as above

    asked, told = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    os.set_blocking(asked.fileno(), False)
    with DefaultSelector() as pipes:
        pipes.register(asked, EVENT_WRITE)
        pipes.register(told, EVENT_READ)
        return (how or _Talk)(pipes, asked, told, request).hold()


class _Talk:
    """One exchange with the child, against a deadline.

    The template's time begins when its process says that it is ready: a slow start is not the template's fault.
    """

    def __init__(self, pipes: BaseSelector, asked: IO[bytes], told: IO[bytes], request: bytes) -> None:
        self._pipes = pipes
        self._asked = asked
        self._told = told.fileno()
        self._request = memoryview(request)
        self._reply = bytearray()
        self._deadline = monotonic() + START_SECONDS

    def hold(self) -> tuple[bytes, bool]:
        while (left := self._deadline - monotonic()) > 0:
            for key, _ in self._pipes.select(left):
                if key.fd != self._told:
                    self._send()
                elif not self._take():
                    return bytes(self._reply), False
        return bytes(self._reply), True

    def _send(self) -> None:
        try:
            self._request = self._request[os.write(self._asked.fileno(), self._request) :]
        except BrokenPipeError:
            self._request = self._request[:0]  # it has died; what it said tells more
        if not self._request:
            self._pipes.unregister(self._asked)
            self._asked_all()

    def _asked_all(self) -> None:
        self._asked.close()

    def _take(self) -> bool:
        """Reads on; false at the end of the reply, or of what may be read."""
        room = LARGEST_REPLY + 3 - len(self._reply)
        more = os.read(self._told, min(room, 65_536))
        if not self._reply:
            self._deadline = monotonic() + WALL_SECONDS
        self._reply += more
        return bool(more) and len(more) < room


class _Chapter(_Talk):
    """One exchange of many with a child that stays, whose reply says how long it is."""

    def _asked_all(self) -> None:
        """There will be more to ask."""

    def _take(self) -> bool:
        more = super()._take()
        head, end, body = bytes(self._reply[1:]).partition(b"\n")
        return more and not (end and head.isdigit() and len(body) >= int(head))
