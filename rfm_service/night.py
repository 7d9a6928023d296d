"""The night in order, with its journal."""

import hashlib
import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from rfm_service import __version__, workers
from rfm_service.clock import Clock, date_of
from rfm_service.disk import drop_ballast, hold_ballast
from rfm_service.errors import DiskFull, ErpClosed, OperatorError, RfmError, StoreDamaged, WorkerEnded, sketch_of
from rfm_service.home import Home
from rfm_service.jobs import Job
from rfm_service.locales import Language
from rfm_service.logbook import log_file
from rfm_service.notify import messages
from rfm_service.receipts import ClassifyReceipt, ListsReceipt, StepReport, SyncReceipt, figures_of
from rfm_service.records import to_json
from rfm_service.steps import (
    back_up,
    check_store,
    check_totals,
    classify_customers,
    draw_charts,
    drop_old_days,
    look_back,
    record_report,
    spool_report,
    sync_sales,
    write_lists,
    write_page,
    write_workbook,
)
from rfm_service.store import journal
from rfm_service.store.calls import remember_calls
from rfm_service.store.connection import transaction
from rfm_service.store.file import told
from rfm_service.store.forgetting import folded
from rfm_service.store.mailings import due_managers, list_mailed
from rfm_service.store.outbox import add_message
from rfm_service.store.spool import add_parcels

MOST_DEATHS = 3
CLOSED_PAUSE = timedelta(minutes=10)
OPERATOR_PAUSE = timedelta(hours=4)
DISK_PAUSE = timedelta(seconds=20)
TIDY_MINUTES = 20.0
"""What the report does not wait for may take so long: backups may lie on a disk that hangs."""

log = logging.getLogger(__name__)


class StepFailed(Exception):
    """A step ended with an error: `StepFailed(step, error)`."""


@dataclass(frozen=True)
class Summary:
    """What a night came to."""

    run_id: str
    reference_day: int
    sync: SyncReceipt
    classify: ClassifyReceipt
    steps: list[StepReport]


def run_night(night: "Night") -> workers.Work[None]:
    """Everything between closing time and the manager's coffee, in order.

    One line is one worker process with a deadline (or several side by side), recorded in the journal: run it again
    after a crash and finished lines are read back, not repeated.
    """
    yield from night.must(sync_sales)  # ERP → store: every missing day, oldest first
    yield from night.must(check_store)  # nothing is computed from a damaged store
    yield from night.must(classify_customers)  # store → one segment and tier per customer
    yield from night.may(look_back)  # store → the closed months: who came, moved and went
    yield from night.must(draw_charts, write_workbook, write_lists, write_page)
    yield from night.must(check_totals)  # pictures = workbook = SQL, to the kopeck, or nothing goes out
    yield from night.must(spool_report)  # whole files, waiting for the folders
    yield from night.must(record_report)  # what it says is history, once the night is done


def tidy_up(night: "Night") -> workers.Work[None]:
    """What no report waits for: the night is done already. What fails is told, and tried by the next night."""
    yield from night.may(drop_old_days)  # sales older than the settings allow
    yield from night.may(back_up)  # a verified copy


