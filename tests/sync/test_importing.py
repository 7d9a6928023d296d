"""Days of files in the store: whole, once, beside the ERP's and not over them."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import pytest

from rfm_service.cleaning.verdicts import Rules
from rfm_service.clock import date_of
from rfm_service.errors import FileUnusable
from rfm_service.receipts import ImportReceipt
from rfm_service.settings import Operations
from rfm_service.sources.files.mapping import Mapping
from rfm_service.sources.files.rows import Rows, reader_of
from rfm_service.store import ledger, verify
from rfm_service.store.gathered import Gathered, Progress, opened_gathering
from rfm_service.store.quarantine import quarantined_lines
from rfm_service.store.sales import read_day
from rfm_service.sync import importing
from rfm_service.sync.importing import Importing, gather
from rfm_service.sync.reading import judge_again
from tests.sources.files.builders import HEAD, LINE, MOSCOW, NEWEST, csv_file, mapping
from tests.store.builders import RULES, Row, contents, on, rows

from .builders import IN_MEMORY, MONDAY, Erp, HandClock, bill, opened, read

TUESDAY = MONDAY + 1


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    with opened(IN_MEMORY) as store:
        yield store


def nobody(done: int, total: int) -> None:
    """Hears of progress."""


def gathered_from(gathered: Gathered, *files: Path, how: Mapping | None = None) -> None:
    how = how or mapping()
    gather(gathered, files, how, partial(Rows, how, zone=MOSCOW, newest=NEWEST), nobody)


def imported(
    store: sqlite3.Connection,
    *files: Path,
    how: Mapping | None = None,
    rules: Rules = RULES,
    origin: str = "sales.csv 1234",
    replace: bool = False,
    clock: HandClock | None = None,
) -> ImportReceipt:
    reader = reader_of(how or mapping(), Operations(), MOSCOW)
    with opened_gathering(IN_MEMORY) as gathered:
        gathered_from(gathered, *files, how=how)
        own = Importing(store, gathered, reader, rules, clock or HandClock(), origin, replace)
        return own.import_days(nobody)


def sale_line(day: int, number: str, buyer: str = "Anna", amount: int = 200) -> str:
    return f"{date_of(day)},{number},{buyer},tea,2,{amount}"


def test_lines_in_any_order_become_whole_days(tmp_path: Path, store: sqlite3.Connection) -> None:
    lines = [sale_line(MONDAY + number % 3, str(number)) for number in range(30)]
    Random(1).shuffle(lines)
    receipt = imported(store, csv_file(tmp_path, HEAD, *lines))
    assert receipt == ImportReceipt(30, 0, MONDAY, MONDAY + 2, 3, 0, [], {"accepted": 30})
    assert [(row.day, row.order[0]) for row in rows(store) if row.day == MONDAY] == [
        (MONDAY, str(number)) for number in sorted(range(0, 30, 3), key=str)
    ]
    assert verify.unbalanced_days(store) == []
    assert verify.wrong_orders(store, RULES.gift_below) == 0


def test_the_batches_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [sale_line(MONDAY + number % 3, str(number)) for number in range(30)]
    path, seen = csv_file(tmp_path, HEAD, *lines), []
    for size in (1, 7, 1000):
        monkeypatch.setattr(importing, "BATCH_LINES", size)
        with opened(IN_MEMORY) as store:
            imported(store, path)
            seen.append(contents(store))
    assert seen[0] == seen[1] == seen[2]


def test_a_day_that_stands_in_two_files_is_one_day(tmp_path: Path, store: sqlite3.Connection) -> None:
    (tmp_path / "b").mkdir()
    first, second = (
        csv_file(tmp_path, HEAD, sale_line(MONDAY, "1")),
        csv_file(tmp_path / "b", HEAD, sale_line(MONDAY, "2")),
    )
    imported(store, first, second)
    assert [row.order[0] for row in rows(store)] == ["1", "2"]


def test_importing_twice_changes_nothing(tmp_path: Path, store: sqlite3.Connection) -> None:
    path = csv_file(tmp_path, HEAD, sale_line(MONDAY, "1"), sale_line(TUESDAY, "2"), "2026-11-10,3,,tea,1,1")
    clock = HandClock()
    imported(store, path, clock=clock)
    before = list(store.iterdump())
    clock.pass_hours(5)
    receipt = imported(store, path, clock=clock)
    assert (receipt.days_written, receipt.days_same) == (0, 2)
    assert list(store.iterdump()) == before


def test_the_ledger_names_the_files(tmp_path: Path, store: sqlite3.Connection) -> None:
    read(store, Erp({MONDAY: [bill(MONDAY, "1")]}), [MONDAY])
    imported(store, csv_file(tmp_path, HEAD, sale_line(TUESDAY, "2")))
    known = ledger.entries(store, MONDAY, TUESDAY)
    assert {day: entry.origin for day, entry in known.items()} == {MONDAY: "", TUESDAY: "sales.csv 1234"}
    assert all(entry.sealed for entry in known.values())
    assert ledger.imported_days(store) == [TUESDAY]


def test_a_day_that_the_erp_gave_stays(tmp_path: Path, store: sqlite3.Connection) -> None:
    read(store, Erp({MONDAY: [bill(MONDAY, "1")]}), [MONDAY])
    before = read_day(store, MONDAY)
    path = csv_file(tmp_path, HEAD, sale_line(MONDAY, "7"), sale_line(TUESDAY, "8"))
    receipt = imported(store, path)
    assert (receipt.days_kept, receipt.days_written) == ([MONDAY], 1)
    assert read_day(store, MONDAY) == before
    assert imported(store, path, replace=True).days_kept == []
    assert [row.order[0] for row in rows(store)] == ["7", "8"]


def test_a_day_of_which_the_erp_knows_nothing_is_taken(tmp_path: Path, store: sqlite3.Connection) -> None:
    read(store, Erp(), [MONDAY])
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "7")))
    assert [row.order[0] for row in rows(store)] == ["7"]


def test_a_day_of_a_file_is_replaced_by_that_of_a_newer_one(tmp_path: Path, store: sqlite3.Connection) -> None:
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1"), sale_line(TUESDAY, "2")))
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1", amount=300)), origin="newer.csv 5678")
    assert [(row.order[0], row.amount) for row in rows(store)] == [("1", 300_00), ("2", 200_00)]
    assert [entry.origin for entry in ledger.entries(store, MONDAY, TUESDAY).values()] == [
        "newer.csv 5678",
        "sales.csv 1234",
    ]


def test_a_document_that_the_erp_has_on_another_day_empties_no_day_of_a_file(
    tmp_path: Path, store: sqlite3.Connection
) -> None:
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1")))
    (key,) = store.execute("SELECT key FROM document").fetchone()
    document = bill(TUESDAY, "1")
    store.execute("UPDATE document SET key = ? WHERE key = ?", (document[0].header.key, key))
    erp = Erp({TUESDAY: [document]})
    read(store, erp, [TUESDAY])
    assert (erp.asked, ledger.unsealed_days(store)) == ([TUESDAY], [])
    assert [row.day for row in rows(store)] == [MONDAY, TUESDAY]


def test_other_rules_of_cleaning_leave_the_origin(tmp_path: Path, store: sqlite3.Connection) -> None:
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1")))
    assert judge_again(store, Rules(500_00, (), (), False), HandClock()) == 1
    assert ledger.entries(store, MONDAY, MONDAY)[MONDAY].origin == "sales.csv 1234"
    assert rows(store) == []


def test_returns_of_a_file_come_off_its_sales(tmp_path: Path, store: sqlite3.Connection) -> None:
    path = csv_file(tmp_path, HEAD, f"{date_of(TUESDAY)},R,Anna,tea,-1,-100", sale_line(MONDAY, "1"))
    imported(store, path)
    assert rows(store) == [Row(MONDAY, "Anna", ("1", 2026, 11), 100_00, 1, 1)]


# What cannot be read


def test_one_bad_line_is_set_aside_whole_with_the_day_of_the_line_before_it(
    tmp_path: Path, store: sqlite3.Connection
) -> None:
    bad = ["someday,0,Anna,tea,2,200", "someday,3,Anna,tea,2,200"]
    imported(store, csv_file(tmp_path, HEAD, bad[0], sale_line(MONDAY, "1"), sale_line(TUESDAY, "2"), bad[1]))
    found = quarantined_lines(store, 0, 10**6)
    assert [(line.day, line.field, line.amount) for line in found] == [
        (MONDAY, "date", 200_00),
        (TUESDAY, "date", 200_00),
    ]
    assert [",".join(json.loads(line.raw)["row"].values()) for line in found] == bad
    assert len(rows(store)) == 2


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "there is no line in it"),
        (
            ["9 November,1,Anna,tea,2,200"],
            "no line of the first 1 has a date that can be read; .* '9 November'",
        ),
        (
            [LINE, *["2026-11-09,1,Anna,tea,2,two hundred"] * 2],
            "2 of 3 lines cannot be read, 2 of them because of their sum, the first is 'two hundred' on 2026-11-09",
        ),
        (
            [LINE.replace("Anna", "")] * 3,
            "3 of 3 lines have no buyer. Is buyer right in the mapping",
        ),
        ([LINE, *["2026-11-09,1,,tea,2,200"] * 2], "2 of 3 lines have no buyer"),
        ([LINE, *["2026-11-09,1,Anna,tea"] * 2], "2 of 3 lines have more or fewer cells .*, the first has 4"),
        ([LINE] * 5000 + ["2026-11-09,1,Anna,tea,x,1"] * 60, "60 of 5060 lines cannot be read"),
        (["2026-11-09;1"], "no line of the first 1 has a date .* the first is a line of 1 cells"),
    ],
)
def test_a_file_that_is_read_wrongly_leaves_nothing(
    tmp_path: Path, store: sqlite3.Connection, lines: list[str], sentence: str
) -> None:
    with pytest.raises(FileUnusable, match=sentence):
        imported(store, csv_file(tmp_path, HEAD, *lines))
    assert ledger.known_days(store) == 0


def test_some_bad_lines_are_borne(tmp_path: Path, store: sqlite3.Connection) -> None:
    imported(store, csv_file(tmp_path, HEAD, *[LINE] * 5000, *["2026-11-09,1,Anna,tea,x,1"] * 50))
    assert len(quarantined_lines(store, 0, 10**6)) == 50


# Cut off


def test_a_gathering_that_was_cut_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_LINES", 10)
    path = csv_file(tmp_path, HEAD, *(sale_line(MONDAY + number % 3, str(number)) for number in range(100)))
    made: list[int] = []

    class Counting(Rows):
        def row(self, line: Sequence[object], number: int) -> tuple[int, bytes]:
            made.append(number)
            if len(made) == 45:
                raise KeyboardInterrupt
            return super().row(line, number)

    make = partial(Counting, mapping(), zone=MOSCOW, newest=NEWEST)
    with opened_gathering(tmp_path / "cut.db") as gathered, pytest.raises(KeyboardInterrupt):
        gather(gathered, [path], mapping(), make, nobody)
    with opened_gathering(tmp_path / "cut.db") as gathered, opened_gathering(tmp_path / "whole.db") as whole:
        assert gathered.progress(0) == Progress(40, 0, MONDAY)
        gather(gathered, [path], mapping(), make, nobody)
        gathered_from(whole, path)
        assert made[45:] == list(range(41, 101))
        assert gathered.progress(0) == whole.progress(0)
        assert [gathered.rows(day) for day in gathered.days()] == [whole.rows(day) for day in whole.days()]


def test_days_that_were_written_before_the_end_are_not_written_again(tmp_path: Path, store: sqlite3.Connection) -> None:
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1")))
    receipt = imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1"), sale_line(TUESDAY, "2")))
    assert (receipt.days_same, receipt.days_written) == (1, 1)


def test_a_line_longer_ago_than_anything_is_no_trouble(tmp_path: Path, store: sqlite3.Connection) -> None:
    imported(store, csv_file(tmp_path, HEAD, "2000-01-01,1,Anna,tea,2,200"))
    assert [row.day for row in rows(store)] == [on("2000-01-01")]


def test_days_that_took_the_place_of_others_are_told(tmp_path: Path, store: sqlite3.Connection) -> None:
    imported(store, csv_file(tmp_path, HEAD, sale_line(MONDAY, "1"), sale_line(TUESDAY, "2")))
    receipt = imported(store, csv_file(tmp_path, HEAD, sale_line(TUESDAY, "3"), sale_line(TUESDAY + 1, "4")))
    assert (receipt.days_written, receipt.days_replaced) == (2, 1)


def test_one_file_under_two_names_is_refused(tmp_path: Path) -> None:
    first, second = csv_file(tmp_path, HEAD, LINE), tmp_path / "sales (1).csv"
    second.write_bytes(first.read_bytes())
    with pytest.raises(FileUnusable, match="are one file, byte for byte"):
        importing.fingerprint_of([first, second], None)
