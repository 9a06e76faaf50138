"""Templates that mean well, and the process that fills them in."""

from __future__ import annotations

import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.jinja import LARGEST_OUTPUT, LARGEST_SOURCE, Jinja
from crisisctl.adapters.posix import limit_process
from crisisctl.domain.errors import Invalid
from crisisctl.service.ports import Templates, Value

STATEMENT = """\
{# The first words. #}
{% set what = {'sev1': 'a major outage', 'sev2': 'a disruption'}[severity] %}
We are investigating {{ what }} of {{ service }}.

{% if affected is defined %}
    {% if affected > 1 %}
About {{ affected }} accounts are affected.
    {% endif %}
{% endif %}
{% for step in ['Change your password', 'Watch your statements'] %}
{{ loop.index }}. {{ step }}{{ ';' if not loop.last else '.' }}
{% endfor %}

Next update: {{ next_update_at|default('within the hour') }}



"""


BELL = (
    r": the text has \x07 at character 3, which nobody can see. Remove it and try again. "
    "The value of 'other' has such a character."
)


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Jinja(limit_process)


def refusal(templates: Templates, source: str, **values: Any) -> str:
    with pytest.raises(Invalid) as refused:
        templates.render(source, values, name="holding/outage.md.j2")
    assert refused.value.code == 6
    return str(refused.value)


def test_a_statement_is_filled_in_to_the_letter(templates: Templates) -> None:
    values: dict[str, Value] = {"severity": "sev1", "service": "Mail & Chat", "affected": 1200}
    assert templates.render(STATEMENT, values) == textwrap.dedent("""\
        We are investigating a major outage of Mail & Chat.

        About 1200 accounts are affected.
        1. Change your password;
        2. Watch your statements.

        Next update: within the hour""")


def test_what_is_optional_may_be_missing(templates: Templates) -> None:
    text = templates.render(STATEMENT, {"severity": "sev2", "service": "Mail", "next_update_at": "15:00"})
    assert text.startswith("We are investigating a disruption of Mail.\n\n1. Change")
    assert text.endswith("\n\nNext update: 15:00")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ("plain\n", "plain"),
        ("\n\n  plain \n \n", "plain"),
        ("{{ name }}", "Dana O'Neil"),
        ("{{ count }} {{ yes }} {{ -count }}", "3 True -3"),
        ("{{ count + 1 }} {{ count * 2 }} {{ 7 // count }} {{ 7 % count }} {{ 3 / 2 }}", "4 6 2 1 1.5"),
        ("{{ name|upper }} {{ name|lower }} {{ name|length }}", "DANA O'NEIL dana o'neil 11"),
        ("{{ 'a' ~ count ~ 'b' }}", "a3b"),
        ("{{ name[0] }}{{ name[-1] }}{{ name[:4] }}", "DlDana"),
        ("{{ [3, 1, 2]|sort|join(', ') }} {{ (1, 2)|sum }} {{ [1, 2]|max }}", "1, 2, 3 3 2"),
        ("{{ missing|default('none yet') }} {{ missing|d(count) }}", "none yet 3"),
        ("{{ 'it is' if count is odd and name is defined and other is undefined }}", "it is"),
        ("{% for k, v in {'b': 1, 'a': 2}|dictsort %}{{ k }}{{ v }}{% endfor %}", "a2b1"),
        ("{% for n in range(3) %}{{ loop.cycle('x', 'y') }}{{ loop.revindex0 }}{% endfor %}", "x2y1x0"),
        ("{% macro m(a, b='c') %}<{{ a }}{{ b }}>{% endmacro %}{{ m('d') }}{{ m(1, b=2) }}", "<dc><12>"),
        ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{% endcall %}", "[in]"),
        ("{% filter upper %}a{{ name }}{% endfilter %}", "ADANA O'NEIL"),
        ("{% set a %}x{{ count }}{% endset %}{{ a }}{{ a }}", "x3x3"),
        ("{% with a = 1 %}{{ a }}{% endwith %}", "1"),
        ("{% raw %}{{ not this }}{% endraw %}", "{{ not this }}"),
        ("c{% block a %}b{% endblock %}d", "cd"),
        ("a{# gone #}b", "ab"),
        ("{{ '<b>&\"' }} {{ html }}", '<b>&" <i>&amp;</i>'),
        ("a\r\n{{ lines }}\r\nb", "a\none\ntwo\nb"),
        ("{{ 'a long line here'|wordwrap(6) }}", "a long\nline\nhere"),
        ("a\n{{ lines|indent }}", "a\none\n    two"),
        (r"{{ '\u2014 \N{EM DASH} \x41' }}", "— — A"),
        ("🚨 Störung – 障害 – تعطل {{ 'é' }}", "🚨 Störung – 障害 – تعطل é"),  # noqa: RUF001 - as typed
        ("e\u0301 {{ accent }}", "\u00e9 \u00e9"),
        ("| a | b |\n|---|---|\n", "| a | b |\n|---|---|"),
        ("x" * LARGEST_SOURCE, "x" * LARGEST_SOURCE),
    ],
)
def test_a_good_template_gives_exactly_its_text(templates: Templates, source: str, text: str) -> None:
    values: dict[str, Value] = {
        "name": "Dana O'Neil",
        "count": 3,
        "yes": True,
        "html": "<i>&amp;</i>",
        "lines": "one\r\ntwo",
        "accent": "e\u0301",
    }
    assert templates.render(source, values) == text


