"""The story as files: timelines as Markdown, JSON, JSON Lines, CSV and HTML, and the draft of a post-mortem.

Every export is a function of the story alone, so the same log gives the same bytes. What people typed is escaped for
the form it goes into: it can be read there, and becomes no link, image, element, formula or control sequence.
"""

from __future__ import annotations

from crisisctl.domain.errors import Usage
from crisisctl.service.story import Story

FORMS = ("md", "json", "jsonl", "csv", "html")


def timeline(story: Story, form: str, *, raw: bool = False) -> str:
    """The timeline in one of `FORMS`; `raw` leaves the cells of a CSV alone that a spreadsheet takes for formulas."""
    if form in {"json", "jsonl", "csv"}:
        from crisisctl.adapters.exports import records  # noqa: PLC0415 - each form pays for itself alone

        return records.as_csv(story, raw=raw) if form == "csv" else records.WRITERS[form](story)
    if form == "md":
        from crisisctl.adapters.exports import markdown  # noqa: PLC0415

        return markdown.timeline(story)
    if form == "html":
        from crisisctl.adapters.exports import page  # noqa: PLC0415

        return page.render(story)
    raise Usage(f"There is no timeline as {form!r}. Choose one of {', '.join(FORMS)}.")


def report(story: Story) -> str:
    """The draft of a post-mortem in Markdown: what the log knows is filled in, the rest is asked for."""
    from crisisctl.adapters.exports import draft  # noqa: PLC0415

    return draft.render(story)
