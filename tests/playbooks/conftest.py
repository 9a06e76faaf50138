"""The playbooks that are delivered, one at a time, and what a room would know in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jinja2 import Template
from ruamel.yaml import YAML

from crisisctl.adapters import sandbox
from crisisctl.domain.playbook import FactSpec, Playbook, StatementSpec, build
from tests.playbooks import conduct, technical

Values = Mapping[str, str | int | bool]
ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "playbooks").glob("*.yaml"))
STATEMENTS = ("holding", "update", "resolution")
RESERVED: Values = {
    "title": "db1 deleted by hand",
    "incident": "INC-7",
    "severity": "sev1",
    "opened_at": "2026-11-22 14:02 UTC",
    "organisation": "Example Cloud",
}
CORRECTION = frozenset({"wrong_claim", "right_claim"})

# What a room is sure to know when it drafts: a little at first, and at the end what the stages before have asked for.
EARLY: Mapping[str, frozenset[str]] = {
    "account-takeover": frozenset({"account", "next_update_at"}),
    "data-breach": frozenset({"exposed_data", "aware_at", "next_update_at"}),
    "outage": frozenset({"affected_service", "customer_impact", "next_update_at"}),
    "rogue-post": frozenset({"account", "next_update_at"}),
    "viral-complaint": frozenset({"complaint_about", "next_update_at"}),
    **technical.EARLY,
    **conduct.EARLY,
}
LATE: Mapping[str, frozenset[str]] = {
    "account-takeover": frozenset({"regained_at", "private_messages_seen"}),
    "data-breach": frozenset({"affected_accounts", "affected_since"}),
    "outage": frozenset({"data_loss", "restored_at"}),
    "rogue-post": frozenset({"removed_at", "source", "cause", "change_made"}),
    "viral-complaint": frozenset({"verdict", "findings", "remedy"}),
    **technical.LATE,
    **conduct.LATE,
}
# As long as a room would write them.
PHRASES: Values = {
    "account": "@example_support on Instagram",
    "affected_service": "Git hosting and package registry",
    "cause": "a repair step was run on the wrong database server",
    "cause_de": "ein Reparaturschritt lief auf dem falschen Datenbankserver",
    "change_made": "two people now read every post before it goes out, and the tool asks for both",
    "change_made_de": "zwei Personen lesen jeden Beitrag, bevor er erscheint",
    "complaint_about": "a refund for a cancelled yearly plan that did not arrive",
    "complaint_about_de": "einer Erstattung für ein gekündigtes Jahresabo, die nicht ankam",
    "correct_fact": "the price stays the same until the end of the contract",
    "correct_fact_de": "der Preis ändert sich bis zum Ende des Vertrags nicht",
    "customer_impact": "repositories, issues and packages cannot be opened, and pushes are refused",
    "customer_impact_de": "Repositories und Pakete lassen sich nicht öffnen, Änderungen werden abgelehnt",
    "data_loss_detail": "changes made between 17:20 and 23:30 UTC on 2026-11-22",
    "data_loss_detail_de": "Änderungen vom 2026-11-22 zwischen 17:20 und 23:30 UTC",
    "exposed_data": "names, e-mail and postal addresses, phone numbers and hashed passwords",
    "exposed_data_de": "Namen, Mail- und Postadressen, Rufnummern und verschlüsselte Passwörter",
    "false_content": "posts and private messages that promise free vouchers",
    "false_content_de": "Beiträge und private Nachrichten, die Gutscheine versprechen",
    "findings": "the refund was approved and then stopped by a faulty check",
    "findings_de": "die Erstattung war freigegeben, und eine fehlerhafte Prüfung hat sie gestoppt",
    "other_channel": "our status page",
    "other_channel_de": "unserer Statusseite",
    "remedy": "we refund all orders of that week with interest and write to everybody concerned",
    "remedy_de": "wir erstatten alle Bestellungen vom 2026-11-16 bis 2026-11-22 mit Zinsen",
    "right_claim": "changes from 17:20 to 23:30 UTC on 2026-11-22 are lost",
    "right_claim_de": "Änderungen vom 2026-11-22 von 17:20 bis 23:30 UTC sind verloren",
    "user_action": "change your password with us and wherever else you use the same one, and turn on a second factor",
    "user_action_de": "ändern Sie Ihr Passwort bei uns und überall sonst, und schalten Sie einen zweiten Faktor ein",
    "workaround": "use the mirror to fetch your repositories",
    "workaround_de": "bitte holen Sie Ihre Repositories über den Spiegelserver",
    "wrong_claim": "no customer data was lost in the disruption",
    "wrong_claim_de": "bei der Störung gingen keine Daten verloren",
    **technical.PHRASES,
    **conduct.PHRASES,
}


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    """The file of a playbook."""
    found: Path = request.param
    return found


@pytest.fixture
def document(path: Path) -> dict[str, Any]:
    """What the file says."""
    return _read(path)


@pytest.fixture
def playbook(document: dict[str, Any]) -> Playbook:
    """The playbook as the rules read it."""
    return build(document)


@pytest.fixture(params=STATEMENTS)
def statement(request: pytest.FixtureRequest, playbook: Playbook) -> StatementSpec:
    """One of its statements."""
    return playbook.statements[request.param]


@pytest.fixture
def source(statement: StatementSpec) -> str:
    """Its template, unfilled."""
    return (ROOT / "templates" / statement.template).read_text(encoding="utf-8")


@pytest.fixture
def used(source: str) -> set[str]:
    """The names that its template asks for."""
    return names(source)


@pytest.fixture
def sure(playbook: Playbook, statement: StatementSpec) -> frozenset[str]:
    """The facts that are known by then without fail."""
    more = {"resolution": LATE[playbook.id], "correction": CORRECTION}
    return EARLY[playbook.id] | more.get(statement.id, frozenset())


@pytest.fixture
def commons(playbook: Playbook, source: str, used: set[str], sure: frozenset[str]) -> list[str]:
    """Every common text that the template can become, whatever else is known and whichever choice was made."""
    names = sorted(used - RESERVED.keys())
    allowed = conduct.ALLOWS.get(playbook.id, {})
    offers = [
        (name, (*([] if name in sure else [None]), *(allowed.get(name) or _samples(playbook.facts[name]))))
        for name in names
    ]
    return _filled_in(source, tuple(offers))


@cache  # a pure reader takes half a second for a playbook, and every test here wants one
def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return read


@cache
def _filled_in(source: str, offers: tuple[tuple[str, tuple[str | int | bool | None, ...]], ...]) -> list[str]:
    return [texts(source, values)[""] for values in _combined(offers)]


def _combined(offers: Iterable[tuple[str, tuple[str | int | bool | None, ...]]]) -> Iterator[Values]:
    known = list(offers)
    for choice in product(*(values for _, values in known)):
        named = zip((name for name, _ in known), choice, strict=True)
        yield {**RESERVED, **{name: value for name, value in named if value is not None}}


@cache
def _parts(source: str) -> list[tuple[str, Template]]:
    return [
        (name, inside.template_class.from_code(inside, inside.compile(tree), inside.make_globals(None)))
        for name, inside, tree in sandbox._parsed(source)
    ]


@cache
def names(source: str) -> set[str]:
    """The names that a template and its blocks ask for."""
    return set(sandbox._names(sandbox._parsed(source)))


def texts(source: str, values: Values) -> dict[str, str]:
    """The texts of a template by block, as the sandbox gives them, but without a process for each."""
    return {
        name: "".join(template.root_render_func(template.new_context(dict(values)))).strip()
        for name, template in _parts(source)
    }


# Every template file


class File(NamedTuple):
    """A template: `holding/outage.de.md.j2` is a holding statement of the outage in German."""

    path: Path

    def __str__(self) -> str:
        return f"{self.kind}/{self.path.name.removesuffix('.md.j2')}"

    @property
    def kind(self) -> str:
        return self.path.parent.name

    @property
    def language(self) -> str:
        return self.path.name.split(".")[1].replace("md", "en")

    @property
    def playbook(self) -> Playbook:
        return build(_read(ROOT / "playbooks" / f"{self.path.name.partition('.')[0]}.yaml"))

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def sure(self) -> frozenset[str]:
        """The facts that a room knows without fail when it drafts this."""
        more = {"resolution": LATE[self.playbook.id], "correction": CORRECTION}
        return (EARLY[self.playbook.id] | more.get(self.kind, frozenset())) - self._unasked

    @property
    def allowed(self) -> Mapping[str, tuple[str | bool, ...]]:
        """What a fact must be before this goes out; what stays inside waits for none."""
        gates = conduct.ALLOWS.get(self.playbook.id, {})
        return {name: values for name, values in gates.items() if name not in self._unasked}

    @property
    def _unasked(self) -> frozenset[str]:
        inside = self.kind in {"staff", "qa"}
        return frozenset(conduct.ALLOWS.get(self.playbook.id, {})) if inside else frozenset()


TEMPLATES = [File(path) for path in sorted((ROOT / "templates").rglob("*.j2"))]


@pytest.fixture(params=TEMPLATES, ids=str)
def file(request: pytest.FixtureRequest) -> File:
    """One template in one language."""
    found: File = request.param
    return found


@pytest.fixture
def renditions(file: File) -> list[dict[str, str]]:
    """The texts by block for everything that may be known beside what is sure, every choice, and a local time."""
    return _renditions(file)


@cache  # many tests read them, and those of the longest templates take seconds
def _renditions(file: File) -> list[dict[str, str]]:
    playbook, asked = file.playbook, names(file.source)
    zone = {"en": "CET", "de": "MEZ"}[file.language]
    offers = [
        (name, (*([] if name in file.sure else [None]), *(file.allowed.get(name) or _samples(playbook.facts[name]))))
        for name in sorted(asked & playbook.facts.keys() - {"next_update_at"})
    ]
    promise = {"next_update_at": f"2026-11-22 16:00 {zone} (15:00 UTC)", "language": file.language}
    return [texts(file.source, {**values, **promise}) for values in _combined(offers)]


def _samples(spec: FactSpec) -> list[str | int | bool]:
    if spec.type == "boolean":
        return [True, False]
    if spec.type == "integer":
        return [1200]
    if spec.type == "datetime":
        return ["2026-11-22 15:00 UTC"]
    return [*spec.choices] or [PHRASES[spec.name]]
