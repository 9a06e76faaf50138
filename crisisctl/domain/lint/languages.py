"""Which language a text is in, as far as the rules know languages."""

from __future__ import annotations

from collections.abc import Collection

from crisisctl.domain.lint.words import Text

USUAL = "en"
_ENGLISH = "the and of to is are was were we our you your not have has been with for this that by on at it"
_GERMAN = (
    "der die das und ist sind war wir uns unsere nicht haben hat wurde wurden mit für dies dass bei ein eine von zu den"
    " dem des im sie ihre ihr es um auf bis uhr bitte wird werden kein keine nur nächste noch als aus"
)
_COMMON = {"en": frozenset(_ENGLISH.split()), "de": frozenset(_GERMAN.split())}


def spoken(looked: Text, told: str | None, known: Collection[str]) -> str:
    """The language told, without its country unless there are rules for that; else the one whose words stand here."""
    if told:
        low = told.replace("_", "-")
        return next(
            (one for one in (low, low.lower(), low.split("-")[0].lower()) if one in known), low.split("-")[0].lower()
        )
    counts = {language: sum(word.key in common for word in looked.words) for language, common in _COMMON.items()}
    return max(counts, key=lambda language: (counts[language], language == USUAL))
