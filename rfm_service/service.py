"""The daemon: keeps the appointments, posts the mail, never falls over. It never computes."""

import logging
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import schedule
from filelock import FileLock, Timeout

from rfm_service import __version__, delivery, night
from rfm_service.clock import Clock, day_of, stamp
from rfm_service.disk import drop_ballast, make_private
from rfm_service.errors import AlreadyRunning, DiskFull, FolderUnusable, RfmError, StoreDamaged
from rfm_service.locales import Language
from rfm_service.notify import messages
from rfm_service.safekeeping import sound_store
from rfm_service.settings import Home, exposed_secrets
from rfm_service.store import journal
from rfm_service.store.connection import transaction
from rfm_service.store.outbox import add_message

TICK_SECONDS = 1
NIGHT_CHECK_SECONDS = 10
MAIL_CHECK_SECONDS = 5
STORE_PAUSE_SECONDS = 20

log = logging.getLogger(__name__)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Hold the home's lock; the kernel lets go of it when we die. Raises AlreadyRunning when another process has it."""
    try:
        make_private(home.lock.parent)
    except FileExistsError:
        raise FolderUnusable("{0} must be a folder. Rename what stands there.", str(home.lock.parent)) from None
    try:
        held = FileLock(home.lock).acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(
            "Another process works in {0}. Stop it first, or wait until it is done.", str(home.path)
        ) from None
    with held:
        yield


def serve(home: Home, clock: Clock) -> None:
    """Run until SIGTERM or Ctrl+C: nights when they are due, messages and reports when they wait.

    A store that gets damaged or has no room is closed, mended, and opened again.
    """
    stop_on_signals()
    with alone(home):
        try:
            _serve_for_ever(home, clock)
        except KeyboardInterrupt:
            log.info("Service stopped. A night that was cut off goes on at the next start.")


def _serve_for_ever(home: Home, clock: Clock) -> None:
    greeted = False
    while True:
        try:
            with sound_store(home, clock) as store:
                if not greeted:
                    _greet(home, store, clock)
                    greeted = True
                _keep_appointments(home, store, clock)
        except StoreDamaged:
            log.info("Going on with what has taken the place of the damaged store.")
        except (RfmError, sqlite3.DatabaseError) as error:
            if not greeted and not isinstance(error, DiskFull):
                raise
            drop_ballast(home.ballast)
            log.error("The store cannot be used now: %s", error)
            time.sleep(STORE_PAUSE_SECONDS)


def _keep_appointments(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    diary = schedule.Scheduler()
    diary.every(NIGHT_CHECK_SECONDS).seconds.do(_trap, _work_night, home, store, clock)
    diary.every(MAIL_CHECK_SECONDS).seconds.do(_trap, _post, home, store, clock)
    diary.run_all()
    while True:
        diary.run_pending()
        time.sleep(TICK_SECONDS)


def _greet(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    log.info("Service %s started in %s; the night begins at %s.", __version__, home.path, home.settings.night.at)
    for file in exposed_secrets(home):
        log.warning("%s holds a secret and other users may read it: chmod 600.", file)
    language, recipients = Language(home.settings.language), home.settings.telegram.recipients
    if not recipients:
        log.warning(messages.alerts_only_in_log(language))
    with transaction(store):
        journal.retry_now(store, clock.now())  # a restart is how an admin says that it is mended
        add_message(store, recipients, messages.service_started(language, __version__), clock.now())


def due_night(home: Home, store: sqlite3.Connection, clock: Clock) -> int | None:
    """The reference day of the night that ought to be worked on now, if any: the latest whose hour has come.

    The journal decides, not a timer's memory: so restarts and clock changes neither lose nor double a night.
    """
    local = clock.now().astimezone(home.settings.erp.zone)
    today = day_of(local)
    reference_day = today if local.strftime("%H:%M") >= home.settings.night.at else today - 1
    run = journal.latest_run_of(store, reference_day)
    if run is None:
        return reference_day
    return reference_day if run.state != "done" and run.retry_at <= stamp(clock.now()) else None


def stop_on_signals() -> None:
    """SIGTERM ends us like Ctrl+C does: workers are stopped, files closed, everything else is in the journal."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _work_night(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    reference_day = due_night(home, store, clock)
    if reference_day is not None:
        night.conduct(home, store, reference_day, clock, _quiet)


def _post(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    delivery.post_due(home, store, clock, _quiet)


def _trap(
    act: Callable[[Home, sqlite3.Connection, Clock], None], home: Home, store: sqlite3.Connection, clock: Clock
) -> None:
    """Whatever happens in one appointment, the others are kept; but not in a store that is out of order."""
    try:
        act(home, store, clock)
    except (StoreDamaged, sqlite3.DatabaseError):
        raise
    except RfmError as error:
        log.error("%s", error)
    except Exception:
        log.exception("An unforeseen error; the service goes on.")


def _quiet(step: str, done: int, total: int) -> None:
    """Nobody watches a daemon's progress."""
