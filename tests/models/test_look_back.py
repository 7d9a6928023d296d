"""The tables of the closed months are computed when one of these months has changed, and from that month on."""

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from pyarrow import feather

from rfm_service.analysis import classify, history
from rfm_service.clock import Horizon, month_of
from rfm_service.configuration import load
from rfm_service.errors import StoreDamaged
from rfm_service.home import Home
from rfm_service.records import DayAnswer
from rfm_service.reports.tables import read_tables
from rfm_service.store.connection import existing, opened
from rfm_service.store.forgetting import find_customers, forget
from tests.conftest import PROJECT
from tests.oracles.history import first_day
from tests.store.builders import answer, on, returned, sale, write

RUN = "2026-11-20-1"
TONIGHT = Horizon(on("2026-11-20"), 365)
SEPTEMBER, OCTOBER, NOVEMBER = on("2026-09-01"), on("2026-10-01"), on("2026-11-02")
TEA, CUP = ("tea", 2000, 200_00), ("cup", 1000, 50_00)
HISTORY = {
    "segment_months",
    "transitions",
    "revisions",
    "cohorts",
    "cohort_segments",
    "churn_months",
    "before_churn",
    "preferences",
    "category_preferences",
}


@pytest.fixture
def bare(tmp_path: Path) -> Home:
    """A home with two closed months in its store, and no report yet."""
    home = home_of(tmp_path)
    learn(home, answer(SEPTEMBER, sale(SEPTEMBER)), answer(OCTOBER, sale(OCTOBER, order="B")))
    return home


def home_of(path: Path) -> Home:
    """A home with a folder for the run, and nothing else."""
    config = PROJECT / "config" / "service.toml"
    home = Home(path, config, load(path, config))
    home.work(RUN).mkdir(parents=True)
    return home


def learn(home: Home, *days: DayAnswer) -> None:
    """The ERP has these days so."""
    with opened(home.database) as store:
        write(store, *days)


def computes(home: Home, horizon: Horizon = TONIGHT) -> int:
    """How many months had to be computed. The tables are in the run's folder in any case, as if all had been."""
    receipt = history.look_back(home, horizon, home.work(RUN))
    assert {path.name for path in home.work(RUN).iterdir()} == {f"{name}.arrow" for name in HISTORY}
    found = contents(home)
    (home.history / "contents.json").unlink()
    afresh = history.look_back(home, horizon, home.work(RUN))
    assert afresh.recomputed == afresh.months
    assert contents(home) == found
    return receipt.recomputed


def contents(home: Home) -> dict[str, bytes]:
    """The tables of the run."""
    return {path.name: path.read_bytes() for path in home.work(RUN).iterdir()}


def test_the_second_night_computes_nothing(bare: Home) -> None:
    assert computes(bare) == 2
    assert computes(bare) == 0


def test_a_day_of_this_month_changes_nothing(bare: Home) -> None:
    computes(bare)
    learn(bare, answer(NOVEMBER, sale(NOVEMBER, order="C", number="3")))
    assert computes(bare) == 0


@pytest.mark.parametrize(("day", "order", "months"), [(OCTOBER, "B", 1), (SEPTEMBER, "A", 2)])
def test_a_day_that_was_corrected_changes_its_month_and_those_after(
    bare: Home, day: int, order: str, months: int
) -> None:
    computes(bare)
    learn(bare, answer(day, sale(day, CUP, order=order)))
    assert computes(bare) == months


def test_so_does_another_category_of_its_goods(bare: Home) -> None:
    computes(bare)
    (line,) = sale(NOVEMBER, order="C", number="3")
    learn(bare, answer(NOVEMBER, [msgspec.structs.replace(line, product_category="Drinks")]))
    assert computes(bare) == 1
    assert computes(bare) == 0


def test_so_does_a_return_of_what_was_bought_in_a_closed_month(bare: Home) -> None:
    computes(bare)
    learn(bare, answer(NOVEMBER, returned(NOVEMBER, TEA, order="B")))
    assert computes(bare) == 1
    assert feather.read_table(bare.work(RUN) / "cohorts.arrow").num_rows == 1
    assert computes(bare) == 0


def test_a_return_of_what_was_bought_this_month_does_not(bare: Home) -> None:
    computes(bare)
    goods = sale(NOVEMBER, order="C", number="3")
    learn(bare, answer(NOVEMBER, goods, returned(NOVEMBER, TEA, order="C")))
    assert computes(bare) == 0


def test_a_new_month_does(bare: Home) -> None:
    computes(bare)
    assert computes(bare, Horizon(on("2026-11-30"), 365)) == 0
    learn(bare, answer(NOVEMBER, sale(NOVEMBER, order="C", number="3")))
    assert computes(bare, Horizon(on("2026-12-01"), 365)) == 1
    assert computes(bare, TONIGHT) == 1


def test_another_horizon_does(bare: Home) -> None:
    computes(bare)
    assert computes(bare, Horizon(TONIGHT.reference_day, 100)) == 2


def test_another_scheme_does(bare: Home, tmp_path: Path) -> None:
    computes(bare)
    tiers = bare.settings.segmentation.model_copy(update={"segments": "wholesale_tiers"})
    other = Home(bare.path, bare.config, bare.settings.model_copy(update={"segmentation": tiers}))
    assert computes(other) == 2