def test_a_text_may_be_as_long_as_is_allowed_and_no_longer(templates: Templates) -> None:
    fact = "é" * (LARGEST_OUTPUT // 4)
    assert templates.render("{{ fact }}{{ fact }}", {"fact": fact}) == fact * 2
    assert refusal(templates, "{{ fact }}{{ fact }}!", fact=fact) == (
        "template holding/outage.md.j2: the text comes to more than 262,144 bytes. Shorten it."
    )


def test_a_name_without_a_value_is_named_with_its_line_and_the_command_that_sets_it(templates: Templates) -> None:
    assert refusal(templates, "a\n{{ service }}\nuntil {{ next_update_at }}\n", service="Mail") == (
        "template holding/outage.md.j2, line 3: 'next_update_at' is not known yet. "
        "Set it: crisisctl fact set next_update_at VALUE"
    )


@pytest.mark.parametrize(
    "use",
    [
        "{{ it }}",
        "{{ it|upper }}",
        "{{ it ~ 'x' }}",
        "{{ it + 1 }}",
        "{{ -it }}",
        "{{ it * 2 }}",
        "{{ it == 1 }}",
        "{{ 1 if it }}",
        "{{ 1 if it is odd }}",
        "{{ 1 if it in [1] }}",
        "{{ 1 if 1 in it }}",
        "{{ it|length }}",
        "{{ it|join }}",
        "{{ it|int }}",
        "{{ it() }}",
        "{{ it.part }}",
        "{{ it['part'] }}",
        "{% for a in it %}{% endfor %}",
        "{% if it > 1 %}{% endif %}",
        "{% set a = it %}{{ a }}",
        "{% macro m() %}{{ it }}{% endmacro %}{{ m() }}",
    ],
)
def test_whatever_is_done_with_a_name_without_a_value_says_so(templates: Templates, use: str) -> None:
    said = refusal(templates, f"\n\n\n{use}")
    assert said.startswith("template holding/outage.md.j2, line 4: ")
    assert "'it' is not known yet. Set it: crisisctl fact set it VALUE" in said or "a name without a value" in said


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("a\n{{ name", ", line 2: unexpected end of template, expected 'end of print statement'."),
        ("{% if %}", ", line 1: Expected an expression, got 'end of statement block'."),
        ("a\n\n{% endif %}", ", line 3: Encountered unknown tag 'endif'."),
        ("a\n{{ name|shout }}", ", line 2: No filter named 'shout'. Those that work here: abs, capitalize, count, "),
        ("{{ name is loud }}", ", line 1: No test named 'loud'. Those that work here: boolean, defined, "),
        ("a\n{{ 1 / 0 }}", ", line 2: this cannot be worked out: division by zero."),
        ("{{ name + 1 }}", ", line 1: this cannot be worked out: can only concatenate str"),
        ("{{ name.upper() }}", ", line 1: '.upper' does not work on text; use a filter, as in {{ name|upper }}."),
        ("{{ {'a': 1}['b'] }}", ", line 1: there is no 'b' in a dict."),
        ("{{ name() }}", ", line 1: text cannot be called; leave out the brackets."),
        ("{{ none }}", ", line 1: this gives nothing where only text or a number can stand."),
        ("{{ [name] }}", ", line 1: this gives a list where only text or a number can stand."),
        ("{{ name * 3 }}", ", line 1: '*' does not work on text and a number here. Write out the result."),
        ("{% include 'a' %}", ", line 1: 'include' does not work here: a template stands alone."),
        ("{{ loop.index }}", ", line 1: 'loop' does not work here."),
        ("{% macro m() %}\n{{ 1 / 0 }}\n{% endmacro %}\n{{ m() }}", ", line 2: this cannot be worked out: division"),
        ("{{ range(1001)|sum }}", ", line 1: a range here has 1,000 numbers at most."),
        (" \n{% if false %}a{% endif %}", ": the text is empty."),
        ("a {{ other }}", BELL),
    ],
)
def test_a_fault_is_told_with_its_line(templates: Templates, source: str, fault: str) -> None:
    said = refusal(templates, source, name="Dana", other="\x07")
    assert said.startswith(f"template holding/outage.md.j2{fault}")


