"""Lines in Parquet come to what the store makes of them: returns matched, orders netted, customers classified."""

import sqlite3
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from hypothesis import given, settings, strategies as st
from pyarrow import parquet

from rfm_service.analysis.lake import GOODS, analyse_lake, net
from rfm_service.analysis.lake_lines import read_lines
from rfm_service.configuration import load
from rfm_service.engines.embedded import Embedded
from rfm_service.errors import FileUnusable, NothingToReport
from rfm_service.home import Home
from rfm_service.receipts import LakeReceipt
from rfm_service.records import DayAnswer
from rfm_service.store.connection import opened
from rfm_service.store.exports import export_tables
from tests.conftest import PROJECT
from tests.store.builders import GIFT_BELOW, on, write
from tests.store.test_orders_law import versions

from .test_online_retail import FILE

LAKE = Path(__file__).parent / "online_retail_lake.sql"
ORDERS = "day, customer_id, order_id, amount, items, purchase"
MATCHES = "sale_document_id, sale_position, return_document_id, return_position, link, quantity, amount"


def exported(store: sqlite3.Connection, file: Path) -> None:
    """The lines of a store, as `export` writes them."""
    lines, _ = export_tables(0, 99999)
    columns = (*lines.integers, *lines.texts)
    types = [pa.int64()] * len(lines.integers) + [pa.string()] * len(lines.texts)
    rows = [dict(zip(columns, row, strict=True)) for row in store.execute(lines.query)]
    table = pa.Table.from_pylist(rows, pa.schema(list(zip(columns, types, strict=True))))
    dates = table["day"].cast(pa.int32()).cast(pa.date32())
    parquet.write_table(table.set_column(table.schema.get_field_index("day"), "day", dates), file)


def found(engine: Embedded, columns: str, table: str) -> list[tuple[Any, ...]]:
    rows = engine.run(f"SELECT {columns} FROM {table}").to_pylist()
    return sorted(tuple(row.values()) for row in rows)


@settings(max_examples=60, deadline=None, database=None)
@given(st.lists(versions(), min_size=1, max_size=5, unique_by=lambda day: day.day))
def test_a_lake_is_netted_as_the_store_is(answers: list[DayAnswer]) -> None:
    engine = Embedded()
    with opened(Path(":memory:")) as store, tempfile.TemporaryDirectory() as folder:
        write(store, *answers)
        exported(store, Path(folder) / "lines.parquet")
        assert read_lines(engine, folder, "") == 0
        net(engine, GIFT_BELOW)
        assert found(engine, ORDERS, "all_orders") == sorted(store.execute(f"SELECT {ORDERS} FROM orders"))
        assert found(engine, MATCHES, "return_match") == sorted(store.execute(f"SELECT {MATCHES} FROM return_match"))


