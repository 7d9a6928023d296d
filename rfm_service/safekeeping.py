"""Nothing is computed from a damaged store: it is looked at before work begins, and replaced when it is broken.

What is damaged is set aside whole. The newest backup that is sound takes its place, or else an empty store; which days
are missing then the ledger says, and the next night reads them.
"""

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rfm_service import workers
from rfm_service.clock import Clock
from rfm_service.errors import FolderUnusable, NothingKnown, StoreDamaged, StoreGone
from rfm_service.home import Home
from rfm_service.jobs import Check
from rfm_service.locales import N_, Language
from rfm_service.logbook import erase_from_logs
from rfm_service.notify import messages
from rfm_service.steps import check_store
from rfm_service.store import backup, journal, outbox, spool
from rfm_service.store.connection import existing, opened, transaction
from rfm_service.store.file import is_there
from rfm_service.store.forgetting import Customer, forget

CHECK_LIMITS = workers.Limits(minutes=0.5)
MOST_DAMAGED = 5
REPLACED = "-replaced"
"""Ends the name of a folder with a database that a person has replaced: nothing was wrong with it."""

log = logging.getLogger(__name__)


@contextmanager
def sound_store(home: Home, clock: Clock) -> Iterator[sqlite3.Connection]:
    """The store, looked at before it is opened, for as long as the block lasts. In a new home it is made.

    Damage that shows inside the block is mended after it, and StoreDamaged raised: begin again, with a new block.
    """
    _look(home, clock)
    try:
        with existing(home.database) as store:
            yield store
    except StoreDamaged as damage:
        mend(home, clock, damage)
        raise


def mend(home: Home, clock: Clock, damage: StoreDamaged) -> None:
    """Set the damaged store aside, restore the newest sound backup, and tell it in the store that takes its place."""
    folder = _place_aside(home, clock)
    log.error("%s", damage)
    restored = backup.restore_newest(home.backups, home.database, lambda: backup.set_aside(home.database, folder))
    if not restored:
        backup.set_aside(home.database, folder)
    log.warning("What there was of it is in %s; in its place: %s.", folder, restored or "an empty one")
    language, name = Language(home.settings.language), restored.name if restored else ""
    if folder.exists():
        message = messages.store_mended(language, damage, str(folder), name)
    else:
        message = messages.store_gone(language, str(home.database), name)
    with opened(home.database) as store, transaction(store):
        begin_anew(home, store, clock)
        outbox.add_message(store, home.settings.recipients(message.lane), message, clock.now())


def restore(home: Home, clock: Clock, chosen: Path) -> Path | None:
    """Put a backup in the place of the store. Where that is now, if there was one. Raises BackupUnusable, DiskFull."""
    folder = _folder_aside(home, clock, REPLACED)
    backup.restore(chosen, home.database, lambda: backup.set_aside(home.database, folder))
    with existing(home.database) as store, transaction(store):
        begin_anew(home, store, clock)
    return folder if folder.exists() else None


def require_store(home: Home) -> None:
    """Raises StoreGone when the database is lost, NothingKnown when there never was one; both say what to do."""
    if is_there(home.database):
        return
    if backup.backups_in(home.backups):
        raise StoreGone(
            "The database {0} is gone, but there are backups in {1}: `once` and the service take the newest,"
            " `restore` lets you choose.",
            str(home.database),
            str(home.backups),
        )
    raise NothingKnown(
        "Nothing is known yet in {0}. `once` makes the first report; `doctor` tries the settings.", str(home.path)
    )


@contextmanager
def known_store(home: Home) -> Iterator[sqlite3.Connection]:
    """The store of a home in which nights were made. Raises like `require_store`."""
    require_store(home)
    with existing(home.database) as store:
        yield store


def begin_store(home: Home, clock: Clock) -> None:
    """See that there is a store: in a new home an empty one; where it was lost, the newest backup that is sound."""
    if is_there(home.database):
        return
    if backup.backups_in(home.backups):
        mend(home, clock, StoreGone("The database {0} is gone.", str(home.database)))
    else:
        with opened(home.database):
            pass


def _place_aside(home: Home, clock: Clock) -> Path:
    """Where a damaged store goes. Raises FolderUnusable when many lie there already."""
    count = sum(not folder.name.endswith(REPLACED) for folder in home.damaged.glob("*"))
    if count >= MOST_DAMAGED:
        raise FolderUnusable(
            "{0} holds {1} databases that were set aside. Is the disk sound? Remove them, and the service goes on.",
            str(home.damaged),
            count,
        )
    return _folder_aside(home, clock)


def _folder_aside(home: Home, clock: Clock, why: str = "") -> Path:
    count = len(list(home.damaged.glob("*")))
    return home.damaged / f"{count + 1}-{clock.now():%Y-%m-%dT%H%M%SZ}{why}"


def begin_anew(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    """A restored store was copied in the middle of a night, which is due again. Inside the caller's transaction."""
    journal.give_up_runs(store, N_("The database was restored from a backup; the night is due again."), clock.now())
    for parcel in spool.waiting_parcels(store):
        if not home.spool(parcel.run_id).is_dir():
            spool.give_up(store, parcel)


def erase(home: Home, clock: Clock, customer: Customer) -> Path:
    """Erase a customer from everything in this home but published reports. The backup that replaces all others.

    Databases that were set aside, half an import, and the files of past runs are deleted; reports that wait are given
    up. When it was cut off, erase the placeholder: what is left is done.
    """
    erase_from_logs(home.logs, (customer.name, customer.key), customer.placeholder)
    with existing(home.database) as store:
        if customer.name != customer.placeholder:
            forget(store, customer)
        with transaction(store):
            journal.give_up_runs(store, N_("A customer was erased; the night is due again."), clock.now())
            for parcel in spool.waiting_parcels(store):
                spool.give_up(store, parcel)
    folders = {home.backups, backup.versions_folder(home.database)}
    old = [file for folder in folders for file in backup.copies_in(folder)]
    try:
        made = backup.make_backup(home.database, home.backups, clock.now(), home.settings.backup.keep)
    finally:
        for file in old:
            file.unlink(missing_ok=True)
    for folder in (home.work(""), home.spill, home.spool(""), home.damaged, home.imports):
        if folder.exists():
            shutil.rmtree(folder)
    return made.path


def published_reports(home: Home) -> list[str]:
    """What was handed over already, and is out of our hands."""
    with existing(home.database) as store:
        return spool.published_reports(store)


def _look(home: Home, clock: Clock) -> None:
    """A short look, in a process of its own; what it does not finish is left to the night."""
    if not is_there(home.database):
        begin_store(home, clock)
        return
    (outcome,) = workers.run([check_store], Check(home), CHECK_LIMITS, lambda *_: None)
    if isinstance(outcome.error, StoreDamaged):
        mend(home, clock, outcome.error)
    elif outcome.error:
        log.warning("The store was not looked at to the end: %s", outcome.error)
