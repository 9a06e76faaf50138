"""The clock of a team is its server's, whatever the machine's says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event

import pytest

from crisisctl.adapters.postgres import Postgres
from crisisctl.adapters.postgres.clock import FRESH, ServerClock, steady
from crisisctl.domain.errors import StoreFailed
from tests.postgres import Place

START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


class Far:
    """A server of which only the clock matters: it is asked, or away, and so is the machine's count of seconds."""

    def __init__(self) -> None:
        self.time = START
        self.seconds = 1_000.0
        self.asked = 0
        self.away = False

    def ask(self) -> datetime:
        self.asked += 1
        if self.away:
            raise StoreFailed("away")
        return self.time

    def count(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def clock(far: Far) -> ServerClock:
    return ServerClock(far.ask, far.count)


@pytest.fixture
def postgres(place: Place) -> Iterator[Postgres]:
    made = Postgres(place.url)
    yield made
    made.close()


def test_the_time_is_the_servers(postgres: Postgres, place: Place) -> None:
    with place.connect() as db:
        row = db.execute("SELECT clock_timestamp()").fetchone()
    assert row
    assert isinstance(row[0], datetime)
    told = postgres.clock().now()
    assert told.tzinfo is UTC
    assert timedelta(0) <= told - row[0] < timedelta(seconds=20)


def test_between_two_asks_it_goes_on_by_itself(clock: ServerClock, far: Far) -> None:
    told = []
    for _ in range(10):
        told.append(clock.now())
        far.passes(1.5)
    assert told == [START + timedelta(seconds=1.5 * n) for n in range(10)]
    assert far.asked == 1


def test_a_server_that_is_set_meanwhile_is_followed_once_it_is_asked_again(clock: ServerClock, far: Far) -> None:
    clock.now()
    far.time += timedelta(hours=3)
    far.seconds += FRESH - 1
    assert clock.now() == START + timedelta(seconds=FRESH - 1)
    far.seconds += 2
    assert clock.now() == START + timedelta(hours=3)


def test_it_carries_on_without_the_server_as_long_as_it_is_fresh(clock: ServerClock, far: Far) -> None:
    clock.now()
    far.away = True
    far.passes(FRESH)
    assert clock.now() == START + timedelta(seconds=FRESH)
    far.passes(1)
    with pytest.raises(StoreFailed):
        clock.now()
    far.away = False
    assert clock.now() == START + timedelta(seconds=FRESH + 1)


def test_a_server_that_was_never_heard_of_gives_no_time(clock: ServerClock, far: Far) -> None:
    far.away = True
    with pytest.raises(StoreFailed):
        clock.now()


def test_an_answer_counts_from_when_it_came_not_from_when_it_was_asked_for(far: Far) -> None:
    def slowly() -> datetime:
        told = far.ask()
        far.seconds += 7  # on its way back
        return told

    assert ServerClock(slowly, far.count).now() == START


def test_many_threads_ask_once_and_none_goes_back(far: Far) -> None:
    begun = Event()

    def slowly() -> datetime:
        begun.wait(5)
        time.sleep(0.05)
        return far.ask()

    clock = ServerClock(slowly)

    def looks(_: int) -> list[datetime]:
        begun.set()
        return [clock.now() for _ in range(200)]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(looks, range(8)))
    assert far.asked == 1
    assert all(one <= other for mine in told for one, other in pairwise(mine))


def test_threads_with_stale_clocks_share_one_connection_with_a_transaction(postgres: Postgres) -> None:
    """The watch looks at the clock in the threads that send, while another of them reads the log."""
    with postgres.writing():
        pass

    def looks(_: int) -> datetime:
        return postgres.clock().now()

    with ThreadPoolExecutor(8) as pool:
        for _ in range(10):
            with postgres.reading() as log:
                told = list(pool.map(looks, range(8)))
                assert log.heads() == []
            assert max(told) - min(told) < timedelta(seconds=20)


def test_the_steady_clock_counts_the_sleep_of_the_machine() -> None:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        pytest.skip("this system has no clock that counts on in its sleep")
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= steady() <= time.clock_gettime(time.CLOCK_BOOTTIME)


WRONG = "import time; from crisisctl.adapters.postgres import Postgres; import sys; print(Postgres(sys.argv[1]).time())"


def test_a_machine_whose_clock_is_wrong_does_not_matter(place: Place) -> None:
    faketime = shutil.which("faketime")
    if not faketime:
        pytest.skip("faketime is not installed; the tests with a clock of their own say the same")
    command = [faketime, "-f", "+3h", sys.executable, "-c", WRONG, place.url]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout
    assert abs(datetime.fromisoformat(said.strip()) - datetime.now(UTC)) < timedelta(minutes=5)
