"""Days out of files: gathered by day first, then looked through whole, and only then put into the store.

A day that the ERP gave stays, unless a person says otherwise; any other day becomes what the files say.
"""

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from rfm_service.cleaning.verdicts import Rules, clean
from rfm_service.clock import Clock, date_of
from rfm_service.disk import sha256_of
from rfm_service.errors import FileUnusable
from rfm_service.kinds import Verdict
from rfm_service.receipts import ImportReceipt
from rfm_service.records import DayAnswer
from rfm_service.sources import values
from rfm_service.sources.files.mapping import Mapping
from rfm_service.sources.files.rows import Rows
from rfm_service.sources.files.tables import opened_table
from rfm_service.sources.lines import LineReader
from rfm_service.sources.tolerance import TOLERATED_LINES, TOLERATED_SHARE
from rfm_service.store import ledger
from rfm_service.store.gathered import Gathered, Progress
from rfm_service.store.sales import SalesWriter

BATCH_LINES = 20_000
STEPS = 1000
SHOWN = 100

Report = Callable[[int, int], None]


def fingerprint_of(files: Iterable[Path], rules: Any) -> str:
    """SHA-256 of the bytes of these files, and of the rules by which they are read.

    Raises FileUnusable, also when two files are the same.
    """
    known: dict[str, Path] = {}
    for path in files:
        try:
            own = sha256_of(path)
        except OSError as error:
            raise FileUnusable("Cannot read {0}: {1}.", str(path), error.strerror or str(error)) from None
        if own in known:
            raise FileUnusable(
                "{0} and {1} are one file, byte for byte: its lines would count twice. Leave one out."
                " Nothing was imported.",
                *map(str, (known[own], path)),
            )
        known[own] = path
    return hashlib.sha256(msgspec.json.encode([rules, *known])).hexdigest()


def gather(
    gathered: Gathered,
    files: Sequence[Path],
    mapping: Mapping,
    make_rows: Callable[[list[str], Path], Rows],
    report: Report,
) -> None:
    """Read the files to their ends, each from where it was left. Raises FileUnusable."""
    for place, path in enumerate(files):
        progress = gathered.progress(place)
        if progress.whole:
            continue
        with opened_table(path, mapping.file) as table:
            rows = make_rows(table.columns, path)
            lines = islice(table.rows, progress.lines, None)
            while batch := list(islice(lines, BATCH_LINES)):
                progress, found = _by_day(rows, batch, progress, path)
                gathered.add(place, found, progress)
                report(round((place + table.share()) * STEPS), len(files) * STEPS)
        gathered.add(place, {}, progress._replace(whole=True))


def _by_day(
    rows: Rows, lines: Sequence[Sequence[Any]], progress: Progress, path: Path
) -> tuple[Progress, dict[int, list[bytes]]]:
    """A line without a readable date goes with the one before it; the first ones with the first that has one."""
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    day, left_out = progress.last_day, 0
    for number, line in enumerate(lines, progress.lines + 1):
        if not rows.wanted(line):
            left_out += 1
            continue
        own_day, row = rows.row(line, number)
        day = day if own_day == values.NOT_GIVEN else own_day
        found[day].append(row)
    if undated := found.pop(values.NOT_GIVEN, []):
        if not found:
            written = msgspec.json.decode(undated[0])["date"]
            raise FileUnusable(
                "{0}: no line of the first {1} has a date that can be read; the first is {2}. Say how dates are written"
                ' in [values] of the mapping, as date = "%d.%m.%Y". Nothing was imported.',
                path.name,
                len(undated),
                _shown(written),
            )
        found[next(iter(found))].extend(undated)
    return Progress(progress.lines + len(lines), progress.left_out + left_out, day), found