class Night:
    """One night's work on one home."""

    def __init__(
        self,
        home: Home,
        store: sqlite3.Connection,
        reference_day: int,
        clock: Clock,
        listener: workers.Listener,
        *,
        by_hand: bool = False,
    ) -> None:
        self.home = home
        self.store = store
        self.reference_day = reference_day
        self.clock = clock
        self.listener = listener
        self.by_hand = by_hand
        self.run_id = journal.begin_run(store, reference_day, _fingerprint(home), clock.now())
        self.receipts = journal.receipts(store, self.run_id)

    def must(self, *steps: workers.Step, minutes: float = 0) -> workers.Work[None]:
        """Run the steps that are not finished yet, side by side. Raises StepFailed for the first that fails.

        minutes: they may take; as the settings say unless given.
        """
        todo = [step for step in steps if step.__name__ not in self.receipts]
        if not todo:
            return
        for step in todo:
            self._refuse_poison(step.__name__)
        journal.start_steps(self.store, self.run_id, [step.__name__ for step in todo], self.clock.now())
        job = Job(self.home, self.run_id, self.reference_day, self.receipts)
        limits = workers.Limits(minutes or self.home.settings.night.step_minutes, self.home.settings.night.step_mib)
        try:
            outcomes = yield from workers.work(todo, job, limits, self.listener)
        except BaseException:
            journal.stop_steps(self.store, self.run_id)
            raise
        for outcome in outcomes:
            self._record(outcome)
        for outcome in outcomes:
            if outcome.error:
                raise StepFailed(outcome.step, outcome.error)

    def may(self, step: workers.Step) -> workers.Work[None]:
        """Run a step that the report does not wait for: when it fails, that is told. Raises StoreDamaged.

        It is not begun while one of an earlier night hangs in a folder that is gone.
        """
        if workers.lingering(step):
            self._tell_setback(
                step.__name__, WorkerEnded("The step {0} of an earlier night still hangs.", step.__name__)
            )
            return
        try:
            yield from self.must(step, minutes=min(TIDY_MINUTES, self.home.settings.night.step_minutes))
        except StepFailed as failure:
            name, error = failure.args
            if isinstance(error, StoreDamaged):
                raise error from None
            self._tell_setback(name, error)

    def summary(self) -> Summary:
        """What the finished night came to."""
        sync, classify = self.receipts["sync_sales"], self.receipts["classify_customers"]
        assert isinstance(sync, SyncReceipt) and isinstance(classify, ClassifyReceipt)
        return Summary(self.run_id, self.reference_day, sync, classify, journal.step_reports(self.store, self.run_id))

    def is_poisoned(self, step: str) -> bool:
        """Whether this step has died so often that trying on would help nobody."""
        return journal.deaths(self.store, self.reference_day, step) >= MOST_DEATHS

    def _tell_setback(self, step: str, error: RfmError) -> None:
        language = Language(self.home.settings.language)
        message = messages.setback(language, self.reference_day - 1, step, error.told(language.gettext))
        with transaction(self.store) as store:
            add_message(store, self.home.settings.recipients(message.lane), message, self.clock.now())

    def _refuse_poison(self, step: str) -> None:
        if self.is_poisoned(step):
            raise StepFailed(step, WorkerEnded("The step {0} has died {1} times in this night.", step, MOST_DEATHS))

    def _record(self, outcome: workers.Outcome) -> None:
        report = StepReport(outcome.step, outcome.seconds, outcome.peak_mib)
        error, died = str(outcome.error or ""), isinstance(outcome.error, WorkerEnded)
        journal.end_step(self.store, self.run_id, report, outcome.receipt, error, died=died)
        if outcome.receipt:
            self.receipts[outcome.step] = outcome.receipt
            took = f"{outcome.seconds:.1f} s, {outcome.peak_mib} MiB"
            log.info("%s is done (%s): %s.", outcome.step, took, figures_of(outcome.receipt))
            log.debug("%s: %s", outcome.step, to_json(outcome.receipt))
        else:
            log.error("%s: %s", outcome.step, outcome.error)


def conduct(
    home: Home,
    store: sqlite3.Connection,
    reference_day: int,
    clock: Clock,
    listener: workers.Listener,
    *,
    by_hand: bool = False,
) -> workers.Work[Summary]:
    """Run the night of a reference day and settle it: the report waits for its folders, the admin's message waits too.

    Then tidy up, while they are posted. A night that is cut off there is done; so nothing is sent twice.

    Takes up a night that was cut off. Raises the error of the step that failed, after it was recorded and told; a full
    disk is a pause, a damaged store is left to `safekeeping`. `by_hand`: nobody is there who would try again.
    """
    night = Night(home, store, reference_day, clock, listener, by_hand=by_hand)
    log.info("Night %s begins.", night.run_id)
    try:
        _require_room(home)
        yield from run_night(night)
    except DiskFull as full:
        _pause(night, full)
        raise
    except StepFailed as failure:
        step, error = failure.args
        if isinstance(error, DiskFull):
            _pause(night, error)
        elif not isinstance(error, StoreDamaged):
            _fail(night, step, error)
        raise error from None
    except sqlite3.DatabaseError as error:
        ended_by = told(error, home.database)
        if isinstance(ended_by, DiskFull):
            _pause(night, ended_by)
        raise ended_by from None  # the store itself: whoever opened it knows what to do
    except Exception as unforeseen:
        log.exception("An unforeseen error.")
        ended = WorkerEnded("An unforeseen error ({0}); the log has the details.", sketch_of(unforeseen))
        _fail(night, run_night.__name__, ended)
        raise ended from None
    _hand_over(night)
    try:
        yield from tidy_up(night)
    except sqlite3.DatabaseError as error:
        raise told(error, home.database) from None
    return night.summary()


