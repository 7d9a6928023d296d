"""Posts what waits: messages to Telegram, reports to their folders. What does not arrive is tried again later."""

import logging
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from rfm_service import workers
from rfm_service.clock import Clock
from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.locales import Language
from rfm_service.notify import messages
from rfm_service.settings import Home
from rfm_service.steps import Delivery, Letter, publish_report, send_message
from rfm_service.store import journal, outbox, spool
from rfm_service.store.connection import transaction

FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0
PUBLISH_MINUTES = 10.0
SEND_MINUTES = 3.0

log = logging.getLogger(__name__)


def post_due(home: Home, store: sqlite3.Connection, clock: Clock, listener: workers.Listener) -> None:
    """One try for everything that is due now: reports first, so that the messages they cause go out too."""
    publish_due(home, store, clock, listener)
    send_due(home, store, clock, listener)


def publish_due(home: Home, store: sqlite3.Connection, clock: Clock, listener: workers.Listener) -> None:
    """Reports → folders, each in a worker process of its own, because a hung network folder cannot be interrupted."""
    for folder in spool.drop_strangers(store, map(str, home.folders)):
        log.warning("%s is no folder of the settings any more: what waited for it is given up.", folder)
    while due := spool.due_parcels(store, clock.now()):
        parcel = due[0]
        job = Delivery(home, parcel.run_id, Path(parcel.folder), parcel.name)
        (outcome,) = workers.run([publish_report], job, PUBLISH_MINUTES, listener)
        if outcome.error:
            _postpone(home, store, parcel, outcome.error, clock.now())
        else:
            spool.parcel_published(store, parcel)
            log.info("Report %s is in %s.", parcel.name, parcel.folder)
    _sweep(home, store)


def send_due(home: Home, store: sqlite3.Connection, clock: Clock, listener: workers.Listener) -> None:
    """Outbox → Telegram, in order; the first sign that Telegram is out of reach ends the round.

    In a worker process, because a peer that dribbles could hold us, and the libraries would double our memory.
    """
    for waiting in outbox.due_messages(store, clock.now()):
        letter = Letter(home, waiting.chat_id, waiting.message)
        (outcome,) = workers.run([send_message], letter, SEND_MINUTES, listener)
        if outcome.receipt:
            outbox.message_sent(store, waiting.message_id)
        elif isinstance(outcome.error, MessageBad):
            log.error("Telegram refuses message %d: %s", waiting.message_id, outcome.error)
            outbox.message_refused(store, waiting.message_id, str(outcome.error))
        else:
            asked = outcome.error.retry_after if isinstance(outcome.error, DestinationDead) else 0
            pause = max(asked, _pause(waiting.tries))
            log.warning("Message %d waits %.0f s: %s", waiting.message_id, pause, outcome.error)
            outbox.message_postponed(
                store, waiting.message_id, str(outcome.error), clock.now() + timedelta(seconds=pause)
            )
            return


def _postpone(home: Home, store: sqlite3.Connection, parcel: spool.Parcel, error: RfmError, moment: datetime) -> None:
    log.warning("Report %s waits: %s", parcel.name, error)
    language = Language(home.settings.language)
    with transaction(store):
        spool.folder_postponed(store, parcel.folder, str(error), moment + timedelta(seconds=_pause(parcel.tries)))
        if not parcel.tries:
            message = messages.folder_waits(language, parcel.folder, error.told(language.gettext))
            outbox.add_message(store, home.settings.telegram.recipients, message, moment)


def _pause(tries: int) -> float:
    return min(FIRST_PAUSE * 2.0 ** min(tries, 10), LONGEST_PAUSE)


def _sweep(home: Home, store: sqlite3.Connection) -> None:
    """Remove the files of runs that nobody waits for and nobody may take up."""
    needed = {parcel.run_id for parcel in spool.waiting_parcels(store)} | journal.cut_off_runs(store)
    for folder in (home.spool(""), home.work("")):
        for run in folder.glob("*"):
            if run.name not in needed:
                shutil.rmtree(run, ignore_errors=True)
