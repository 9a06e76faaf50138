"""The playbooks that are delivered, one at a time, and what a room would know in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined, meta
from ruamel.yaml import YAML

from crisisctl.domain.playbook import FactSpec, Playbook, StatementSpec, build

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

# What a room is sure to know when it drafts: a little at first, and at the end what the stages before have asked for.
EARLY: Mapping[str, frozenset[str]] = {
    "account-takeover": frozenset({"account", "next_update_at"}),
    "data-breach": frozenset({"exposed_data", "aware_at", "next_update_at"}),
    "outage": frozenset({"affected_service", "customer_impact", "next_update_at"}),
    "rogue-post": frozenset({"account", "next_update_at"}),
    "viral-complaint": frozenset({"complaint_about", "next_update_at"}),
}
LATE: Mapping[str, frozenset[str]] = {
    "account-takeover": frozenset({"regained_at", "private_messages_seen"}),
    "data-breach": frozenset({"affected_accounts", "affected_since"}),
    "outage": frozenset({"data_loss", "restored_at"}),
    "rogue-post": frozenset({"removed_at", "source", "cause", "change_made"}),
    "viral-complaint": frozenset({"verdict", "findings", "remedy"}),
}
PHRASES: Values = {
    "account": "@example on X",
    "affected_service": "Git hosting",
    "cause": "a repair step was run on the wrong database server",
    "change_made": "two people now read every post before it goes out",
    "complaint_about": "a refund that did not arrive",
    "correct_fact": "the price stays the same until the end of the contract",
    "customer_impact": "repositories and issues cannot be opened",
    "data_loss_detail": "changes made between 17:20 and 23:30 UTC",
    "exposed_data": "names, e-mail addresses and hashed passwords",
    "false_content": "posts that promise free vouchers",
    "findings": "the refund was approved and then stopped by a faulty check",
    "other_channel": "our status page",
    "remedy": "we refund all orders of that week with interest",
    "user_action": "change your password with us and wherever else you use the same one",
    "workaround": "use the mirror to fetch your repositories",
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
    return meta.find_undeclared_variables(Environment(autoescape=False).parse(source))  # noqa: S701 - plain text


@pytest.fixture
def sure(playbook: Playbook, statement: StatementSpec) -> frozenset[str]:
    """The facts that are known by then without fail."""
    return EARLY[playbook.id] | (LATE[playbook.id] if statement.id == "resolution" else frozenset())


@pytest.fixture
def texts(playbook: Playbook, source: str, used: set[str], sure: frozenset[str]) -> list[str]:
    """Every text that the template can become, whatever else is known and whichever choice was made."""
    names = sorted(used - RESERVED.keys())
    offers = [(name, (*([] if name in sure else [None]), *_samples(playbook.facts[name]))) for name in names]
    return _filled_in(source, tuple(offers))


@cache  # a pure reader takes half a second for a playbook, and every test here wants one
def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return read


@cache
def _filled_in(source: str, offers: tuple[tuple[str, tuple[str | int | bool | None, ...]], ...]) -> list[str]:
    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(source)  # noqa: S701 - plain text
    names = [name for name, _ in offers]
    return [
        template.render({**RESERVED, **{n: v for n, v in zip(names, values, strict=True) if v is not None}})
        for values in product(*(values for _, values in offers))
    ]


def _samples(spec: FactSpec) -> list[str | int | bool]:
    if spec.type == "boolean":
        return [True, False]
    if spec.type == "integer":
        return [1200]
    if spec.type == "datetime":
        return ["2026-11-22 15:00 UTC"]
    return [*spec.choices] or [PHRASES[spec.name]]
