"""Who moved between two reports, and why: one story a cause."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from pyarrow import feather

from rfm_service.analysis import classify, history as history_of_months, movements
from rfm_service.analysis.record import read_record
from rfm_service.cleaning.verdicts import clean
from rfm_service.clock import Horizon, day_of, first_day_of_month, month_of
from rfm_service.configuration import load
from rfm_service.home import Home
from rfm_service.kinds import Kind
from rfm_service.records import Cause, Evidence, SaleLine
from rfm_service.store import history, journal
from rfm_service.store.connection import opened, transaction
from rfm_service.store.sales import SalesWriter
from tests.conftest import PROJECT
from tests.store.builders import GIFT_BELOW, MOMENT, RULES, answer, returned, sale, write

D = 20_777  # 20 November 2026
NIGHT = Horizon(D, 365)


@pytest.fixture
def bare(tmp_path: Path) -> Home:
    """A home with the default settings and no store."""
    config = PROJECT / "config" / "service.toml"
    return Home(tmp_path, config, load(tmp_path, config))


def deliver(home: Home, *documents: list[SaleLine], also: tuple[int, ...] = ()) -> None:
    """Put these documents into the store: the days they are of are replaced whole, and so are the days of `also`."""
    days = {document[0].header.day for document in documents} | set(also)
    with opened(home.database) as store:
        write(
            store,
            *(answer(day, *(one for one in documents if one[0].header.day == day)) for day in sorted(days)),
        )


def publish(home: Home, reference_day: int = D, *, done: bool = True) -> list[dict[str, Any]]:
    """Make the report of a day and record it. The movements by the main scheme, with their documents."""
    with opened(home.database) as store:
        run = journal.begin_run(store, reference_day, "settings", MOMENT)
    horizon = Horizon(reference_day, home.settings.night.horizon_days)
    classify(home, run, horizon, home.work(run))
    record = read_record(home.work(run), reference_day, run, horizon.length)
    with opened(home.database) as store:
        history.record_report(store, record)
        if done:
            with transaction(store):
                journal.finish_run(store, run, MOMENT)
        else:
            with transaction(store):
                journal.fail_run(store, run, "a disk", MOMENT, MOMENT)
    rows = feather.read_table(home.work(run) / "movements.arrow").to_pylist()
    return [row | {"documents": msgspec.json.decode(row["documents"], type=list[Evidence])} for row in rows]


def orders(*days: int, buyer: str = "Anna", amount: int = 60_000_00) -> list[list[SaleLine]]:
    """An order on each of these days, counted back from D."""
    return [
        sale(D - ago, ("tea", 1000, amount), buyer=buyer, order=f"{buyer}{ago}", order_day=D - ago, number=f"S{ago}")
        for ago in days
    ]


def told(movement: dict[str, Any]) -> tuple[object, ...]:
    """From, to, cause, and what crossed which border."""
    names = ("before", "after", "cause", "measure", "value_before", "value_after", "border")
    return tuple(movement[name] for name in names)


def test_nobody_moves_before_there_is_a_report(bare: Home) -> None:
    deliver(bare, *orders(10))
    assert publish(bare) == []


def test_nothing_happened(bare: Home) -> None:
    deliver(bare, *orders(10))
    publish(bare)
    assert publish(bare, D + 1) == []


def test_a_first_purchase(bare: Home) -> None:
    deliver(bare, *orders(10, buyer="Boris"))
    publish(bare)
    deliver(bare, *orders(0))
    (anna,) = publish(bare, D + 1)
    assert anna["buyer"] == "Anna"
    assert told(anna) == ("", "newcomers", "bought", "frequency", 0, 1, 1)
    assert anna["documents"] == [Evidence(Kind.SALE, "S0", D, 60_000_00)]
    assert (anna["direction"], anna["monetary_before"], anna["monetary_after"]) == (1, 0, 60_000_00)


def test_one_more_order(bare: Home) -> None:
    deliver(bare, *orders(*range(10, 90, 10), amount=1000_00))  # eight of them
    publish(bare)
    deliver(bare, *orders(0, amount=1000_00))
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("promising", "loyal", "bought", "frequency", 8, 9, 9)
    assert [document.number for document in anna["documents"]] == ["S0"]


def test_it_grew_silent(bare: Home) -> None:
    deliver(bare, *orders(*range(89, 179, 10), amount=1000_00))
    publish(bare)
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("loyal", "risk", "silent", "recency", 89, 90, 90)
    assert [document.number for document in anna["documents"]] == ["S89"]
    assert anna["direction"] == -1


def test_an_order_left_the_horizon(bare: Home) -> None:
    deliver(bare, *orders(*range(5, 45, 5), 365, amount=1000_00))
    publish(bare)
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("loyal", "promising", "left_horizon", "frequency", 9, 8, 9)
    assert [document.number for document in anna["documents"]] == ["S365"]


def test_the_last_order_left_the_horizon(bare: Home) -> None:
    deliver(bare, *orders(365), *orders(1, buyer="Boris"))
    publish(bare)
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("sleeping", "", "left_horizon", "frequency", 1, 0, 1)
    assert (anna["monetary_before"], anna["monetary_after"], anna["direction"]) == (60_000_00, 0, -1)


def test_an_order_came_back(bare: Home) -> None:
    deliver(bare, *orders(*range(5, 50, 5), amount=1000_00))
    publish(bare)
    back = returned(D, ("tea", 1000, 1000_00), order="Anna10", order_day=D - 10)
    deliver(bare, back)
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("loyal", "promising", "returned", "frequency", 9, 8, 9)
    assert anna["documents"] == [Evidence(Kind.RETURN, "R", D, 1000_00)]


def test_a_part_came_back(bare: Home) -> None:
    deliver(bare, *orders(*range(5, 65, 5), amount=51_000_00))  # twelve orders, 612,000
    publish(bare)
    deliver(bare, returned(D, ("tea", 500, 20_000_00), order="Anna10", order_day=D - 10))
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("champions", "loyal", "returned", "monetary", 612_000_00, 592_000_00, 600_000_00)


def test_the_past_was_corrected(bare: Home) -> None:
    deliver(bare, *orders(*range(5, 50, 5), amount=1000_00))
    publish(bare)
    deliver(bare, also=(D - 10,))  # the document of that day is gone
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("loyal", "promising", "corrected", "frequency", 9, 8, 9)


def test_the_documents_of_a_correction(bare: Home) -> None:
    deliver(bare, *orders(*range(5, 65, 5), amount=60_000_00))  # twelve orders, 720,000
    publish(bare)
    corrected = [
        answer(D - ago, sale(D - ago, ("tea", 1000, 1_000_00), order=f"Anna{ago}", order_day=D - ago, number=f"S{ago}"))
        for ago in (10, 15, 20)
    ]
    with opened(bare.database) as store:
        for day in corrected:
            SalesWriter(store, GIFT_BELOW).replace_day(clean(day, RULES), MOMENT + timedelta(days=1))
    (anna,) = publish(bare, D + 1)
    assert told(anna) == ("champions", "loyal", "corrected", "monetary", 720_000_00, 543_000_00, 600_000_00)
    assert anna["documents"] == [Evidence(Kind.SALE, f"S{ago}", D - ago, 1_000_00, 60_000_00) for ago in (20, 15, 10)]


def test_silence_outweighs_a_small_order_of_the_past(bare: Home) -> None:
    """A customer that fell because of its silence fell for that reason, whatever else happened on the way."""
    deliver(bare, *orders(*range(89, 179, 10), 365, amount=1000_00))
    publish(bare)
    (anna,) = publish(bare, D + 1)
    assert told(anna)[:3] == ("loyal", "risk", "silent")


def test_a_purchase_is_not_why_somebody_fell(bare: Home) -> None:
    """Two orders grew too old; a new one made good for a part of that, but not for all."""
    recent = orders(*range(10, 80, 10), amount=38_500_00)
    deliver(bare, *recent, *orders(364, 365, amount=20_000_00))
    publish(bare)
    deliver(bare, *orders(-1, amount=40_000_00))
    (anna,) = publish(bare, D + 2)
    assert told(anna) == ("loyal", "growing", "left_horizon", "frequency", 9, 7, 9)
    assert anna["direction"] == -1
    assert [document.number for document in anna["documents"]] == ["S365", "S364"]


def test_a_scheme_was_changed(bare: Home, tmp_path: Path) -> None:
    config = tmp_path / "config"
    (config / "segments").mkdir(parents=True)
    for name in ("nine_segments", "wholesale_tiers"):
        (config / "segments" / f"{name}.toml").write_text((PROJECT / f"config/segments/{name}.toml").read_text("utf-8"))
    home = Home(tmp_path, config / "service.toml", bare.settings)
    deliver(home, *orders(*range(5, 45, 5), amount=1000_00))
    publish(home)
    scheme = config / "segments" / "nine_segments.toml"
    scheme.write_text(scheme.read_text("utf-8").replace('"frequency >= 9"]', '"frequency >= 8"]'))
    (anna,) = publish(home, D + 1)
    assert told(anna) == ("promising", "loyal", "border", "", 0, 0, 0)
    assert anna["documents"] == []


def test_many_movements_are_explained_in_parts(bare: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(bare, *orders(89, buyer="Boris"), *orders(45, buyer="Vera"), *orders(365, 10, buyer="Gleb"))
    publish(bare)
    deliver(bare, *orders(0))
    whole = publish(bare, D + 1)
    monkeypatch.setattr(movements, "AT_ONCE", 1)
    assert publish(bare, D + 1) == whole
    assert len(whole) > 1


def test_a_report_made_again_says_the_same(bare: Home) -> None:
    deliver(bare, *orders(10, buyer="Boris"))
    publish(bare)
    deliver(bare, *orders(0))
    first = publish(bare, D + 1)
    with opened(bare.database) as store:
        known = dump(store)
    assert publish(bare, D + 1) == first != []
    with opened(bare.database) as store:
        assert dump(store) == known


def test_a_report_that_never_went_out_is_not_history(bare: Home) -> None:
    deliver(bare, *orders(10, buyer="Boris"))
    publish(bare)
    deliver(bare, *orders(0))
    publish(bare, D + 1, done=False)
    assert [told(one)[:3] for one in publish(bare, D + 2)] == [("", "newcomers", "bought")]
    assert [period for period in periods_of(bare) if period[0] > D] == [(D + 2, -1, "newcomers")]


def test_what_was_said_too_soon_is_taken_back(bare: Home) -> None:
    """A day was not whole in the ERP when its report was made; it is made again."""
    deliver(bare, *orders(*range(5, 50, 5), amount=1000_00))
    publish(bare)
    deliver(bare, also=(D - 10,))
    assert len(publish(bare, D + 1)) == 1
    deliver(bare, *orders(10, amount=1000_00))
    assert publish(bare, D + 1) == []
    assert periods_of(bare) == [(D, -1, "loyal")]


def test_periods_as_published(bare: Home) -> None:
    deliver(bare, *orders(*range(89, 179, 10), amount=1000_00))
    for day in (D, D + 1, D + 5):
        publish(bare, day)
    assert periods_of(bare) == [(D, D + 1, "loyal"), (D + 1, -1, "risk")]


def periods_of(home: Home) -> list[Any]:
    """Since when and until when who was where, by the main scheme."""
    with opened(home.database) as store:
        return store.execute(
            "SELECT from_day, until_day, segment FROM segment_period WHERE scheme = 'nine_segments' ORDER BY from_day"
        ).fetchall()


def dump(store: Any) -> list[Any]:
    """Everything that is recorded of reports, but for the names of the runs."""
    tables = ("segment_period", "published_measures", "movement", "published_scheme")
    return [store.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in tables]


amounts = st.integers(1, 40).map(lambda thousands: thousands * 10_000_00)
purchases = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-20, 400), amounts), min_size=1, max_size=60)


@given(purchases, st.integers(1, 20), st.data())
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_movement_has_one_cause_and_nobody_is_missed(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, int, int]], days: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("moved")
    config = PROJECT / "config" / "service.toml"
    home = Home(folder, config, load(folder, config))
    known = [one for one in made if one[1] > 0] + [("Z", 5, 10_000_00)]
    new = [one for one in made if -days < one[1] <= 0]
    documents = {
        (buyer, ago): sale(D - ago, ("tea", 1000, amount), buyer=buyer, order=f"{buyer}{ago}", order_day=D - ago)
        for buyer, ago, amount in known
    }
    deliver(home, *documents.values())
    publish(home)
    before = segments_of(home)
    gone = data.draw(st.lists(st.sampled_from(sorted(documents.keys() - {("Z", 5)}) or [("A", -99)]), max_size=3))
    deliver(
        home,
        *(document for key, document in documents.items() if key not in gone),
        *(
            sale(D - ago, ("tea", 1000, amount), buyer=buyer, order=f"N{ago}", order_day=D - ago)
            for buyer, ago, amount in new
        ),
        also=tuple(D - ago for _, ago in gone),
    )
    moves = publish(home, D + days)
    after = segments_of(home)
    names = before.keys() | after.keys()
    moved = {name: (before.get(name, ""), after.get(name, "")) for name in names if before.get(name) != after.get(name)}
    assert {one["buyer"]: (one["before"], one["after"]) for one in moves} == moved
    assert Counter(one["cause"] for one in moves).total() == len(moved)
    assert {one["cause"] for one in moves} <= set(Cause)
    for one in moves:
        assert one["measure"], "under fixed borders something always crosses one"
        assert (one["value_before"] < one["border"]) != (one["value_after"] < one["border"]) or (
            one["value_before"] <= one["border"]
        ) != (one["value_after"] <= one["border"])


def segments_of(home: Home) -> dict[str, str]:
    """What the last report says of everybody."""
    with opened(home.database) as store:
        return dict(
            store.execute(
                "SELECT name, segment FROM segment_period JOIN customer USING (customer_id)"
                " WHERE scheme = 'nine_segments' AND until_day = -1"
            ).fetchall()
        )


def look_back(home: Home, reference_day: int) -> list[dict[str, Any]]:
    """As published and as known by now, of the closed months."""
    work = home.work("back")
    work.mkdir(parents=True, exist_ok=True)
    history_of_months.look_back(home, Horizon(reference_day, 365), work)
    return list(feather.read_table(work / "revisions.arrow").to_pylist())


def test_what_was_published_stands_beside_what_is_known_by_now(bare: Home) -> None:
    november = D - 19  # the first of the month
    october = month_of(november) - 1
    first = day_of(first_day_of_month(october))
    deliver(
        bare,
        sale(first, ("tea", 1000, 1000_00), buyer="Boris", order="B"),
        *(sale(first + n, ("tea", 1000, 1000_00), order=f"A{n}", order_day=first) for n in range(9)),
    )
    publish(bare, november)
    deliver(bare, sale(first + 20, buyer="Vera", order="V", order_day=first), also=(first + 3,))
    publish(bare, november + 1)
    assert look_back(bare, november + 1) == [
        {"month": october, "published": "", "corrected": "newcomers", "customers": 1},
        {"month": october, "published": "loyal", "corrected": "promising", "customers": 1},
        {"month": october, "published": "newcomers", "corrected": "newcomers", "customers": 1},
    ]


def test_a_report_of_an_earlier_month_is_compared_too(bare: Home) -> None:
    november = D - 19
    december = november + 30
    deliver(bare, *(sale(day, order=str(day), number=str(day)) for day in (november - 31, november)))
    assert look_back(bare, december) == []
    publish(bare, november)
    assert look_back(bare, december) == [
        {"month": month_of(november) - 1, "published": "newcomers", "corrected": "newcomers", "customers": 1}
    ]


def test_what_was_published_of_an_earlier_month_stays(bare: Home) -> None:
    november = D - 19
    october, september = november - 31, november - 61
    deliver(bare, *(sale(day, order=str(day), number=str(day)) for day in (september, september + 3, october)))
    for reference_day in (october, november):
        publish(bare, reference_day)
    look_back(bare, november)
    deliver(bare, sale(october, ("tea", 1000, 70_000_00), order=str(october), number=str(october)))
    kept = look_back(bare, november)
    (bare.history / "contents.json").unlink()
    assert {row["month"] for row in kept} == {month_of(september), month_of(october)}
    assert look_back(bare, november) == kept
