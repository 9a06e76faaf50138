"""What is in the templates of a playbook: read from their syntax, and filled in with what is sure to be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from crisisctl.domain.errors import Invalid, NotKnown
from crisisctl.domain.proof import Given, Read, Use
from crisisctl.domain.proof.words import Value, Words, uses
from crisisctl.service.ports import Filling, Templates

_TOGETHER = 24  # templates that are filled in by one process
_MOST = 40  # names that one template may lack before nobody reads on
_THERE = "something"


def read(given: Given, sources: Mapping[str, str], templates: Templates) -> dict[Use, Read]:
    """What each template asks for, and what it lacks where only the facts that are sure to be known are there."""
    words, every = Words(given), [*uses(given.playbook, sources)]
    names = _names(templates, {use.template: sources[use.template] for use in every})
    fillings = {use: [*_fillings(words, use, sources[use.template], names[use.template])] for use in every}
    sound = all(_fill(templates, batch) is None for batch in _batches(one for own in fillings.values() for one in own))
    return {use: _found(names[use.template], () if sound else fillings[use], templates) for use in every}


def _fillings(words: Words, use: Use, source: str, names: list[str] | Invalid) -> Iterator[Filling]:
    for values in [] if isinstance(names, Invalid) else words.values(use, names):
        yield Filling(use.template, source, values)


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
