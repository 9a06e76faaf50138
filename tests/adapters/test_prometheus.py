"""The page for Prometheus, read by a parser that takes nothing but the text format 0.0.4."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from crisisctl.adapters.prometheus import Family, Sample, page, written
from crisisctl.service.tally import Figures, Tally
from crisisctl.service.vitals import Vitals

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\\n]|\\[\\n])*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
LINE = re.compile(
    rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (NaN|[+-]Inf|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)"
)
ROOM = Vitals(waiting=3, overdue=2, late=61.5, watches=2, incidents=4, drills=1)


class Read(NamedTuple):
    """A metric as the parser read it; samples by their whole name and labels."""

    kind: str
    help: str
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(text: str) -> dict[str, Read]:
    """The metrics of a page; an `AssertionError` for whatever the format does not allow."""
    assert text.endswith("\n")
    found: dict[str, Read] = {}
    lines = iter(text[:-1].split("\n"))
    current = ""
    for line in lines:
        if begun := HELP.fullmatch(line):
            kind = TYPE.fullmatch(next(lines))
            assert kind, f"no type after {line}"
            assert kind[1] == begun[1]
            current = begun[1]
            assert current not in found, f"{current} stands twice"
            found[current] = Read(kind[2], _plain(begun[2]), {})
            continue
        sample = LINE.fullmatch(line)
        assert sample, f"not a line of the format: {line!r}"
        _belongs(sample[1], current, found[current].kind)
        labels = tuple((name, _plain(value)) for name, value in re.findall(LABEL, sample[2] or ""))
        assert len({name for name, _ in labels}) == len(labels)
        assert (sample[1], labels) not in found[current].samples, f"{line} stands twice"
        found[current].samples[sample[1], labels] = float(sample[len(sample.groups())])
    for name, read in found.items():
        _sound(name, read)
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)


def _belongs(name: str, family: str, kind: str) -> None:
    endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
    assert name in {f"{family}{ending}" for ending in endings}, f"{name} stands under {family}"


def _sound(name: str, read: Read) -> None:
    assert read.samples, f"{name} has no sample"
    if read.kind == "counter":
        assert name.endswith("_total")
        assert all(value >= 0 for value in read.samples.values())
    if read.kind == "histogram":
        buckets = [(float(dict(labels)["le"]), n) for (full, labels), n in read.samples.items() if "bucket" in full]
        assert [bound for bound, _ in buckets] == sorted({bound for bound, _ in buckets})
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1] == (math.inf, read.samples[f"{name}_count", ()])


def figures(tally: Tally | None = None) -> Figures:
    return (tally or Tally(lambda: 0.0)).figures()


def only(read: Read) -> float:
    [value] = read.samples.values()
    return value


def test_a_page_is_what_the_format_allows_and_counters_begin_at_zero() -> None:
    read = parsed(page("here:1", figures(), ROOM))
    assert {value for metric in read.values() if metric.kind == "counter" for value in metric.samples.values()} == {0.0}
    assert all(name.startswith("crisisctl_") for name in read)
    assert all(metric.help.endswith(".") for metric in read.values())


def test_what_was_counted_stands_on_the_page() -> None:
    tally = Tally(lambda: 0.0)
    for number, what in enumerate(("fired", "sent", "failed", "dropped", "repaired", "called", "unheard"), 1):
        tally.add(what, number)
    with tally.round("send"):
        pass
    with pytest.raises(KeyError), tally.round("tick"):
        raise KeyError
    read = parsed(page("here:1", figures(tally), ROOM))
    names = ("timers_fired", "notices_sent", "notices_failed", "notices_dropped", "timers_repaired", "dead_man_calls")
    assert [only(read[f"crisisctl_watch_{name}_total"]) for name in names] == [1, 2, 3, 4, 5, 6]
    assert only(read["crisisctl_watch_dead_man_failures_total"]) == 7
    name = "crisisctl_watch_round_errors_total"
    assert read[name].samples == {(name, (("kind", "tick"),)): 1, (name, (("kind", "send"),)): 0}


def test_the_histogram_is_cumulated() -> None:
    late = figures()._replace(late=(4, 0, 3, 0, 0, 2, 0, 1), lateness=512.25)
    name = "crisisctl_watch_firing_lateness_seconds"
    samples = parsed(page("here:1", late, ROOM))[name].samples
    heights = [count for (full, _), count in samples.items() if full.endswith("_bucket")]
    assert heights == [4, 4, 7, 7, 7, 9, 9, 10]
    bounds = [dict(labels)["le"] for full, labels in samples if full.endswith("_bucket")]
    assert bounds == ["0.1", "0.5", "1", "5", "30", "60", "300", "+Inf"]
    assert (samples[f"{name}_sum", ()], samples[f"{name}_count", ()]) == (512.25, 10)


def test_the_room_stands_on_the_page() -> None:
    read = parsed(page("here:1", figures(), ROOM))
    names = ("notices_waiting", "timers_overdue", "timers_lateness_seconds", "watches_alive", "store_up")
    assert [only(read[f"crisisctl_{name}"]) for name in names] == [3, 2, 61.5, 2, 1]
    name = "crisisctl_incidents_open"
    assert read[name].samples == {(name, (("drill", "false"),)): 4, (name, (("drill", "true"),)): 1}


def test_without_a_store_the_page_says_so_and_tells_what_the_watch_knows() -> None:
    read = parsed(page("here:1", figures(), None))
    assert only(read["crisisctl_store_up"]) == 0
    assert "crisisctl_notices_waiting" not in read
    assert "crisisctl_watch_rounds_total" in read


def test_before_the_first_good_round_its_age_is_that_of_the_watch() -> None:
    now = iter([10.0, 17.5])
    samples = parsed(page("here:1", figures(Tally(lambda: next(now))), ROOM))
    assert set(samples["crisisctl_watch_last_good_round_seconds"].samples.values()) == {7.5}


NASTY = ["plain", 'a "quoted" name', "back\\slash", "two\nlines", "\\n", "}", "a,b=c", "überall", '\\"', "\\\\\n"]


@pytest.mark.parametrize("name", NASTY)
def test_a_label_comes_back_as_it_was_whatever_it_holds(name: str) -> None:
    read = parsed(page(name, figures(), ROOM))["crisisctl_watch_info"]
    assert read.samples == {("crisisctl_watch_info", (("watch", name),)): 1}


@pytest.mark.parametrize("text", NASTY)
def test_a_help_text_comes_back_as_it_was(text: str) -> None:
    assert parsed("".join(written(Family("a_b", "gauge", text, (Sample(1),)))))["a_b"].help == text


@pytest.mark.parametrize("value", [0, 1, -1, 0.1, 1e-9, 1.5e300, 10**15, math.inf, -math.inf])
def test_a_number_comes_back_as_it_was(value: float) -> None:
    assert only(parsed("".join(written(Family("a", "gauge", "x", (Sample(value),)))))["a"]) == value


def test_what_is_no_number_is_written_as_the_format_has_it() -> None:
    assert list(written(Family("a", "gauge", "x", (Sample(math.nan),))))[-1] == "a NaN\n"


def _broken() -> Iterator[str]:
    sound = page("here:1", figures(), ROOM)
    yield sound[:-1]
    yield sound + sound
    yield sound.replace('drill="true"', 'drill="false"')
    yield sound.replace('le="1"', 'le="0.2"')
    yield sound.replace("crisisctl_store_up 1", "crisisctl_store_up yes")
    yield sound.replace("# TYPE crisisctl_store_up gauge\n", "")
    yield sound.replace("fired_total", "fired")


@pytest.mark.parametrize("text", list(_broken()))
def test_the_parser_takes_nothing_else(text: str) -> None:
    with pytest.raises(AssertionError):
        parsed(text)
