"""Sends notices through Apprise, each attempt in a child process that can be stopped.

The address is a secret. It reaches the child by standard input, never by arguments or environment, and only a scheme, a
host and a status come back, so that nothing Apprise or a plugin logs, prints or raises can carry it out.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from crisisctl.domain.text import visible
from crisisctl.service.outward import Receipt, Rendition, Unclear
from crisisctl.service.ports import DeliveryFailed, Message

KEY_HEADER = "X-Crisisctl-Key"
SHOWN_KEY = 12
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from crisisctl.adapters.apprise import main; main()"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_REFERENCE = re.compile(r"(env|file):")
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9]{0,31})://")
_HOST = re.compile(r"localhost|[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_HOST_FIRST = re.compile(r"\{schema\}://([^/]*@)?\{host\}")
_LONGEST_ADDRESS = 8192
_SOCKET_SECONDS = 4.0
_AFTER_THE_WORK = ("302", "303", "502", "504")  # what also answers a request that was carried out, or may have been
_NOT_BEGUN = re.compile(r"NewConnectionError|NameResolutionError|ConnectTimeoutError|CERTIFICATE_VERIFY_FAILED")
_ANSWERED = re.compile(r'" (\d{3}) ')  # as the library below Apprise logs each answer


_Letter = dict[str, str | bool]


class _Failure(NamedTuple):
    """`unclear`: the message may have arrived all the same."""

    reason: str
    permanent: bool = False
    unclear: bool = False
    turned_away: bool = False


class _Answer(NamedTuple):
    """What a child said: where the address leads, and a word for how it went; no word when it was stopped."""

    scheme: str = ""
    host: str = ""
    how: str = ""


class Apprise:
    """Carries messages to Apprise addresses, or to references, `env:NAME` and `file:PATH`, read at the last moment.

    A relative `file:` path starts at `folder`. An attempt that takes more than `seconds` has failed, and so has one
    that needs more than `memory` bytes (where the system can enforce it). Several threads may send at once.
    """

    def __init__(self, folder: Path, *, seconds: float = 9.0, memory: int = 512 * 1024 * 1024) -> None:
        self._folder = folder
        self._seconds = seconds
        self._memory = memory

    def send(self, message: Message, to: str) -> None:
        """Return once the receiver has accepted the message; else raise `DeliveryFailed`, which names no secret."""
        # The failure comes back as a value: no cause and no frame of the traceback has seen what `to` refers to.
        if failure := self._failure(to, _letter(message)):
            raise DeliveryFailed(failure.reason, permanent=failure.permanent)

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        """Post the text as it is, with nothing before or after it; no service says more of it than that it took it."""
        letter = {"key": _in_a_header(key), "title": _titled(rendition.parts), "body": rendition.text}
        if failure := self._failure(to, letter | {"urgent": False, "whole": True}):
            kind = Unclear if failure.unclear else DeliveryFailed
            hint = "; the token or the address is wrong: correct it in channels.yaml" if failure.turned_away else ""
            raise kind(f"{failure.reason}{hint}", permanent=failure.permanent or failure.turned_away)
        return Receipt("apprise")

    def check(self, to: str) -> str | None:
        """What keeps this contact from being used safely, as a sentence without secrets; None when nothing does.

        Nothing is sent. A file that other accounts can read is told here; `send` uses it all the same.
        """
        if failure := self._failure(to, {}):
            return failure.reason
        if to.startswith("file:") and _exposed(self._folder / to.removeprefix("file:")):
            return f"the file of the contact {visible(to)} can be read by other accounts; run chmod 600 on it"
        return None

    def _failure(self, to: str, letter: _Letter) -> _Failure | None:
        if not _REFERENCE.match(to):
            return self._attempt(to, "", letter)
        name = f"the contact {visible(to)}"
        address = _referred(to, self._folder, name)
        return address if isinstance(address, _Failure) else self._attempt(address, name, letter)

    def _attempt(self, address: str, name: str, letter: _Letter) -> _Failure | None:
        order = {"address": address, "seconds": self._seconds, "memory": self._memory}
        try:
            answer = self._ask(json.dumps(order | letter))
        except OSError:
            return _Failure("the process that delivers notices could not be started; the machine may be out of memory")
        return _judged(answer, name, self._seconds)

    def _ask(self, order: str) -> _Answer:
        command = [sys.executable, "-I", "-c", _CHILD, *filter(None, sys.path)]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        # A session of its own: whatever a plugin started is stopped together with the child.
        with subprocess.Popen(  # noqa: S603 - this interpreter, our own words
            command, stdin=pipe, stdout=pipe, stderr=nowhere, start_new_session=True
        ) as child:
            late = False
            try:
                said, _ = child.communicate(order.encode(), timeout=self._seconds)
            except subprocess.TimeoutExpired:
                late = True
            finally:
                _stop(child)
            if late:
                said, _ = child.communicate()
        return _heard(said, "late" if late else "gone")


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child, and whatever it started, unless it has ended by itself."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended in between
            os.killpg(child.pid, signal.SIGKILL)


def _titled(parts: Mapping[str, str]) -> str:
    return parts.get("subject") or parts.get("title") or parts.get("headline") or ""


def _in_a_header(key: str) -> str:
    return quote(key, safe="/:@-._~+=")


def _letter(message: Message) -> _Letter:
    return {
        "key": _in_a_header(message.key),
        "title": visible(message.title),
        "body": f"{visible(message.body, lines=True)}\n\nref {visible(message.key[:SHOWN_KEY])}".strip(),
        "urgent": message.urgent,
    }


def _heard(said: bytes, otherwise: str) -> _Answer:
    """The answer in the child's complete lines; `otherwise` says how it went when the child did not."""
    told: dict[str, str] = {"how": otherwise}
    for row in said.split(b"\n")[:-1]:
        told |= json.loads(row)
    return _Answer(**told)


