"""Where a text disagrees with the facts of the incident or with what was said in public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from crisisctl.domain.lint.claims import FACT_WORDS, Count, When, counts, denied, identified, standing, whens
from crisisctl.domain.lint.findings import Context, Spotted
from crisisctl.domain.lint.words import Text

_KINDS = (
    "password",
    "passwort",
    "payment",
    "card",
    "bank",
    "health",
    "customer data",
    "kundendaten",
    "data",
    "daten",
    "message",
)
_STANDING = frozenset({"confirmed", "probable"})
_DAY = timedelta(hours=14)  # a day in one zone may be the next in another
_MINUTE = timedelta(minutes=1)


def contradictions(looked: Text, context: Context, language: str) -> Iterator[Spotted]:
    """Every claim that a confirmed fact or an earlier text denies."""
    del language  # claims are read in every language at once
    if context.facts is None and not context.published:
        return
    told, times = list(counts(looked)), list(whens(looked))
    if context.facts is not None:
        yield from _against_facts(looked, context, told, times)
    for label, text in context.published:
        earlier = Text(text)
        yield from _numbers(told, list(counts(earlier)), label)
        yield from _moments(times, list(whens(earlier)), label)
        yield from _states(looked, earlier, label)


def _against_facts(looked: Text, context: Context, told: list[Count], times: list[When]) -> Iterator[Spotted]:
    known = {name: value for name, (value, status) in (context.facts or {}).items() if value and status in _STANDING}
    for name, value in known.items():
        words = name.replace("-", "_").split("_")
        if value.replace(".", "", 1).lstrip("-").isdigit():
            wrong = [one for one in told if _is_of(one, words) and not one.agrees(float(value))]
            yield from (_apart(one.at, one.written, *_fact(name, value)) for one in wrong)
        elif moment := _instant(value):
            event = next((FACT_WORDS[word] for word in words if word in FACT_WORDS), None)
            other = [when for when in times if when.event == event and not _same(when, moment)]
            stamp = moment.strftime("%Y-%m-%d %H:%M UTC")
            yield from (_apart(when.at, when.written, *_fact(name, stamp)) for when in other)
    if not any("cause" in name for name in known):
        remedy = "Say that the cause is not known yet, or set and confirm the fact first."
        for sentence in filter(identified, looked.sentences):
            yield _apart(sentence.start, "that the cause is known", "no fact with the cause is confirmed", remedy)


def _fact(name: str, value: str) -> tuple[str, str]:
    """What the fact says, and what to do."""
    return f"the fact {name} is {value}", f"Write {value}, or set the fact."


def _is_of(count: Count, words: list[str]) -> bool:
    """Whether a fact of that name counts these things in that state."""
    singular = {word.removesuffix("s") for word in words}
    if count.thing not in singular:
        return False
    stated: str | None = next(
        (state for state in ("affected", "restored", "informed", "reset", "lost") if state in words), None
    )
    if stated is None:
        stated = "affected" if singular & {"exposed", "impacted", "stolen", "concerned", "leaked"} else ""
    return count.state in {stated, ""} if stated else count.state in {"", "affected"}


def _numbers(told: list[Count], before: list[Count], label: str) -> Iterator[Spotted]:
    for count in told:
        same = [one for one in before if (one.thing, one.state) == (count.thing, count.state)]
        if same and not any(count.agrees(one.number, one.bound) for one in same):
            remedy = f"Use the same number, or say that it corrects {label}."
            yield _apart(count.at, count.written, f"{label} says {same[0].written}", remedy)


def _moments(times: list[When], before: list[When], label: str) -> Iterator[Spotted]:
    for when in times:
        same = [one for one in before if one.event == when.event]
        if same and not any(_agree(when, one) for one in same):
            remedy = f"Use the same time, or say that it corrects {label}."
            yield _apart(when.at, when.written, f"{label} says {same[0].written}", remedy)


def _states(looked: Text, earlier: Text, label: str) -> Iterator[Spotted]:
    before = {standing(sentence) for sentence in earlier.sentences}
    for sentence in looked.sentences:
        if "resolved" in before and standing(sentence) == "ongoing" and "again" not in sentence.text.casefold():
            remedy = f"Say that it has come back, or correct {label}."
            yield _apart(sentence.start, "that it goes on", f"{label} says that it is resolved", remedy)
        for kind in _KINDS:
            now = denied(sentence, kind)
            if now is not None and (not now) in {denied(one, kind) for one in earlier.sentences} - {None}:
                held, other = ("was not", "was") if now else ("was", "was not")
                message, against = f"that {kind} {held} affected", f"{label} says that it {other}"
                yield _apart(sentence.start, message, against, f"Say what is right, and that it corrects {label}.")
                break


def _apart(at: int, here: str, there: str, remedy: str) -> Spotted:
    return Spotted("contradiction", at, f"The text says {here}, but {there}", remedy)


def _instant(value: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _same(when: When, moment: datetime) -> bool:
    """Whether what is written can be that instant; a day alone is right if it is that day somewhere."""
    if when.instant is not None:
        return abs(when.instant - moment) < _MINUTE
    return any(_is_day(when, at.date()) for at in (moment - _DAY, moment, moment + _DAY))


def _is_day(when: When, day: date) -> bool:
    year, month, number = when.day
    return (month, number) == (day.month, day.day) and year in {None, day.year}


def _agree(one: When, other: When) -> bool:
    if one.instant is not None and other.instant is not None:
        return abs(one.instant - other.instant) < _MINUTE
    return one.day[1:] == other.day[1:] and (None in {one.day[0], other.day[0]} or one.day[0] == other.day[0])
