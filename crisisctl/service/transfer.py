"""A whole log goes from one store to another: copied, verified there, and only then frozen where it was.

The copy is one transaction at the target, so a run that is killed leaves all of it or nothing; repeated, it takes up
where that one ended. While it runs, nobody writes at the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from crisisctl.domain.entries import STORE, Source
from crisisctl.domain.errors import Conflict, Refused, StoreFailed, Unverified, Usage
from crisisctl.domain.moving import left, moved, sealed, sentence, went
from crisisctl.service.ports import TABLES, Custody, Extent, Log, Store
from crisisctl.service.verify import verify

Progress = Callable[[str], None]
Tips = Mapping[str, tuple[int, str]]
T = TypeVar("T")
_TOLD_EVERY = 10_000  # entries


class Copied(NamedTuple):
    """What is at the target now, whose address is for the settings. `again`: an earlier run had brought it there."""

    address: str
    entries: int
    incidents: int
    again: bool


def move(source: Store, target: Store, by: Source, now: Callable[[], datetime], progress: Progress) -> Copied:
    """Copy, verify, freeze. `Conflict` when the target has entries of its own, `StoreFailed` when the source moved."""
    something(source)
    if source.address() == target.address():
        raise Usage(f"{source.place()} is both where the log is and where it should go. Name another place.")
    with source.alone() as old:
        if done := _moved_already(old, source, target):
            return done
        again = _filled(old, target, progress)
        _verified(old, target, progress)
        progress("freezing the log where it was")
        tips = old.tips()
        old.freeze(sealed(moved(target.address(), tips), by, now(), list(old.entries(STORE))))
    return _done(target, tips, again=again)


def restore(source: Store, target: Store, progress: Progress, *, moved_too: bool = False) -> Copied:
    """Put a log that verifies into a store that holds none; `Refused` when it holds one.

    So is a log that was moved, unless `moved_too`: it goes on where it went.
    """
    something(source)
    if not moved_too:
        _refuse_a_second(source)
    with target.reading() as log:
        _refuse_to_cover(log, target)  # before a large file is verified for nothing
    with source.reading() as old:
        tips = old.tips()
    checked(source, tips, "Nothing was restored; take an older backup", progress)
    with target.alone() as new, source.reading() as old:
        _refuse_to_cover(new, target)
        new.clear()  # what is derived from no log
        _lay(old, new, progress)
    checked(target, tips, "It is not the log that was restored: somebody else writes there", progress)
    return _done(target, tips, again=False)


def copy(source: Store, target: Store, progress: Progress) -> None:
    """Lay one moment of a log into an empty store; the copy of a closed one is closed too."""
    something(source)
    with source.reading() as log:
        entry = went(log.entries(STORE))
    with target.alone() as new, source.reading() as old:
        _lay(old, new, progress)
        if entry:
            new.freeze(entry)


def sound(store: Store, progress: Progress) -> Extent:
    """How far a copy reaches; `Unverified` when it does not verify."""
    with store.reading() as log:
        tips, extent = log.tips(), log.extent()
    checked(store, tips, "It was not kept; look at the log itself: crisisctl verify", progress)
    return extent


def checked(store: Store, tips: Tips, otherwise: str, progress: Progress) -> None:
    """`Unverified`, saying what that means, when a log does not verify or is not the one that has these tips."""
    verdict = verify(store, None, lambda id_: progress(f"verifying {id_}"))
    with store.reading() as log:
        same = log.tips() == tips
    flaws = verdict.flaws if same else [*verdict.flaws, "it does not end where the log that was copied ends"]
    if flaws:
        raise Unverified(f"{store.place()} does not verify: {flaws[0]}. {otherwise}.")


def where(log: Log) -> str | None:
    """Where a log was moved, as a sentence without a full stop; None for one that is in use."""
    entry = went(log.entries(STORE))
    return sentence(entry) if entry else None


def _done(target: Store, tips: Tips, *, again: bool) -> Copied:
    return Copied(target.address(), sum(count for count, _ in tips.values()), len(tips), again)


def something(store: Store) -> None:
    """`StoreFailed` when there is no log at that place, or none that holds an entry."""
    with store.reading() as log:
        if not log.tips():
            why = "holds no entry" if store.about()["schema"] else "is no log yet"
            raise StoreFailed(f"{store.place()} {why}, so there is nothing to copy. Name the log itself.")


def _refuse_a_second(source: Store) -> None:
    """Two open logs that begin alike could never be made one again."""
    with source.reading() as log:
        entry = went(log.entries(STORE))
    if entry:
        raise Refused(
            f"{source.place()}: {left(entry)}, and goes on there; restored, it would be a second one. Nothing was "
            "written. Back up the log where it is now; or, when that is lost, restore this one: --although-moved"
        )


def _refuse_to_cover(log: Log, target: Store) -> None:
    if log.extent().entries:
        raise Refused(
            f"{target.place()} holds a log already. Nothing was written. Stop the watches, move "
            "that log away, or name an empty place in the settings; then restore."
        )


def _moved_already(old: Custody, source: Store, target: Store) -> Copied | None:
    """What an earlier run did to its end; `StoreFailed` when the log went somewhere else."""
    entry = went(old.entries(STORE))
    if entry is None:
        return None
    tips = old.tips()
    if entry.data.get("to") == target.address():
        with target.reading() as there:
            if onward := went(there.entries(STORE)):
                raise StoreFailed(f"{source.place()}: {left(entry)}. {target.place()}: {sentence(onward)}.")
            if all(_has(there, id_, tip) for id_, tip in tips.items()):
                return _done(target, tips, again=True)
    raise StoreFailed(f"{source.place()}: {sentence(entry)}. Move it on from there.")


def _filled(old: Custody, target: Store, progress: Progress) -> bool:
    """Bring the target level with the source; whether an earlier run had done so already."""
    with target.alone() as new:
        if said := where(new):
            raise StoreFailed(f"{target.place()} is closed for good: {said}. To move a log there, name a new place.")
        if new.tips():
            progress("comparing with what an earlier run left")
            if _same(old, new):
                return True
            _refuse_what_is_not_ours(old, new, target.place())
        new.clear()
        _lay(old, new, progress)
    return False


def _verified(old: Custody, target: Store, progress: Progress) -> None:
    """`Unverified` when the copy is not whole; then it is taken back, unless somebody has written there meanwhile."""
    try:
        checked(target, old.tips(), "The log was not moved; look at it where it is: crisisctl verify", progress)
    except Unverified:
        with target.alone() as new:
            if all(_has(old, id_, tip) for id_, tip in new.tips().items()):
                new.clear()
        raise


def _lay(old: Log, new: Custody, progress: Progress) -> None:
    for table in TABLES:
        new.load(table, _counted(old.dump(table), table, progress))
    progress("writing the copy to disk")


def _counted(rows: Iterable[T], table: str, progress: Progress) -> Iterator[T]:
    for number, row in enumerate(rows):
        if number % _TOLD_EVERY == 0:
            progress(f"copying {table}, row {number:,}")
        yield row


def _same(old: Log, new: Log) -> bool:
    """Whether every row of one log stands in the other, to the letter."""
    if old.tips() != new.tips():
        return False
    pairs = (zip_longest(old.dump(table), new.dump(table)) for table in TABLES)
    return [one == other for rows in pairs for one, other in rows].count(False) == 0  # all are read: see `dump`


def _refuse_what_is_not_ours(old: Log, new: Log, place: str) -> None:
    """An unfinished copy holds the beginning of each incident and nothing else; only such a one may be replaced."""
    for id_, tip in new.tips().items():
        if not _has(old, id_, tip):
            raise Conflict(
                f"{place} holds entries of its own: {id_} has {tip[0]} there, and they are not the first {tip[0]} of "
                "the log to be moved. Nothing was changed. Move into an empty place."
            )


def _has(log: Log, id_: str, tip: tuple[int, str]) -> bool:
    """Whether an incident has an entry of that number with that digest, which seals all before it."""
    entry = log.entry(id_, tip[0])
    return entry is not None and entry.digest == tip[1]
