"""`import` from outside: files in, figures that others have published, and whatever happens in between."""

import hashlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rfm_service.clock import date_of
from rfm_service.configuration import load
from rfm_service.demo.book import Book
from rfm_service.home import Home
from rfm_service.kinds import Kind
from rfm_service.store import verify
from rfm_service.store.connection import opened
from tests.commands.program import once, run, start
from tests.conftest import PROJECT, REFERENCE_DAY
from tests.sources.files.builders import HEAD, PLAIN, csv_file
from tests.store.builders import contents, on

RETAIL = PROJECT.parent / "shared" / "data" / "online_retail.csv.gz"
IMPORT_RETAIL = ("import", str(RETAIL), "--mapping", "online_retail")
EVERYTHING_COUNTS = {"RFM_CLEANING__GIFT_BELOW": "0", "RFM_CLEANING__REQUIRE_SITE_ID": "false"}
needs_retail = pytest.mark.skipif(not RETAIL.is_file(), reason="needs ../shared/data/online_retail.csv.gz")

MONTHS = {  # invoices, customers, pence: published for quantity > 0, price > 0, with a customer
    "2010-12": (1400, 885, 572_713_89),
    "2011-01": (987, 741, 569_445_04),
    "2011-02": (997, 758, 447_137_35),
    "2011-03": (1321, 974, 595_500_76),
    "2011-04": (1149, 856, 469_200_36),
    "2011-05": (1555, 1056, 678_594_56),
    "2011-06": (1393, 991, 661_213_69),
    "2011-07": (1331, 949, 600_091_01),
    "2011-08": (1280, 935, 645_343_90),
    "2011-09": (1755, 1266, 952_838_38),
    "2011-10": (1929, 1364, 1_039_318_79),
    "2011-11": (2657, 1664, 1_161_817_38),
    "2011-12": (778, 615, 518_192_79),
}
COUNTRIES = [
    ("United Kingdom", 3920, 16_646, 7_308_391_55),
    ("Netherlands", 9, 94, 285_446_34),
    ("EIRE", 3, 260, 265_545_90),
    ("Germany", 94, 457, 228_867_14),
    ("France", 87, 389, 209_024_05),
]
GROSS = """
SELECT {0}, count(DISTINCT number), count(DISTINCT customer_id), sum(line.amount)
FROM line JOIN document USING (day, document_id) JOIN address USING (address_id)
WHERE kind = 1 AND verdict = 0 GROUP BY 1 ORDER BY {1}
"""
LEDGER = "SELECT day, sealed, lines, amount, sha256, rules, content, origin FROM ledger ORDER BY day"


@pytest.fixture
def plain(home: Home) -> Home:
    """A home with the mapping `plain`, in which site ids are not asked for."""
    (home.mappings / "plain.toml").write_text(PLAIN)
    return home


@pytest.fixture(autouse=True)
def _no_site_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFM_CLEANING__REQUIRE_SITE_ID", "false")