def record_unseen(
    home: Home, store: sqlite3.Connection, reference_day: int, clock: Clock, listener: workers.Listener
) -> workers.Work[None]:
    """A report that nobody gets, only history knows it: for the demo, whose own report is to say who moved.

    Raises StepFailed.
    """
    night = Night(home, store, reference_day, clock, listener)
    for step in (sync_sales, classify_customers, record_report):
        yield from night.must(step)
    with transaction(store):
        journal.finish_run(store, night.run_id, clock.now())


def _hand_over(night: Night) -> None:
    """The night is done: its report waits for its folders, and messages for people, in one transaction."""
    home, moment, summary = night.home, night.clock.now(), night.summary()
    folders = home.folders
    message = messages.night_done(
        Language(home.settings.language),
        night.reference_day - 1,
        summary.classify,
        summary.sync,
        journal.seconds_of(night.store, night.run_id),
        folders,
    )
    with transaction(night.store) as store:
        journal.finish_run(store, night.run_id, moment)
        remember_calls(store, night.reference_day, summary.classify.called)
        add_parcels(store, night.run_id, date_of(night.reference_day).isoformat(), folders, moment)
        add_message(store, home.settings.recipients(message.lane), message, moment)
        _post_lists(night, moment)
    for warning in summary.classify.warnings:
        log.warning(warning)
    log.info("Night %s is done.", night.run_id)


def _post_lists(night: Night, moment: datetime) -> None:
    """Each manager whose turn it is gets a letter with the list. Inside the caller's transaction."""
    home, day, wanted = night.home, night.reference_day, night.home.settings.lists
    language, lists = Language(home.settings.language), night.receipts["write_lists"]
    assert isinstance(lists, ListsReceipt)
    by_name = {folded(name): figures for name, figures in lists.managers.items()}
    with_list = [name for name in wanted.managers if folded(name) in by_name]
    for manager in due_managers(night.store, day, wanted.mail_every_days, with_list):
        figures = by_name[folded(manager)]
        message = messages.managers_list(language, day, manager, figures, home.spool(night.run_id) / figures.file)
        add_message(night.store, [f"mail:{wanted.managers[manager]}"], message, moment)
        list_mailed(night.store, manager, day)


def _require_room(home: Home) -> None:
    if not hold_ballast(home.ballast):
        raise DiskFull("The disk with {0} is full. Make room; nothing is lost.", str(home.database))


def _pause(night: Night, full: DiskFull) -> None:
    """The night goes on where it is as soon as there is room. What was kept in reserve makes room to say so."""
    home, moment = night.home, night.clock.now()
    drop_ballast(home.ballast)
    language = Language(home.settings.language)
    message = messages.disk_full(language, night.reference_day - 1, str(home.path), by_hand=night.by_hand)
    with transaction(night.store) as store:
        if journal.pause_run(store, night.run_id, full.told(language.gettext), moment + DISK_PAUSE):
            add_message(store, home.settings.recipients(message.lane), message, moment)


def _fail(night: Night, step: str, error: RfmError) -> None:
    """Record it; tell it, unless this night has failed in the same way before and that was told."""
    home, moment, day = night.home, night.clock.now(), night.reference_day - 1
    language = Language(home.settings.language)
    retry_at = moment + _pause_after(error, home)
    hour = "" if night.by_hand else retry_at.astimezone(home.settings.erp.zone).strftime("%H:%M")
    parked, reason = night.is_poisoned(step), error.told(language.gettext)
    if parked:
        message = messages.night_parked(language, day, step, reason, log_file(home.logs))
    elif isinstance(error, ErpClosed):
        message = messages.erp_closed(language, day, hour)
    else:
        message = messages.night_failed(language, day, step, reason, hour, log_file(home.logs))
    told = not parked and journal.failed_before(night.store, night.reference_day, reason)
    with transaction(night.store) as store:
        if parked:
            journal.park_run(store, night.run_id, reason, moment)
        else:
            journal.fail_run(store, night.run_id, reason, moment, retry_at)
        if not told:
            add_message(store, home.settings.recipients(message.lane), message, moment)


def _pause_after(error: RfmError, home: Home) -> timedelta:
    """Maintenance is soon over; what a person must mend is not asked for every half hour, lest 1C lock our account."""
    if isinstance(error, ErpClosed):
        return CLOSED_PAUSE
    if isinstance(error, OperatorError):
        return OPERATOR_PAUSE
    return timedelta(minutes=home.settings.night.retry_minutes)


def _fingerprint(home: Home) -> str:
    """Equal program, settings and schemes, equal fingerprint; secrets are left out."""
    schemes = [(home.schemes / f"{name}.toml").read_bytes() for name in home.settings.segmentation.all_schemes]
    parts = [__version__.encode(), home.settings.model_dump_json().encode(), *schemes]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]
