"""How clocks are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crisisctl.domain.clocks.faults import UnknownClock
from crisisctl.domain.clocks.names import find
from crisisctl.domain.errors import Usage
from tests.clockwork import clocks

PUBLISHED = json.loads((Path(__file__).parent.parent / "data" / "deadlines.json").read_text())


@pytest.mark.parametrize("id_", clocks().known)
def test_every_clock_has_its_id_and_each_of_its_names(id_: str) -> None:
    clock = clocks().known[id_]
    assert clocks().find(id_) is clock
    assert clocks().find(id_.upper().replace("-", "_")) is clock
    for name in clock.names[1]:
        for regime in clock.names[0]:
            assert clocks().find(f"{regime} {name}") is clock
            assert clocks().find(f"{regime.lower()}/{name.replace('_', ' ').title()}") is clock


@pytest.mark.parametrize("name", sorted({f"{case['regime']} {case['clock']}" for case in PUBLISHED}))
def test_the_published_names_are_known(name: str) -> None:
    assert clocks().find(name).regime


@pytest.mark.parametrize(
    ("told", "id_"),
    [
        ("GDPR Art. 33", "gdpr.art33"),
        ("CERT-In", "cert-in.incident"),
        ("NIS2 early warning", "nis2.early-warning"),
        ("brazil small agents", None),
        ("brazil anpd small agent 6 business days", "lgpd.anpd-small"),
        ("SEC 8-K 1.05", "sec.8k-1.05"),
        ("FTC Safeguards FTC 500 consumers 30d", None),
        ("FTC Safeguards 500 30d", "ftc.notify"),
        ("NIS2 CSIRT early warning", "nis2.early-warning"),
        ("HIPAA Secretary 500", None),
        ("HIPAA Secretary fewer", "hipaa.hhs-annual"),
    ],
)
def test_words_that_fit_one_clock_alone_name_it(told: str, id_: str | None) -> None:
    if id_ is None:
        with pytest.raises(UnknownClock):
            clocks().find(told)
    else:
        assert clocks().find(told).id == id_


def test_a_regime_of_several_clocks_names_them() -> None:
    with pytest.raises(Usage, match=r"Say which: gdpr\.art33, gdpr\.art33-2, gdpr\.art34"):
        clocks().find("GDPR")


@pytest.mark.parametrize(
    ("told", "near"), [("gpdr.art33", "gdpr.art33"), ("SECC 8k-1.05", "sec.8k-1.05"), ("nysdf", "nydfs")]
)
def test_a_mistyped_name_gets_the_nearest(told: str, near: str) -> None:
    with pytest.raises(UnknownClock, match=near.replace(".", r"\.")) as refused:
        clocks().find(told)
    assert refused.value.code == 4


@pytest.mark.parametrize("told", ["", "   ", "!!!", "x" * 100_000, "\x1b[31m"])
def test_what_names_nothing_is_refused_and_printed_safely(told: str) -> None:
    with pytest.raises(UnknownClock) as refused:
        find(told, clocks().known)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 400
