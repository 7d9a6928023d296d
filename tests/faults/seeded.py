"""Mistakes planted all over the program, each of which the tests must notice.

`python -m tests.faults.seeded [WORD …]` plants them, or those with these words in their titles, one by one in a copy of
the project, runs the tests that ought to fail, and says which did not. A suite that cannot fail proves nothing.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.conftest import PROJECT

FOLDERS, FILES = ("rfm_service", "tests", "config"), ("run_service.py", "pyproject.toml")


class Mistake(NamedTuple):
    """In this file, this text becomes that; these tests notice."""

    title: str
    file: str
    text: str
    becomes: str
    tests: str


POST = "tests/post"
SYNC, NETWORK, KILLS = "tests/sync", "tests/faults/test_network.py", "tests/faults/test_kills.py"
MODELS, HISTORY = "rfm_service/models", "tests/models/test_history.py"
LOGBOOK, INSTALLING = "tests/test_logbook.py", "tests/deploy/test_installing.py"
OUTBOX, SLOTS = "tests/store/test_outbox_and_spool.py", "tests/slots/test_due_night.py"
READING, SALES = "rfm_service/sync/reading.py", "rfm_service/store/sales.py"
PAGES, ENVELOPE = "rfm_service/sources/odata/pages.py", "rfm_service/sources/envelope.py"

MISTAKES = [
    Mistake(
        "the old day is committed away before the new one is written",
        SALES,
        "            self._forget(day)\n",
        "            self._forget(day)\n            store.execute('COMMIT')\n            store.execute('BEGIN')\n",
        KILLS,
    ),
    Mistake(
        "nothing is flushed to the disk",
        "rfm_service/store/file.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = OFF",
        f"{KILLS} -k power",
    ),
    Mistake(
        "the journal of the database lives in memory",
        "rfm_service/store/file.py",
        "PRAGMA journal_mode = TRUNCATE",
        "PRAGMA journal_mode = MEMORY",
        KILLS,
    ),
    Mistake(
        "a bad answer is taken for a day without sales",
        READING,
        "            weigh(self._source.fetch_day(day))\n        except (BadAnswer, AnswerTooHeavy) as error:\n",
        "            weigh(self._source.fetch_day(day))\n        except (BadAnswer, AnswerTooHeavy) as error:\n"
        "            self._replace(DayAnswer(day, [], [], ''))\n",
        NETWORK,
    ),
    Mistake(
        "a day that shrank is believed",
        "rfm_service/sync/doubt.py",
        "    if before.lines and not after.lines:\n        return True\n",
        "    return False\n",
        SYNC,
    ),
    Mistake(
        "an empty new day is believed at once",
        READING,
        "if seen else not answer.received:",
        "if seen else False:",
        SYNC,
    ),
    Mistake(
        "days that documents have left are not read again",
        READING,
        "        self._left_behind |= replaced.left_behind\n",
        "",
        SYNC,
    ),
    Mistake(
        "a bad day is forgotten instead of asked again",
        READING,
        "            for day in self._doubts.keys() | self.tally.unread.keys():\n"
        "                ledger.unseal(self._store, day)\n",
        "",
        SYNC,
    ),
    Mistake(
        "the old rows are not deleted",
        SALES,
        '("orders", "line", "document", ',
        '("orders", "line", ',
        "tests/store/test_days.py",
    ),
    Mistake(
        "only what touches the new day is derived again",
        SALES,
        "            touch_day(store, day)\n            self._forget(day)\n",
        "            self._forget(day)\n",
        "tests/store",
    ),
    Mistake(
        "rows that shift between two pages are not noticed",
        PAGES,
        "            if page[:1] != rows[-1:]:\n                raise Torn\n",
        "",
        "tests/sources/odata/test_pages.py -n 0",
    ),
    Mistake(
        "a short page is taken for the last",
        PAGES,
        "            if len(page) == 1:\n",
        "            if len(page) < self._size:\n",
        "tests/sources/odata/test_pages.py -n 0 --timeout 30",
    ),
    Mistake(
        "a page that fails ends the day",
        PAGES,
        "            page = self._page(query, len(rows))\n",
        "            try:\n                page = self._page(query, len(rows))\n"
        "            except Exception:\n                break\n",
        "tests/sources/odata/test_pages.py -n 0",
    ),
    Mistake(
        "redirects are followed",
        "rfm_service/sources/http.py",
        "allow_redirects=False",
        "allow_redirects=True",
        "tests/sources/test_http_on_the_wire.py",
    ),
    Mistake(
        "a line that cannot be read is dropped",
        "rfm_service/sources/lines.py",
        '                refused.append(_refused(raw, verdict, field, self.names["sum"]))\n',
        "                pass\n",
        "tests/sources/test_lines.py",
    ),
    Mistake(
        "rows that the disk has altered are not seen",
        "rfm_service/store/contents.py",
        "if content_of(store, day) != content]",
        "if False]",
        "tests/store/test_backup.py",
    ),
    Mistake(
        "a night does not compare what is derived",
        "rfm_service/store/verify.py",
        "            *altered_since(store, day),\n",
        "",
        "tests/faults/test_nights_look.py",
    ),
    Mistake(
        "a night looks at no small table",
        "rfm_service/store/verify.py",
        "            *_broken_small_tables(store),\n",
        "",
        "tests/faults/test_nights_look.py",
    ),
    Mistake(
        "a backup is not read back",
        "rfm_service/store/backup.py",
        "        _require_sound(part, database)\n",
        "",
        "tests/store/test_backup.py",
    ),
    Mistake(
        "a journal stays behind when its database is set aside",
        "rfm_service/store/backup.py",
        'COMPANIONS = ("-journal", "-wal", "-shm", "")',
        'COMPANIONS = ("",)',
        "tests/store/test_backup.py",
    ),
    Mistake(
        "the next reading brings an erased name back",
        SALES,
        "        clean = without_forgotten(clean, self._marks)\n",
        "",
        "tests/store/test_forgetting.py",
    ),
    Mistake(
        "a migration does without a transaction",
        "rfm_service/store/connection.py",
        "    with transaction(store):\n        apply_scripts(store, scripts, version)\n",
        "    apply_scripts(store, scripts, version)\n",
        "tests/store/test_migrations.py",
    ),
    Mistake(
        "a message is settled before it was sent",
        "rfm_service/post/sending.py",
        "        try:\n            channels.send(settings, waiting.address",
        "        outbox.message_sent(store, waiting.message_id, moment)\n"
        "        try:\n            channels.send(settings, waiting.address",
        POST,
    ),
    Mistake(
        "messages are settled when all have been sent",
        "rfm_service/post/sending.py",
        "            outbox.message_sent(store, waiting.message_id, moment)\n",
        "            for one in due if waiting is due[-1] else ():\n"
        "                outbox.message_sent(store, one.message_id, moment)\n",
        f"{POST}/test_killed.py",
    ),
    Mistake(
        "a channel that is out of order makes the others wait",
        "rfm_service/delivery.py",
        " if one.channel == channel}",
        "}",
        "tests/delivery/test_broken_parts.py",
    ),
    Mistake(
        "every try leaves one more process in a folder that hangs",
        "rfm_service/delivery.py",
        "    if folder in {job.folder for job in workers.lingering(publish_report)}:\n",
        "    if not folder:\n",
        "tests/commands/test_frozen_mount.py",
    ),
    Mistake(
        "what Telegram asks for is not waited for",
        "rfm_service/post/sending.py",
        "max(timedelta(seconds=error.retry_after), growing_pause(waiting.tries))",
        "growing_pause(waiting.tries)",
        POST,
    ),
    Mistake(
        "an answer waits until all that was due is sent",
        "rfm_service/post/sending.py",
        "        if time.monotonic() > end:\n            break\n",
        "",
        f"{POST}/test_post.py",
    ),
    Mistake(
        "an address that is dead is tried again for every message",
        "rfm_service/post/sending.py",
        "            dead.add(waiting.address)\n",
        "",
        POST,
    ),
    Mistake(
        "Telegram may forget a command before it was recorded",
        "rfm_service/store/inbox.py",
        "    return newest + 1 if received_at else 0\n",
        "    return (newest or 1000) + 2\n",
        f"{POST} tests/store/test_inbox.py",
    ),
    Mistake(
        "strangers are obeyed",
        "rfm_service/store/inbox.py",
        "update.private and update.user_id in admins and",
        "update.private and",
        f"{POST} tests/store/test_inbox.py",
    ),
    Mistake(
        "a word in a group is obeyed",
        "rfm_service/notify/telegram.py",
        '    return chat.type == "private" and chat.id == sender.id and not sender.is_bot\n',
        "    return True\n",
        "tests/notify/test_hearing.py",
    ),
    Mistake(
        "a command is obeyed in another transaction than it is marked in",
        "rfm_service/admin/__init__.py",
        "    inbox.command_obeyed(store, command)\n",
        "",
        "tests/admin",
    ),
    Mistake(
        "a step has no deadline",
        "rfm_service/workers.py",
        "        if time.monotonic() > self._deadline:\n            seconds",
        "        if False:\n            seconds",
        "tests/workers -k badly --timeout 60",
    ),
    Mistake(
        "a step that never stops talking is listened to until its deadline",
        "rfm_service/workers.py",
        "until = min(self._deadline, time.monotonic() + TICK)",
        "until = self._deadline",
        "tests/workers -k holds_up_nobody --timeout 40",
    ),
    Mistake(
        "nobody looks at a step's memory",
        "rfm_service/workers.py",
        "_resident_mib(self._process.pid) > self._limits.mib",
        "False",
        "tests/workers -k memory --timeout 60",
    ),
    Mistake(
        "deaths are not counted",
        "rfm_service/night.py",
        ">= MOST_DEATHS",
        ">= 1000",
        "tests/service/test_poison.py",
    ),
    Mistake(
        "the loop waits for a work to its end",
        "rfm_service/service.py",
        "            self._awaited[name] = next(self._works[name])\n",
        "            workers.finish(self._works[name])\n            raise StopIteration\n",
        "tests/service/test_loop.py -k hangs",
    ),
    Mistake(
        "an empty mount point is taken for the share",
        "rfm_service/reports/publish.py",
        "        if mark is Mark.REQUIRED and MARKER not in present:\n",
        "        if False:\n",
        "tests/publish/test_publish_folder.py",
    ),
    Mistake(
        "what was written to a share is not read back",
        "rfm_service/reports/publish.py",
        "    if place.sha256(folder, source.name) != sha256_of(source):\n",
        "    if False:\n",
        "tests/publish/test_publish_folder.py",
    ),
    Mistake(
        "a report is written under its final name",
        "rfm_service/reports/publish.py",
        'hidden, replaced = f".{name}.part", f".{name}.old"',
        'hidden, replaced = f"{name}", f".{name}.old"',
        "tests/publish",
    ),
    Mistake(
        "the ERP's own total is not looked at",
        READING,
        "        self._require_control_total(answer)\n",
        "",
        SYNC,
    ),
    Mistake(
        "closed months: an order in two shipments is two orders",
        f"{MODELS}/snapshots.sql",
        "WHEN previous_left_month >= month THEN 0",
        "WHEN previous_left_month >= month THEN 1",
        HISTORY,
    ),
    Mistake(
        "closed months: nothing ever leaves the horizon",
        f"{MODELS}/snapshots.sql",
        "-amount AS amount",
        "0 AS amount",
        HISTORY,
    ),
    Mistake(
        "closed months: a transition skips months",
        f"{MODELS}/transitions.sql",
        "earlier.month + 1 = later.month",
        "earlier.month < later.month",
        HISTORY,
    ),
    Mistake(
        "closed months: goods of no category are a category",
        f"{MODELS}/category_preferences.sql",
        "        AND customer_products.product_category <> ''\n",
        "",
        HISTORY,
    ),
    Mistake(
        "closed months: a customer churns a day late",
        "rfm_service/analysis/history.py",
        "ACTIVE_DAYS, AT_RISK_DAYS = 60, 90",
        "ACTIVE_DAYS, AT_RISK_DAYS = 60, 91",
        HISTORY,
    ),
    Mistake(
        "closed months: who came back in time has churned",
        f"{MODELS}/before_churn.sql",
        "WHERE customer_months.next_month > customer_months.churn_month",
        "WHERE customer_months.next_month >= customer_months.churn_month",
        HISTORY,
    ),
    Mistake(
        "closed months: later returns do not count",
        "rfm_service/store/analysis.py",
        "kind IN (2, 3) AND sale_day",
        "kind IN (3) AND sale_day",
        "tests/models/test_look_back.py",
    ),
    Mistake(
        "closed months: whoever came from a month that has not changed came from nowhere",
        "rfm_service/analysis/history.py",
        "if month >= since - 1]",
        "if month >= since]",
        "tests/models/test_look_back.py",
    ),
    Mistake(
        "closed months: a report of an earlier month is not heard of",
        "rfm_service/analysis/history.py",
        'msgspec.json.encode([bought, reports.get(_first_day(month + 1), "")])',
        "msgspec.json.encode([bought])",
        "tests/models/test_movements.py",
    ),
    Mistake(
        "closed months: who is forgotten keeps a place among equals",
        "rfm_service/analysis/history.py",
        "past.months.start, forgotten]",
        "past.months.start]",
        "tests/models/test_look_back.py",
    ),
    Mistake(
        "closed months: damaged tables are believed",
        "rfm_service/analysis/kept.py",
        "return contents.key if contents.files == found else None",
        "return contents.key",
        "tests/models/test_look_back.py",
    ),
    Mistake(
        "a line that was set aside keeps an erased name",
        "rfm_service/store/forgetting.py",
        "        _erase_raw_lines(store, customer)\n",
        "",
        "tests/store/test_forgetting.py",
    ),
    Mistake(
        "the firm of an erased customer comes back with the next reading",
        "rfm_service/store/forgetting.py",
        "            contractor=header.contractor and placeholder,\n",
        "",
        "tests/store/test_forgetting.py",
    ),
    Mistake(
        "a secret is masked only as it was typed",
        "rfm_service/logbook.py",
        "plain = {form for text in texts for form in (text, repr(text)[1:-1], *_in_address(text))}",
        "plain = set(texts)",
        LOGBOOK,
    ),
    Mistake(
        "what JSON has escaped is not found in the log",
        "rfm_service/logbook.py",
        "return (plain | once | twice) - {",
        "return plain - {",
        LOGBOOK,
    ),
    Mistake(
        "a short secret is masked inside of words and paths",
        "rfm_service/logbook.py",
        "re.escape(form) if len(form) >= LONG_ENOUGH else ",
        "re.escape(form) if form else ",
        LOGBOOK,
    ),
    Mistake(
        "a percent sign in a path means something to systemd",
        "rfm_service/installing.py",
        """.replace('"', '\\\\"').replace("%", "%%")""",
        """.replace('"', '\\\\"')""",
        INSTALLING,
    ),
    Mistake(
        "a unit that somebody has changed is overwritten",
        "rfm_service/installing.py",
        'if not unit.exists() or unit.read_text(encoding="utf-8") == text:',
        "if True:",
        INSTALLING,
    ),
    Mistake(
        "what was in the home before is given to the service's user",
        "rfm_service/installing.py",
        "    if missing:\n        _give(home)\n",
        "    for path in (home, *home.rglob('*')):\n        _give(path)\n",
        INSTALLING,
    ),
    Mistake(
        "systemd is told at every turn that we are alive",
        "rfm_service/watchdog.py",
        "time.monotonic() - self._fed_at > self._interval / 2",
        "self._interval",
        "tests/deploy/test_watchdog.py",
    ),
    Mistake(
        "a database that is gone is begun anew beside its backups",
        "rfm_service/safekeeping.py",
        "    if backup.backups_in(home.backups):\n        mend(",
        "    if not home:\n        mend(",
        "tests/commands/test_safety.py -k gone",
    ),
    Mistake(
        "old backups keep an erased customer",
        "rfm_service/safekeeping.py",
        "            file.unlink(missing_ok=True)\n",
        "            pass\n",
        "tests/commands/test_safety.py -k erased",
    ),
    Mistake(
        "an older report of the same night arrives over a newer one",
        "rfm_service/store/spool.py",
        "    store.execute(\"DELETE FROM spool WHERE name = ? AND state = 'waiting'\", (name,))\n",
        "",
        OUTBOX,
    ),
    Mistake(
        "equal alarms are told one by one",
        "rfm_service/store/outbox.py",
        "        if message.topic and _replace_waiting(store, address, message):\n            continue\n",
        "",
        OUTBOX,
    ),
    Mistake(
        "who is muted hears of alarms all the same",
        "rfm_service/store/outbox.py",
        " AND (lane = :answer OR coalesce(until, '') <= :now)",
        " AND (lane = :answer OR 1)",
        OUTBOX,
    ),
    Mistake(
        "the night goes on over a step that failed",
        "rfm_service/night.py",
        "                raise StepFailed(outcome.step, outcome.error)\n",
        "                pass\n",
        "tests/commands/test_safety.py -k over_damage",
    ),
    Mistake(
        "what a person must mend is asked for every half hour",
        "rfm_service/night.py",
        "    if isinstance(error, OperatorError):\n        return OPERATOR_PAUSE\n",
        "",
        SLOTS,
    ),
    Mistake(
        "a night begins a day before its hour has come",
        "rfm_service/slots.py",
        'today if local.strftime("%H:%M") >= home.settings.night.at else today - 1',
        "today",
        SLOTS,
    ),
    Mistake(
        "a failed night is tried again at once",
        "rfm_service/slots.py",
        " and not waits else None",
        " else None",
        SLOTS,
    ),
    Mistake(
        "a clock that contradicts the sales is believed",
        "rfm_service/slots.py",
        "newest <= reference_day <= newest + LONGEST_SILENCE:",
        "newest:",
        "tests/slots/test_calendar.py -k test_a_clock_that_is_years_wrong_begins_nothing",
    ),
    Mistake(
        "a value at a quantile has the next score already",
        "rfm_service/analysis/fitting.py",
        "quantile // bins + 1,",
        "quantile // bins,",
        "tests/models/test_scores.py",
    ),
    Mistake(
        "a return is taken for a correction of the past",
        "rfm_service/models/orders_before_returns.sql",
        "COALESCE(back.amount, 0)",
        "0",
        "tests/models/test_movements.py",
    ),
    Mistake(
        "a movement has the cause of its last step, whichever way that went",
        "rfm_service/analysis/movements.py",
        "return (along or steps)[-1]",
        "return steps[-1]",
        "tests/models/test_movements.py",
    ),
    Mistake(
        "a report that never went out is history",
        "rfm_service/store/history.py",
        " OR run_id NOT IN (SELECT run_id FROM run WHERE state = 'done')",
        "",
        "tests/models/test_movements.py",
    ),
    Mistake(
        "a report made again doubles its periods",
        "rfm_service/store/history.py",
        '    "UPDATE segment_period SET until_day = -1 WHERE until_day >= :day",\n',
        "",
        "tests/models/test_movements.py",
    ),
]


def main() -> None:
    """Plant every mistake. Exit code 1 when one was not noticed."""
    unnoticed = 0
    for mistake in [mistake for mistake in MISTAKES if all(word in mistake.title for word in sys.argv[1:])]:
        noticed = is_noticed(mistake)
        unnoticed += not noticed
        print(f"{'noticed' if noticed else 'NOT NOTICED'}: {mistake.title}", flush=True)
    sys.exit(unnoticed > 0)


def is_noticed(mistake: Mistake) -> bool:
    """Whether its tests fail on a copy of the project that makes it. Raises ValueError when its text is not there."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for folder in FOLDERS:
            shutil.copytree(PROJECT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        for name in FILES:
            shutil.copy(PROJECT / name, copy)
        file = copy / mistake.file
        source = file.read_text(encoding="utf-8")
        if source.count(mistake.text) != 1:
            raise ValueError(f"{mistake.file} does not hold once: {mistake.text}")
        file.write_text(source.replace(mistake.text, mistake.becomes), encoding="utf-8")
        hurried = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "first_failure"]
        command = [sys.executable, "-m", "pytest", *hurried, *mistake.tests.split()]
        run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if run.returncode > 2 or "ERROR collecting" in run.stdout:
            raise RuntimeError(run.stdout[-2000:] + run.stderr[-2000:])
        return run.returncode != 0


if __name__ == "__main__":
    main()
