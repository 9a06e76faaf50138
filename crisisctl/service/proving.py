"""What is in the templates of a playbook: read from their syntax, and filled in with what is sure to be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from crisisctl.domain.errors import Invalid
from crisisctl.domain.proof import Given, Read, Use
from crisisctl.domain.proof.words import Value, Words, uses
from crisisctl.service.ports import Filling, NotKnown, Templates

_TOGETHER = 24  # templates that are filled in by one process
_MOST = 40  # names that one template may lack before nobody reads on
_THERE = "something"


def read(given: Given, sources: Mapping[str, str], templates: Templates) -> dict[Use, Read]:
    """What each template asks for, and what it lacks where only the facts that are sure to be known are there."""
    words = Words(given)
    chosen = {use: words.values(use) for use in uses(given.playbook, sources)}
    names = _names(templates, {use.template: sources[use.template] for use in chosen})
    fillings = {use: [Filling(use.template, sources[use.template], v) for v in all_] for use, all_ in chosen.items()}
    every = [one for use, own in fillings.items() if isinstance(names[use.template], list) for one in own]
    sound = all(_fill(templates, batch) is None for batch in _batches(every))
    return {use: _found(names[use.template], () if sound else own, templates) for use, own in fillings.items()}


def _batches(fillings: Iterable[Filling]) -> Iterator[list[Filling]]:
    ahead = iter(fillings)
    while batch := [*islice(ahead, _TOGETHER)]:
        yield batch


def _names(templates: Templates, sources: Mapping[str, str]) -> dict[str, list[str] | Invalid]:
    """The names in each template, or why they cannot be read."""
    try:
        return {**templates.names_many(sources)}
    except Invalid:
        return {name: _names_of(templates, name, source) for name, source in sources.items()}


def _names_of(templates: Templates, name: str, source: str) -> list[str] | Invalid:
    try:
        return templates.names(source, name=name)
    except Invalid as error:
        return error


def _fill(templates: Templates, fillings: Sequence[Filling]) -> Invalid | None:
    try:
        templates.render_many(fillings)
    except Invalid as error:
        return error
    return None


def _found(names: list[str] | Invalid, fillings: Sequence[Filling], templates: Templates) -> Read:
    if isinstance(names, Invalid):
        return Read((), (), str(names))
    lacking: dict[str, Value] = {}
    for batch in _batches(fillings):
        while len(lacking) < _MOST:
            fault = _fill(templates, [one._replace(values={**one.values, **lacking}) for one in batch])
            if not isinstance(fault, NotKnown):
                if fault is not None:
                    return Read(names, [*lacking], str(fault))
                break
            lacking[fault.name] = _THERE
    return Read(names, [*lacking])
