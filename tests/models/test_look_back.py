"""The tables of the closed months are computed when one of these months has changed, and only then."""

import os
from pathlib import Path

import msgspec
import pytest
from pyarrow import feather

from rfm_service.analysis import classify, history
from rfm_service.clock import Horizon
from rfm_service.configuration import load
from rfm_service.home import Home
from rfm_service.records import DayAnswer
from rfm_service.reports.tables import read_tables
from rfm_service.store.connection import opened
from tests.conftest import PROJECT
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
    config = PROJECT / "config" / "service.toml"
    home = Home(tmp_path, config, load(tmp_path, config))
    learn(home, answer(SEPTEMBER, sale(SEPTEMBER)), answer(OCTOBER, sale(OCTOBER, order="B")))
    home.work(RUN).mkdir(parents=True)
    return home


def learn(home: Home, *days: DayAnswer) -> None:
    """The ERP has these days so."""
    with opened(home.database) as store:
        write(store, *days)


def computes(home: Home, horizon: Horizon = TONIGHT) -> bool:
    """Whether the tables had to be computed. They are in the run's folder in any case, and right."""
    receipt = history.look_back(home, horizon, home.work(RUN))
    assert {path.name for path in home.work(RUN).iterdir()} == {f"{name}.arrow" for name in HISTORY}
    found = contents(home)
    (home.history / "contents.json").unlink()
    assert history.look_back(home, horizon, home.work(RUN)).computed
    assert contents(home) == found
    return receipt.computed


def contents(home: Home) -> dict[str, bytes]:
    """The tables of the run."""
    return {path.name: path.read_bytes() for path in home.work(RUN).iterdir()}


def test_the_second_night_computes_nothing(bare: Home) -> None:
    assert computes(bare)
    assert not computes(bare)


def test_a_day_of_this_month_changes_nothing(bare: Home) -> None:
    computes(bare)
    learn(bare, answer(NOVEMBER, sale(NOVEMBER, order="C", number="3")))
    assert not computes(bare)


def test_a_day_of_a_closed_month_that_was_corrected_does(bare: Home) -> None:
    computes(bare)
    learn(bare, answer(OCTOBER, sale(OCTOBER, CUP, order="B")))
    assert computes(bare)


def test_so_does_another_category_of_its_goods(bare: Home) -> None:
    computes(bare)
    (line,) = sale(NOVEMBER, order="C", number="3")
    learn(bare, answer(NOVEMBER, [msgspec.structs.replace(line, product_category="Drinks")]))
    assert computes(bare)
    assert not computes(bare)


def test_so_does_a_return_of_what_was_bought_in_a_closed_month(bare: Home) -> None:
    computes(bare)
    learn(bare, answer(NOVEMBER, returned(NOVEMBER, TEA, order="B")))
    assert computes(bare)
    assert feather.read_table(bare.work(RUN) / "cohorts.arrow").num_rows == 1
    assert not computes(bare)


def test_a_return_of_what_was_bought_this_month_does_not(bare: Home) -> None:
    computes(bare)
    goods = sale(NOVEMBER, order="C", number="3")
    learn(bare, answer(NOVEMBER, goods, returned(NOVEMBER, TEA, order="C")))
    assert not computes(bare)


def test_a_new_month_does(bare: Home) -> None:
    computes(bare)
    assert not computes(bare, Horizon(on("2026-11-30"), 365))
    assert computes(bare, Horizon(on("2026-12-01"), 365))


def test_another_horizon_does(bare: Home) -> None:
    computes(bare)
    assert computes(bare, Horizon(TONIGHT.reference_day, 100))


def test_another_scheme_does(bare: Home, tmp_path: Path) -> None:
    computes(bare)
    tiers = bare.settings.segmentation.model_copy(update={"segments": "wholesale_tiers"})
    other = Home(bare.path, bare.config, bare.settings.model_copy(update={"segmentation": tiers}))
    assert computes(other)


@pytest.mark.parametrize("name", ["contents.json", "cohorts.arrow"])
def test_what_is_missing_is_made_again(bare: Home, name: str) -> None:
    history.look_back(bare, TONIGHT, bare.work(RUN))
    (bare.history / name).unlink()
    assert computes(bare)


@pytest.mark.parametrize("name", ["contents.json", "cohorts.arrow"])
def test_what_is_damaged_is_made_again(bare: Home, name: str) -> None:
    history.look_back(bare, TONIGHT, bare.work(RUN))
    content = bytearray((bare.history / name).read_bytes())
    content[len(content) // 2] ^= 0x80
    (bare.history / name).write_bytes(content)
    assert computes(bare)


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