def held(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """All that stands in the store but moments."""
    with opened(home.database) as store:
        return contents(store) | {"ledger": store.execute(LEDGER).fetchall()}


def dump_of(home: Home) -> str:
    """A fingerprint of all that stands in the store."""
    with closing(sqlite3.connect(home.database)) as store:
        return hashlib.sha256("\n".join(store.iterdump()).encode()).hexdigest()


def many_lines(folder: Path, count: int) -> Path:
    """Sales of 200 days in no order."""
    days = [date_of(REFERENCE_DAY - 1000 - number * 7919 % 200) for number in range(count)]
    return csv_file(
        folder, HEAD, *(f"{day},{n // 3},buyer {n % 97},product {n % 13},1,{n % 50 + 20}" for n, day in enumerate(days))
    )


# Figures that others have published


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with the whole of Online Retail in it. Everything above nothing counts, as in what was published."""
    path = tmp_path_factory.mktemp("retail")
    (path / "config").symlink_to(PROJECT / "config")
    home = Home(path, path / "config" / "service.toml", load(path, path / "config" / "service.toml"))
    code, output, errors = run(home, *IMPORT_RETAIL, **EVERYTHING_COUNTS)
    assert (code, errors) == (0, "")
    assert "Lines: 541909, of them left out by `only`: 2517. Days: from 2010-12-01 to 2011-12-09." in output
    yield home


@needs_retail
def test_gross_sales_are_those_that_were_published(retail: Home) -> None:
    """Like with like: before netting, that is lines of sales that count, whatever came back of them later."""
    with opened(retail.database) as store:
        (figures,) = store.execute(
            "SELECT count(*), count(DISTINCT number), count(DISTINCT customer_id), count(DISTINCT product_id),"
            " count(DISTINCT line.day), sum(line.amount)"
            " FROM line JOIN document USING (day, document_id) WHERE kind = 1 AND verdict = 0"
        )
        months = store.execute(GROSS.format("strftime('%Y-%m', line.day * 86400, 'unixepoch')", 1)).fetchall()
        countries = store.execute(GROSS.format("address.text", "4 DESC LIMIT 5")).fetchall()
    assert figures == (397_884, 18_532, 4_338, 3_665, 305, 8_911_407_90)  # published: 8,911,407.904
    assert {month: tuple(rest) for month, *rest in months} == MONTHS
    assert [(name, customers, invoices, pence) for name, invoices, customers, pence in countries] == COUNTRIES


@needs_retail
def test_cancellations_are_returns_and_come_off_what_they_cancel(retail: Home) -> None:
    with opened(retail.database) as store:
        (returns,) = store.execute(
            "SELECT count(*), sum(number LIKE 'C%') FROM line JOIN document USING (day, document_id) WHERE kind = ?",
            (Kind.RETURN,),
        ).fetchall()
        (net,) = store.execute("SELECT sum(amount) FROM orders").fetchone()
        (back,) = store.execute("SELECT sum(amount) FROM return_match").fetchone()
        assert verify.wrong_orders(store, 0) == 0
    assert returns == (8_905, 8_905)
    assert net + back == 8_911_407_90
    assert 0.75 < back / 611_342_09 < 1  # of what was cancelled in pence


@needs_retail
def test_there_is_no_phantom_customer(retail: Home) -> None:
    with opened(retail.database) as store:
        assert store.execute("SELECT count(*) FROM customer WHERE name IN ('', '0', 'nan')").fetchone() == (0,)
        (largest,) = store.execute(
            "SELECT customer.name, sum(amount) FROM orders JOIN customer USING (customer_id) GROUP BY 1 ORDER BY 2 DESC"
        ).fetchmany(1)
        set_aside = store.execute("SELECT verdict, field, count(*) FROM quarantine GROUP BY 1, 2").fetchall()
    assert largest[0] == "14646"
    assert set_aside == [(10, "buyer", 132_603)]  # of 135,080; the others have no price


@needs_retail
def test_the_same_file_again_changes_nothing(retail: Home) -> None:
    before = dump_of(retail)
    code, output, _ = run(retail, *IMPORT_RETAIL, **EVERYTHING_COUNTS)
    assert (code, dump_of(retail)) == (0, before)
    assert "Days written: 0, known already: 305." in output
    assert not (retail.path / "db" / "imports").exists()


# Killed


@pytest.mark.parametrize("moment", [0.7, 1.8, 3.5])
def test_an_import_killed_at_any_moment_is_finished_by_the_next(plain: Home, tmp_path: Path, moment: float) -> None:
    (tmp_path / "other").mkdir()
    path = many_lines(tmp_path, 60_000)
    process = start(plain, "import", str(path), "--mapping", "plain")
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    if plain.database.exists():
        with opened(plain.database) as store:
            assert verify.unbalanced_days(store) == []

    code, _, errors = run(plain, "import", str(path), "--mapping", "plain")
    assert (code, errors) == (0, "")
    finished = held(plain)
    plain.database.unlink()
    assert run(plain, "import", str(path), "--mapping", "plain")[0] == 0
    assert held(plain) == finished
    assert len(finished["ledger"]) == 200


# The nights


def test_nights_leave_the_days_of_files_alone_outside_of_their_window(plain: Home, shop: Book, tmp_path: Path) -> None:
    old = REFERENCE_DAY - 200
    path = csv_file(tmp_path, HEAD, f"{date_of(old)},1,Anna,tea,2,200", f"{date_of(old)},2,,tea,2,200")
    assert run(plain, "import", str(path), "--mapping", "plain")[0] == 0
    for _ in range(2):
        assert once(plain)[0] == 0
        with opened(plain.database) as store:
            day = store.execute("SELECT lines, sealed, origin <> '' FROM ledger WHERE day = ?", (old,)).fetchone()
        assert day == (2, 1, 1)
    assert "1 of them from files" in run(plain, "status")[1]
    assert run(plain, "quarantine", "retry", "--from", str(date_of(old)), "--to", str(date_of(old)))[0] == 0
    with opened(plain.database) as store:
        assert store.execute("SELECT lines FROM ledger WHERE day = ?", (old,)).fetchone() == (2,)
    code, output, _ = run(plain, "backfill", "--from", str(date_of(old)), "--to", str(date_of(old)))
    assert (code, "new or changed: 1" in output) == (0, True)


def test_days_of_the_erp_are_left_and_told(plain: Home, tmp_path: Path) -> None:
    day = date_of(REFERENCE_DAY - 1).isoformat()
    assert run(plain, "backfill", "--from", day, "--to", day)[0] == 0
    before = held(plain)
    path = csv_file(tmp_path, HEAD, f"{day},1,Anna,tea,2,200")
    code, output, _ = run(plain, "import", str(path), "--mapping", "plain")
    assert (code, held(plain)) == (0, before)
    assert f"Days left as the ERP gave them: 1, from {day} to {day}." in output
    assert run(plain, "import", str(path), "--mapping", "plain", "--replace")[0] == 0
    with opened(plain.database) as store:
        assert store.execute("SELECT lines, origin <> '' FROM ledger").fetchall() == [(1, 1)]


# What a person does wrong


def test_a_file_that_is_not_there(plain: Home) -> None:
    code, _, errors = run(plain, "import", "nothing.csv", "--mapping", "plain")
    assert (code, errors) == (1, "Cannot read nothing.csv: No such file or directory.\n")


def test_no_mapping(plain: Home) -> None:
    code, _, errors = run(plain, "import", "nothing.csv")
    assert code == 2
    assert "1c, online_retail, plain" in errors


def test_an_unknown_mapping(plain: Home) -> None:
    code, _, errors = run(plain, "import", "nothing.csv", "--mapping", "plane")
    assert code == 78
    assert errors.startswith("There is no mapping plane, neither a file nor one of: 1c, online_retail, plain,")


def test_a_broken_file_leaves_the_store_as_it_was(plain: Home, tmp_path: Path) -> None:
    path = many_lines(tmp_path, 30_000)
    assert run(plain, "import", str(path), "--mapping", "plain")[0] == 0
    before = dump_of(plain)
    path.write_text(path.read_text() + f'{on("2026-01-01")},"never closed\n' * 3)
    code, _, errors = run(plain, "import", str(path), "--mapping", "plain")
    assert (code, errors.count("\n"), dump_of(plain)) == (1, 1, before)
    assert errors.startswith("sales.csv, after line 30001: several lines run into one.")


def test_a_proposal_that_is_saved_can_be_used(plain: Home, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "Отчёт;;;;;",
        "Дата;Номер;Контрагент;Номенклатура;Количество;Сумма",
        "09.11.2026 10:15:00;УТ-1;Анна;Чай;2;1 200,50",
        encoding="cp1251",
    )
    code, proposal, shown = run(plain, "import", "--guess", str(path))
    assert code == 0
    assert "1200.50" in shown
    (tmp_path / "own.toml").write_text(proposal)
    assert run(plain, "import", str(path), "--mapping", str(tmp_path / "own.toml"))[0] == 0
    with opened(plain.database) as store:
        assert store.execute("SELECT lines, amount, origin FROM ledger").fetchone()[:2] == (1, 1_200_50)