def _judged(answer: _Answer, name: str, seconds: float) -> _Failure | None:
    where = f"{answer.scheme}://{answer.host or '…'}" if answer.scheme else "an address"
    who = f"{name} ({where})" if name and answer.scheme else name or where
    permanent = {
        "malformed": f"{name or 'the contact'} is not an address; it begins with a scheme, such as mailto://",
        "unknown": f"{who} cannot be used: nothing here delivers to that scheme; correct the contact",
        "unusable": f"{who} cannot be used: the address is not complete or not valid; correct the contact",
        "disabled": f"{who} cannot be used: it needs a Python package that is not installed here",
    }
    passing = {
        "late": f"{who} did not answer within {seconds:g} seconds",
        "gone": f"the process that delivers to {who} ended without an answer",
        "unconnected": f"no answer from {who}: unreachable, too slow, certificate not trusted, or login refused",
        "memory": f"{who} answered with more than fits into memory",
        "unreached": f"{who} cannot be reached",
        "partly": f"{who} took something in, and failed then",
    }
    if answer.how in {"usable", "delivered"}:
        return None
    if answer.how in permanent:
        return _Failure(permanent[answer.how], permanent=True)
    if answer.how.startswith("3"):
        told = f"{who} answered {answer.how}, a redirect, which a notice never follows; correct the address"
        return _Failure(told, unclear=answer.how in _AFTER_THE_WORK)
    refused = f"{who} answered {answer.how}" if answer.how.isdecimal() else f"{who} did not accept the message"
    clear = answer.how == "unreached" or (answer.how.isdecimal() and answer.how not in _AFTER_THE_WORK)
    away = answer.how in ("401", "403", "404")
    return _Failure(passing.get(answer.how, refused), unclear=not clear, turned_away=away)


def referred(to: str, folder: Path, name: str) -> str:
    """The address, when `to` is none but refers to one: `env:NAME`, `file:PATH`; `DeliveryFailed` calls it `name`."""
    address = _referred(to, folder, name) if _REFERENCE.match(to) else to
    if isinstance(address, _Failure):
        raise DeliveryFailed(address.reason, permanent=address.permanent)
    return address


def _referred(to: str, folder: Path, name: str) -> str | _Failure:
    kind, _, rest = to.partition(":")
    return _from_variable(rest, name) if kind == "env" else _from_file(folder / rest, name)


def _from_variable(variable: str, name: str) -> str | _Failure:
    if not _VARIABLE.fullmatch(variable):
        return _Failure("what follows env: in a contact is not the name of a variable; write env:NAME", permanent=True)
    if variable not in os.environ:
        return _Failure(f"{name} is not set; set the variable where crisisctl runs")
    return os.environ[variable].strip() or _Failure(f"{name} is empty; put an address into the variable")


def _from_file(path: Path, name: str) -> str | _Failure:
    try:
        address = _first_line(path)
    except OSError as error:
        return _Failure(f"{name} cannot be read: {(error.strerror or 'it is not a file').lower()}")
    except ValueError:
        return _Failure(f"{name} cannot be read: the file does not hold text")
    return address or _Failure(f"{name} is empty; put an address into the first line of the file")


def _first_line(path: Path) -> str:
    # Asked before it is opened: a pipe in the place of the file would hold up every notice.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError
    with path.open("rb") as file:
        return file.readline(_LONGEST_ADDRESS).decode("utf-8-sig").strip()


def _exposed(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


# What follows runs in the child.


_Plugin = Any  # Apprise's plugins, classes and instances, share no type that says what is needed here
_Tell = Callable[..., None]


class _Unusable(Exception):
    """The address leads nowhere; the text is the word for it."""


def main() -> None:
    """Carry out one order from standard input and tell on standard output, and nowhere else, how it went.

    What a plugin raises ends this process unheard, which the parent takes for a failure: its text may hold the address.
    """
    order = json.load(sys.stdin)
    tell = _sole_voice()
    _confine(order["seconds"], order["memory"])
    try:
        service = _opened(order["address"], order, tell)
        tell(how=_delivered(service, order) if "key" in order else "usable")
    except _Unusable as error:
        tell(how=str(error))
    except MemoryError:
        tell(how="memory")


def _sole_voice() -> _Tell:
    """The way to answer the parent; whatever else is printed, tracebacks among it, goes nowhere."""
    answers = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)

    def tell(**words: str) -> None:
        os.write(answers, json.dumps(words).encode() + b"\n")

    return tell


