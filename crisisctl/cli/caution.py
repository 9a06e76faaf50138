"""What is said of a text before it goes on, though nothing is refused for it: its length, and the update it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crisisctl.bootstrap import Office
from crisisctl.cli import show
from crisisctl.cli.writing import Call
from crisisctl.domain.incident import Incident
from crisisctl.domain.statements.renditions import channel_of, in_order, language_of, part_of, spec_of
from crisisctl.domain.times import clock_time
from crisisctl.service import composing
from crisisctl.service.desk import Outcome
from crisisctl.service.ports import Log
from crisisctl.service.statements import texts_of
from crisisctl.service.story import drafts


def of_texts(call: Call, outcome: Outcome) -> None:
    """What there is to say of the texts of a statement as they stand now."""
    office, incident = call.session.office, outcome.incident
    name = outcome.entries[-1].data["statement"]
    with office.store.reading() as log:
        lengths(office, log, incident, name, texts_of(log, incident, name))
    of_promise(call, outcome)


def of_draft(call: Call, outcome: Outcome) -> None:
    """What there is to say of a new text: of itself, and of the other languages where it alone was changed."""
    of_texts(call, outcome)
    entry = outcome.entries[-1]
    if outcome.incident.statements[entry.data["statement"]].template:
        return  # which says in every language what is known
    with call.session.office.store.reading() as log:
        before = drafts(log.entries(entry.incident)).get((entry.data["statement"], entry.data["revision"] - 1))
    if before:
        _apart(outcome.incident, entry.data["statement"], before.data.get("renditions", {}))


def _apart(incident: Incident, name: str, before: Mapping[str, str]) -> None:
    """A channel's text changed in the language of the source and stayed as it was in another."""
    statement, first = incident.statements[name], spec_of(incident, name).languages[0]
    now = statement.renditions
    for key in in_order(spec_of(incident, name), now):
        way, language = key.split("/")
        source = f"{way}/{first}"
        same = before.get(key) == now[key] and before.get(source) not in (None, now.get(source))
        if language != first and language not in statement.stale and same:
            said = f"{source} was changed and {key} was not, so the two may not say the same any more"
            other = f"crisisctl statement draft {name} --channel {way} --language {language} --file FILE"
            _warn(f"{said}. Change it too: {other}")


def of_promise(call: Call, outcome: Outcome) -> None:
    """A text names its next update; one that lies in the past was broken before it was made."""
    name = outcome.entries[-1].data["statement"]
    promises = outcome.incident.statements[name].promises
    if promises is not None and promises <= call.session.now():
        said = f"The text of {name} says that the next update comes by {clock_time(promises)[:16]} UTC, which is past"
        _warn(f"{said}. Draft it again: crisisctl statement draft {name}, or the same with --file FILE")


def lengths(
    office: Office,
    log: Log,
    incident: Incident,
    name: str,
    texts: Mapping[str, str],
    only: Iterable[str] | None = None,
) -> None:
    """Which texts do not fit their channels, by how much, and whether the template keeps a shorter one."""
    from crisisctl.service.checking import measures  # noqa: PLC0415 - only who writes or reads words pays for counting

    measured = measures(office.channels.channels(), texts)
    for key in in_order(spec_of(incident, name), texts if only is None else only):
        if not measured[key].fits:
            _warn(f"{key} does not fit: {'; '.join(measured[key].troubles)}. {_shorter(log, incident, name, key)}")


def _shorter(log: Log, incident: Incident, name: str, key: str) -> str:
    again = f"crisisctl statement draft {name} --channel {key.partition('/')[0]}"
    if not part_of(key) and language_of(key) in composing.shorter(log, incident, name):
        short = f"crisisctl statement draft {name} --channel {channel_of(key)} --short"
        return f"Its template keeps a shorter text (`short`): {short}; or --file FILE"
    return f"Its template keeps no shorter text (`short`). Bring one: {again} --file FILE"


def _warn(text: str) -> None:
    show.talk(show.style(f"warning: {text}", "yellow"))
