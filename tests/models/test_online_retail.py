"""Netting on real data: the UCI Online Retail set, whose cancellations name no sale.

The file is not part of the project: the test is skipped where ../shared/data/online_retail.csv.gz is not at hand.
Published figures: with a customer, quantity and price above zero 397,884 lines, 18,532 invoices, 4,338 customers,
8,911,407.904; with the cancellations 8,300,065.814. Of the sales alone, by month: revenue, customers, and the customers
of the cohort of the first month, who make 885 in the tables of cohorts that are often shown of this set.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rfm_service.analysis.history import past_of
from rfm_service.cleaning.verdicts import Rules
from rfm_service.clock import Horizon, day_of
from rfm_service.engines.store_reader import reading
from rfm_service.kinds import Kind
from rfm_service.models import model
from rfm_service.records import DayAnswer, Header, SaleLine
from rfm_service.store import verify
from rfm_service.store.connection import opened
from tests.conftest import PROJECT
from tests.oracles import netting
from tests.store.builders import oracle_lines, write

from .builders import analysed
from .test_history import Told, told

FILE = PROJECT.parent / "shared" / "data" / "online_retail.csv.gz"
RULES = Rules(gift_below=0, own_companies=(), anonymous_buyers=(), require_site_id=False)
HORIZON = Horizon(day_of(datetime(2011, 12, 10)), 374)
GROSS, NET = 891_140_790, 830_006_581
BY_MONTH = {
    2010 * 12 + 11: (572_713_89, 885),
    2011 * 12 + 0: (569_445_04, 741),
    2011 * 12 + 1: (447_137_35, 758),
    2011 * 12 + 2: (595_500_76, 974),
    2011 * 12 + 3: (469_200_36, 856),
    2011 * 12 + 4: (678_594_56, 1056),
    2011 * 12 + 5: (661_213_69, 991),
    2011 * 12 + 6: (600_091_01, 949),
    2011 * 12 + 7: (645_343_90, 935),
    2011 * 12 + 8: (952_838_38, 1266),
    2011 * 12 + 9: (1_039_318_79, 1364),
    2011 * 12 + 10: (1_161_817_38, 1664),
}
"""Revenue in pence, and customers."""
COHORTS = [885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323]
FIRST_COHORT = [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445]
PENCE = 100  # of rounding: the file has prices of a tenth of a penny

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/online_retail.csv.gz")


@pytest.fixture(scope="module")
def days() -> list[DayAnswer]:
    """The lines that have a customer, day by day."""
    headers: dict[tuple[str, str, int], Header] = {}
    lines: defaultdict[int, list[SaleLine]] = defaultdict(list)
    for row in rows():
        day = day_of(datetime.fromisoformat(row["InvoiceDate"]))
        kind = Kind.RETURN if row["InvoiceNo"].startswith("C") else Kind.SALE
        key = row["InvoiceNo"], row["CustomerID"], day
        if key not in headers:
            headers[key] = Header(kind, row["InvoiceNo"], day, "", -1, row["CustomerID"], "", "", "")
        quantity = int(row["Quantity"])
        amount = round(quantity * Decimal(row["UnitPrice"]) * 100)
        lines[day].append(SaleLine(headers[key], row["StockCode"], "", abs(quantity) * 1000, abs(amount)))
    return [DayAnswer(day, lines[day], [], str(day)) for day in sorted(lines)]


def rows() -> Iterator[dict[str, str]]:
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        yield from (row for row in csv.DictReader(file) if row["CustomerID"] and float(row["UnitPrice"]))


@pytest.fixture(scope="module")
def database(days: list[DayAnswer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("retail") / "sales.db"
    with opened(path) as store:
        store.execute("PRAGMA synchronous = OFF")
        write(store, *days, rules=RULES)
    return path


def test_the_published_totals(database: Path) -> None:
    with opened(database) as store:
        accounts = {
            (kind, verdict): (lines, amount)
            for kind, verdict, lines, amount in store.execute(
                "SELECT kind, verdict, sum(lines), sum(amount) FROM day_account GROUP BY kind, verdict"
            )
        }
        buyers, invoices = store.execute(
            "SELECT count(DISTINCT customer_id), count(DISTINCT order_id) FROM orders"
        ).fetchone()
    lines, gross = accounts[Kind.SALE, 0]
    assert (lines, buyers, invoices) == (397_884, 4_338, 18_532)
    assert abs(gross - GROSS) < PENCE
    assert abs(gross - accounts[Kind.RETURN, 0][1] - NET) < PENCE


def test_what_comes_off_and_what_does_not_make_the_published_difference(database: Path) -> None:
    with opened(database) as store:
        (kept,) = store.execute("SELECT sum(amount) FROM orders").fetchone()
        (taken,) = store.execute("SELECT sum(amount) FROM return_match").fetchone()
    steps = {
        row["title"]: row["amount"]
        for row in analysed(database, HORIZON)
        .run(model("waterfall"), {"first_day": HORIZON.first, "reference_day": HORIZON.reference_day})
        .to_pylist()
    }
    assert abs(kept + taken - GROSS) < PENCE
    assert steps["returns"] == -taken
    assert abs(taken + steps["unmatched_returns"] - (GROSS - NET)) < 2 * PENCE
    assert 0.75 < taken / (GROSS - NET) < 1


def test_the_customers_who_cancelled_most(
    database: Path, days: list[DayAnswer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netting, "GIFT_BELOW", 0)
    counts: defaultdict[str, int] = defaultdict(int)
    for day in days:
        for line in day.lines:
            counts[line.header.buyer] += line.header.kind is Kind.RETURN
    chosen = set(sorted(counts, key=counts.__getitem__)[-6:-1])
    own = [DayAnswer(day.day, [line for line in day.lines if line.header.buyer in chosen], [], "") for day in days]
    expected, _ = netting.net(oracle_lines(own))
    with opened(database) as store:
        (kept,) = store.execute(
            f"SELECT sum(amount) FROM orders JOIN customer USING (customer_id) WHERE name IN ({'?,' * 4}?)", [*chosen]
        ).fetchone()
    assert kept == sum(line.amount for line in expected)


def test_day_by_day_is_from_scratch(database: Path) -> None:
    with opened(database) as store:
        assert verify.wrong_orders(store, RULES.gift_below) == 0
        assert verify.unbalanced_days(store) == []


# The closed months


@pytest.fixture(scope="module")
def months(days: list[DayAnswer], tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The closed months of the sales alone."""
    path = tmp_path_factory.mktemp("retail") / "sales.db"
    with opened(path) as store:
        store.execute("PRAGMA synchronous = OFF")
        write(store, *(without_returns(day) for day in days), rules=RULES)
    with reading(path) as store:
        past = past_of(store, Horizon(HORIZON.reference_day, 365))
    assert past.months == range(min(BY_MONTH), max(BY_MONTH) + 1)
    return told(path, past)


def without_returns(day: DayAnswer) -> DayAnswer:
    return DayAnswer(day.day, [line for line in day.lines if line.header.kind is Kind.SALE], [], day.sha256)


@pytest.mark.parametrize("name", ["churn_months", "segment_months", "cohorts"])
def test_the_published_months(months: Told, name: str) -> None:
    for month, (revenue, customers) in BY_MONTH.items():
        rows = [row for row in months.tables[name] if row["month"] == month]
        assert sum(row["buyers"] for row in rows) == customers
        assert abs(sum(row["monetary"] for row in rows) - revenue) < PENCE


def test_the_cohorts_that_others_show(months: Told) -> None:
    rows = months.tables["cohorts"]
    assert [row["size"] for row in rows if row["month"] == row["cohort"]] == COHORTS
    assert [row["buyers"] for row in rows if row["cohort"] == min(BY_MONTH)] == FIRST_COHORT
