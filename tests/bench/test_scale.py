"""The store of a big shop, in small: what was written in bulk is what the service itself would have written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.scale import HORIZON, REFERENCE_DAY, UNTIL_THE_REPORT, Scale, home_of, measure, served
from rfm_service.home import Home
from rfm_service.store import verify
from rfm_service.store.connection import existing

SCALE = Scale(customers=300, lines=12_000, years=2, missing_days=2, nights=1)
GIFT_BELOW = 10_00


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Home]]:
    """A store with a year, one with two, and their 1C."""
    folder = tmp_path_factory.mktemp("scale")
    with served(SCALE.shop) as url:
        yield {name: home_of(folder / name, SCALE, days, url) for name, days in SCALE.stored.items()}


def test_it_is_sound_and_derives_the_same_again(homes: dict[str, Home]) -> None:
    for home in homes.values():
        with existing(home.database) as store:
            assert verify.troubles(store) == []
            assert verify.wrong_orders(store, GIFT_BELOW) == 0
            matches, backwards = store.execute(
                "SELECT (SELECT count(*) FROM return_match), (SELECT count(*) FROM document WHERE kind = 2)"
            ).fetchone()
            assert 0 < matches <= backwards


def test_the_last_year_is_the_same(homes: dict[str, Home]) -> None:
    said = []
    for home in homes.values():
        with existing(home.database) as store:
            said.append(
                store.execute(
                    "SELECT day, lines, amount, sha256 FROM ledger WHERE day >= ? ORDER BY day",
                    (REFERENCE_DAY - HORIZON,),
                ).fetchall()
            )
    assert said[0] == said[1]
    assert len(said[0]) == HORIZON - SCALE.missing_days


def test_everybody_buys(tmp_path: Path) -> None:
    home = home_of(
        tmp_path, SCALE._replace(missing_days=0), range(SCALE.shop.first, SCALE.shop.last + 1), "http://none"
    )
    with existing(home.database) as store:
        assert store.execute("SELECT count(*) FROM customer").fetchone() == (SCALE.customers,)
        (lines,) = store.execute("SELECT count(*) FROM line").fetchone()
    assert abs(lines / SCALE.lines - 1) < 0.1


def test_a_night_reads_what_is_missing_and_believes_the_rest(homes: dict[str, Home]) -> None:
    night = measure(homes, REFERENCE_DAY, after=False)
    for name, home in homes.items():
        assert list(night[name]) == [step.__name__ for step in UNTIL_THE_REPORT]
        assert all(cost.peak_mib > 0 and cost.cpu_seconds > 0 for cost in night[name].values())
        with existing(home.database) as store:
            assert store.execute("SELECT max(day) FROM ledger").fetchone() == (REFERENCE_DAY - 1,)
            assert store.execute("SELECT count(*) FROM sync_change").fetchone() == (0,)
            assert verify.troubles(store) == []
            assert verify.wrong_orders(store, GIFT_BELOW) == 0