def _confine(seconds: float, memory: int) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)  # nobody else would stop this process if the parent were killed
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, memory)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of the second kind
            resource.setrlimit(what, (most, most))


def _opened(address: str, order: Mapping[str, Any], tell: _Tell) -> _Plugin:
    """The plugin for the address, bound to deliver once, quickly, and to no other place."""
    from apprise import Apprise as Notifier  # noqa: PLC0415 - only an attempt pays for it
    from apprise import AppriseAsset  # noqa: PLC0415 - the same
    from apprise.plugins import N_MGR, url_to_dict  # noqa: PLC0415 - the same

    if not (begun := _SCHEME.match(address)):
        raise _Unusable("malformed")
    scheme = begun[1].lower()
    tell(scheme=scheme)
    if not (parts := url_to_dict(address)):  # type: ignore[no-untyped-call]
        raise _Unusable("unusable" if scheme in N_MGR else "unknown")
    plugin: _Plugin = N_MGR[parts["schema"]]
    if not plugin.enabled:
        raise _Unusable("disabled")
    asset = AppriseAsset(app_id="crisisctl", app_desc="crisisctl notices", http_redirects=False, storage_mode="memory")
    service: _Plugin = Notifier.instantiate(_bound(parts, plugin, order), asset=asset)
    if service is None:
        raise _Unusable("unusable")
    tell(scheme=parts["schema"], host=_plain_host(service))
    service.request_rate_per_sec = 0  # pauses between recipients would use up the seconds there are
    return service


def _bound(parts: Mapping[str, Any], plugin: _Plugin, order: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the address with, whatever it says, no redirect, short waits, plain text and the key."""
    # Left alone, Apprise follows a 302 with a GET, to anywhere, and reports success.
    forced: dict[str, Any] = {"redirect": False, "cto": _SOCKET_SECONDS, "rto": _SOCKET_SECONDS}
    if order.get("whole"):
        forced["overflow"] = "upstream"  # approved words are neither cut nor sent in pieces
    key = order.get("key")
    bound = {"overflow": "split", **parts, **forced}
    bound.pop("format", None)
    if key and plugin.template_kwargs.get("headers", {}).get("prefix") == "+":
        given = (parts.get("headers") or {}).items()
        bound["headers"] = {name: value for name, value in given if name.lower() != KEY_HEADER.lower()}
        bound["headers"][KEY_HEADER] = key
    return bound


def _plain_host(service: _Plugin) -> str:
    """The host, where every form of the address has one; in other forms a token stands in its place."""
    plain = service.templates and all(_HOST_FIRST.match(form) for form in service.templates)
    return service.host if plain and _HOST.fullmatch(service.host or "") else ""


class _Clues(logging.Handler):
    """Keeps of Apprise's log only what cannot hold a secret: a status, or that no answer came."""

    how = "refused"
    taken = False
    begun = True

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno < logging.WARNING:
            self._overhear(record.name, text)
        elif found := re.search(r"error=(\d{3})\b", text):
            self.how = found[1]
        elif "onnection error" in text:
            self.how = "unconnected"

    def _overhear(self, name: str, text: str) -> None:
        """Of what is said for debugging: whether any request was accepted, and whether the last one was begun."""
        if name.startswith("urllib3"):
            answered = _ANSWERED.search(text)
            self.taken = self.taken or bool(answered and answered[1].startswith("2"))
        elif _NOT_BEGUN.search(text):
            self.begun = False

    def exactly(self) -> str:
        """The word for a failure where it matters whether anything arrived."""
        if self.taken:
            return "partly"
        return "unreached" if self.how == "unconnected" and not self.begun else self.how


def _delivered(service: _Plugin, order: Mapping[str, Any]) -> str:
    """`delivered` when the plugin says that every recipient accepted; else the word for what went wrong."""
    from apprise import NotifyFormat, NotifyType  # noqa: PLC0415 - only an attempt pays for it

    clues = _Clues(logging.DEBUG if order.get("whole") else logging.WARNING)
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).addHandler(clues)
        logging.getLogger(name).setLevel(clues.level)
    kind = NotifyType.FAILURE if order["urgent"] else NotifyType.INFO
    # The plugin itself is asked: Apprise around it would retry, and call a failure a success for `optional=yes`.
    accepted = service.notify(body=order["body"], title=order["title"], notify_type=kind, body_format=NotifyFormat.TEXT)
    if accepted is True:
        return "delivered"
    return clues.exactly() if order.get("whole") else clues.how
