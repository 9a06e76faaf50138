"""The process that fills in a template: its limits, its end, and what is made of a child that breaks."""

from __future__ import annotations

import json
import math
import operator
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import jinja
from crisisctl.adapters.jinja import LARGEST_REPLY, Jinja
from crisisctl.adapters.posix import limit_process
from crisisctl.adapters.sandbox import DONE, FAULT, FILTERS, TESTS, Sandbox, answer
from crisisctl.domain.errors import Invalid


@pytest.mark.parametrize("limit", [lambda *_: None, partial(limit_process), Jinja(None).render])
def test_a_limit_that_another_process_cannot_find_is_refused(limit: Any) -> None:
    with pytest.raises(TypeError, match="cannot be found by name in another process"):
        Jinja(limit)


@pytest.mark.parametrize("limit", [os.kill, operator.index, math.factorial])
def test_without_its_limits_no_template_is_read(limit: Any) -> None:
    with pytest.raises(Invalid) as refused:
        Jinja(limit).render("fine", {})
    assert str(refused.value) == (
        "The template cannot be filled in: its process did not start. Try again; see crisisctl doctor."
    )


def test_time_runs_out_even_without_limits() -> None:
    with pytest.raises(Invalid, match=r"^The template did not finish in 3 s; it may loop\. Simplify it\.$"):
        Jinja(None).render("{% for a in range(1000) %}{% for b in range(1000) %}" * 2 + "{% endfor %}" * 4, {})


# The child is not trusted: these stand for one whose sandbox was left.


def outcome(code: str, request: bytes = b"") -> jinja._Outcome:
    return jinja._run([sys.executable, "-I", "-c", code], request)


def test_no_more_is_read_than_a_statement_may_have() -> None:
    flood = outcome("import os\nos.write(1, b'+=')\nwhile True: os.write(1, b'x' * 65536)")
    assert len(flood.reply) == LARGEST_REPLY + 3
    with pytest.raises(Invalid, match="more than 262,144 bytes"):
        jinja._read(["It"], flood)


def test_a_child_that_trickles_is_stopped_in_time() -> None:
    began = time.monotonic()
    trickle = outcome("import os, time\nwhile True: os.write(1, b'+'); time.sleep(0.01)")
    assert trickle.late
    assert time.monotonic() - began < 6


def test_a_child_that_does_not_listen_is_stopped_in_time() -> None:
    deaf = outcome("import os, time\nos.write(1, b'+'); time.sleep(60)", b"x" * 1_000_000)
    with pytest.raises(Invalid, match="It did not finish in 3 s; it may loop"):
        jinja._read(["It"], deaf)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "It cannot be filled in: its process did not start."),
        ("print('something else')", "It cannot be filled in: its process did not start."),
        ("import os; os.write(1, b'+')", "It broke the process that was filling it in; it may need too much memory."),
        ("import os; os.write(1, b'+'); os.kill(0, 9)", "It broke the process that was filling it in"),
        ("import os, signal; os.write(1, b'+'); os.kill(0, signal.SIGXCPU)", "It did not finish in 2 s of computing"),
        ("import os; os.write(1, b'+?what')", "It broke the process that was filling it in"),
        ("import os; os.write(1, b'+=\\xff')", "It broke the process that was filling it in"),
        ("import os; os.write(1, b'+!0:7\\n\\x1b[2J')", r"It, line 7: \x1b[2J"),
    ],
)
def test_a_child_that_breaks_is_told_in_a_sentence(code: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        jinja._read(["It"], outcome(code, b"x" * 100_000))
    assert str(refused.value).startswith(sentence)


def test_what_the_child_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
import os, time
if not os.fork():
    open({str(note)!r}, 'w').write(str(os.getpid()))
    time.sleep(60)
while not os.path.exists({str(note)!r}) or not os.path.getsize({str(note)!r}): time.sleep(0.01)
os.write(1, b'+=done')
os.close(1)
"""
    outcome(code)
    assert _ends(int(note.read_text()))


def _ends(pid: int) -> bool:
    """True when the process is gone or only waits to be reaped by whoever inherited it."""
    for _ in range(500):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        if not state.strip() or state.strip().startswith("Z"):
            return True
        time.sleep(0.01)
    return False


def test_a_python_that_cannot_be_started_is_told_in_a_sentence(tmp_path: Path) -> None:
    code = """
import sys
from crisisctl.adapters.jinja import Jinja
from crisisctl.domain.errors import Invalid
sys.executable = sys.argv[1]
try:
    Jinja(None).render('fine', {})
except Invalid as refused:
    print(refused)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "none")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "The template cannot be filled in: no process could be started (No such file or directory).\n"


HARNESS = """
import json, os, resource, sys
from crisisctl.adapters.jinja import Jinja
from crisisctl.adapters.posix import limit_process
from crisisctl.domain.errors import Invalid
templates, before = Jinja(limit_process), os.listdir('/dev/fd')
for source in sys.argv[1:]:
    try:
        templates.render(source, {})
    except Invalid:
        pass
try:
    left = repr(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    left = 'none'
heavy = [name for name in ('jinja2', 'markupsafe') if name in sys.modules]
print(json.dumps([left, len(os.listdir('/dev/fd')) - len(before), heavy]))
"""


