"""What an admin asks the bot for, and what comes of it: each command once, in one transaction with its answer."""

import logging
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta

from rfm_service.admin import answers
from rfm_service.clock import Clock, date_of, day_of, today
from rfm_service.errors import StoreDamaged
from rfm_service.home import Home
from rfm_service.locales import Language
from rfm_service.logbook import log_file
from rfm_service.receipts import ClassifyReceipt, ListsReceipt
from rfm_service.records import Message
from rfm_service.status import status_of
from rfm_service.store import inbox, journal, quarantine, suspects
from rfm_service.store.connection import transaction
from rfm_service.store.file import is_about_the_file
from rfm_service.store.inbox import Command
from rfm_service.store.outbox import LONGEST_MUTE, add_message, mute
from rfm_service.store.spool import place_in, published_reports, waiting_parcels

TOO_OLD_SECONDS = 15 * 60
MUTE_HOURS = 8
LONGEST_MUTE_HOURS = LONGEST_MUTE // timedelta(hours=1)

log = logging.getLogger(__name__)


def obey_due(home: Home, store: sqlite3.Connection, clock: Clock) -> None:
    """Do what waits in the inbox, oldest first."""
    for command in inbox.waiting_commands(store):
        log.info("Admin %d asks: %r", command.user_id, command.data or command.text)
        try:
            _obey(home, store, clock, command)
        except StoreDamaged:
            raise
        except Exception as error:
            if is_about_the_file(error):
                raise  # the command waits until the store is in order again
            log.exception("The command was not obeyed.")
            with transaction(store):
                _settle(store, clock, command, [answers.failed(Language(home.settings.language))])


def _obey(home: Home, store: sqlite3.Connection, clock: Clock, command: Command) -> None:
    with transaction(store):
        _settle(store, clock, command, _Desk(home, store, clock, command).answer())


def _settle(store: sqlite3.Connection, clock: Clock, command: Command, said: list[Message]) -> None:
    """Inside the caller's transaction."""
    inbox.command_obeyed(store, command)
    for message in said:
        add_message(store, [f"telegram:{command.chat_id}"], message, clock.now())


class _Desk:
    """One command, and everything that is needed to answer it."""

    def __init__(self, home: Home, store: sqlite3.Connection, clock: Clock, command: Command) -> None:
        self._home = home
        self._store = store
        self._clock = clock
        self._command = command
        self._language = Language(home.settings.language)

    def answer(self) -> list[Message]:
        """What to say; what was asked for is done, inside the caller's transaction."""
        said, asked_at = self._command.text, self._command.sent_at
        if self._command.data:  # of a press nobody says when it was: it counts from the making of its button
            said, asked_at = answers.pressed(self._command.data)
        if abs(self._clock.now().timestamp() - asked_at) > TOO_OLD_SECONDS:
            return [answers.too_late(self._language)]
        word, _, rest = said.strip().partition(" ")
        act = self._acts().get(answers.command_of(word), self._help)
        return act(rest.strip())

    def _acts(self) -> dict[str, Callable[[str], list[Message]]]:
        return {
            "status": self._status,
            "run": self._run,
            "report": self._report,
            "segments": self._segments,
            "quarantine": self._quarantine,
            "accept": self._accept,
            "mute": self._mute,
            "log": self._log,
        }

    def _help(self, _rest: str) -> list[Message]:
        return [answers.help_told(self._language)]

    def _status(self, _rest: str) -> list[Message]:
        return [answers.status_told(self._language, status_of(self._home, self._store), self._home.settings.erp.zone)]

    def _run(self, _rest: str) -> list[Message]:
        day = today(self._clock, self._home.settings.erp.zone)
        under_way = [run for run in journal.latest_runs(self._store, 1) if run.state == "running"]
        if under_way:
            return [answers.night_under_way(self._language, under_way[0].reference_day - 1)]
        journal.ask_for_night(self._store, day, self._clock.now())
        return [answers.night_asked_for(self._language, day - 1)]

    def _report(self, _rest: str) -> list[Message]:
        runs = journal.done_runs(self._store, 1)
        if not runs:
            return [answers.no_report(self._language)]
        if self._home.settings.telegram.send_report:
            lists = journal.receipts(self._store, runs[0].run_id).get("write_lists")
            kept_back = lists.files if isinstance(lists, ListsReceipt) else {}
            found = sorted(self._home.spool(runs[0].run_id).glob("*"))  # none after a customer was erased
            files = [answers.file_sent(file) for file in found if file.name not in kept_back]
            return files or [answers.no_report(self._language)]
        return [answers.report_place(self._language, *self._places(runs[0]))]

    def _places(self, run: journal.Run) -> tuple[list[str], list[str]]:
        """Where its report has arrived, and where it has not."""
        name = date_of(run.reference_day).isoformat()
        waited_for = {parcel.folder for parcel in waiting_parcels(self._store) if parcel.run_id == run.run_id}
        published = set(published_reports(self._store))
        places = {folder: place_in(folder, name) for folder in self._home.folders}
        arrived = [place for folder, place in places.items() if folder not in waited_for and place in published]
        return arrived, [place for place in places.values() if place not in arrived]

    def _segments(self, _rest: str) -> list[Message]:
        runs = journal.done_runs(self._store, 2)
        if not runs:
            return [answers.no_report(self._language)]
        now, *before = [self._figures(run) for run in runs]
        sizes = [figures.segments for figures in before]
        return [answers.segments_told(self._language, runs[0].reference_day - 1, now, *sizes)]

    def _figures(self, run: journal.Run) -> ClassifyReceipt:
        receipt = journal.receipts(self._store, run.run_id)["classify_customers"]
        assert isinstance(receipt, ClassifyReceipt)
        return receipt

    def _quarantine(self, _rest: str) -> list[Message]:
        days, fields = quarantine.quarantined_days(self._store), self._home.settings.erp.fields.model_dump()
        return [answers.quarantine_told(self._language, days, fields)]

    def _accept(self, rest: str) -> list[Message]:
        day = _day_in(rest)
        if day is None or not suspects.accept(self._store, day):
            return [answers.held_days(self._language, suspects.waiting(self._store), self._clock.now())]
        return [answers.day_accepted(self._language, day)]

    def _mute(self, rest: str) -> list[Message]:
        hours = min(int(rest), LONGEST_MUTE_HOURS) if rest.isdecimal() and len(rest) < 6 else MUTE_HOURS
        until = self._clock.now() + timedelta(hours=hours)
        mute(self._store, f"telegram:{self._command.chat_id}", until)
        local = until.astimezone(self._home.settings.erp.zone)
        return [answers.muted(self._language, local) if hours else answers.not_muted(self._language)]

    def _log(self, _rest: str) -> list[Message]:
        return [answers.file_sent(log_file(self._home.logs))]


def _day_in(text: str) -> int | None:
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        return None
