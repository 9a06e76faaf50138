"""How a text looks and sounds to those who hear it read out, and what nobody has filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crisisctl.domain.lint.findings import Spotted
from crisisctl.domain.lint.policy import Policy
from crisisctl.domain.lint.words import Text, Word

_SLOT = re.compile(
    r"\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}|\{\{|\}\}|\{%|%\}|\$\{\w{1,40}\}?"
    r"|(?<![\w(])\{[a-zA-Z_][\w .-]{0,40}\}"
    r"|<[A-Z][A-Z _/-]{1,40}>|<(?:[Ii]nsert|[Yy]our|[Cc]ompany|[Nn]ame|[Dd]ate|[Tt]ime|[Nn]umber"
    r"|[Cc]ustomer|[Ff]irst|[Ll]ast|customer|first|last|full|enter|add|number|date|time|name|location"
    r"|place|amount|product|service|contact|phone|e-?mail|link|url|x+)\b[^<>\n]{0,40}>"
    r"|\b(?:TODO|TO-DO|TO DO|TBD|TBC|TBA|TKTK?|TK|FIXME|XXX+|XX?:XX|HH:MM|XX|[xX][xX]+"
    r"|DD[./-]MM[./-]YY(?:YY)?|MM[./-]DD[./-]YY(?:YY)?"
    r"|YYYY[./-]MM[./-]DD|YYYY|NNN?N?|[Tt]bd|[Tt]bc|X,XXX|X{2,4}[./-]X{2,4})\b|\bTo ?do:|_{3,60}|\.{5,60}"
    r"|\bipsum\b|\bdolor sit amet\b"
    r"|%[sd]\b|%{1,2}[A-Za-z][\w-]{2,30}%{1,2}|@@\w{1,30}@@|##[A-Z]\w{1,30}##|«[A-Za-z_]{2,30}»"
    r"|\$[A-Z_]{3,30}\b(?!\d)"
    r"|\b[Tt]o be (?:determined|decided|defined|confirmed|filled in|added|announced|supplied"
    r"|completed)\b(?= ?[.,;:)\]]|$)"
    r"|\((?:insert|enter|add|fill in|name|date|time|number|placeholder|your|to be|xx+|x"
    r"|\?+)\b[^()\n]{0,60}\)|\(\?{1,3}\)|(?<!\w)\?{3,10}(?= ?\w)"
    r"|(?<![\[(<\w])(?:[Ii]nsert|INSERT|[Ff]ill in|FILL IN) (?:the |your |a )?(?:name|date|time|number"
    r"|location|place|link|quote|text|contact|details"
    r"|NAME|DATE|TIME|NUMBER|LOCATION|PLACE|LINK|QUOTE|TEXT|CONTACT|DETAILS)\b(?: here| HERE)?"
    r"|\b(?:[Pp]laceholder|PLACEHOLDER)\b|\b(?:[Dd]ummy|[Ss]ample|[Ff]iller) text\b|\b(?:company|customer"
    r"|your|first|last) name here\b",
    re.MULTILINE,
)
_BRACKET = re.compile(r"\[[^\[\]\n]{1,120}\](?![(\[:])")
_FACE = r"(?![\U0001F3FB-\U0001F3FF])[\U0001F300-\U0001FAFF\u2600-\u27BF\u2B05-\u2B55]"
_EMOJI = re.compile(
    rf"(?<![\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F])(?:(?:{_FACE}|[\U0001F1E6-\U0001F1FF]{{2}})"
    r"[\U0001F3FB-\U0001F3FF]?\uFE0F? ?){2,32}"
)
_TAG = re.compile(r"(?<![\w&/#])#(\w{1,100})")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\([^()\s]{0,400}\)|<a\s[^<>]{0,400}>([^<>]{1,200})</a>", re.IGNORECASE)
_IMAGE = re.compile(r"!\[\s{0,20}\]\(|<img\b(?![^<>]{0,400}\balt\s?=\s?[\"'][^\"'])", re.IGNORECASE)
_SAYS_NOTHING = (
    "here|click|click me|tap here|see here|read here|details|info|see more|find out more|view more|the link"
    "|follow this link|this site|go|open|continue|click here|this|this link|link|more|read more"
    "|learn more|this page"
    "|hier|hier klicken|dieser link|mehr"
    "|mehr dazu|weiterlesen|klicken sie hier"
)
_EMPTY_LINKS = frozenset(_SAYS_NOTHING.split("|"))
_FANCY = re.compile(r"[\U0001D400-\U0001D7FF\u24b6-\u24e9\uff21-\uff5a]")
_SHOUTS = re.compile(r"(?<!!)!{2,}+|(?<!\?)\?{2,}+(?!\?)")
_LONGEST_TAG = 8
_MOST_TAGS = 2
_LONG_WORD = 6


def slots(looked: Text) -> Iterator[Spotted]:
    """Gaps that a template or an author has left."""
    for found in _SLOT.finditer(looked.text):
        yield Spotted("unresolved-slot", found.start(), f"“{found[0]}” stands where words are missing")
    for found in _BRACKET.finditer(looked.text):
        inner = found[0][1:-1].strip()
        if not (inner.isdigit() or inner.lower() in {"", "...", "…", "sic"}):
            yield Spotted("unresolved-slot", found.start(), f"“{found[0]}” stands where words are missing")


def hard_to_reach(looked: Text, policy: Policy) -> Iterator[Spotted]:
    """What a screen reader, or whoever listens to one, cannot use."""
    yield from _shouting(looked, policy)
    yield from _marks(looked.text)
    yield from _tags(looked.text)
    for found in _LINK.finditer(looked.text):
        shown = (found[1] or found[2]).strip(" .!*_→»>").casefold()
        if shown in _EMPTY_LINKS:
            yield _said(found, f"the link says “{shown}”, not where it leads", "Name the page that the link opens.")


def _said(found: re.Match[str], message: str, remedy: str) -> Spotted:
    return Spotted("accessibility", found.start(), message, remedy)


def _marks(text: str) -> Iterator[Spotted]:
    for found in _EMOJI.finditer(text):
        yield _said(found, "a run of emoji is read out one by one", "Leave them out, or keep one at the end.")
    for found in _IMAGE.finditer(text):
        yield _said(found, "the image has no text for those who do not see it", "Say in its alt text what it shows.")
    for found in _SHOUTS.finditer(text):
        yield _said(found, f"“{found[0][:8]}” shouts", "One mark is enough; a full stop is calmer.")
    if found_one := _FANCY.search(text):
        yield _said(found_one, "a screen reader skips these letters or spells them", "Use ordinary letters.")


def _tags(text: str) -> Iterator[Spotted]:
    found = list(_TAG.finditer(text))
    for tag in found:
        if tag[1].isalpha() and tag[1].islower() and len(tag[1]) >= _LONGEST_TAG:
            message = f"#{tag[1]} cannot be read out as words"
            yield _said(tag, message, "Write each word in it with a capital: #DataBreach.")
    if len(found) > _MOST_TAGS:
        yield _said(found[_MOST_TAGS], f"{len(found)} hashtags bury what is said", "Keep one or two, at the end.")


def _shouting(looked: Text, policy: Policy) -> Iterator[Spotted]:
    known, shouted = policy.allowed("acronyms"), policy.listed("shouted")
    run: list[Word] = []
    for word in (*looked.words, None):
        capital = word is not None and word.raw.isupper() and word.raw.isalpha() and word.key not in known
        together = not run or (word is not None and word.sentence == run[-1].sentence)
        if word is not None and capital and together and (len(word.raw) > 1 or run):
            run.append(word)
            continue
        if _loud(run, shouted):
            text = looked.text[run[0].start : run[-1].end]
            remedy = "Write it in small letters; if it is an abbreviation, add it to allow.acronyms in policy.yaml."
            yield Spotted(
                "accessibility", run[0].start, f"“{text[:60]}” shouts, and is spelt out when read aloud", remedy
            )
        run = [word] if word is not None and capital and len(word.raw) > 1 else []


def _loud(run: list[Word], shouted: frozenset[str]) -> bool:
    """Whether words in capitals are shouted and no abbreviations."""
    letters = sum(len(word.raw) for word in run)
    return (
        any(word.key in shouted for word in run)
        or any(len(word.raw) >= _LONG_WORD for word in run)
        or (len(run) > 1 and letters >= _LONGEST_TAG)
    )