def harness(*sources: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> Any:
    command = [sys.executable, "-P", "-c", HARNESS, *sources]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, check=True, timeout=60)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_no_process_no_open_file_and_no_jinja_stays_behind_in_the_parent() -> None:
    endless = "{% for a in range(1000) %}{% for b in range(1000) %}" * 2 + "{% endfor %}" * 4
    assert harness("fine", "{{", "{{ it }}", endless, "{{ ('a\nb'|indent(1000000000)) }}") == ["none", 0, []]


def test_what_lies_in_the_current_folder_or_the_environment_is_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for module in ("json", "jinja2", "markupsafe", "textwrap", "sitecustomize"):
        (tmp_path / f"{module}.py").write_text(f"open({str(canary)!r}, 'w')")
    startup = {"PYTHONSTARTUP": str(tmp_path / "json.py"), "LD_PRELOAD_NOT": "x", "PYTHONWARNINGS": "error"}
    harness("fine", cwd=tmp_path, env={**os.environ, **startup})
    assert not canary.exists()


def test_the_child_inherits_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRISISCTL_STORE", "postgresql://user:secret@host/db")
    seen = outcome("import os; os.write(1, repr(dict(os.environ)).encode())").reply.decode()
    assert "secret" not in seen
    assert "HOME" not in seen


# The child's own functions, called here where their coverage can be seen.


def test_every_filter_and_test_that_is_offered_is_one() -> None:
    sandbox = Sandbox()
    assert list(sandbox.filters) == sorted(FILTERS.split())
    assert set(sandbox.tests) == set(TESTS.split())
    assert list(sandbox.globals) == ["range"]
    assert sandbox.loader is None


@pytest.mark.parametrize(
    ("source", "values", "reply"),
    [
        ("a {{ b }}", {"b": 1}, DONE + b'[{"": "a 1"}]'),
        ("a {{ b }}", None, DONE + b'[["b"]]'),
        ("a {{ b }}", {"b": "x" * 100}, FAULT + b"0:\nthe text comes to more than 99 bytes. Shorten it."),
        ("\n{{ b }}", {}, FAULT + b"0:2\n'b' is not known yet. Set it: crisisctl fact set b VALUE"),
        ("{{ '\ud800' }}", {}, DONE + b'[{"": "\xed\xa0\x80"}]'),
        ("{{ {}['\ud800'] }}", {}, FAULT + b"0:1\nthere is no '\\ud800' in a dict."),
        (
            "{{ b.upper() }}",
            {"b": "x"},
            FAULT + b"0:1\n'.upper' does not work on text; use a filter, as in {{ name|upper }}.",
        ),
        ("{{ b() }}", {"b": 1}, FAULT + b"0:1\na number cannot be called; leave out the brackets."),
        (
            "{{ b ** 2 }}",
            {"b": 2},
            FAULT + b"0:1\n'**' does not work on a number and a number here. Write out the result.",
        ),
        ("{{ b * 2 }}{{ range(3)|sum }}", {"b": 2}, DONE + b'[{"": "43"}]'),
        ("{% for a in 'xy' %}{{ loop.index }}{{ loop.cycle(1, 2) }}{% endfor %}", {}, DONE + b'[{"": "1122"}]'),
        ("{% for a in 'xy' %}{{ loop.item }}{% endfor %}", {}, FAULT + b"0:1\nthere is no 'item' in a LoopContext."),
        ("{{ range(1001) }}", {}, FAULT + b"0:1\na range here has 1,000 numbers at most."),
        ("{{ range(1) }}", {}, FAULT + b"0:1\nthis gives a range where only text or a number can stand."),
        ("{{ lipsum() }}", {}, FAULT + b"0:1\n'lipsum' does not work here."),
        ("{{ b.c }}", {"b": 1}, FAULT + b"0:1\nthere is no 'c' in a number."),
        ("{{ 1 // 0 }}", {}, FAULT + b"0:1\nthis cannot be worked out: integer division or modulo by zero."),
        (
            "\n{% from 'a' import b %}",
            {},
            FAULT + b"0:2\n'from' does not work here: a template stands alone. Put the text itself here.",
        ),
        ("{% set a.b = 1 %}", {"a": 1}, FAULT + b"0:1\ncannot assign attribute on non-namespace object."),
        ("{% " + "b" * 9999, {}, FAULT + b"0:1\nEncountered unknown tag '" + b"b" * 574 + b"."),
        ("{{ " + "(" * 9000, {}, FAULT + b"0:\nthis is nested too deeply, or calls itself without end. Simplify it."),
    ],
)
def test_the_child_answers_with_one_byte_for_how_it_went(source: str, values: Any, reply: bytes) -> None:
    assert answer([(source, values)], 99) == reply
