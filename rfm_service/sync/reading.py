"""Day by day: a day is replaced whole, or left as it was.

An answer is weighed before it is believed. A day that cannot be read, that became smaller, or that has no sales is
asked again at the end of the round. A day that shrank too much is held, and its old data are kept, until the ERP has
said the same for hours or a person accepts it.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from rfm_service.cleaning.verdicts import Rules, clean
from rfm_service.clock import Clock, date_of, stamp
from rfm_service.errors import AnswerTooHeavy, BadAnswer, RfmError
from rfm_service.kinds import Verdict
from rfm_service.records import Change, DayAnswer
from rfm_service.sources import Source
from rfm_service.store import ledger
from rfm_service.store.sales import SalesWriter, read_day, size_left_behind, update_buyers
from rfm_service.store.suspects import hold, suspects
from rfm_service.sync.doubt import Size, is_smaller, shrank, total

BAD_IN_A_ROW = 3

log = logging.getLogger(__name__)


@dataclass
class Tally:
    """What reading days came to. `lines` and `malformed` are of the changed days; `unread` says why."""

    read: int = 0
    changed: int = 0
    lines: int = 0
    malformed: int = 0
    corrected: list[Change] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    unread: dict[int, BadAnswer] = field(default_factory=dict)


def read_days(
    store: sqlite3.Connection,
    source: Source,
    rules: Rules,
    days: Sequence[int],
    clock: Clock,
    believe_after: timedelta,
    report: Callable[[int, int], None],
) -> Tally:
    """Ask the ERP for these days in order; the unchanged are confirmed, the others replaced, the doubtful asked again.

    A day that shrank too much is replaced when the ERP has said the same for `believe_after`. Raises what the source
    raises, with everything before it stored; a BadAnswer only when it comes three times in a row.
    """
    reading = _Reading(store, source, rules, clock, believe_after)
    reading.look(days, report)
    reading.look_again()
    return reading.tally


def judge_again(store: sqlite3.Connection, rules: Rules, clock: Clock) -> int:
    """Clean every stored day anew that was cleaned under other rules. How many there were."""
    stale = ledger.days_under_other_rules(store, rules.fingerprint)
    known = ledger.entries(store, min(stale, default=0), max(stale, default=-1))
    writer = SalesWriter(store, rules.gift_below)
    for day in stale:
        if answer := read_day(store, day):
            seen = known[day]
            writer.replace_day(
                clean(answer, rules),
                clock.now(),
                sealed=seen.sealed,
                fetched_at=seen.fetched_at,
                origin=seen.origin,
            )
    return len(stale)


def refresh_buyers(store: sqlite3.Connection, source: Source, first: int, last: int, keys: Iterable[str]) -> int:
    """Take the buyers' cards from the ERP. How many; without them the night goes on with the last ones."""
    try:
        buyers = source.fetch_buyers(first, last, list(keys))
    except RfmError as error:
        log.warning("The buyers' cards stay as they were: %s", error)
        return 0
    update_buyers(store, buyers)
    return len(buyers)


