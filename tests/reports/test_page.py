"""The page: its totals, its texts, and what a real browser makes of it."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from rfm_service.locales import Language
from rfm_service.reports.page import read_totals, write_page
from rfm_service.reports.page.churn import HARDLY
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.workbook import read_totals as read_workbook, write_workbook

from .builders import hand_made, make_tables
from .past import make_past
from .test_hostile_texts import HOSTILE

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAPTOP, PHONE = (1366, 768), (360, 740)
TABS = ["overall", "months", "cohorts", "churn"]


def written(tables: ReportTables, folder: Path) -> Path:
    """The page of these tables."""
    write_page(tables, folder / "RFM.html")
    return folder / "RFM.html"


def hostile(tables: ReportTables) -> ReportTables:
    """The same customers under names that are up to no good."""
    names = [HOSTILE[place % len(HOSTILE)] for place in range(len(tables.customers))]
    movements, calls = tables.movements, tables.calls
    preferred = [HOSTILE[place % len(HOSTILE)] for place in range(len(tables.category_preferences))]
    return msgspec.structs.replace(
        tables,
        customers=tables.customers.assign(buyer=names),
        movements=movements.assign(buyer=names[: len(movements)], manager="<b>Anna</b>"),
        calls=calls.assign(buyer=names[: len(calls)], reason="<img src=x onerror=alert(1)>"),
        category_preferences=tables.category_preferences.assign(product_category=preferred),
    )


def test_the_page_shows_what_the_workbook_shows(tmp_path: Path) -> None:
    tables = make_past(24, language="en")
    totals = write_page(tables, tmp_path / "RFM.html")
    write_workbook(tables, tmp_path / "RFM.xlsx")
    book = read_workbook(tmp_path / "RFM.xlsx", Language("en"))
    assert {name: totals[name] for name in book} == book
    assert totals["segments.monetary"] == totals["months.monetary"] == book["monetary"]
    assert read_totals(tmp_path / "RFM.html") == totals


def figures_of(file: Path) -> Any:
    """What the page gives plotly, by picture and choice."""
    found = re.search(
        r'<script type="application/json" id="figures">(.*?)</script>', file.read_text("utf-8"), re.DOTALL
    )
    assert found
    return msgspec.json.decode(found[1])["figures"]


def test_revenue_per_customer_is_that_of_the_sheet(tmp_path: Path) -> None:
    """One of two customers bought for 30: that makes 15 of each, on both."""
    past = make_past(2, language="en")
    month = int(past.segment_months["month"].max())
    rows = [(month, "loyal", 2, 1, 3000)]
    months = pd.DataFrame(rows, columns=["month", "segment", "customers", "buyers", "monetary"])
    tables = msgspec.structs.replace(past, segment_months=months)
    file = written(tables, tmp_path)
    assert [line["y"] for line in figures_of(file)["arpu"][""]["data"]] == [[1500]]
    assert "Loyal: 15\N{NO-BREAK SPACE}₽ per customer in Oct 2026" in file.read_text("utf-8")
    write_workbook(tables, tmp_path / "RFM.xlsx")
    rows_of_sheet = list(load_workbook(tmp_path / "RFM.xlsx")["Segments by month"].iter_rows(values_only=True))
    top = rows_of_sheet.index(next(row for row in rows_of_sheet if str(row[0]).startswith("Revenue of the month per")))
    assert [value for value in rows_of_sheet[top + 2][1:] if value] == [15, 15]


def preferred(tables: ReportTables, folder: Path) -> list[str]:
    """What the page says of each segment's preferences, text by text."""
    (favourites,) = re.findall(r'<div class="favourites">(.*?)</div>', written(tables, folder).read_text("utf-8"))
    first = favourites.partition("</section>")[0]
    return [text for text in re.split(r"<[^>]*>", first) if text]


