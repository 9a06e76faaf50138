"""Templates that mean harm: each must end in a sentence, soon, without effect and without cost to the parent."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import pytest

from crisisctl.adapters.jinja import LARGEST_SOURCE, Jinja
from crisisctl.adapters.posix import limit_process
from crisisctl.domain.errors import Invalid

WALK = "''.__class__.__mro__[1].__subclasses__()"
RUN = "__import__('os').system('touch CANARY')"
NESTED = "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
ENDED = "{% endfor %}{% endfor %}{% endfor %}"

ESCAPES = {
    "class": "{{ ''.__class__ }}",
    "class by item": "{{ ''['__class__'] }}",
    "class by computed item": "{{ ''['__cla' ~ 'ss__'] }}",
    "subclasses": "{{ " + WALK + " }}",
    "subclasses of a value": "{{ name.__class__.__base__.__subclasses__() }}",
    "subclasses of a number": "{{ count.__class__.mro() }}",
    "subclasses of a list": "{{ [].__class__.__base__.__subclasses__() }}",
    "subclasses of nothing": "{{ none.__class__.__bases__ }}",
    "popen among the subclasses": "{% for c in " + WALK + " %}{{ c('touch CANARY', shell=true) }}{% endfor %}",
    "escaped name": r"{{ ''['\x5f\x5fclass\x5f\x5f'] }}",
    "attr": "{{ ''|attr('__class__') }}",
    "attr of self": "{{ (self|attr('_TemplateReference__context')) }}",
    "map by attribute": "{{ ['']|map(attribute='__class__')|list }}",
    "sort by attribute": "{{ ['', '']|sort(attribute='__class__')|join }}",
    "join by attribute": "{{ ['']|join(attribute='__class__') }}",
    "sum by attribute": "{{ ['']|sum(attribute='__class__') }}",
    "unique by attribute": "{{ ['']|unique(attribute='__class__')|list|join }}",
    "least by attribute": "{{ ['', 'a']|min(attribute='__class__.__name__') }}",
    "group by attribute": "{{ ['']|groupby('__class__') }}",
    "select by test": "{{ ['']|select('callable')|list }}",
    "self": "{{ self.__init__.__globals__.__builtins__." + RUN + " }}",
    "self's context": "{{ self._TemplateReference__context.environment }}",
    "self printed": "{{ self }}",
    "loop's internals": "{% for a in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "loop's private part": "{% for a in [1] %}{{ loop._iterator }}{% endfor %}",
    "macro's internals": "{% macro m() %}{% endmacro %}{{ m.__init__.__globals__." + RUN + " }}",
    "macro's function": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "range's internals": "{{ range.__globals__ }}",
    "range's class": "{{ range(1).__class__ }}",
    "generator's frame": "{{ ([1]|unique).gi_frame.f_globals }}",
    "undefined's internals": "{{ nothing.__init__.__globals__ }}",
    "undefined's item": "{{ nothing['__init__']['__globals__'] }}",
    "lipsum": "{{ lipsum.__globals__['os'].system('touch CANARY') }}",
    "lipsum called": "{{ lipsum(n=1000) }}",
    "cycler": "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "joiner": "{{ joiner.__init__.__globals__.os.system('touch CANARY') }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "namespace made": "{% set n = namespace(a=1) %}{{ n.a }}",
    "dict": "{{ dict.__base__.__subclasses__() }}",
    "dict made": "{{ dict(a=1)|items|list|join }}",
    "config": "{{ config.items() }}",
    "request": "{{ request.application.__globals__." + RUN + " }}",
    "import builtin": "{{ " + RUN + " }}",
    "open": "{{ open('/etc/passwd').read() }}",
    "get_flashed_messages": "{{ get_flashed_messages.__globals__ }}",
    "context": "{{ context.environment }}",
    "environment": "{{ environment.globals }}",
}

FORMATS = {
    "format": "{{ '{0.__class__}'.format(1) }}",
    "format of a value": "{{ name.format(1) }}",
    "format_map": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "format by item": "{{ '{0.__class__}'['format'](1) }}",
    "format kept for later (2024-56326)": "{% set f = '{0.__class__.__mro__}'.format %}{{ f(1) }}",
    "format handed to a filter (2024-56326)": "{{ ['{0.__class__}'.format]|map('call', 1)|list }}",
    "format handed to sort (2024-56326)": "{{ [1, 2]|sort(attribute='{0.__class__}'.format)|join }}",
    "attr then format (2025-27516)": "{{ ('{0.__class__.__init__.__globals__}'|attr('format'))(not_there) }}",
    "attr then format_map (2025-27516)": "{{ ('{a.__class__}'|attr('format_map'))({'a': 1}) }}",
    "xmlattr (2024-34064)": "{{ {'a/onclick=x b': 1}|xmlattr }}",
    "format filter": "{{ '%s'|format(name) }}",
    "percent": "{{ '%s' % name }}",
    "wide percent": "{{ '%1000000000d' % 1 }}",
    "wide format": "{{ '{:1000000000}'.format(1) }}",
    "wide nested format": "{{ '{:{w}}'.format(1, w=10**9) }}",
}

CHANGES = {
    "list changed": "{% set l = [] %}{{ l.append(1) }}",
    "list changed by a test": "{% set l = [1] %}{% if l.pop() %}x{% endif %}",
    "dict changed": "{% set d = {} %}{{ d.update({'a': 1}) }}",
    "set of an attribute": "{% set l = [] %}{% set l.a = 1 %}x",
    "do": "{% do [].append(1) %}x",
}

FILES = {
    "include": "{% include '/etc/passwd' %}",
    "include if there": "{% include 'nothing' ignore missing %}x",
    "include of a choice": "{% include ['a', 'b'] %}",
    "include of a value": "{% include name %}",
    "import": "{% import '/etc/passwd' as p %}x",
    "from": "{% from '/etc/passwd' import p %}x",
    "extends": "{% extends '/etc/passwd' %}",
    "extends within": "{% if true %}{% extends name %}{% endif %}",
    "super": "{% block a %}{{ super() }}{% endblock %}",
    "block called": "{% block a %}x{{ self.a() }}{% endblock %}",
    "debug": "{% debug %}",
    "trans": "{% trans %}x{% endtrans %}",
    "autoescape": "{% autoescape true %}{{ name }}{% endautoescape %}",
}

COSTS = {
    "folded product": "{{ 'x' * 10**9 }}",
    "folded product without a power": "{{ 'x' * 1000000000 }}",
    "folded list": "{{ ([0] * 1000000000)|length }}",
    "product of a value": "{{ name * 1000000000 }}",
    "product the other way": "{{ 1000000000 * name }}",
    "power": "{{ 10**10**8 }}",
    "power of a value": "{{ count ** 99999999 }}",
    "power of a fraction": "{{ 10.0 ** 400 }}",
    "long number": "{{ " + "9" * 5000 + " }}",
    "shifted by products": "{% set n = count %}{{ " + "*".join(["99999999999999999999999999"] * 400) + " }}",
    "center": "{{ 'x'|center(1000000000) }}",
    "indent": "{{ ('a\nb'|indent(1000000000)) }}",
    "indent of a value": "{{ ((name ~ '\n' ~ name)|indent(count * 100000000)) }}",
    "replace": "{{ ('" + "a" * 30_000 + "'|replace('a', '" + "b" * 30_000 + "')) }}",
    "replace of nothing": "{{ name|replace('', range(1000)|join)|replace('', range(1000)|join) }}",
    "filled batch": "{{ [1]|batch(1000000000, 0)|list }}",
    "slices": "{{ [1]|slice(1000000000)|list }}",
    "join": "{% set a = range(1000)|join %}{% set b = range(1000)|join(a) %}{% set c = range(1000)|join(b) %}{{ c }}",
    "doubling": "{% set a = 'xxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "doubling by lists": "{% set a = [1] %}" + "{% set a = a + a %}" * 40 + "{{ a|length }}",
    "doubling in a block": "{% set a %}xxxxxxxx{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 40 + "{{ a }}",
    "wide range": "{{ range(1000000000)|length }}",
    "wide range backwards": "{{ range(0, -1000000000, -1)|join }}",
    "wide range of wide numbers": "{{ range(" + "9" * 100 + ")|join }}",
    "endless silence": NESTED + ENDED,
    "endless talk": NESTED + "x" * 100 + ENDED,
    "endless whisper": NESTED + "{{ '' }}" + ENDED + "x",
    "endless capture": "{% set a %}" + NESTED + "x" * 1000 + ENDED + "{% endset %}{{ a }}",
    "endless sum": NESTED + "{% set d = range(1000)|sum %}" + ENDED + "x",
    "macro without end": "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(1) }}",
    "macro that calls two": "{% macro m(n) %}{% if n %}"
    + "{{ m(n - 1) }}" * 2
    + "{% endif %}{% endmacro %}{{ m(60) }}x",
    "call without end": "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
    "recursive loop": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "nested lists": "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "nested brackets": "{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}",
    "nested conditions": "{% if true %}" * 300 + "x" + "{% endif %}" * 300,
    "nested loops": "{% for a in [1, 2] %}" * 60 + "x" + "{% endfor %}" * 60,
    "long chain of not": "{{ " + "not " * 10_000 + "1 }}",
    "long chain of sums": "{{ " + "1+" * 20_000 + "1 }}",
    "long chain of filters": "{{ 'a'" + "|upper" * 9_000 + " }}",
    "long chain of attributes": "{{ name" + ".a" * 20_000 + " }}",
    "source too large": "x" * (LARGEST_SOURCE + 1),
    "source too large in bytes": "é" * (LARGEST_SOURCE // 2 + 1),
    "text too large": "{% for a in range(1000) %}{% for b in range(300) %}x{% endfor %}{% endfor %}",
    "text too large in bytes": "{% for a in range(1000) %}{% for b in range(140) %}é{% endfor %}{% endfor %}",
    "text too large at once": "{{ range(1000)|join('x' ~ range(300)|join) }}",
    "wide line break": "{{ 'a b'|wordwrap(1, wrapstring=range(1000)|join(range(1000)|join)) }}",
    "cut at a width": "{{ ('a'|truncate(-1000000000)) }}",
}

HIDDEN = {
    "terminal escape": "a {{ '\x1b[2J' }}",
    "terminal escape in the text": "a \x1b[2J",
    "terminal escape made in the template": r"a {{ '\x1b' }}",
    "one-byte escape": r"a {{ '\x9b' }}",
    "bell": "a \x07",
    "zero": r"a {{ '\x00' }}",
    "carriage return": r"a {{ 'pay\rkeep' }}",
    "override": "pay \u202eeno on\u202c",
    "override made in the template": r"pay {{ '\u202e' }}",
    "zero width": "pa\u200by",
    "tag": r"a {{ '\U000e0041' }}",
    "lone surrogate": r"a {{ '\ud800' }}",
    "lone surrogate in the text": "a \ud800",
    "nothing": "",
    "nothing that can be seen": "  \n\t\n{% set a = 1 %}",
}

HOSTILE = ESCAPES | FORMATS | CHANGES | FILES | COSTS | HIDDEN


def test_the_corpus_is_large() -> None:
    parts = (ESCAPES, FORMATS, CHANGES, FILES, COSTS, HIDDEN)
    assert len(HOSTILE) == sum(len(part) for part in parts)
    assert len(HOSTILE) >= 120


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_template_ends_in_a_sentence_in_four_seconds(source: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    values: dict[str, str | int | bool] = {"name": "Dana", "count": 10}
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(Invalid) as refused:
            Jinja(limit_process).render(source.replace("CANARY", str(canary)), values, name="holding/outage.md.j2")
        spent, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    sentence = str(refused.value)
    assert sentence.startswith("template holding/outage.md.j2")
    assert sentence.endswith((".", " VALUE"))
    assert sentence.isprintable()
    assert len(sentence) < 800
    assert not any(word in sentence for word in ("Traceback", 'File "', "0x", "process did not start", "open files"))
    assert spent < 4
    assert peak < 8 * 1024 * 1024
    assert not canary.exists()


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_asking_a_hostile_template_for_its_names_is_harmless(source: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    began = time.monotonic()
    try:
        names = Jinja(limit_process).names(source.replace("CANARY", str(canary)))
    except Invalid as refused:
        assert str(refused).startswith("The template")  # noqa: PT017 - either outcome is fine, as long as it is one
    else:
        assert names == sorted(names)
        assert len(json.dumps(names)) < LARGEST_SOURCE * 2
    assert time.monotonic() - began < 4
    assert not canary.exists()


@pytest.mark.parametrize(
    "value",
    [
        "{{ 7 * 7 }}",
        "{% for a in range(9) %}x{% endfor %}",
        "{{ ''.__class__ }}",
        "{# gone #}",
        "# for a in b",
        "{{ name }}",
        "{% raw %}",
        "{{",
        "%}",
        "{0.__class__}",
        "%s %(a)s",
        "</script><b>&amp;",
        "'\"`\\n",
    ],
)
def test_a_value_is_never_evaluated(value: str) -> None:
    text = Jinja(limit_process).render("{{ fact }}|{{ fact|replace('a', 'a') }}|{{ [fact]|join }}", {"fact": value})
    assert text == "|".join([value] * 3)


def test_a_name_that_is_hostile_is_only_shown() -> None:
    name = "{__import__('os').system('id')}\"'\n\x1b[2J{{ 1 }}" + "x" * 500
    with pytest.raises(Invalid) as refused:
        Jinja(limit_process).render("{{", {}, name=name)
    assert str(refused.value).startswith(r"template {__import__('os').system('id')}" + '"' + r"'\x0a\x1b[2J{{ 1 }}xxx")
    assert len(str(refused.value)) < 300
    assert Jinja(limit_process).render("fine", {}, name=name) == "fine"
