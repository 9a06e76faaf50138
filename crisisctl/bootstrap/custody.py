"""Care for the whole log: moved, backed up, restored, and opened to the logins of a team."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from crisisctl.adapters import workspace
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.adapters.sqlite.header import is_backup
from crisisctl.adapters.whole import whole
from crisisctl.bootstrap.stores import at_file, opened
from crisisctl.domain.errors import StoreFailed, Usage
from crisisctl.service import transfer
from crisisctl.service.sight import Sight

if TYPE_CHECKING:
    from crisisctl.bootstrap import Office
    from crisisctl.service.ports import Extent
    from crisisctl.service.transfer import Copied, Progress


def move(office: Office, there: str, to: str, progress: Progress) -> Copied:
    """Move the log from one URL to another."""
    with closing(opened(there, office.settings.root)) as old, closing(opened(to, office.settings.root)) as new:
        clock = office.clock_of(old)
        seen = Sight(old, office.person)
        with seen.discreet(progress) as told:
            return _counted(transfer.move(old, new, office.source(), clock.now, told), seen)


def _counted(done: Copied, seen: Sight) -> Copied:
    """What was done to the whole log, counted as whoever asks may see it."""
    with seen.reading() as log:
        extent = log.extent()
    return done._replace(entries=extent.entries, incidents=extent.incidents)


def backup(office: Office, file: Path, progress: Progress, *, replace: bool) -> Extent:
    """Copy the log into a file, verified; how far it reaches in what whoever asks may see."""
    transfer.something(office.whole)
    with whole(file, replace=replace, ours=is_backup) as fresh, closing(at_file(fresh)) as copy:
        with office.store.discreet(progress) as told:
            if isinstance(office.whole, Sqlite):
                office.whole.backup(fresh, lambda done, pages: told(f"copied {done:,} of {pages:,} pages"))
            else:
                transfer.copy(office.whole, copy, told)
            copy.fold()
            transfer.sound(copy, told)
        with Sight(copy, office.person).reading() as log:
            return log.extent()


def grants(office: Office, prefix: str) -> str:
    """The rights that the logins of the roster need in the database, as SQL; `Usage` where the log is a file."""
    if isinstance(office.whole, Sqlite):
        raise Usage("A log in a file has no logins: its rights are the file's. Name a store in PostgreSQL.")
    from crisisctl.adapters.postgres.grants import grants  # noqa: PLC0415 - only this pays for it

    people = {person.login: person.id for person in office.roster.people.values() if person.login}
    return grants(_tables_in(office), prefix, people)


def _tables_in(office: Office) -> str:
    """The schema of the log; whoever may not see it is not sent back to the command that asks."""
    try:
        return str(office.whole.about()["tables_in"])
    except StoreFailed as error:
        if "crisisctl store grants" not in str(error):
            raise
        raise StoreFailed(
            f"{office.whole.place()} does not let this login look at the log. Run crisisctl store grants as the "
            "log's owner: CRISISCTL_STORE=postgresql://OWNER@HOST/DATABASE. Nothing was written."
        ) from None


def restore(office: Office, file: Path, progress: Progress, *, moved_too: bool = False) -> Copied:
    """Put what a file holds into the store, which must hold no log; `moved_too`: that of a log that was moved."""
    if not workspace.there(file):
        raise Usage(f"{file} is not there, or is no file. Name a backup.")
    if isinstance(office.whole, Sqlite):
        office.whole.begin_anew()
    with closing(at_file(file)) as old:
        seen = Sight(old, office.person)
        with seen.discreet(progress) as told:
            return _counted(transfer.restore(old, office.whole, told, moved_too=moved_too), seen)