Lake = Callable[[dict[str, list[Any]]], str]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake of these columns."""

    def written(columns: dict[str, list[Any]]) -> str:
        (tmp_path / "lake").mkdir(exist_ok=True)
        parquet.write_table(pa.table(columns), tmp_path / "lake" / "lines.parquet")
        return str(tmp_path / "lake")

    return written


def lines(*rows: tuple[str, str, str, str, int, int]) -> dict[str, list[Any]]:
    """Lines of the least columns: day, customer, document, product, quantity, amount."""
    names = ("day", "customer_id", "document_key", "product_id", "quantity", "amount")
    columns: dict[str, list[Any]] = {
        name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return columns | {"day": [date.fromisoformat(day) for day in columns["day"]]}


def net_orders(place: str, select: str = "") -> list[tuple[Any, ...]]:
    """Day, customer, amount, purchase of every order; customers are numbered in the order of their names."""
    engine = Embedded()
    read_lines(engine, place, select)
    net(engine, GIFT_BELOW)
    return found(engine, "day, customer_id, amount, purchase", "all_orders")


def test_six_columns_are_enough(lake: Lake) -> None:
    place = lake(
        lines(
            ("2026-03-01", "Boris", "7", "tea", 2000, 200_00),
            ("2026-03-01", "Boris", "7", "cup", 1000, 50_00),
            ("2026-03-02", "Anna", "8", "tea", 1000, 100_00),
        )
    )
    assert net_orders(place) == [(on("2026-03-01"), 2, 250_00, 1), (on("2026-03-02"), 1, 100_00, 1)]


def test_products_are_of_the_category_that_their_lines_name(lake: Lake) -> None:
    sold = [("2026-03-01", "Anna", "7", product, 1000, 100_00) for product in ("cup", "tea", "tea", "egg")]
    place = lake(lines(*sold) | {"product_category": ["Dishes", None, "Drinks", None]})
    engine = Embedded()
    read_lines(engine, place, "")
    engine.derive("product", GOODS)
    assert found(engine, "name, product_category", "product") == [("cup", "Dishes"), ("egg", ""), ("tea", "Drinks")]


def test_what_is_below_nothing_came_back(lake: Lake) -> None:
    place = lake(
        lines(
            ("2026-03-01", "Anna", "7", "tea", 2000, 200_00),
            ("2026-03-09", "Anna", "R", "tea", -1000, -100_00),
            ("2026-03-10", "Anna", "S", "cup", -1000, -100_00),
        )
    )
    assert net_orders(place) == [(on("2026-03-01"), 1, 100_00, 1)]


def test_a_return_finds_the_document_that_it_names(lake: Lake) -> None:
    columns = lines(
        ("2026-03-01", "Anna", "7", "tea", 1000, 100_00),
        ("2026-03-02", "Anna", "8", "tea", 1000, 100_00),
        ("2026-03-09", "Anna", "R", "tea", -1000, -100_00),
    )
    assert net_orders(lake(columns | {"base_key": [None, None, "7"]}))[0] == (on("2026-03-01"), 1, 0, 0)
    assert net_orders(lake(columns))[1] == (on("2026-03-02"), 1, 0, 0)


def test_documents_of_one_order_are_one(lake: Lake) -> None:
    columns = lines(
        ("2026-03-01", "Anna", "7", "tea", 1000, 100_00),
        ("2026-03-01", "Anna", "8", "tea", 1000, 100_00),
        ("2026-03-01", "Anna", "9", "tea", 1000, 100_00),
        ("2026-03-01", "Boris", "6", "tea", 1000, 100_00),
    )
    named = lake(columns | {"order_id": ["A", "A", "", "A"]})
    assert [row[2] for row in net_orders(named)] == [100_00, 200_00, 100_00]


def test_lines_that_lack_something_are_counted_and_left_out(lake: Lake) -> None:
    columns = lines(("2026-03-01", "Anna", "7", "tea", 1000, 100_00), ("2026-03-01", "Boris", "8", "tea", 1000, 7_00))
    place = lake(columns | {"customer_id": ["Anna", None]})
    assert read_lines(Embedded(), place, "") == 1
    assert net_orders(place) == [(on("2026-03-01"), 1, 100_00, 1)]


def test_a_sale_without_an_order_is_left_out_where_orders_have_numbers(lake: Lake) -> None:
    columns = lines(
        ("2026-03-01", "Anna", "7", "tea", 2000, 100_00),
        ("2026-03-01", "Anna", "8", "tea", 1000, 7_00),
        ("2026-03-02", "Anna", "9", "tea", -1000, -40_00),
    )
    place = lake(columns | {"order_id": [70, None, None]})
    assert read_lines(Embedded(), place, "") == 1
    assert net_orders(place) == [(on("2026-03-01"), 1, 60_00, 1)]


def test_every_mistake_is_told_with_its_mend(lake: Lake) -> None:
    place = lake({"day": ["2026-03-01"], "customer_id": ["Anna"], "document_key": [7], "amount": [1.5]})
    with pytest.raises(FileUnusable) as told:
        read_lines(Embedded(), place, "")
    assert str(told.value).splitlines() == [
        f"{place} holds no lines of sales:",
        "  day is string, and must be dates: CAST(day AS DATE)",
        "  there is no column product_id: whole numbers or text",
        "  document_key is int64, and must be text: CAST(document_key AS STRING)",
        "  there is no column quantity: thousandths: CAST(ROUND(quantity * 1000) AS BIGINT)",
        "  amount is double, and must be kopecks: CAST(ROUND(amount * 100) AS BIGINT)",
    ]


@pytest.mark.parametrize(
    ("place", "select"), [("nowhere", ""), ("lake", "SELEC 1"), ("lake", "SELECT price FROM lake"), ("here.txt", "")]
)
def test_what_cannot_be_read_is_told_in_one_sentence(lake: Lake, tmp_path: Path, place: str, select: str) -> None:
    lake(lines(("2026-03-01", "Anna", "7", "tea", 1000, 100_00)))
    (tmp_path / "here.txt").write_text("not Parquet")
    with pytest.raises(FileUnusable, match="cannot be read as Parquet") as told:
        read_lines(Embedded(), str(tmp_path / place), select)
    assert "\n" not in str(told.value)


def analysed(place: str, output: Path, select: str = "", **changes: Any) -> LakeReceipt:
    """Everything that becomes of a lake, by the usual schemes."""
    config = PROJECT / "config" / "service.toml"
    known = load(output.parent, config)
    cleaning = known.cleaning.model_copy(update={"gift_below": 0})
    night = known.night.model_copy(update=changes)
    home = Home(output.parent, config, known.model_copy(update={"cleaning": cleaning, "night": night}))
    return analyse_lake(Embedded(), home, place, select, str(output), None, lambda *_: None)


def test_one_customer(lake: Lake, tmp_path: Path) -> None:
    receipt = analysed(lake(lines(("2026-03-01", "Anna", "7", "tea", 1000, 100_00))), tmp_path / "out")
    assert receipt.reference_day == on("2026-03-02")
    assert (receipt.rows["orders"], receipt.rows["customers"], receipt.rows["snapshots"]) == (1, 1, 0)
    (customer,) = parquet.read_table(tmp_path / "out" / "customers").to_pylist()
    assert (customer["buyer"], customer["recency"], customer["segment"]) == ("Anna", 1, "newcomers")


def test_no_purchase(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(NothingToReport):
        analysed(lake(lines(("2026-03-01", "Anna", "R", "tea", -1000, -100_00))), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not FILE.is_file(), reason="needs ../shared/data/online_retail.csv.gz")
def test_online_retail_in_a_lake(tmp_path: Path) -> None:
    """Published: 18,532 invoices of 4,338 customers, 8,911,407.904; by month, revenue and customers."""
    parquet.write_table(pa_csv.read_csv(FILE), tmp_path / "retail.parquet")
    place = str(tmp_path / "retail.parquet")
    receipt = analysed(place, tmp_path / "out", LAKE.read_text(), horizon_days=400)
    assert (receipt.left_out, receipt.reference_day) == (0, on("2011-12-10"))
    assert (receipt.rows["orders"], receipt.rows["customers"]) == (18_532, 4_338)
    customers = parquet.read_table(tmp_path / "out" / "customers")
    assert abs(sum(customers["monetary"].to_pylist()) - 891_140_790) < 100
    cohorts = parquet.read_table(tmp_path / "out" / "cohorts").to_pylist()
    first = [row["buyers"] for row in cohorts if row["cohort"] == 2010 * 12 + 11]
    assert first == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445]
    assert datetime(2011, 12, 10).date() == parquet.read_table(tmp_path / "out" / "about")["reference_date"][0].as_py()
