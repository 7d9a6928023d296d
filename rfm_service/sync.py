"""Source → cleaning → store, day by day: a day is replaced whole, or left as it was."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rfm_service.cleaning.verdicts import Rules, clean
from rfm_service.clock import Clock
from rfm_service.errors import RfmError
from rfm_service.records import Verdict
from rfm_service.sources import Source
from rfm_service.store import ledger
from rfm_service.store.sales import SalesWriter, read_day, update_buyers

log = logging.getLogger(__name__)


class Tally(NamedTuple):
    """What reading days came to. `lines` and `malformed` are of the changed days."""

    read: int
    changed: int
    lines: int
    malformed: int


def read_days(
    store: sqlite3.Connection,
    source: Source,
    rules: Rules,
    days: Sequence[int],
    clock: Clock,
    report: Callable[[int, int], None],
) -> Tally:
    """Fetch these days in order; the unchanged are confirmed, the others replaced.

    Stops at the first day that cannot be fetched, with everything before it stored. Raises what the source raises.
    """
    known = ledger.entries(store, min(days, default=0), max(days, default=-1))
    writer = SalesWriter(store, rules.gift_below)
    confirmed: list[int] = []
    lines = malformed = 0
    for done, day in enumerate(days):
        report(done, len(days))
        answer = source.fetch_day(day)
        entry = known.get(day)
        if entry and (entry.sha256, entry.rules) == (answer.sha256, rules.fingerprint):
            confirmed.append(day)
            continue
        writer.replace_day(clean(answer, rules), clock.now())
        lines += len(answer.lines) + len(answer.refused)
        malformed += sum(bad.verdict is Verdict.MALFORMED for bad in answer.refused)
    ledger.confirm(store, confirmed, clock.now())
    report(len(days), len(days))
    return Tally(len(days), len(days) - len(confirmed), lines, malformed)


def judge_again(store: sqlite3.Connection, rules: Rules, clock: Clock) -> int:
    """Clean every stored day anew that was cleaned under other rules. How many there were."""
    stale = ledger.days_under_other_rules(store, rules.fingerprint)
    writer = SalesWriter(store, rules.gift_below)
    for day in stale:
        writer.replace_day(clean(read_day(store, day), rules), clock.now())
    return len(stale)


def refresh_buyers(store: sqlite3.Connection, source: Source, first: int, last: int) -> int:
    """Take e-mails and categories from the ERP. How many cards; without them the night goes on with the last ones."""
    try:
        buyers = source.fetch_buyers(first, last)
    except RfmError as error:
        log.warning("The buyers' cards stay as they were: %s", error)
        return 0
    update_buyers(store, buyers)
    return len(buyers)
