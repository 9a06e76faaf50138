"""The reference names everything that the program has, and nothing that it has not."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import workspace
from crisisctl.adapters.sandbox import FILTERS
from crisisctl.cli.app import command
from crisisctl.domain import check, telling
from crisisctl.domain.errors import CrisisError

Open = Callable[..., Any]
ROOT = Path(__file__).parent.parent.parent
HELP = {"--help", "-h"}


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, `task done` among them, as Click knows it."""
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        if hasattr(found, "list_commands"):
            yield from commands(found, f"{path}{name} ")
        else:
            yield f"{path}{name}", found


COMMANDS = dict(commands(command()))


def spellings(found: Any) -> set[str]:
    return {way for parameter in found.params for way in (*parameter.opts, *parameter.secondary_opts) if way[0] == "-"}


def spoken(section: str) -> str:
    """A section without its fenced examples."""
    return re.sub(r"^```.*?^```$", "", section, flags=re.MULTILINE | re.DOTALL)


def first_cells(text: str) -> list[str]:
    """What stands in code in the first cell of each row of the tables in a text."""
    rows = re.findall(r"^\| ([^|]+) \|", text, flags=re.MULTILINE)
    return [name for cell in rows for name in re.findall(r"`([^`]+)`", cell)]


def anchors(page: Any) -> set[str]:
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in page.sections())
    return {heading.replace(" ", "-") for heading in plain}


def test_every_relative_link_leads_somewhere(pages: list[Any]) -> None:
    by_name = {page.name: page for page in pages}
    lost = []
    for page in pages:
        for link in re.findall(r"\]\(([^)]+)\)", page.prose()):
            if link.startswith(("https://", "mailto:")):
                continue
            file, _, anchor = link.partition("#")
            target = (ROOT / page.name).parent / file if file else ROOT / page.name
            name = str(target.resolve().relative_to(ROOT))
            known = target.exists() and (not anchor or anchor in anchors(by_name[name]))
            lost += [] if known else [f"{page.name}: {link}"]
    assert lost == []


def test_every_page_can_be_reached_from_the_readme(pages: list[Any]) -> None:
    linked = {"README.md"}
    ahead = ["README.md"]
    by_name = {page.name: page for page in pages}
    while ahead:
        name = ahead.pop()
        for file in re.findall(r"\]\(([^)#]+\.md)", by_name[name].prose()):
            target = str(((ROOT / name).parent / file).resolve().relative_to(ROOT))
            ahead += [target] if target not in linked else []
            linked.add(target)
    assert sorted(by_name) == sorted(linked)


def test_no_heading_stands_twice_on_a_page(pages: list[Any]) -> None:
    for page in pages:
        headings = re.findall(r"^#{1,6} (.+)$", page.prose(), flags=re.MULTILINE)
        assert len(headings) == len(set(headings)), page.name


def test_every_command_has_its_section_and_every_section_its_command(page: Open) -> None:
    sections = re.findall(r"^### (.+)$", page("docs/commands.md").text, flags=re.MULTILINE)
    assert sorted(sections) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_section_of_its_command(name: str, page: Open) -> None:
    section = spoken(page("docs/commands.md").sections()[name])
    written = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(re.findall(r"`([^`]+)`", section))))
    assert sorted(spellings(COMMANDS[name]) - HELP - written) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_in_a_table_or_list_of_options_exists(name: str, page: Open) -> None:
    section = page("docs/commands.md").sections()[name]
    listed = " ".join(
        re.findall(r"^(?:Shared|Options|Also): (.*?)(?: JSON:|\n\n)", section, flags=re.MULTILINE | re.DOTALL)
    )
    written = set(re.findall(r"--?[a-z][a-z-]*", " ".join([*first_cells(section), listed])))
    assert sorted(written - spellings(COMMANDS[name])) == []


def test_the_options_before_the_command_are_all_told(page: Open) -> None:
    section = page("docs/commands.md").sections()["Before the command"]
    assert sorted(spellings(command()) - {word.split()[0] for word in first_cells(section)}) == []


def exit_codes(kind: type[CrisisError] = CrisisError) -> Iterator[int]:
    yield kind.code
    for inner in kind.__subclasses__():
        yield from exit_codes(inner)


@pytest.mark.parametrize(("name", "besides"), [("README.md", {0}), ("docs/commands.md", {0, 130})])
def test_the_table_of_exit_codes_is_that_of_the_errors(name: str, besides: set[int], page: Open) -> None:
    told = [int(code) for code in re.findall(r"^\| (\d+) \| [^|]*\|$", page(name).text, flags=re.MULTILINE)]
    assert told == sorted(set(exit_codes()) | besides)