def test_a_template_without_a_name_is_just_the_template(templates: Templates) -> None:
    with pytest.raises(Invalid, match=r"^The template, line 1: "):
        templates.render("{{", {})
    with pytest.raises(Invalid, match=r"^The template has 70,000 bytes; at most 65,536 are taken\. Shorten it\.$"):
        templates.render("x" * 70_000, {})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "is a NoneType; a template takes text, whole numbers, yes and no."),
        (1.5, "is a float; a template takes text, whole numbers, yes and no."),
        ([1], "is a list; a template takes text, whole numbers, yes and no."),
        ({"a": "b"}, "is a dict; a template takes text, whole numbers, yes and no."),
        (b"x", "is a bytes; a template takes text, whole numbers, yes and no."),
        (Path("/etc/passwd"), "is a PosixPath; a template takes text, whole numbers, yes and no."),
        (10**31, "is a number of more than 30 digits. Give it as text."),
    ],
)
def test_only_plain_values_are_taken(templates: Templates, value: object, fault: str) -> None:
    assert refusal(templates, "fine", fact=value) == f"template holding/outage.md.j2: the value of 'fact' {fault}"


def test_values_too_large_to_be_a_statement_are_not_taken(templates: Templates) -> None:
    assert "with its values has 5,000,0" in refusal(templates, "fine", fact="x" * 5_000_000)


def test_values_of_any_characters_arrive_as_they_are(templates: Templates) -> None:
    odd = "\"'`\\{}<>&%#$\t\n\ud7ff\uffff🚨"
    assert templates.render("[{{ fact }}]", {"fact": odd, "not a name": "x", "ünï": "y"}) == f"[{odd}]"


def test_the_values_are_not_changed(templates: Templates) -> None:
    values: dict[str, Value] = {"a": "b"}
    templates.render("{% set a = 'c' %}{{ a }}", values)
    assert values == {"a": "b"}


def test_the_names_that_a_template_may_ask_for_can_be_listed() -> None:
    source = "{{ b }}{% set c = d|default(1) %}{{ c }}{% if a is defined %}{% endif %}{{ range(2)|sum }}{{ b }}"
    assert Jinja(limit_process).names(source) == ["a", "b", "d"]
    assert Jinja(limit_process).names("none") == []
    assert Jinja(limit_process).names("{% for n in range(3) %}{{ n }}{{ a }}{% endfor %}") == ["a"]
    assert Jinja(limit_process).names_many({"one": source, "two": "none"}) == {"one": ["a", "b", "d"], "two": []}
    with pytest.raises(Invalid, match=r"^template t, line 1: unexpected"):
        Jinja(limit_process).names("{{", name="t")


def test_many_can_be_filled_in_at_once(templates: Templates) -> None:
    def fill(number: int) -> str:
        return templates.render("{{ a }}-{% for n in range(50) %}{{ a }}{% endfor %}", {"a": number})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fill, range(24))) == [f"{n}-{str(n) * 50}" for n in range(24)]
