"""Whom to call today: from a home's store to the table of the report."""

from pathlib import Path
from typing import Any

import pytest
from pyarrow import feather

from rfm_service.analysis import classify
from rfm_service.clock import Horizon
from rfm_service.configuration import load
from rfm_service.home import Home
from rfm_service.receipts import ClassifyReceipt
from rfm_service.settings import Calls
from rfm_service.store.calls import remember_calls
from rfm_service.store.connection import opened, transaction
from tests.conftest import PROJECT
from tests.oracles.original import Sale
from tests.store.builders import write_purchases

from .builders import YEAR

TODAY = YEAR.reference_day
RUN = "2026-11-20-1"


def home_at(folder: Path, language: str = "en", **calls: int) -> Home:
    """A home with the default settings and no store."""
    config = PROJECT / "config" / "service.toml"
    settings = load(folder, config)
    return Home(folder, config, settings.model_copy(update={"language": language, "calls": Calls(**calls)}))


@pytest.fixture
def bare(tmp_path: Path) -> Home:
    return home_at(tmp_path)


def rhythm(buyer: str, silent: int, every: int = 10, orders: int = 9, amount: int = 100_000_00) -> list[Sale]:
    """A buyer who ordered so often, and has been silent for so many days."""
    return [Sale(buyer, f"{buyer}/{n}", TODAY - silent - every * n, amount) for n in range(orders)]


def put_on_card(home: Home, buyer: str, email: str = "", manager: str = "") -> None:
    with opened(home.database) as store:
        store.execute("UPDATE customer SET (email, manager) = (?, ?) WHERE name = ?", (email, manager, buyer))


def remember(home: Home, day: int, *buyers: str) -> None:
    """These were on the list of a day."""
    with opened(home.database) as store, transaction(store):
        found = [
            store.execute("SELECT customer_id FROM customer WHERE name = ?", (one,)).fetchone()[0] for one in buyers
        ]
        remember_calls(store, day, found)


def call_list(home: Home, day: int = TODAY) -> list[dict[str, Any]]:
    classified(home, day)
    return list(feather.read_table(home.work(RUN) / "calls.arrow").to_pylist())


def classified(home: Home, day: int = TODAY) -> ClassifyReceipt:
    return classify(home, RUN, Horizon(day, 365), home.work(RUN))


def names(home: Home, day: int = TODAY) -> list[str]:
    return [row["buyer"] for row in call_list(home, day)]


def test_who_is_about_to_fall_out_of_rhythm(bare: Home) -> None:
    write_purchases(bare.database, rhythm("Anna", silent=87))
    put_on_card(bare, "Anna", "anna@example.com", "Maria")
    (anna,) = call_list(bare)
    assert anna | {"customer_id": 0} == {
        "customer_id": 0,
        "buyer": "Anna",
        "manager": "Maria",
        "email": "anna@example.com",
        "segment": "loyal",
        "reason": "Falls from “Loyal” to “Risk zone” in 3 days; orders every 10 days, silent for 87 days; "
        "900K\N{NO-BREAK SPACE}₽ a year",
        "money_at_risk": 562_500_00,  # from rank 2 to 7 of 10: five eighths of 900,000
        "chance": 114,  # 10 / 87
        "reachability": 1000,
        "worth": 64_125_00,
    }
    receipt = classified(bare)
    assert (len(receipt.called), receipt.called_money) == (1, 562_500_00)
    assert (receipt.falling, receipt.falling_money) == (1, 562_500_00)


def test_the_reason_in_russian(tmp_path: Path) -> None:
    home = home_at(tmp_path, "ru")
    write_purchases(
        home.database, [*rhythm("Анна", silent=89, every=21), *rhythm("Борис", silent=361, every=1, orders=4)]
    )
    anna, boris = sorted(call_list(home), key=lambda row: str(row["buyer"]))
    assert anna["reason"] == (
        "Через 1 день перейдёт из «Лояльные» в «Зона риска»; заказывает раз в 21 день, молчит 89 дней;"
        " 900 тыс.\N{NO-BREAK SPACE}₽ за год"
    ).replace("900 тыс", "900\N{NO-BREAK SPACE}тыс")
    assert boris["reason"].startswith(
        "Через 5 дней выпадет из «Спящие»: последний заказ станет слишком старым; заказывает раз в 1 день"
    )


@pytest.mark.parametrize(
    ("purchases", "why"),
    [
        (rhythm("Anna", silent=60), "no border is near"),
        (rhythm("Anna", silent=87, every=20, orders=2) + rhythm("Anna", silent=87, orders=1), "no rhythm"),
        (rhythm("Anna", silent=42, every=50, orders=4), "not overdue"),
    ],
)
def test_who_needs_no_call(bare: Home, purchases: list[Sale], why: str) -> None:
    write_purchases(bare.database, purchases)
    assert names(bare) == [], why


def test_the_most_worth_first_and_no_more_than_wanted(tmp_path: Path) -> None:
    home = home_at(tmp_path, most=3)
    purchases = [
        *rhythm("rich", silent=87, amount=900_000_00),
        *rhythm("late", silent=87, every=5, amount=900_000_00),
        *rhythm("poor", silent=87),
        *rhythm("poor too", silent=87, amount=99_999_00),
        *rhythm("known", silent=87),
    ]
    write_purchases(home.database, purchases)
    put_on_card(home, "known", manager="Maria")
    assert names(home) == ["rich", "late", "known"]
    assert [row["reachability"] for row in call_list(home)] == [500, 500, 800]


def test_nobody_rings_twice_within_the_quiet_days(bare: Home) -> None:
    write_purchases(bare.database, rhythm("Anna", silent=84))
    assert names(bare) == ["Anna"]
    remember(bare, TODAY, "Anna")
    assert names(bare, TODAY) == ["Anna"]  # the same night again says the same
    assert names(bare, TODAY + 1) == []
    assert names(bare, TODAY + 5) == []
    home = home_at(bare.path, quiet_days=5)
    assert names(home, TODAY + 4) == []
    assert names(home, TODAY + 5) == ["Anna"]


@pytest.mark.parametrize(("called", "rings"), [(TODAY - 44, ["Anna"]), (TODAY - 43, [])])
def test_who_has_bought_since_and_is_at_risk_again_rings_again(tmp_path: Path, called: int, rings: list[str]) -> None:
    home = home_at(tmp_path, quiet_days=60)
    write_purchases(home.database, rhythm("Anna", silent=44, orders=4, amount=1_000_00))
    remember(home, called, "Anna")
    assert names(home) == rings


def test_a_day_is_remembered_as_it_was_said_last(bare: Home) -> None:
    write_purchases(bare.database, [*rhythm("Anna", silent=84), *rhythm("Boris", silent=84)])
    remember(bare, TODAY - 400, "Anna")
    remember(bare, TODAY - 2, "Anna")
    remember(bare, TODAY - 2, "Boris")
    with opened(bare.database) as store:
        assert len(store.execute("SELECT * FROM called").fetchall()) == 1
    assert names(bare) == ["Anna"]