def rules(tree: ast.AST, places: dict[str, int]) -> Iterator[ast.expr]:
    """What is handed over as a rule's name anywhere in a module: by position, by name, as a default, or from a row."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            at = places.get(getattr(node.func, "attr", getattr(node.func, "id", "")), len(node.args))
            yield from node.args[at : at + 1]
            yield from (given.value for given in node.keywords if given.arg == "rule")
        elif isinstance(node, ast.FunctionDef):
            yield from _defaults(node)
            yield from _rows(node)


def _defaults(function: ast.FunctionDef) -> Iterator[ast.expr]:
    taken = function.args
    last = taken.args[len(taken.args) - len(taken.defaults) :]
    pairs = [*zip(last, taken.defaults, strict=True), *zip(taken.kwonlyargs, taken.kw_defaults, strict=True)]
    yield from (default for argument, default in pairs if argument.arg == "rule" and default is not None)


def _rows(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """The rules in a table of tuples that the function goes through, unpacking each."""
    held: dict[str, Any] = {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and isinstance(node.iter, ast.Name):
            names = [getattr(part, "id", "") for part in node.target.elts]
            if "rule" in names:
                yield from (row.elts[names.index("rule")] for row in held[node.iter.id].elts)


def places_of_rules(trees: list[ast.Module]) -> dict[str, int]:
    """At which place each function and class of the checks takes the name of a rule."""
    places = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.ClassDef):
            names = [getattr(part.target, "id", "") for part in node.body if isinstance(part, ast.AnnAssign)]
            made = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
            names = [argument.arg for argument in made[0].args.args[1:]] if made else names
        elif isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        else:
            continue
        if "rule" in names:
            places[node.name] = names.index("rule")
    return places


def test_every_rule_of_the_check_is_told_and_every_rule_told_exists(page: Open) -> None:
    package = ROOT / "crisisctl"
    folders = [package / "domain" / "check", package / "domain" / "proof", package / "adapters" / "yaml"]
    files = [
        path for folder in folders for path in sorted(folder.rglob("*.py")) if path.stem not in ("crises", "drills")
    ]
    files += [package / "bootstrap" / "proving.py", package / "service" / "ports.py"]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    given = [rule for tree in trees for rule in rules(tree, places_of_rules(trees))]
    named = {str(rule.value) for rule in given if isinstance(rule, ast.Constant)}
    told = first_cells(page("docs/playbook-language.md").text.partition("## Rules of `playbook check`")[2])
    assert len(named) > 60
    assert sorted(told) == sorted(named)
    assert sorted(path.stem for path in (ROOT / "docs" / "rules").glob("*.md")) == sorted([*named, "README"])


SECTIONS = {
    "The top of the file": (),
    "Roles": ("roles", "r"),
    "Facts": ("facts", "f"),
    "Stages": ("stages", "s"),
    "Tasks": ("stages", "s", "tasks", "t"),
    "Transitions": ("transitions", 0),
    "Escalations": ("escalations", "e"),
    "Statements": ("statements", "w"),
}
INNER = {
    ("transitions", 0, "requires"): "requires.",
    ("escalations", "e", "steps", 0): "steps[].",
    ("escalations", "e", "repeat"): "repeat.",
}
STRANGE: dict[str, Any] = {
    "odd-1": 0,
    "roles": {"r": {"odd-1": 0}},
    "facts": {"f": {"odd-1": 0}},
    "stages": {"s": {"odd-1": 0, "tasks": {"t": {"odd-1": 0}}}},
    "transitions": [{"odd-1": 0, "requires": {"odd-1": 0}}],
    "escalations": {"e": {"odd-1": 0, "steps": [{"odd-1": 0}], "repeat": {"odd-1": 0}}},
    "statements": {"w": {"odd-1": 0}},
}


def known_keys() -> dict[tuple[str | int, ...], list[str]]:
    """The keys that may stand in each place, as the remedy for an unknown one lists them."""
    found = (problem for problem in check.check(STRANGE) if problem.rule == "unknown-key")
    return {problem.path[:-1]: problem.remedy.partition("can stand here is ")[2].split(", ") for problem in found}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_the_language_is_told_in_its_section(section: str, page: Open) -> None:
    place, keys = SECTIONS[section], known_keys()
    inside = {inner: prefix for inner, prefix in INNER.items() if inner[: len(place)] == place and place}
    wanted = [*keys[place], *(f"{prefix}{key}" for inner, prefix in inside.items() for key in keys[inner])]
    table = page("docs/playbook-language.md").sections()[section].split("| type | typed |")[0]
    told = [name for name in first_cells(table) if name not in {"text", "integer"}]
    assert sorted(told) == sorted(wanted)


def test_every_filter_that_works_is_told(page: Open) -> None:
    text = page("docs/playbook-language.md").text.partition("<!-- filters -->")[2].partition(". Nothing")[0]
    assert re.findall(r"`([a-z]+)`", text) == FILTERS.split()


def test_every_setting_is_told_and_every_setting_told_exists(page: Open, tmp_path: Path) -> None:
    (tmp_path / workspace.FILE).write_text("odd = 1\n")
    with pytest.raises(CrisisError) as caught:
        workspace.read(tmp_path, {})
    known = str(caught.value).partition("The settings are ")[2].rstrip(".").split(", ")
    assert sorted(first_cells(page("docs/operations.md").sections()["Settings"])) == sorted(known)


def test_every_type_of_entry_is_told(page: Open) -> None:
    section = page("docs/architecture.md").sections()["What the log can say"]
    told = set(re.findall(r"`([a-z]+\.[a-z_]+)`", section))
    assert sorted(told) == sorted(telling._TELL)


def test_the_variables_of_the_environment_are_all_told(page: Open) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "crisisctl").rglob("*.py"))
    used = set(re.findall(r"\bCRISISCTL_[A-Z]+\b", sources))
    section = page("docs/commands.md").sections()["Before the command"]
    assert sorted(used - set(first_cells(section)) - set(re.findall(r"`(CRISISCTL_[A-Z]+)`", section))) == []
