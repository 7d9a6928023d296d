"""The daemon: keeps the appointments, posts the mail, hears the admins, never falls over. It never computes.

One thread, one loop. Whatever takes time is a work in worker processes; the loop looks after all of them, at least once
a second, so that none can hold up another.
"""

import logging
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import schedule
from filelock import FileLock, Timeout

from rfm_service import __version__, admin, delivery, night, workers
from rfm_service.clock import Clock
from rfm_service.disk import drop_ballast, make_private
from rfm_service.errors import AlreadyRunning, DiskFull, FolderUnusable, RfmError, StoreDamaged, StoreGone
from rfm_service.home import Home, exposed_secrets
from rfm_service.jobs import Alarm, Watch
from rfm_service.locales import Language
from rfm_service.notify import messages
from rfm_service.receipts import SentReceipt
from rfm_service.records import Lane, Message
from rfm_service.safekeeping import sound_store
from rfm_service.slots import due_night
from rfm_service.status import write_state
from rfm_service.steps import hear_admins, sound_alarm
from rfm_service.store import journal
from rfm_service.store.connection import can_write, transaction, wait_briefly
from rfm_service.store.file import identity, is_busy
from rfm_service.store.outbox import add_message
from rfm_service.watchdog import Watchdog

NIGHT_CHECK_SECONDS = 10
MAIL_CHECK_SECONDS = 5
STATE_SECONDS = 60
STORE_PAUSE_SECONDS = 20
HEARING_SECONDS = 3000.0
HEARING_LIMITS = workers.Limits(minutes=60)
ALARM_LIMITS = workers.Limits(minutes=2)
REST_SECONDS = 60.0

log = logging.getLogger(__name__)

_stopping = threading.Event()


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
    watchdog = Watchdog()
    with alone(home):
        try:
            _serve_for_ever(home, clock, watchdog)
        except KeyboardInterrupt:
            log.info("Service stopped. A night that was cut off goes on at the next start.")
        finally:
            watchdog.stopping()


def _serve_for_ever(home: Home, clock: Clock, watchdog: Watchdog) -> None:
    greeted = False
    outage = _Outage(home)
    while True:
        try:
            with sound_store(home, clock) as store, closing(Service(home, store, clock)) as service:
                if not greeted:
                    service.greet()
                    watchdog.ready(f"The night begins at {home.settings.night.at}.")
                    greeted = True
                outage.ends(store, clock)
                while True:
                    service.turn()
                    _go_on(watchdog)
        except StoreDamaged:
            log.info("Going on with what has taken the place of the damaged store.")
        except (RfmError, sqlite3.DatabaseError) as error:
            if not greeted and not isinstance(error, DiskFull) and not is_busy(error):
                raise
            drop_ballast(home.ballast)
            for awaited in outage.lasts(error):
                workers.pause(awaited)
                _go_on(watchdog)


def _go_on(watchdog: Watchdog) -> None:
    """Raises KeyboardInterrupt when a signal's own was lost: in a destructor or a callback nobody hears it."""
    if _stopping.is_set():
        raise KeyboardInterrupt
    watchdog.alive()