def test_a_horizon_may_be_shorter_than_a_month(bare: Home) -> None:
    ten_days, last_week = Horizon(TONIGHT.reference_day, 10), SEPTEMBER + 27
    learn(bare, answer(on("2026-08-01")), answer(last_week, sale(last_week, CUP, order="C", number="3")))
    computes(bare, ten_days)
    learn(bare, answer(OCTOBER, sale(OCTOBER, CUP, order="B")))
    assert computes(bare, ten_days) == 1


def test_who_is_forgotten_loses_a_place_among_equals_in_every_month(bare: Home) -> None:
    segments = bare.settings.segmentation.model_copy(update={"segments": "ten_segments"})
    home = Home(bare.path, bare.config, bare.settings.model_copy(update={"segmentation": segments}))
    buyers = [sale(SEPTEMBER, order=name, number=name, buyer=name) for name in "ABCDEFGH"]
    learn(home, answer(SEPTEMBER, *buyers))
    computes(home)
    with opened(home.database) as store:
        (customer,) = find_customers(store, "A")
        forget(store, customer)
    learn(home, answer(OCTOBER, sale(OCTOBER, CUP, order="B")))
    assert computes(home) == 2


MONTHS = range(month_of(on("2025-06-01")), month_of(on("2026-11-01")))


@st.composite
def days_of_sales(draw: st.DrawFn) -> DayAnswer:
    """A day with sales of a few buyers, some of orders that began on other days."""
    day = draw(st.integers(first_day(MONTHS[0]), TONIGHT.reference_day - 1))
    sold = draw(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("12345"), st.sampled_from([9_00, 10**8]))))
    return answer(
        day,
        *(
            sale(day, ("tea", 1000, amount), buyer=buyer, order=order, number=f"{day}-{number}")
            for number, (buyer, order, amount) in enumerate(sold)
        ),
    )


@settings(max_examples=60, deadline=None, database=None)
@given(
    st.lists(days_of_sales(), min_size=5, max_size=25),
    st.lists(days_of_sales(), max_size=3),
    st.sampled_from([1, 30, 100, 365]),
    st.sampled_from(["nine_segments", "ten_segments"]),
    st.booleans(),
)
def test_any_past_corrected_anyhow(
    tmp_path_factory: pytest.TempPathFactory,
    days: list[DayAnswer],
    corrected: list[DayAnswer],
    horizon: int,
    scheme: str,
    forgotten: bool,
) -> None:
    home = home_of(tmp_path_factory.mktemp("any"))
    segments = home.settings.segmentation.model_copy(update={"segments": scheme})
    home = Home(home.path, home.config, home.settings.model_copy(update={"segmentation": segments}))
    empty = {first_day(month): answer(first_day(month)) for month in MONTHS}
    learn(home, *({**empty, **{day.day: day for day in days}}.values()))
    history.look_back(home, Horizon(TONIGHT.reference_day, horizon), home.work(RUN))
    learn(home, *{day.day: day for day in corrected}.values())
    if forgotten:
        with opened(home.database) as store:
            for customer in find_customers(store, "A"):
                forget(store, customer)
    computes(home, Horizon(TONIGHT.reference_day, horizon))


@pytest.mark.parametrize("name", ["contents.json", "cohorts.arrow", "fingerprints.arrow"])
def test_what_is_missing_is_made_again(bare: Home, name: str) -> None:
    history.look_back(bare, TONIGHT, bare.work(RUN))
    (bare.history / name).unlink()
    assert computes(bare) == 2


@pytest.mark.parametrize("name", ["contents.json", "cohorts.arrow", "fingerprints.arrow"])
def test_what_is_damaged_is_made_again(bare: Home, name: str) -> None:
    history.look_back(bare, TONIGHT, bare.work(RUN))
    content = bytearray((bare.history / name).read_bytes())
    content[len(content) // 2] ^= 0x80
    (bare.history / name).write_bytes(content)
    assert computes(bare) == 2


def test_purchases_that_their_index_does_not_know_are_not_believed(bare: Home) -> None:
    with opened(bare.database) as store:
        (sql,) = store.execute("SELECT sql FROM sqlite_schema WHERE name = 'orders_twice'").fetchone()
        store.execute("PRAGMA writable_schema = ON")
        store.execute("UPDATE sqlite_schema SET sql = sql || ' WHERE 0' WHERE name = 'orders_twice'")
        store.execute("PRAGMA writable_schema = RESET")
    with existing(bare.database) as store:
        store.execute("UPDATE orders SET amount = amount + 1 WHERE day = ?", (SEPTEMBER,))
        store.execute("PRAGMA writable_schema = ON")
        store.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'orders_twice'", (sql,))
        store.execute("PRAGMA writable_schema = RESET")
    with pytest.raises(StoreDamaged, match="orders and its index differ"):
        history.look_back(bare, TONIGHT, bare.work(RUN))


@pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")
def test_nobody_else_may_look_into_it(bare: Home) -> None:
    history.look_back(bare, TONIGHT, bare.work(RUN))
    assert bare.history.stat().st_mode & 0o077 == 0


def test_the_report_finds_them_where_the_other_tables_are(bare: Home) -> None:
    work = bare.work(RUN)
    classify(bare, RUN, TONIGHT, work)
    assert {name for name in HISTORY if len(getattr(read_tables(work), name))} == set()
    history.look_back(bare, TONIGHT, work)
    tables = read_tables(work)
    assert {name for name in HISTORY if len(getattr(tables, name))} == HISTORY - {
        "before_churn",
        "category_preferences",
        "preferences",
        "revisions",
    }
    assert [*tables.cohorts.monetary] == [200_00, 200_00]
    assert list(work.glob(".*")) == []