def test_categories_stand_above_products_where_they_are_known(tmp_path: Path) -> None:
    past = make_past(2, language="en")
    columns = past.category_preferences.product_category, past.preferences["product"]
    categories, products = (list(column[:3]) for column in columns)
    told = preferred(past, tmp_path)
    assert [text for text in told if not text.startswith("×")] == [
        "Champions", "Categories", *categories, "Products", *products,
    ]  # fmt: skip
    without = msgspec.structs.replace(past, category_preferences=past.category_preferences.iloc[:0])
    told = preferred(without, tmp_path)
    assert [text for text in told if not text.startswith("×")] == ["Champions", *products]


def test_a_preference_that_hardly_is_one_is_not_told(tmp_path: Path) -> None:
    past = make_past(2, language="en")
    hardly = past.category_preferences.assign(index=[106, HARDLY, *past.category_preferences["index"][2:]])
    told = preferred(msgspec.structs.replace(past, category_preferences=hardly), tmp_path)
    assert [text for text in told[: told.index("Products")] if text.startswith("×")] == ["×2.1", "×1.1"]


def test_a_share_is_rounded_once(tmp_path: Path) -> None:
    """168 of 214 are 78.504 per cent: 79 in the picture, too."""
    past = make_past(2, language="en")
    last = int(past.cohorts["month"].max())
    rows = [(last - 1, last - 1, 214, 214, 100), (last - 1, last, 214, 168, 100)]
    cohorts = pd.DataFrame(rows, columns=["cohort", "month", "size", "buyers", "monetary"])
    figures = figures_of(written(msgspec.structs.replace(past, cohorts=cohorts), tmp_path))
    assert figures["retention"][""]["data"][0]["text"] == [["79"]]


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, second = (written(make_past(3), folder).read_bytes() for folder in (tmp_path, tmp_path / "again"))
    assert first == second


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("months", [0, 1, 2, 36])
def test_little_and_much_past(tmp_path: Path, months: int, language: str) -> None:
    tables = make_past(months, language=language) if months else make_tables(language=language)
    text = written(tables, tmp_path).read_text("utf-8")
    told = "when the closed months tell enough" if language == "en" else "достаточно закрытых месяцев"
    assert text.count(told) == {0: 8, 1: 3, 2: 1, 36: 0}[months]


def test_three_customers_are_a_page(tmp_path: Path) -> None:
    assert read_totals(written(hand_made(), tmp_path))["customers"] == 3


def test_nothing_leads_out_of_the_page(tmp_path: Path) -> None:
    text = written(hostile(make_past(3)), tmp_path).read_text("utf-8")
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", own)
    assert "default-src 'none'" in own
    assert "<img" not in own
    assert own.count("</script>") == 1, "the figures end where they end"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


class Look:
    """A page in the browser, and everything that it complained about or asked for."""

    def __init__(self, browser: Browser, file: Path, size: tuple[int, int]) -> None:
        self.page: Page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.noise: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("dialog", lambda dialog: self.noise.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-drawn]", state="attached")

    def charts(self) -> dict[str, Any]:
        """The charts to be seen: how many marks each has drawn."""
        found: dict[str, Any] = self.page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('.chart')].filter(one => one.clientWidth)"
            ".map(one => [one.id, one.querySelectorAll('svg path, svg rect, svg image').length]))"
        )
        return found

    def open_tab(self, number: int) -> str:
        """Click a tab: the panel that is to be seen then."""
        self.page.locator('[role="tab"]').nth(number).click()
        self.page.wait_for_timeout(100)
        return str(self.page.locator('[role="tabpanel"]:visible').get_attribute("id"))


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_four_tabs_are_drawn(browser: Browser, tmp_path: Path, language: str, size: tuple[int, int]) -> None:
    file = written(make_past(24, language=language), tmp_path)
    look = Look(browser, file, size)
    panels = []
    for number in range(4):
        panels.append(look.open_tab(number))
        charts = look.charts()
        assert charts
        assert all(marks > 3 for marks in charts.values()), charts
        assert look.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert len(set(panels)) == 4
    assert look.noise == []
    assert look.asked == [file.as_uri()]
    look.page.close()


