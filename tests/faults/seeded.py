"""Mistakes planted in the way a day is read and stored, each of which the tests must notice.

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


SYNC, NETWORK, KILLS = "tests/sync", "tests/faults/test_network.py", "tests/faults/test_kills.py"
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
        "rfm_service/store/connection.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = OFF",
        f"{KILLS} -k power",
    ),
    Mistake(
        "the journal of the database lives in memory",
        "rfm_service/store/connection.py",
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
        "            ledger.unseal(self._store, day)\n",
        "            pass\n",
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
        "tests/sources/odata",
    ),
    Mistake(
        "a short page is taken for the last",
        PAGES,
        "            if len(page) == 1:\n",
        "            if len(page) < self._size:\n",
        "tests/sources/odata",
    ),
    Mistake(
        "a page that fails ends the day",
        PAGES,
        "            page = self._page(query, len(rows))\n",
        "            try:\n                page = self._page(query, len(rows))\n"
        "            except Exception:\n                break\n",
        "tests/sources/odata",
    ),
    Mistake(
        "redirects are followed",
        "rfm_service/sources/http.py",
        "allow_redirects=False",
        "allow_redirects=True",
        "tests/sources",
    ),
    Mistake(
        "a line that cannot be read is dropped",
        "rfm_service/sources/lines.py",
        '                refused.append(_refused(raw, verdict, field, self.names["sum"]))\n',
        "                pass\n",
        "tests/sources",
    ),
    Mistake(
        "rows that the disk has altered are not seen",
        "rfm_service/store/contents.py",
        "if content_of(store, day) != content]",
        "if False]",
        "tests/faults/test_damages.py",
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
        "the ERP's own total is not looked at",
        READING,
        "        self._require_control_total(answer)\n",
        "",
        SYNC,
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
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mistake.tests.split()]
        run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if run.returncode > 2 or "ERROR collecting" in run.stdout:
            raise RuntimeError(run.stdout[-2000:] + run.stderr[-2000:])
        return run.returncode != 0


if __name__ == "__main__":
    main()