@dataclass(frozen=True)
class Importing:
    """What days of files are put into the store with. `origin` names the files; `replace`: also days of the ERP."""

    store: sqlite3.Connection
    gathered: Gathered
    reader: LineReader
    rules: Rules
    clock: Clock
    origin: str
    replace: bool

    def import_days(self, report: Report) -> ImportReceipt:
        """Put the days into the store that differ from what is known. Raises FileUnusable, with nothing written."""
        days = self.gathered.days()
        if not days:
            raise FileUnusable(
                "{0}: there is no line in it, or none for which `only` of the mapping holds. Nothing was imported.",
                self._files,
            )
        known = ledger.entries(self.store, days[0], days[-1])
        kept = [day for day in days if not self.replace and day in known and _is_the_erps(known[day])]
        seen = {day: known[day] for day in sorted({*days} - {*kept}) if day in known}
        alike = {day for day, entry in seen.items() if self._fingerprint(day) == entry.sha256}
        same = [day for day, entry in seen.items() if day in alike and entry.rules == self.rules.fingerprint]
        ledger.confirm(self.store, [day for day in same if not known[day].sealed], self.clock.now())
        due = sorted({*days} - {*kept, *same})
        replaced = [day for day, entry in seen.items() if day not in alike and entry.lines]
        _require_readable(self._answers(due, report, 0), self._files)
        lines = self._write(due, report)
        return ImportReceipt(
            *self.gathered.totals(),
            first_day=days[0],
            last_day=days[-1],
            days_written=len(due),
            days_same=len(same),
            days_replaced=len(replaced),
            days_kept=kept,
            verdicts={verdict.name.lower(): count for verdict, count in sorted(lines.items())},
        )

    @property
    def _files(self) -> str:
        """The origin as people read it."""
        return self.origin.rpartition(" ")[0]

    def _write(self, days: Sequence[int], report: Report) -> Counter[Verdict]:
        """The lines written, by verdict."""
        writer, lines = SalesWriter(self.store, self.rules.gift_below), Counter[Verdict]()
        for answer in self._answers(days, report, len(days)):
            cleaned = clean(answer, self.rules)
            writer.replace_day(cleaned, self.clock.now(), origin=self.origin)
            for account in cleaned.accounts:
                lines[account.verdict] += account.lines
        return lines

    def _answers(self, days: Sequence[int], report: Report, done: int) -> Iterator[DayAnswer]:
        for place, day in enumerate(days, done + 1):
            yield self.reader.sort_out(day, self.gathered.rows(day))
            report(place, 2 * len(days))

    def _fingerprint(self, day: int) -> str:
        return self.reader.fingerprint(self.gathered.rows(day))


def _is_the_erps(seen: ledger.Entry) -> bool:
    """Whether there is something in it that a file could destroy."""
    return not seen.origin and seen.lines > 0


def _require_readable(answers: Iterator[DayAnswer], files: str) -> None:
    """Raise FileUnusable when fewer lines can be read than not, or over 20 lines and over 1 % are malformed."""
    readable = 0
    reasons: Counter[tuple[Verdict, str]] = Counter()
    examples: dict[tuple[Verdict, str], tuple[int, str]] = {}
    for answer in answers:
        readable += len(answer.lines)
        for bad in answer.refused:
            reasons[bad.verdict, bad.field] += 1
            examples.setdefault((bad.verdict, bad.field), (answer.day, bad.raw))
    refused = reasons.total()
    malformed = sum(count for (verdict, _), count in reasons.items() if verdict is Verdict.MALFORMED)
    tolerated = max(min(TOLERATED_LINES, readable), (readable + refused) * TOLERATED_SHARE)
    if refused <= readable and malformed <= tolerated:
        return
    (verdict, field), count = max(
        (item for item in reasons.items() if refused > readable or item[0][0] is Verdict.MALFORMED),
        key=lambda item: item[1],
    )
    day, raw = examples[verdict, field]
    written, total = msgspec.json.decode(raw)[field], readable + refused
    if verdict is Verdict.INCOMPLETE:
        raise _incomplete(files, count, total, field)
    if isinstance(written, list):
        raise _misshapen(files, count, total, len(written))
    raise FileUnusable(
        "{0}: {1} of {2} lines cannot be read, {3} of them because of their {4}, the first is {5} on {6}. Is {4} right"
        " in the mapping: its column, how it is written, for operations the lists? Nothing was imported.",
        files,
        refused,
        total,
        count,
        field,
        _shown(written),
        date_of(day).isoformat(),
    )


def _incomplete(files: str, count: int, total: int, field: str) -> FileUnusable:
    return FileUnusable(
        "{0}: {1} of {2} lines have no {3}. Is {3} right in the mapping? If it is, and such lines are to be left"
        ' out, say so: only = ["COLUMN !="]. Nothing was imported.',
        files,
        count,
        total,
        field,
    )


def _misshapen(files: str, count: int, total: int, width: int) -> FileUnusable:
    return FileUnusable(
        "{0}: {1} of {2} lines have more or fewer cells than there are columns, the first has {3}. Are delimiter"
        " and quote right in the mapping? Nothing was imported.",
        files,
        count,
        total,
        width,
    )


def _shown(written: Any) -> str:
    """A value of a file in an error: not a whole line, which may name a customer."""
    if isinstance(written, list):
        return f"a line of {len(written)} cells"
    return repr(str(written).strip('"'))[:SHOWN] if written else "empty"