CUT = """() => [...document.querySelectorAll('.chart')].filter(one => one.clientWidth).flatMap(chart => {
    const edge = chart.getBoundingClientRect();
    return [...chart.querySelectorAll('svg text')].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < edge.left - 1 || box.right > edge.right + 1);
    }).map(text => chart.id + ': ' + text.textContent);
})"""


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_text_of_a_picture_is_cut(browser: Browser, tmp_path: Path, language: str, size: tuple[int, int]) -> None:
    look = Look(browser, written(make_past(24, language=language), tmp_path), size)
    cut = []
    for number in range(4):
        look.open_tab(number)
        cut += look.page.evaluate(CUT)
    assert cut == []
    look.page.close()


def test_every_state_of_the_matrix_is_named_and_every_number_stands_once(browser: Browser, tmp_path: Path) -> None:
    look = Look(browser, written(make_past(24, language="en"), tmp_path), LAPTOP)
    look.open_tab(1)
    names = look.page.locator("#flow_matrix .xtick text").all_text_contents()
    assert names == look.page.locator("#flow_matrix .ytick text").all_text_contents()
    assert names[-1] == "No purchases"
    drawn = look.page.locator("#flow_matrix .heatmap-label")
    places = [box["x"] * 10_000 + box["y"] for box in map(Locator.bounding_box, drawn.all()) if box and box["width"]]
    assert len(places) == len(set(places)) > 3
    look.page.close()


@pytest.mark.parametrize("chart", ["retention", "worth"])
def test_the_numbers_of_cohorts_are_read_on_a_phone(browser: Browser, tmp_path: Path, chart: str) -> None:
    """Every cell of the months that are shown has its number, none lies on another."""
    file = written(make_past(24, language="en"), tmp_path)
    look = Look(browser, file, PHONE)
    look.open_tab(2)
    shown = look.page.locator(f"#{chart} .heatmap-label").all()
    figure = next(iter(figures_of(file)[chart].values()))
    texts = [text for row in figure["narrow"]["trace"]["text"] for text in row if text]
    assert sorted(label.text_content() or "" for label in shown) == sorted(texts)
    boxes = [box for box in map(Locator.bounding_box, shown) if box]
    assert len(boxes) == len(shown) > 80
    rows: dict[int, list[tuple[float, float]]] = {}
    for box in boxes:
        assert box["height"] > 8
        rows.setdefault(round(box["y"]), []).append((box["x"], box["x"] + box["width"]))
    for row in rows.values():
        assert all(end < start for (_, end), (start, _) in pairwise(sorted(row)))
    look.page.close()


def test_the_keyboard_is_enough(browser: Browser, tmp_path: Path) -> None:
    look = Look(browser, written(make_past(3, language="en"), tmp_path), LAPTOP)
    look.page.locator('[role="tab"]').first.focus()
    seen = []
    for key in ("ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"):
        look.page.keyboard.press(key)
        seen.append(look.page.locator('[role="tab"][aria-selected="true"]').get_attribute("id"))
    tabs = [look.page.locator('[role="tab"]').nth(number).get_attribute("id") for number in range(4)]
    assert seen == [tabs[1], tabs[3], tabs[0], tabs[3], tabs[0]]
    look.page.close()


def test_what_to_do_today_is_seen_without_scrolling(browser: Browser, tmp_path: Path) -> None:
    for size in (LAPTOP, PHONE):
        look = Look(browser, written(make_past(24, language="en"), tmp_path), size)
        first = look.page.locator(".tasks li article").first
        box = first.bounding_box()
        assert box is not None
        assert box["y"] + 60 < size[1]
        look.page.close()


def test_names_are_texts_and_nothing_else(browser: Browser, tmp_path: Path) -> None:
    look = Look(browser, written(hostile(make_past(24, language="en")), tmp_path), LAPTOP)
    for number in range(4):
        look.open_tab(number)
    assert look.noise == []
    assert len(look.asked) == 1
    assert look.page.locator("main b b, main img, main a").count() == 0
    assert "<img src=x" in look.page.locator(".tasks").first.inner_text() or look.open_tab(0)
    look.page.close()