class _Outage:
    """The store cannot be used: logged when it begins; what lasts is told past the outbox, once somebody hears."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._error = ""
        self._heard = False

    def lasts(self, error: Exception) -> workers.Work[None]:
        """Say it, and let a while pass."""
        if str(error) != self._error:
            self._error = str(error)
            log.error("The store cannot be used now: %s", error)
        elif not self._heard:
            yield from self._tell(error)
        end = time.monotonic() + STORE_PAUSE_SECONDS
        while time.monotonic() < end:
            yield []

    def ends(self, store: sqlite3.Connection, clock: Clock) -> None:
        """It can be used again: who has heard of it hears that, too."""
        if self._heard:
            settings = self._home.settings
            with transaction(store):
                message = messages.store_usable(Language(settings.language))
                add_message(store, settings.recipients(Lane.ALERT), message, clock.now())
        self._error, self._heard = "", False

    def _tell(self, error: Exception) -> workers.Work[None]:
        language = Language(self._home.settings.language)
        reason = error.told(language.gettext) if isinstance(error, RfmError) else type(error).__name__
        job = Alarm(self._home, messages.store_unusable(language, reason))
        (outcome,) = yield from workers.work([sound_alarm], job, ALARM_LIMITS, _quiet)
        told = outcome.receipt
        self._heard = isinstance(told, SentReceipt) and (told.sent > 0 or not told.postponed)


def stop_on_signals() -> None:
    """SIGTERM ends us like Ctrl+C does: workers are stopped, files closed, everything else is in the journal.

    On Windows a service's stop arrives as Ctrl+Break.
    """
    _stopping.clear()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)


def _interrupt(*_: object) -> None:
    _stopping.set()
    raise KeyboardInterrupt


class Service:
    """The works that are under way, and the diary that begins them."""

    def __init__(self, home: Home, store: sqlite3.Connection, clock: Clock) -> None:
        self._home = home
        self._store = store
        self._file = identity(home.database)
        self._clock = clock
        self._language = Language(home.settings.language)
        self._works: dict[str, workers.Work[None]] = {}
        self._awaited: dict[str, Any] = {}
        self._troubles: dict[str, str] = {}
        self._resting: dict[str, float] = {}
        self._busy = False
        self._diary = schedule.Scheduler()
        wait_briefly(store)

    def greet(self) -> None:
        """Say that the service is there, and give what had failed another chance."""
        home, moment = self._home, self._clock.now()
        log.info("Service %s started in %s; the night begins at %s.", __version__, home.path, home.settings.night.at)
        for file in exposed_secrets(home):
            log.warning("%s holds a secret and other users may read it: chmod 600.", file)
        message = messages.service_started(
            self._language, __version__, moment.astimezone(home.settings.erp.zone).strftime("%d.%m %H:%M")
        )
        if not home.settings.recipients(message.lane):
            log.warning(messages.alerts_only_in_log(self._language))
        with transaction(self._store):
            journal.retry_now(self._store, moment)  # a restart is how an admin says that it is mended
        self._tell(message)

    def turn(self) -> None:
        """One turn of the loop: wait a second at most, begin what is due, look after what is under way.

        While another program writes to the store the turn is left out, lest what is under way fails for it.
        """
        workers.pause([one for awaited in self._awaited.values() for one in awaited])
        self._require_file()
        if not self._can_write():
            return
        if not self._diary.jobs or (self._diary.idle_seconds or 0) > STATE_SECONDS:
            self._plan()  # the first turn, or the clock was set back: schedule would sleep until the old time
        self._diary.run_pending()
        for name in list(self._works):
            self._guard(name, self._go_on)
        self._guard("commands", self._obey)

    def close(self) -> None:
        """Stop what is under way."""
        for name, work in self._works.items():
            try:
                work.close()
            except sqlite3.DatabaseError as error:
                log.warning("%s: stopped, and that could not be noted: %s", name, error)

    def _can_write(self) -> bool:
        free = can_write(self._store)
        if self._busy is free:
            log.warning("The database is free again." if free else "Another program writes to the database: we wait.")
            self._busy = not free
        return free

    def _plan(self) -> None:
        self._diary.clear()
        every = self._diary.every
        every(NIGHT_CHECK_SECONDS).seconds.do(self._begin, "night", self._work_night)
        for folder in dict.fromkeys(self._home.folders):
            every(MAIL_CHECK_SECONDS).seconds.do(self._begin, f"reports: {folder}", partial(self._publish, folder))
        every(MAIL_CHECK_SECONDS).seconds.do(self._begin, "messages", self._send)
        every(STATE_SECONDS).seconds.do(self._guard, "state", self._write_state)
        if self._home.settings.telegram.can_be_commanded:
            every(MAIL_CHECK_SECONDS).seconds.do(self._begin, "hearing", self._hear)
        self._diary.run_all()

    def _begin(self, name: str, work: Callable[[], workers.Work[None]]) -> None:
        if name not in self._works and time.monotonic() >= self._resting.get(name, 0):
            self._works[name] = work()
            self._guard(name, self._go_on)

    def _go_on(self, name: str) -> None:
        try:
            self._awaited[name] = next(self._works[name])
        except BaseException as end:
            del self._works[name]
            self._awaited.pop(name, None)
            if not isinstance(end, StopIteration):
                raise

    def _guard(self, name: str, act: Callable[[str], None]) -> None:
        """Whatever happens in one work, the others go on; but not in a store that is out of order.

        A trouble is told when it begins, not while it lasts. What has failed rests for a minute.
        """
        try:
            act(name)
            if name not in self._works:
                self._troubles.pop(name, None)
        except (StoreDamaged, sqlite3.DatabaseError) as error:
            if not is_busy(error):
                raise
            log.warning("%s: another program writes to the database; it is tried again.", name)
        except RfmError as error:
            self._note_trouble(name, error, error.told(self._language.gettext))
        except Exception as error:  # noqa: BLE001  is logged with its traceback
            self._note_trouble(name, error, type(error).__name__)

    def _note_trouble(self, name: str, error: Exception, told: str) -> None:
        self._resting[name] = time.monotonic() + REST_SECONDS
        if self._troubles.get(name) == str(error):
            return
        self._troubles[name] = str(error)
        log.error("%s: %s", name, error, exc_info=not isinstance(error, RfmError))
        self._tell(messages.trouble(self._language, name.partition(":")[0], told))

    def _tell(self, message: Message) -> None:
        with transaction(self._store):
            add_message(self._store, self._home.settings.recipients(message.lane), message, self._clock.now())

    def _work_night(self) -> workers.Work[None]:
        reference_day = due_night(self._home, self._store, self._clock)
        if reference_day is not None:
            try:
                yield from night.conduct(self._home, self._store, reference_day, self._clock, _quiet)
            except StoreDamaged:
                raise
            except RfmError:
                return  # was recorded and told

    def _publish(self, folder: str) -> workers.Work[None]:
        return delivery.publish_due(self._home, self._store, folder, self._clock, _quiet)

    def _send(self) -> workers.Work[None]:
        return delivery.send_due(self._home, self._store, self._clock, _quiet)

    def _hear(self) -> workers.Work[None]:
        (outcome,) = yield from workers.work([hear_admins], Watch(self._home, HEARING_SECONDS), HEARING_LIMITS, _quiet)
        if outcome.error:
            raise outcome.error

    def _obey(self, _name: str) -> None:
        admin.obey_due(self._home, self._store, self._clock)

    def _require_file(self) -> None:
        """What we write into must be what others open. Raises StoreDamaged."""
        found = identity(self._home.database)
        if found is None:
            raise StoreGone("The database {0} is gone.", str(self._home.database))
        if found != self._file:
            raise StoreDamaged("{0} was replaced while the service was at work.", str(self._home.database))

    def _write_state(self, _name: str) -> None:
        write_state(self._home, self._store, self._clock)


def _quiet(step: str, done: int, total: int) -> None:
    """Nobody watches a daemon's progress."""
