"""What a text claims that another can contradict: numbers of things, moments of events, and how it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.lint.moments import moments
from crisisctl.domain.lint.words import Sentence, Text

_THINGS = {
    "account": "account konto konten benutzerkonto benutzerkonten kundenkonto kundenkonten",
    "person": "person people persone menschen personen individual",
    "customer": "customer client kunde kunden kundinnen kundin",
    "user": "user nutzer nutzerinnen benutzer subscriber",
    "record": "record datensatz datensätze row entry entrie",
    "patient": "patient patienten patientinnen",
    "employee": "employee mitarbeiter mitarbeitende beschäftigte",
    "server": "server host machine",
    "message": "message nachricht nachrichten email mail",
    "order": "order bestellung bestellungen",
    "file": "file datei dateien document dokument dokumente",
    "site": "site website standort standorte store",
    "service": "service dienst dienste",
    "passenger": "passenger passagier passagiere",
    "post": "post beitrag beiträge tweet",
    "transaction": "transaction payment zahlung zahlungen überweisungen",
    "device": "device gerät geräte phone computer",
}
_NOUNS = {form: thing for thing, forms in _THINGS.items() for form in forms.split()}
_STATES = {
    "affected": "affect impact expos concern stol copied leak compromis access breach disclos reveal"
    " betroffen gestohlen kopiert abgefloss offengelegt entwendet einsehbar involv",
    "restored": "restor recover reopen wiederhergestellt",
    "informed": "notif inform told contact written wrote benachrichtigt informiert angeschrieben",
    "reset": "reset lock suspend block disabl gesperrt zurückgesetzt",
    "lost": "lost lose loss delet verloren gelöscht",
}
_EVENTS = {
    "aware": (
        "aware",
        "learn",
        "discover",
        "notic",
        "detect",
        "found out",
        "heard",
        "erfahren",
        "bemerkt",
        "entdeckt",
        "festgestellt",
    ),
    "start": ("began", "begin", "start", "since", "begonnen", "begann", "angefangen", "seit"),
    "restored": (
        "restor",
        "resolv",
        "working again",
        "recovered",
        "back online",
        "wiederhergestellt",
        "behoben",
        "wieder verfügbar",
    ),
    "removed": ("remov", "delet", "took down", "taken down", "entfernt", "gelöscht"),
    "posted": ("was posted", "appeared", "posted on", "veröffentlicht", "erschien"),
    "taken": ("taken over", "took over", "übernommen"),
    "regained": ("regained", "our control", "ours again", "unter unserer kontrolle"),
}  # fmt: skip - a table
FACT_WORDS = {
    "aware": "aware",
    "detected": "aware",
    "discovered": "aware",
    "began": "start",
    "started": "start",
    "start": "start",
    "since": "start",
    "restored": "restored",
    "resolved": "restored",
    "removed": "removed",
    "posted": "posted",
    "taken": "taken",
    "regained": "regained",
}  # fmt: skip - a table
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?P<n>\d{1,3}(?:[,.\u00a0\u202f' ]\d{3}){1,4}|\d{1,12})(?:[.,](?P<part>\d{1,2}))?"
    r"(?:[ -]?(?P<times>thousand|million|billion|k|m|tausend|millionen|million|milliarden)\b)?(?![\w:%-]|[.,/]\d| ?%)",
    re.IGNORECASE,
)
_TIMES = {"thousand": 10**3, "k": 10**3, "tausend": 10**3, "million": 10**6, "m": 10**6, "millionen": 10**6}
_TIMES |= {"billion": 10**9, "milliarden": 10**9}
_LEAST = ("more than", "over", "at least", "mehr als", "über", "mindestens", "upwards of")
_MOST = (
    "fewer than",
    "less than",
    "up to",
    "at most",
    "under",
    "no more than",
    "weniger als",
    "bis zu",
    "höchstens",
    "unter",
)
_ABOUT = (
    "about",
    "around",
    "approximately",
    "roughly",
    "nearly",
    "almost",
    "some",
    "circa",
    "rund",
    "etwa",
    "ungefähr",
    "ca.",
    "fast",
)
_CORRECTING = re.compile(
    r"\b(?:correct\w{0,6}|earlier (?:we|statement|figure|number)|previously|we (?:first )?said|as we said|"
    r"we (?:had )?reported|updated (?:figure|number)|not \d[\d,.]{0,12} as|instead of|no longer|revis\w{1,4}|zunächst|"
    r"korrig\w{1,5}|bisher|zuvor|statt)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:no|not|never|none|neither|nor|kein\w{0,3}|nicht|without|ohne|n't)\b|n't\b", re.IGNORECASE)
_OVER = re.compile(
    r"\b(?:(?:has|have) been (?:fully )?(?:resolved|restored|fixed)"
    r"|(?:is|are) (?:fully |now |all )?(?:resolved|restored|working again|back)"
    r"|(?:ist|sind) (?:behoben|wiederhergestellt|wieder verfügbar))\b"
)
_STILL = re.compile(
    r"\b(?:(?:is|are) still (?:down|unavailable|affected|not)|remains? (?:down|unavailable)"
    r"|noch (?:immer )?(?:gestört|nicht))\b"
)
_FOUND = re.compile(
    r"\b(?:(?:have|has|had|been|is|we) (?:now |also )?(?:identified|found|determined|established|isolated) "
    r"(?:\w+ ){0,2}(?:root )?(?:cause|source|reason)"
    r"|(?:root )?(?:cause|source) (?:of \w+ (?:\w+ )?)?(?:has been|was|is|been) "
    r"(?:now )?(?:identified|found|known|determined|clear)"
    r"|status: identified|ursache (?:\w+ ){0,3}(?:gefunden|bekannt|ermittelt|identifiziert))\b"
)
_NOT_YET = re.compile(r"\b(?:not|n't|nicht|noch|before|until|whether|yet|as soon as|once|bis)\b")
_PART_OF = re.compile(r"\d (?:out )?(?:of|von) (?:\w{1,10} )?$")  # what follows is the whole, not the part
TOLERANCE = 0.1  # of a number that is said to be about right


class Count(NamedTuple):
    """So many of a thing in a state; `bound` is `=`, `~`, `>` or `<`."""

    thing: str
    state: str
    number: float
    bound: str
    at: int
    written: str

    def agrees(self, number: float, bound: str = "=") -> bool:
        """Whether it can be true together with another number of the same."""
        if self.bound == ">":
            return bound == ">" or number >= self.number
        if self.bound == "<":
            return bound == "<" or number <= self.number
        if bound in {">", "<"}:
            return self.number >= number if bound == ">" else self.number <= number
        slack = TOLERANCE * max(number, self.number) if "~" in {self.bound, bound} else 0
        return abs(self.number - number) <= slack


class When(NamedTuple):
    """When an event was: its day, and its instant where the zone is known."""

    event: str
    day: tuple[int | None, int, int]
    instant: datetime | None
    at: int
    written: str


def counts(looked: Text) -> Iterator[Count]:
    """The numbers of things in a text, those of sentences apart that correct what was said before."""
    for sentence in looked.sentences:
        if _CORRECTING.search(sentence.text):
            continue
        low = sentence.text.casefold()
        for found in _NUMBER.finditer(sentence.text):
            before = low[max(0, found.start() - 24) : found.start()]
            if not _PART_OF.search(before) and (thing := _thing(low, found.end())):
                number = _value(found)
                bound = _bound(before)
                written = f"{found[0].strip()} {thing}s"
                yield Count(thing, _state(low, found.end()), number, bound, sentence.start + found.start(), written)


def _value(found: re.Match[str]) -> float:
    whole = int(re.sub(r"\D", "", found["n"]))
    times = _TIMES.get((found["times"] or "").casefold(), 1)
    return whole * times + (int(found["part"]) / 10 ** len(found["part"]) * times if found["part"] else 0)


def _thing(low: str, after: int) -> str:
    """What is counted: the first noun known within three words, unless it is a part of a larger number."""
    following = low[after : after + 60]
    if re.match(r"\s*(?:of|out of|von) (?:the |our |den |unseren )?\d", following):
        following = re.sub(r"^\s*\w+ (?:\w+ ){0,2}[\d.,]+", "", following)
    for word in re.findall(r"[^\W\d_]+|\d+|[.;:]", following)[:4]:
        if word.isdigit() or word in ".;:":
            return ""
        thing = _NOUNS.get(word) or _NOUNS.get(word.removesuffix("s"))
        if thing:
            return thing
    return ""


def _bound(before: str) -> str:
    before = before.rstrip()
    for sign, ways in ((">", _LEAST), ("<", _MOST), ("~", _ABOUT)):
        if before.endswith(ways):
            return sign
    return "="


def _state(low: str, after: int) -> str:
    """In which state the things are: by the nearest such word of the sentence, first after the number."""
    for words in (
        re.findall(r"\w+", low[after : after + 160]),
        re.findall(r"\w+", low[max(0, after - 120) : after])[::-1],
    ):
        for word in words:
            for state, stems in _STATES.items():
                if word.startswith(tuple(stems.split())):
                    return state
    return ""


def whens(looked: Text) -> Iterator[When]:
    """When events were, as the text tells it; promises of a next update apart."""
    for sentence in looked.sentences:
        low = sentence.text.casefold()
        if _CORRECTING.search(sentence.text) or "next update" in low or "nächste" in low:
            continue
        found = [moment for moment in moments(sentence.text) if moment.day]
        events = [event for event, cues in _EVENTS.items() if any(cue in low for cue in cues)]
        if len(found) == 1 and len(events) == 1 and found[0].day:
            written = sentence.text[found[0].start : found[0].end]
            yield When(events[0], found[0].day, found[0].instant(), sentence.start + found[0].start, written)


def standing(sentence: Sentence) -> str:
    """`resolved` or `ongoing`, as far as a sentence says so."""
    low = sentence.text.casefold()
    if _OVER.search(low) and not _NEGATED.search(low):
        return "resolved"
    return "ongoing" if _STILL.search(low) else ""


def identified(sentence: Sentence) -> bool:
    """Whether a sentence says that the cause is known."""
    low = sentence.text.casefold()
    return bool(_FOUND.search(low)) and not _NOT_YET.search(low)


def denied(sentence: Sentence, word: str) -> bool | None:
    """Whether a sentence denies that a kind of data was touched (True), says it was (False), or is silent."""
    low = sentence.text.casefold()
    if not re.search(rf"\b{word}\w*", low) or not re.search(
        r"\b(?:affect|expos|access|stol|copied|leak|compromis|lost|taken|betroffen|gestohlen|kopiert|verloren|abgefloss)\w*",
        low,
    ):
        return None
    if re.search(r"\b(?:know|whether|if|may|might|could|checking|ob|prüf\w+)\b", low):
        return None
    return bool(_NEGATED.search(low))