class _Reading:
    """One round of reading days.

    `_doubts`: days to be asked again, and the fingerprint of what they said. `_left_behind`: days that hold documents
    which have turned up on another one.
    """

    def __init__(
        self, store: sqlite3.Connection, source: Source, rules: Rules, clock: Clock, believe_after: timedelta
    ) -> None:
        self.tally = Tally()
        self._store = store
        self._source = source
        self._rules = rules
        self._clock = clock
        self._believe_after = believe_after
        self._writer = SalesWriter(store, rules.gift_below)
        self._suspects = suspects(store)
        self._known: dict[int, ledger.Entry] = {}
        self._sizes: list[tuple[Size, Size]] = []
        self._doubts: dict[int, str] = {}
        self._confirmed: set[int] = set()
        self._left_behind: set[int] = set()

    def look(self, days: Sequence[int], report: Callable[[int, int], None]) -> None:
        """Ask for every day once. What is doubtful waits for `look_again`."""
        self._known = ledger.entries(self._store, min(days, default=0), max(days, default=-1))
        bad_in_a_row: list[BadAnswer] = []
        try:
            for done, day in enumerate(days):
                report(done, len(days))
                error = self._ask(day, self._weigh)
                bad_in_a_row = [*bad_in_a_row, error] if error else []
                if len(bad_in_a_row) == BAD_IN_A_ROW:
                    raise bad_in_a_row[0]
        finally:
            self._confirm()
            for day in self._doubts.keys() | self.tally.unread.keys():
                ledger.unseal(self._store, day)
        self.tally.read = len(days)
        report(len(days), len(days))

    def look_again(self) -> None:
        """Ask once more for the days that could not be read or believed, and for those that documents have left."""
        all_shrank = shrank(total(before for before, _ in self._sizes), total(after for _, after in self._sizes))
        asked: set[int] = set()
        try:
            while days := sorted({*self._doubts, *self.tally.unread, *self._left_behind} - asked):
                self._known |= ledger.entries(self._store, days[0], days[-1])
                for day in days:
                    self._ask(day, partial(self._decide, all_shrank))
                asked.update(days)
        finally:
            self._confirm()
            for day in self.tally.unread:
                ledger.unseal(self._store, day)

    def _ask(self, day: int, weigh: Callable[[DayAnswer], None]) -> BadAnswer | None:
        try:
            weigh(self._source.fetch_day(day))
        except (BadAnswer, AnswerTooHeavy) as error:
            log.warning("%s was not read: %s", date_of(day), error)
            self.tally.unread[day] = BadAnswer("{0} was not read. {1}", date_of(day).isoformat(), error)
            return self.tally.unread[day]
        self.tally.unread.pop(day, None)
        return None

    def _weigh(self, answer: DayAnswer) -> None:
        """Believe it, or doubt it."""
        day, seen, size = answer.day, self._known.get(answer.day), _size_of(answer)
        if seen:
            self._sizes.append((_size_of_entry(seen), size))
        if seen and self._is_same(answer, seen):
            self._confirm_if_certain(day, seen)
        elif self._was_held(answer):
            self._replace(answer)
        elif is_smaller(_size_of_entry(seen), size) if seen else not answer.received:
            self._doubts[day] = answer.sha256
        else:
            self._replace(answer)

    def _decide(self, all_shrank: bool, answer: DayAnswer) -> None:
        """Believe it, or hold it."""
        day, seen = answer.day, self._known.get(answer.day)
        if seen and self._is_same(answer, seen):
            self._confirm_if_certain(day, seen)
        elif seen is None or self._was_held(answer):
            self._replace(answer)
        elif self._is_held_back(
            answer, _size_of_entry(seen).less(Size(*size_left_behind(self._store, day))), all_shrank
        ):
            self._hold(answer)
        else:
            self._replace(answer)

    def _is_same(self, answer: DayAnswer, seen: ledger.Entry) -> bool:
        return (answer.sha256, self._rules.fingerprint) == (seen.sha256, seen.rules)

    def _was_held(self, answer: DayAnswer) -> bool:
        """Whether this very answer was held long enough, or accepted."""
        held = self._suspects.get(answer.day)
        return bool(held and held.sha256 == answer.sha256 and (held.accepted or self._is_old(held.held_at)))

    def _is_held_back(self, answer: DayAnswer, before: Size, all_shrank: bool) -> bool:
        """Whether a second answer is still too small: much too small, changing, or one of many."""
        size, first = _size_of(answer), self._doubts.get(answer.day, answer.sha256)
        changing = first != answer.sha256
        return shrank(before, size) or (is_smaller(before, size) and (changing or all_shrank))

    def _is_old(self, moment: str) -> bool:
        return moment <= stamp(self._clock.now() - self._believe_after)

    def _confirm_if_certain(self, day: int, seen: ledger.Entry) -> None:
        """A day that unexpectedly had no sales is sealed only when the ERP has said so for a while."""
        if seen.sealed or seen.lines or self._is_old(seen.changed_at):
            self._confirmed.add(day)

    def _confirm(self) -> None:
        ledger.confirm(self._store, sorted(self._confirmed), self._clock.now())
        self._confirmed.clear()

    def _hold(self, answer: DayAnswer) -> None:
        held = self._suspects.get(answer.day)
        if not held or held.sha256 != answer.sha256:
            hold(self._store, answer, self._clock.now())
        self.tally.held.append(answer.day)
        log.warning("%s shrank too much; the old data are kept.", date_of(answer.day))

    def _replace(self, answer: DayAnswer) -> None:
        day = answer.day
        self._require_control_total(answer)
        sealed = bool(answer.received or self._known.get(day) or not ledger.has_usual_sales(self._store, day))
        replaced = self._writer.replace_day(clean(answer, self._rules), self._clock.now(), sealed=sealed)
        self._left_behind |= replaced.left_behind
        self._confirmed -= self._left_behind
        self.tally.changed += 1
        self.tally.lines += answer.received
        self.tally.malformed += sum(bad.verdict is Verdict.MALFORMED for bad in answer.refused)
        if replaced.change:
            self.tally.corrected.append(replaced.change)

    def _require_control_total(self, answer: DayAnswer) -> None:
        if answer.refused:
            return
        own_total = self._source.control_total(answer.day)
        received = sum(line.signed_amount for line in answer.lines)
        if own_total is not None and own_total != received:
            raise BadAnswer(
                "The ERP's own total of {0} is {1} kopecks, its lines come to {2}. Nothing of that day was stored.",
                date_of(answer.day).isoformat(),
                own_total,
                received,
            )


def _size_of(answer: DayAnswer) -> Size:
    return Size(len(answer.lines), sum(line.amount for line in answer.lines))


def _size_of_entry(entry: ledger.Entry) -> Size:
    return Size(entry.readable_lines, entry.readable_amount)
