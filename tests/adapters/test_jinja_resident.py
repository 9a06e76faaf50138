"""One child for many templates: the same texts and bounds, and no question spoils the next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.jinja import Jinja, Resident
from crisisctl.domain.errors import Invalid
from crisisctl.service.ports import Filling

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def resident() -> Iterator[Resident]:
    made = Resident(posix.limit_process)
    yield made
    made.close()


def test_it_says_what_a_child_for_each_would_say(resident: Resident) -> None:
    fresh = Jinja(posix.limit_process)
    for path in sorted((TEMPLATES / "holding").glob("*.j2"))[:4]:
        source = path.read_text()
        names = resident.names(source)
        assert names == fresh.names(source)
        for turn in ("one", "two"):
            values = dict.fromkeys(names, f"{turn} value")
            assert resident.render_all(source, values) == fresh.render_all(source, values)


def test_one_child_answers_everything(resident: Resident) -> None:
    assert resident.render("{{ a }} of two", {"a": 1}) == "1 of two"
    child = resident._child
    assert child
    assert resident.render("{{ a }} of two", {"a": 2}) == "2 of two"
    assert [one[""] for one in resident.render_many([Filling("x", "x", {}), Filling("y", "y\nz", {})])] == ["x", "y\nz"]
    assert resident._child is child


@pytest.mark.parametrize("source", ["{{ missing }}", "{% if %}", "{{ 'a' * 10**9 }}", "{{ ''.__class__ }}"])
def test_a_faulty_template_is_refused_in_the_same_words_and_spoils_nothing(resident: Resident, source: str) -> None:
    with pytest.raises(Invalid) as mine:
        resident.render(source, {})
    with pytest.raises(Invalid) as fresh:
        Jinja(posix.limit_process).render(source, {})
    assert str(mine.value) == str(fresh.value)
    assert resident.render("well", {}) == "well"


def test_a_template_that_loops_is_stopped_and_the_next_gets_a_new_child(resident: Resident) -> None:
    before = resident.render("well", {})
    first = resident._child
    loop = f"{'{% for a in range(999) %}' * 3}{'{% endfor %}' * 3}x"
    with pytest.raises(Invalid, match="did not finish in 3 s"):
        resident.render(loop, {})
    assert resident.render("well", {}) == before
    assert resident._child is not first


def test_a_text_that_is_too_long_is_refused(resident: Resident) -> None:
    with pytest.raises(Invalid, match="more than"):
        resident.render("{% for a in range(999) %}{{ b }}{% endfor %}", {"b": "x" * 1000})
    assert resident.render("well", {}) == "well"


def test_a_child_that_was_killed_is_told_of_and_replaced(resident: Resident) -> None:
    resident.render("well", {})
    child = resident._child
    assert child
    child.kill()
    child.wait()
    with pytest.raises(Invalid):
        resident.render("well", {})
    assert resident.render("well", {}) == "well"


def test_a_copy_of_the_process_starts_a_child_of_its_own(resident: Resident) -> None:
    if not posix.can_copy():
        pytest.skip("another thread runs here")
    resident.render("well", {})
    copy = os.fork()
    if not copy:
        try:
            mine = resident._child
            good = resident.render("{{ a }}", {"a": "there"}) == "there" and resident._child is not mine
            resident.close()
        finally:
            os._exit(0 if good else 1)
    assert os.waitpid(copy, 0)[1] == 0
    assert resident.render("{{ a }}", {"a": "here"}) == "here"


def test_closing_leaves_no_process(resident: Resident) -> None:
    resident.render("well", {})
    child = resident._child
    assert child
    resident.close()
    assert child.poll() is not None
    resident.close()
