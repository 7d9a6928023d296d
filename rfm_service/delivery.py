"""Posts what waits: messages to people, reports to their folders. What does not arrive is tried again later."""

import logging
import shutil
import sqlite3
from datetime import datetime, timedelta

from rfm_service import workers
from rfm_service.clock import Clock, growing_pause
from rfm_service.errors import ReportDamaged, RfmError, StoreDamaged
from rfm_service.home import Home
from rfm_service.jobs import Delivery, Post
from rfm_service.locales import Language
from rfm_service.notify import messages
from rfm_service.records import Lane, Message
from rfm_service.steps import digests_in, publish_report, send_messages
from rfm_service.store import journal, outbox, spool
from rfm_service.store.connection import transaction

PUBLISH_LIMITS = workers.Limits(minutes=10)
SEND_LIMITS = workers.Limits(minutes=10)

log = logging.getLogger(__name__)


def post_due(home: Home, store: sqlite3.Connection, clock: Clock, listener: workers.Listener) -> None:
    """One try for everything that is due now: reports first, so that the messages they cause go out too."""
    for folder in dict.fromkeys(home.folders):
        workers.finish(publish_due(home, store, folder, clock, listener))
    workers.finish(send_due(home, store, clock, listener))


def publish_due(
    home: Home, store: sqlite3.Connection, folder: str, clock: Clock, listener: workers.Listener
) -> workers.Work[None]:
    """Reports → a folder, each in a worker process of its own, because a hung network folder cannot be interrupted.

    Nothing is begun while a process still hangs there that could not be ended.
    """
    spool.bring_forward(store, clock.now())
    for stranger in spool.drop_strangers(store, home.folders):
        log.warning("%s is no folder of the settings any more: what waited for it is given up.", stranger)
    if folder in {job.folder for job in workers.lingering(publish_report)}:
        return
    while due := [parcel for parcel in spool.due_parcels(store, clock.now()) if parcel.folder == folder]:
        parcel = due[0]
        digests = digests_in(journal.receipts(store, parcel.run_id))
        job = Delivery(home, parcel.run_id, folder, parcel.name, digests, spool.was_reached(store, folder))
        (outcome,) = yield from workers.work([publish_report], job, PUBLISH_LIMITS, listener)
        if isinstance(outcome.error, ReportDamaged):
            _give_up(home, store, parcel, outcome.error, clock.now())
        elif outcome.error:
            _postpone(home, store, parcel, outcome.error, clock.now())
        else:
            _published(home, store, parcel, clock.now())
    _sweep(home, store, clock.now())


def send_due(home: Home, store: sqlite3.Connection, clock: Clock, listener: workers.Listener) -> workers.Work[None]:
    """Outbox → people.

    In worker processes, because a peer that dribbles could hold us, and the libraries would double our memory; one for
    each channel, so that one whose library is missing, crashes or hangs holds up no other.
    """
    outbox.bring_forward(store, clock.now())
    addresses, answered = home.settings.addresses, home.settings.telegram.answered
    for stranger in outbox.drop_strangers(store, addresses, answered, clock.now()):
        log.warning("%s is no address of the settings any more: what waited for it is given up.", stranger)
    known = {*addresses, *answered}
    due = [one for one in outbox.due_messages(store, clock.now()) if one.address in known]
    for channel in dict.fromkeys(waiting.channel for waiting in due):
        job = Post(home, channel, clock.now())
        (outcome,) = yield from workers.work([send_messages], job, SEND_LIMITS, listener)
        if isinstance(outcome.error, StoreDamaged):
            raise outcome.error
        if outcome.error:
            log.error("Messages by %s were not sent: %s", channel, outcome.error)
            first = {one.address: one for one in reversed(due) if one.channel == channel}
            for waiting in first.values():
                outbox.address_postponed(store, waiting, str(outcome.error), clock.now() + growing_pause(waiting.tries))
    if due:
        outbox.forget_settled(store)


def _published(home: Home, store: sqlite3.Connection, parcel: spool.Parcel, moment: datetime) -> None:
    """Note it, and say so when nothing has to wait for its folder any more.

    When it has arrived everywhere, tell the dead man's switch that all is well.
    """
    log.info("Report %s is in %s.", parcel.name, parcel.folder)
    with transaction(store):
        spool.parcel_published(store, parcel)
        waiting = spool.waiting_parcels(store)
        if parcel.tries and parcel.folder not in {other.folder for other in waiting}:
            message = messages.folder_back(Language(home.settings.language), parcel.folder, parcel.name)
            outbox.add_message(store, home.settings.recipients(Lane.ALERT), message, moment)
        if parcel.run_id not in {other.run_id for other in waiting}:
            outbox.add_message(store, home.settings.alive.addresses, Message("", topic="alive"), moment)


def _give_up(home: Home, store: sqlite3.Connection, parcel: spool.Parcel, error: RfmError, moment: datetime) -> None:
    """What is left of the report in the spool goes nowhere; what an earlier one has left in the folders stays."""
    log.error("Report %s is given up: %s", parcel.name, error)
    language = Language(home.settings.language)
    message = messages.report_lost(language, parcel.name, error.told(language.gettext))
    with transaction(store):
        for waiting in spool.waiting_parcels(store):
            if waiting.run_id == parcel.run_id:
                spool.give_up(store, waiting)
        outbox.add_message(store, home.settings.recipients(message.lane), message, moment)


def _postpone(home: Home, store: sqlite3.Connection, parcel: spool.Parcel, error: RfmError, moment: datetime) -> None:
    log.warning("Report %s waits: %s", parcel.name, error)
    language = Language(home.settings.language)
    with transaction(store):
        spool.folder_postponed(store, parcel.folder, str(error), moment + growing_pause(parcel.tries))
        if not parcel.tries:
            message = messages.folder_waits(language, parcel.folder, error.told(language.gettext))
            outbox.add_message(store, home.settings.recipients(message.lane), message, moment)


def _sweep(home: Home, store: sqlite3.Connection, moment: datetime) -> None:
    """Remove the files of runs that nobody and no letter waits for, nobody may take up, and nobody asks for.

    And what a process that was killed has left of its tables: none works for a day.
    """
    needed = {parcel.run_id for parcel in spool.waiting_parcels(store)} | journal.cut_off_runs(store)
    newest = {run.run_id for run in journal.done_runs(store, 1)}
    posted = {file.parent.name for file in outbox.waiting_attachments(store)}
    for folder, kept in ((home.spool(""), needed | newest | posted), (home.work(""), needed)):
        for run in folder.glob("*"):
            if run.name not in kept:
                shutil.rmtree(run, ignore_errors=True)
    for tables in home.spill.glob("*"):
        if tables.stat().st_mtime < (moment - timedelta(days=1)).timestamp():
            shutil.rmtree(tables, ignore_errors=True)
