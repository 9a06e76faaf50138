"""The blocks of a template, each a text of its own, and several templates in one process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from crisisctl.adapters.jinja import LARGEST_OUTPUT, Jinja
from crisisctl.adapters.posix import limit_process
from crisisctl.domain.errors import Invalid
from crisisctl.service.ports import Filling, Templates
from tests.adapters.test_jinja_hostile import COSTS, ESCAPES

STATEMENT = """\
{% set what = 'a disruption of ' ~ service %}
{% macro by(time) %}Next update by {{ time }}.{% endmacro %}
We see {{ what }}.

{{ by(next_update_at) }}
{% block x %}
We see {{ what }}. {{ by(next_update_at) }}
{% endblock %}
{% block email_subject %}
Disruption:
{{ service }}
{% endblock %}
{% block email_html %}
<p>We see {{ what }}.</p>
<p>{{ by(next_update_at) }}</p>
{% endblock %}
{% block sms %}{% if cause is defined %}Cause: {{ cause }}{% endif %}{% endblock %}
"""
VALUES = {"service": "Mail & <b>Chat</b>", "next_update_at": "2026-11-22 15:00 UTC"}
BYTES_EACH = LARGEST_OUTPUT // 4


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Jinja(limit_process)


@pytest.fixture(scope="module")
def texts(templates: Templates) -> Mapping[str, str]:
    return templates.render_all(STATEMENT, VALUES, name="holding/outage.md.j2")


def refusal(templates: Templates, source: str, **values: Any) -> str:
    with pytest.raises(Invalid) as refused:
        templates.render_all(source, values, name="t")
    return str(refused.value).removeprefix("template t")


def test_the_common_text_is_what_stands_outside_the_blocks(templates: Templates, texts: Mapping[str, str]) -> None:
    assert texts[""] == "We see a disruption of Mail & <b>Chat</b>.\n\nNext update by 2026-11-22 15:00 UTC."
    assert templates.render(STATEMENT, VALUES) == texts[""]


def test_a_block_is_a_text_of_its_own_and_knows_what_was_set_above_it(texts: Mapping[str, str]) -> None:
    assert texts["x"] == "We see a disruption of Mail & <b>Chat</b>. Next update by 2026-11-22 15:00 UTC."


def test_a_subject_is_one_line(texts: Mapping[str, str]) -> None:
    assert texts["email_subject"] == "Disruption: Mail & <b>Chat</b>"


def test_values_are_escaped_in_html_and_nowhere_else(texts: Mapping[str, str]) -> None:
    assert texts["email_html"] == (
        "<p>We see a disruption of Mail &amp; &lt;b&gt;Chat&lt;/b&gt;.</p>\n<p>Next update by 2026-11-22 15:00 UTC.</p>"
    )


def test_a_block_that_gives_nothing_is_not_there(templates: Templates, texts: Mapping[str, str]) -> None:
    assert set(texts) == {"", "x", "email_subject", "email_html"}
    assert templates.render_all(STATEMENT, {**VALUES, "cause": "a cable"})["sms"] == "Cause: a cable"


@pytest.mark.parametrize(
    "way",
    [
        "{{ v }}",
        "{% set a = v %}{{ a }}",
        "{% set a %}{{ v }}{% endset %}{{ a }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(v) }}",
        "{{ 'a'|replace('a', v) }}",
        "{{ [v, v]|join('<br>') }}",
        "{{ '' ~ v ~ '' }}",
        "{{ v|default('x')|trim|string }}",
        "{{ v|wordwrap(5) }}",
        "{{ v|indent }}",
        "{% filter replace('z', v) %}z{% endfilter %}",
        "{% for letter in v %}{{ letter }}{% endfor %}",
        "{{ v|truncate(9) }}{{ v[0] }}{{ v|list|join }}{{ v|lower|title }}",
    ],
)
def test_no_value_becomes_a_tag_in_html_whichever_way_it_takes(templates: Templates, way: str) -> None:
    found = templates.render_all(f"common{{% block a_html %}}{way}{{% endblock %}}", {"v": "<script>'\""})["a_html"]
    assert not set("<'\"") & set(found.replace("<br>", ""))


@pytest.mark.parametrize("above", ["{% set a %}{{ v }}{% endset %}", "{% macro m(a) %}{{ a }}{% endmacro %}"])
def test_what_stands_above_a_block_is_escaped_in_it_too(templates: Templates, above: str) -> None:
    use = "{{ a }}" if "set" in above else "{{ m(v) }}"
    source = f"{above}{use}{{% block a_html %}}{use}{{% endblock %}}{{% block a %}}{use}{{% endblock %}}"
    found = templates.render_all(source, {"v": "<script>"})
    assert found == {"": "<script>", "a_html": "&lt;script&gt;", "a": "<script>"}


def test_no_filter_says_that_a_value_is_safe(templates: Templates) -> None:
    for trick in ("v|safe", "v|escape", "v|e", "v|forceescape", "v|xmlattr", "v|tojson"):
        said = refusal(templates, f"a{{% block a_html %}}{{{{ {trick} }}}}{{% endblock %}}", v="<b>")
        assert said.startswith(", line 1: No filter named")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "a\n{% if true %}\n{% block x %}b{% endblock %}{% endif %}",
            ", line 3: block 'x' stands inside something else",
        ),
        ("a{% block x %}\n{% block y %}b{% endblock %}{% endblock %}", ", line 2: block 'y' stands inside something"),
        ("a{% for i in [1] %}{% block x %}b{% endblock %}{% endfor %}", ", line 1: block 'x' stands inside something"),
        ("a{% block x %}b{% endblock %}\n{% block x %}c{% endblock %}", ", line 2: block 'x' is here a second time."),
        ("a\n{% block x scoped %}b{% endblock %}", ", line 2: block 'x' takes no other word beside its name."),
        ("a\n{% block x required %} {% endblock %}", ", line 2: block 'x' takes no other word beside its name."),
        ("a{% block X %}b{% endblock %}", ", line 1: block 'X' has a name that no channel can have."),
        ("a{% block status-page %}b{% endblock %}", ", line 1: Block names in Jinja have to be valid Python ident"),
        ("a{% block x %}b{% endblock y %}", ", line 1: expected token 'end of statement block', got 'y'."),
        ("a{% block x %}b", ", line 1: Unexpected end of template."),
        ("a{% block x %}\n{{ gone }}{% endblock %}", ", line 2: 'gone' is not known yet. Set it: crisisctl fact set"),
        ("a{% block x %}{{ b }}{% endblock %}{% set b = 1 %}", ", line 1: 'b' is not known yet."),
        ("a{% block x %}{{ self.x() }}{% endblock %}", ", line 1: "),
        ("a{% block x %}{{ super() }}{% endblock %}", ", line 1: 'super' does not work here."),
        ("a{% block x %}{{ bell }}{% endblock %}", r": block x has \x07 at character 1, which nobody can see."),
        ("{% block x %}b{% endblock %}", ": the text is empty."),
    ],
)
def test_a_block_that_cannot_be_one_is_told_with_its_line(templates: Templates, source: str, fault: str) -> None:
    assert refusal(templates, source, bell="\x07").startswith(fault)


@pytest.mark.parametrize("name", [*list(ESCAPES)[::6], *list(COSTS)[::5]])
def test_a_hostile_block_ends_in_a_sentence_in_four_seconds(templates: Templates, name: str) -> None:
    hostile = {**ESCAPES, **COSTS}[name].replace("CANARY", "/dev/null")
    began = time.monotonic()
    said = refusal(templates, f"fine{{% block a_html %}}{hostile}{{% endblock %}}", name="Dana", count=10)
    assert said.endswith((".", " VALUE"))
    assert time.monotonic() - began < 4


def test_the_names_of_a_template_are_those_of_its_blocks_too(templates: Templates) -> None:
    assert templates.names(STATEMENT) == ["cause", "next_update_at", "service"]


# Several templates in one process


def test_several_templates_are_filled_in_with_values_of_their_own(templates: Templates) -> None:
    many = [Filling(f"t{n}", "{{ n }}{% block x %}x{{ n }}{% endblock %}", {"n": n}) for n in range(40)]
    assert templates.render_many(many) == [{"": str(n), "x": f"x{n}"} for n in range(40)]
    assert templates.render_many([]) == []


def test_nothing_passes_from_one_template_to_the_next(templates: Templates) -> None:
    first = Filling("a", "{% set secret = 1 %}{% macro m() %}{% endmacro %}a", {"also": "secret"})
    for name in ("secret", "m", "also"):
        with pytest.raises(Invalid, match=f"^template b, line 1: '{name}' is not known yet"):
            templates.render_many([first, Filling("b", f"{{{{ {name} }}}}", {})])


def test_the_one_of_several_that_fails_is_named(templates: Templates) -> None:
    fine = Filling("fine", "fine", {})
    for at in range(3):
        many = [fine, fine, fine]
        many[at] = Filling(f"bad-{at}", "\n{{ gone }}", {})
        with pytest.raises(Invalid, match=f"^template bad-{at}, line 2: 'gone' is not known yet"):
            templates.render_many(many)


def test_several_templates_share_the_room_and_the_time_of_one(templates: Templates) -> None:
    quarter = Filling("q", "{{ text }}", {"text": '"' * BYTES_EACH})
    assert len(templates.render_many([quarter] * 4)) == 4
    with pytest.raises(Invalid, match=r"^template last: the text comes to more than 262,144 bytes"):
        templates.render_many([*[quarter] * 4, Filling("last", "{{ text }}", {"text": "a"})])
    loop = Filling("loop", "{% for a in range(1000) %}{% for b in range(1000) %}" * 2 + "{% endfor %}" * 4, {})
    with pytest.raises(Invalid, match=r"^One of 2 templates, from template loop on, did not finish in"):
        templates.render_many([loop, loop])


def test_fifty_renditions_are_filled_in_well_under_two_seconds(templates: Templates) -> None:
    blocks = "".join(f"{{% block b{n} %}}{{{{ service }}}} {n}{{% endblock %}}" for n in range(24))
    began = time.monotonic()
    found = templates.render_many([Filling("t", STATEMENT + blocks, VALUES)] * 2)
    assert sum(map(len, found)) > 50
    assert time.monotonic() - began < 2
