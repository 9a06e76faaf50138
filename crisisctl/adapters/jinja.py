"""Fills in templates, each in a process of its own: a template is somebody else's program until it has ended.

Here is the parent's side: it starts an isolated Python, hands it template and values, and bounds its time and what it
may say. The child, `adapters/sandbox.py`, takes limits upon itself before it reads a byte of the template.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from crisisctl.domain.errors import Invalid, Refused
from crisisctl.domain.text import prose, visible
from crisisctl.service.ports import Value

if TYPE_CHECKING:
    from selectors import BaseSelector
    from subprocess import Popen

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 2
WALL_SECONDS = 3.0
START_SECONDS = 10.0
LARGEST_SOURCE = 64 * 1024
LARGEST_REQUEST = 4 * 1024 * 1024
LARGEST_OUTPUT = 256 * 1024
LARGEST_NUMBER = 10**30

# What the child says: one byte once its limits hold, one for how it went, then the text, or a line and a fault.
READY, DONE, FAULT = b"+", b"=", b"!"

_START = "import sys; sys.path += sys.argv[4:]; from crisisctl.adapters.sandbox import main; main(*sys.argv[1:4])"


class Jinja:
    """The `Templates` port. `limit` binds the process that it is called in to bytes of memory and seconds of computing.

    It is called in the child, which finds it by name, so it must be a plain function of a module; None sets no limits.
    """

    def __init__(self, limit: Callable[[int, int], None] | None) -> None:
        self._limit = _reference(limit) if limit else ""

    def render(self, source: str, values: Mapping[str, Value], *, name: str = "template") -> str:
        """The filled-in text in NFC, with no white space around it and no line break at its end.

        `Invalid`, with the line where there is one, when the template is broken, hostile or too costly, uses a name
        that has no value, or gives no text or characters that nobody can see.
        """
        where = _where(name)
        question = {"source": source, "values": _checked(where, values), "room": LARGEST_OUTPUT}
        return _public(where, self._ask(where, question), values)

    def names(self, source: str, *, name: str = "template") -> list[str]:
        """The names that the template may ask for, sorted, those included that it tests with `is defined`."""
        question = {"source": source, "values": None, "room": LARGEST_OUTPUT}
        found: list[str] = json.loads(self._ask(_where(name), question))
        return found

    def _ask(self, where: str, question: dict[str, Any]) -> str:
        _check_size(f"{where} has", question["source"].encode("utf-8", "surrogatepass"), LARGEST_SOURCE)
        request = json.dumps(question).encode()
        _check_size(f"{where} with its values has", request, LARGEST_REQUEST)
        try:
            outcome = _run(_command(self._limit), request)
        except OSError as error:
            raise Invalid(f"{where} cannot be filled in: no process could be started ({error.strerror}).") from None
        return _read(where, outcome)


def _reference(limit: Callable[[int, int], None]) -> str:
    module, name = limit.__module__, getattr(limit, "__qualname__", "")
    if getattr(sys.modules.get(module), name, None) is not limit:
        raise TypeError(f"{limit!r} cannot be found by name in another process")
    return f"{module}:{name}"


def _where(name: str) -> str:
    return "The template" if name == "template" else f"template {visible(name[:200])}"


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


def _public(where: str, text: str, values: Mapping[str, Value]) -> str:
    try:
        return prose(text, "the text", LARGEST_OUTPUT)
    except Refused as refused:
        raise Invalid(f"{where}: {refused}{_blame(values)}") from None


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


def _read(where: str, outcome: _Outcome) -> str:
    """The text that the child answered; nothing that it says is trusted further than as text."""
    reply = outcome.reply
    if not reply.startswith(READY):
        late = f" in {START_SECONDS:g} s; the machine may be overloaded" if outcome.late else ""
        raise Invalid(f"{where} cannot be filled in: its process did not start{late}. Try again; see crisisctl doctor.")
    if outcome.late:
        raise Invalid(f"{where} did not finish in {WALL_SECONDS:g} s; it may loop. Simplify it.")
    if len(reply) > LARGEST_OUTPUT + 2:
        raise Invalid(f"{where}: the text comes to more than {LARGEST_OUTPUT:,} bytes. Shorten it.")
    if reply[1:2] not in (DONE, FAULT):
        raise Invalid(_ended(where, outcome.code))
    try:
        text = reply[2:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Invalid(_ended(where, outcome.code)) from None
    if reply[1:2] == DONE:
        return text
    place, _, fault = text.partition("\n")
    raise Invalid(f"{where}{f', line {place}' if place else ''}: {visible(fault)}")


def _ended(where: str, code: int) -> str:
    from signal import SIGXCPU  # noqa: PLC0415 - only a failure pays for it

    if code == -SIGXCPU:
        return f"{where} did not finish in {CPU_SECONDS} s of computing; it may loop. Simplify it."
    return f"{where} broke the process that was filling it in; it may need too much memory. Simplify it."


def _command(limit: str) -> list[str]:
    """An isolated Python that sees the standard library and the folders of three packages, and no start-up files."""
    no_cache = ["-B"] if sys.dont_write_bytecode else []
    return [sys.executable, "-I", "-S", *no_cache, "-c", _START, limit, str(MEMORY), str(CPU_SECONDS), *_homes()]


def _homes() -> Iterator[str]:
    from importlib.util import find_spec  # noqa: PLC0415 - only filling in a template needs it

    for package in ("crisisctl", "jinja2", "markupsafe"):
        spec = find_spec(package)
        if spec and spec.origin:
            yield os.path.dirname(os.path.dirname(spec.origin))  # noqa: PTH120 - a zip file's inside is no Path


def _run(command: list[str], request: bytes) -> _Outcome:
    import subprocess  # noqa: PLC0415 - only filling in a template needs it

    # Some Pythons find their own library only through these.
    kept = {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if key in os.environ}
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 - every word of it is our own
        command, bufsize=0, stdin=pipe, stdout=pipe, stderr=nowhere, env=kept, start_new_session=True
    ) as child:
        try:
            reply, late = _talk(child, request)
        finally:
            _kill(child.pid)
    return _Outcome(reply, late, child.returncode)


def _kill(group: int) -> None:
    from signal import SIGKILL  # noqa: PLC0415 - Windows has none

    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, SIGKILL)


def _talk(child: Popen[bytes], request: bytes) -> tuple[bytes, bool]:
    """Sends the request and takes the reply, at most one byte more than is allowed; true when time ran out first."""
    from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector  # noqa: PLC0415 - as above

    asked, told = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    os.set_blocking(asked.fileno(), False)
    with DefaultSelector() as pipes:
        pipes.register(asked, EVENT_WRITE)
        pipes.register(told, EVENT_READ)
        return _Talk(pipes, asked, told, request).hold()


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
            self._asked.close()

    def _take(self) -> bool:
        """Reads on; false at the end of the reply, or of what may be read."""
        room = LARGEST_OUTPUT + 3 - len(self._reply)
        more = os.read(self._told, min(room, 65_536))
        if not self._reply:
            self._deadline = monotonic() + WALL_SECONDS
        self._reply += more
        return bool(more) and len(more) < room
