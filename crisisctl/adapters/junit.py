"""What came of scenarios as JUnit XML, which every CI service reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.scenario.outcome import Outcome

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the report into a file; `StoreFailed` when it cannot be written."""
    try:
        path.write_text(document(outcomes), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StoreFailed(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.") from None


def document(outcomes: Sequence[Outcome]) -> str:
    """The report: a suite for each playbook, a case for each scenario, whatever their names hold."""
    from xml.etree.ElementTree import Element, SubElement, tostring  # noqa: PLC0415 - only a report pays for it

    root = Element("testsuites", {"name": "crisisctl playbook test"} | _counts(outcomes))
    for playbook, group in groupby(outcomes, key=attrgetter("playbook")):
        inside = list(group)
        suite = SubElement(root, "testsuite", {"name": _plain(playbook)} | _counts(inside))
        for one in inside:
            place = {"classname": _plain(playbook), "file": _plain(one.file), "line": str(one.line)}
            case = SubElement(suite, "testcase", {"name": _plain(one.name), "time": f"{one.seconds:.3f}"} | place)
            if not one.ok:
                first = one.differences[0]
                said = _plain(f"{first.key}: expected {first.expected}; got {first.got}")
                SubElement(case, "failure", message=said, type="difference").text = _plain("\n".join(lines(one)))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def lines(outcome: Outcome) -> Iterable[str]:
    """A failure as lines: the place, each difference, and what the log said last."""
    yield f"{outcome.file}:{outcome.line}"
    for one in outcome.differences:
        yield f"{one.key}"
        yield f"  expected  {one.expected}"
        yield f"  got       {one.got}"
    yield from (f"  log       {line}" for line in outcome.log)


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    failed = sum(not one.ok for one in outcomes)
    seconds = sum(one.seconds for one in outcomes)
    return {"tests": str(len(outcomes)), "failures": str(failed), "errors": "0", "time": f"{seconds:.3f}"}


def _plain(text: str) -> str:
    """The text without what no XML can hold."""
    return _NO_XML.sub("\ufffd", text)
