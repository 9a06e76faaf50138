"""Eight clients of one PostgreSQL on twenty incidents, against bare transactions and against durable workflows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from tests.benchmarks.client import INCIDENTS, SECONDS, TEXT
from tests.postgres import Databases, Place, Server
from tests.together import together

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench
    from tests.conftest import Program

pytestmark = pytest.mark.bench

CLIENTS = 8
ROUNDS = 2
CLIENT = Path(__file__).with_name("client.py")


@pytest.fixture
def place(server: Server) -> Iterator[Place]:
    databases = Databases(server.url)
    yield databases.place()
    databases.close()


@pytest.fixture
def url(place: Place) -> str:
    return place.url


@pytest.fixture
def busy(program: Program, place: Place) -> Place:
    """Twenty open incidents, and tables like those of the log but without its guards."""
    for number in range(INCIDENTS):
        program.ok("open", "data-breach", "--title", f"Incident {number + 1}")
        program.ok("note", TEXT, "-i", f"INC-{number + 1}")
    with place.connect() as db:
        for statement in (
            "CREATE TABLE bare_entry (LIKE entry INCLUDING ALL)",
            "CREATE TABLE bare_head (LIKE head INCLUDING ALL)",
            "INSERT INTO bare_head SELECT * FROM head",
        ):
            db.execute(sql.SQL(statement))
    return place


def rate(what: str, url: str, numbers: Iterator[int]) -> float:
    """How often a second all clients together come through."""
    lines = [[str(CLIENT), what, url, str(next(numbers))] for _ in range(CLIENTS)]
    return sum(map(int, together(lines))) / SECONDS


def test_eight_clients_against_bare_transactions(busy: Place, program: Program, bench: Bench) -> None:
    numbers = count(1)
    rates = {"bare": 0.0, "crisisctl": 0.0, "unordered": 0.0}
    for _ in range(ROUNDS):
        for what in rates:
            rates[what] += rate(what, busy.url, numbers) / ROUNDS
    bench.show_rates(rates)
    program.ok("verify")
    bench.note("commands a second / bare transactions that keep no order", rates["crisisctl"] / rates["unordered"])
    bench.at_least("commands a second / bare transactions", rates["crisisctl"] / rates["bare"], 0.6)


def test_eight_clients_against_a_durable_workflow_of_one_step(busy: Place, server: Server, bench: Bench) -> None:
    if find_spec("dbos") is None:
        pytest.fail("dbos is not installed: make bench")
    with busy.connect() as db:
        db.execute("CREATE DATABASE peer")
    numbers = count(1)
    rates = {
        "dbos": rate("dbos", server.url.replace("/postgres?", "/peer?"), numbers),
        "crisisctl": rate("crisisctl", busy.url, numbers),
    }
    bench.show_rates(rates)
    bench.at_least("commands a second / workflows a second", rates["crisisctl"] / rates["dbos"], 5)
