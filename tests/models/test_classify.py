"""The whole step: from a home's store to the tables of a report."""

from pathlib import Path

import pytest
from pyarrow import feather

from rfm_service.analysis import classify
from rfm_service.configuration import load
from rfm_service.errors import NothingToReport
from rfm_service.home import Home
from rfm_service.receipts import ClassifyReceipt
from rfm_service.reports.tables import ReportTables
from rfm_service.store.connection import opened
from tests.conftest import PROJECT
from tests.oracles.original import Sale
from tests.store.builders import answer, returned, sale, write, write_purchases

from .builders import YEAR

RUN = "2026-11-20-1"
YESTERDAY = YEAR.last


@pytest.fixture
def bare(tmp_path: Path) -> Home:
    """A home with the default settings, in English, and no store."""
    config = PROJECT / "config" / "service.toml"
    settings = load(tmp_path, config)
    return Home(tmp_path, config, settings.model_copy(update={"language": "en"}))


def classify_purchases(home: Home, *purchases: Sale) -> ClassifyReceipt:
    write_purchases(home.database, purchases)
    return classify(home, RUN, YEAR, home.work(RUN))


def test_an_empty_store_has_nothing_to_report(bare: Home) -> None:
    with pytest.raises(NothingToReport, match="from 2025-11-20 to 2026-11-19"):
        classify_purchases(bare)
    assert not bare.work(RUN).exists()


def test_a_store_with_old_sales_only_has_nothing_to_report(bare: Home) -> None:
    with pytest.raises(NothingToReport):
        classify_purchases(bare, Sale("Anna", "A", YEAR.first - 1, 100_00), Sale("Anna", "B", YEAR.last + 1, 100_00))


def test_when_everything_came_back_there_is_nothing_to_report(bare: Home) -> None:
    with opened(bare.database) as store:
        write(store, answer(YESTERDAY, sale(YESTERDAY), returned(YESTERDAY, ("tea", 2000, 200_00))))
    with pytest.raises(NothingToReport):
        classify(bare, RUN, YEAR, bare.work(RUN))


def test_one_customer_is_a_report(bare: Home) -> None:
    receipt = classify_purchases(bare, Sale("Anna", "A", YESTERDAY, 150_00))
    assert (receipt.customers, receipt.orders, receipt.monetary) == (1, 1, 150_00)
    assert [one.key for one in receipt.segments if one.customers] == ["newcomers"]
    assert [(one.key, one.amount) for one in receipt.tiers if one.customers] == [("retail", 150_00)]
    assert (len(receipt.segments), len(receipt.tiers)) == (9, 5)
    assert [(row.key, row.lines, row.amount) for row in receipt.waterfall] == [
        ("gross", 1, 150_00),
        ("analysed", 1, 150_00),
    ]


def test_the_tables_of_the_report(bare: Home) -> None:
    classify_purchases(bare, Sale("Anna", "A", YESTERDAY, 150_00))
    work = bare.work(RUN)
    tables = {name for name in ReportTables.__struct_fields__ if name != "facts"}
    assert {path.stem for path in work.glob("*.arrow")} == tables
    (anna,) = feather.read_table(work / "customers.arrow").to_pylist()
    assert anna.pop("customer_id") == 1
    assert anna == {
        "key": "Anna",
        "month_frequency": 1,
        "month_monetary": 150_00,
        "buyer": "Anna",
        "email": "",
        "category": "",
        "manager": "",
        "recency": 1,
        "frequency": 1,
        "monetary": 150_00,
        "order_interval": 0,
        "two_month_sum": 150_00,
        "average_order": 150_00,
        "first_day": YESTERDAY,
        "last_day": YESTERDAY,
        "segment": "newcomers",
        "tier": "retail",
        "better_segment": "promising",
        "orders_missing": 2,
        "amount_missing": 0,
        "days_missing": 0,
        "fall_day": YESTERDAY + 46,
        "fall_segment": "drifting",
        "expected_day": -1,
        "overdue": 0,
        "money_at_risk": 30_00,
    }


def test_the_tables_of_an_earlier_try_are_gone(bare: Home) -> None:
    work = bare.work(RUN)
    work.mkdir(parents=True)
    (work / "half.arrow").touch()
    classify_purchases(bare, Sale("Anna", "A", YESTERDAY, 150_00))
    assert not (work / "half.arrow").exists()


def test_warnings_tell_what_is_missing(bare: Home) -> None:
    receipt = classify_purchases(bare, Sale("Anna", "A", YESTERDAY - 1, 150_00))
    assert len(receipt.warnings) == 2
    assert "364" in receipt.warnings[0]  # one day of 365 was read
    assert "No sales on" in receipt.warnings[1]


def test_equal_stores_have_equal_fingerprints(bare: Home, tmp_path: Path) -> None:
    anna = Sale("Anna", "A", YESTERDAY, 150_00)
    first = classify_purchases(bare, anna)
    again = classify_purchases(bare, anna)
    other = classify_purchases(bare, anna, Sale("Boris", "B", YESTERDAY, 20_00))
    assert first == again
    assert first.fingerprint != other.fingerprint
    assert first.scheme_hash == other.scheme_hash


def test_schemes_side_by_side(bare: Home) -> None:
    segmentation = bare.settings.segmentation.model_copy(update={"others": ["ten_segments", "monthly_vip"]})
    home = Home(bare.path, bare.config, bare.settings.model_copy(update={"segmentation": segmentation}))
    receipt = classify_purchases(
        home, Sale("Anna", "A", YESTERDAY, 150_00), Sale("Boris", "B", YESTERDAY - 100, 150_00)
    )
    rows = feather.read_table(home.work(RUN) / "customers.arrow").to_pylist()
    assert {row["buyer"]: (row["segment"], row["in_ten_segments"], row["in_monthly_vip"]) for row in rows} == {
        "Anna": ("newcomers", "new", "about_to_churn"),  # groups of two customers are no more than two
        "Boris": ("drifting", "cant_lose", "churn_risk"),
    }
    assert [text for text in receipt.warnings if text.startswith("R–F map")] == [
        f"R–F map: equal values leave 2 of 5 scores of {name}" for name in ("recency", "frequency")
    ]
