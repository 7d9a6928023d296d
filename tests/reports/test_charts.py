"""The pictures: drawn without a warning from any tables, no text on another, equal tables give equal bytes."""

import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from rfm_service.locales import Language
from rfm_service.reports.charts import CHARTS, draw_charts
from rfm_service.reports.style import drawable, fit, look, width_of
from rfm_service.reports.tables import ReportTables

from .builders import hand_made, make_tables
from .test_hostile_texts import HOSTILE

LONG = "Северо-Западная межрегиональная компания " * 12


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def drawn(name: str, tables: ReportTables) -> tuple[Figure, dict[str, int]]:
    """A picture, laid out."""
    with look():
        picture = CHARTS[name](tables, Language(tables.facts.language))
        FigureCanvasAgg(picture.figure)
        picture.figure.draw_without_rendering()
    return picture.figure, picture.totals


def texts(figure: Figure) -> list[Text]:
    """Every text that can be seen."""
    found = [artist for artist in figure.findobj(Text) if isinstance(artist, Text)]
    beyond = set(labels_beyond_the_view(figure))
    return [text for text in found if text.get_visible() and text.get_text().strip() and text not in beyond]


def labels_beyond_the_view(figure: Figure) -> Iterator[Text]:
    """Labels of ticks that matplotlib keeps but does not draw."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


def title(figure: Figure) -> str:
    return figure.texts[0].get_text()


def one_customer() -> ReportTables:
    tables = make_tables(customers=1, seed=3)
    return msgspec.structs.replace(
        tables, orders=tables.orders.head(1), months=tables.months.head(1), products=tables.products.head(1)
    )


def all_equal() -> ReportTables:
    tables = make_tables(customers=80)
    return msgspec.structs.replace(
        tables,
        customers=tables.customers.assign(monetary=100_000_00, buyer="ООО Близнецы", segment="sleeping", tier="retail"),
        segment_tiers=pd.DataFrame(
            {"segment": ["sleeping"], "tier": ["retail"], "customers": [80], "orders": [80], "monetary": [8]}
        ),
        orders=tables.orders.assign(amount=5_000_00, items=1),
        products=tables.products.assign(monetary=1, orders=1, product="Носки"),
    )


def long_names() -> ReportTables:
    tables = make_tables(customers=90)
    styles = [msgspec.structs.replace(style, title=LONG) for style in tables.facts.segments]
    return msgspec.structs.replace(
        tables,
        facts=msgspec.structs.replace(tables.facts, segments=styles),
        customers=tables.customers.assign(buyer=LONG),
        products=tables.products.assign(product=LONG),
    )


def hostile_names() -> ReportTables:
    tables = make_tables(customers=len(HOSTILE))
    names = pd.Series(HOSTILE, dtype=object)
    products = tables.products.head(len(HOSTILE)).astype({"product": object}).assign(product=names)
    return msgspec.structs.replace(tables, customers=tables.customers.assign(buyer=names), products=products)


def one_giant() -> ReportTables:
    tables = make_tables(customers=80)
    customers = tables.customers.assign(monetary=tables.customers["monetary"] * 10)
    customers.loc[0, "monetary"] = 77_654_321_00
    return msgspec.structs.replace(tables, customers=customers)


def outliers() -> ReportTables:
    tables = make_tables(customers=60)
    orders = tables.orders.copy()
    orders.loc[0], orders.loc[1] = (1, 1), (10**15, 90_000)
    return msgspec.structs.replace(tables, orders=orders)


SHOPS = {
    "usual": make_tables,
    "english": lambda: make_tables(language="en"),
    "one_customer": one_customer,
    "all_equal": all_equal,
    "long_names": long_names,
    "hostile_names": hostile_names,
    "one_giant": one_giant,
    "outliers": outliers,
}


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_leaves_the_page_or_lies_on_another(name: str, shop: str) -> None:
    figure, _ = drawn(name, SHOPS[shop]())
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    for text, box in boxes:
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
    overlapping = [
        (one, other)
        for (one, here), (other, there) in combinations(boxes, 2)
        if here.padded(-2).overlaps(there.padded(-2))
    ]
    assert overlapping == []


def test_every_picture_is_a_file_and_says_its_totals(tmp_path: Path) -> None:
    tables = make_tables(customers=120, language="en")
    totals = draw_charts(tables, tmp_path)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "01_segments.png", "02_tiers.png", "03_segment_tiers.png", "04_months.png", "05_order_sums.png",
        "06_order_items.png", "07_top_buyers.png", "08_top_products.png", "09_movements.png",
        "10_flows.png", "11_segment_shares.png", "12_cohorts.png", "13_revenue_at_risk.png",
    ]  # fmt: skip
    del totals["top_products.monetary"]
    shown = {"customers": 120, "orders": len(tables.orders), "monetary": int(tables.orders["amount"].sum())}
    assert totals == {key: shown[key.partition(".")[2]] for key in totals}


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        draw_charts(make_tables(customers=40), folder)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("segments", "Champions: 33.3% of customers, 75.0% of revenue"),
        ("tiers", "Whale: 33.3% of customers, 75.0% of revenue"),
        ("segment_tiers", "Champions × Whale: 33.3% of customers, 75.0% of revenue"),
        ("months", "Oct 2026 was the best month: 500K ₽, 587.5% above the average"),
        ("order_sums", "The smaller half of the orders, up to 50K ₽ each, brings 43.8% of revenue"),
        ("order_items", "Half of the orders hold 2 different items or fewer"),
        ("top_buyers", "The 3 largest buyers: 100.0% of revenue"),
        ("top_products", "The best product: 100.0% of revenue"),
    ],
)
def test_the_title_says_the_finding(name: str, finding: str) -> None:
    figure, _ = drawn(name, hand_made())
    assert title(figure) == finding


def test_a_month_that_the_horizon_cuts_is_starred() -> None:
    figure, _ = drawn("months", hand_made())
    names = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert (names[0], names[1], names[-1]) == ("Nov\n2025*", "Dec\n2025", "Nov\n2026*")


def test_orders_beyond_the_scale_are_counted_and_told() -> None:
    figure, totals = drawn("order_sums", outliers())
    assert totals["orders"] == len(outliers().orders)
    assert figure.texts[1].get_text().count(";") == 1


def test_a_narrow_text_stays_and_a_wide_one_loses_its_middle() -> None:
    assert fit("ООО Ромашка", 200) == "ООО Ромашка"
    assert fit("Индивидуальный предприниматель Кузнецова А. К.", 150) == "Индивидуальный…а А. К."
    assert width_of(fit("Ш" * 500, 150), 10.5) <= 150


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb\tc", "a b c"), ("\u202eexe", "exe"), ("ИП 株", "ИП □"), ("$x_1^2$", "$x_1^2$"), ("a\x00\ud800", "a")],
)
def test_what_the_font_cannot_show_is_a_box_and_what_nobody_sees_is_left_out(text: str, shown: str) -> None:
    assert drawable(text) == shown
