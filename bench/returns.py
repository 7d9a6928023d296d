"""A million lines with returns of every kind, written straight into a store, and how long it takes to net them all."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from rfm_service.cleaning.verdicts import Rules, clean
from rfm_service.clock import SystemClock
from rfm_service.kinds import Kind, Link
from rfm_service.records import DayAnswer, Header, SaleLine
from rfm_service.store.connection import opened, transaction
from rfm_service.store.orders import rebuild_orders
from rfm_service.store.sales import SalesWriter

FIRST_DAY, DAYS = 20_000, 365
CUSTOMERS, PRODUCTS = 5_000, 2_000
LINES_OF_A_SALE = 10
RETURNED = 0.05
RULES = Rules(gift_below=10_00, own_companies=(), anonymous_buyers=(), require_site_id=False)

Goods = tuple[str, int, int]


def write_store(path: Path, lines: int) -> None:
    """A store with a year of sales of so many lines, a twentieth of them returns: of a sale, an order, or nothing."""
    shop = _Shop(Random(1))
    with opened(path) as store:
        store.execute("PRAGMA synchronous = OFF")
        writer = SalesWriter(store, RULES.gift_below)
        for day in range(FIRST_DAY, FIRST_DAY + DAYS):
            answer = DayAnswer(day, list(shop.day(day, lines // DAYS)), [], str(day))
            writer.replace_day(clean(answer, RULES), SystemClock().now())


def rebuild(path: Path) -> None:
    """Match every return and derive every order from scratch."""
    with opened(path) as store, transaction(store):
        rebuild_orders(store, RULES.gift_below)


def read_bare(path: Path) -> None:
    """The floor: every line read once, with its customer and order."""
    with opened(path) as store:
        for _ in store.execute(
            "SELECT owner_id, product_id, order_id, day, position, quantity, amount"
            " FROM line JOIN document USING (day, document_id)"
        ):
            pass


class _Shop:
    """Sales of nobody in particular, and what comes back of them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._sold: dict[str, list[tuple[str, list[Goods]]]] = {}
        self._number = 0

    def day(self, day: int, lines: int) -> Iterator[SaleLine]:
        written = 0
        while written < lines:
            self._number += 1
            buyer = f"Buyer {self._rng.randrange(CUSTOMERS)}"
            sold = self._sold.setdefault(buyer, [])
            back = bool(sold) and self._rng.random() < RETURNED
            header, goods = self._back(day, buyer, sold) if back else self._sale(day, buyer, sold)
            written += len(goods)
            yield from (SaleLine(header, product, "", quantity, amount) for product, quantity, amount in goods)

    def _sale(self, day: int, buyer: str, sold: list[tuple[str, list[Goods]]]) -> tuple[Header, list[Goods]]:
        rng, number = self._rng, str(self._number)
        goods = [
            (f"Product {rng.randrange(PRODUCTS)}", 1000 * rng.randint(1, 9), rng.randint(10_00, 999_99))
            for _ in range(rng.randint(1, LINES_OF_A_SALE))
        ]
        sold.append((number, goods))
        return Header(Kind.SALE, number, day, number, day, buyer, "", "", "", key=number), goods

    def _back(self, day: int, buyer: str, sold: list[tuple[str, list[Goods]]]) -> tuple[Header, list[Goods]]:
        base, goods = self._rng.choice(sold)
        number = str(self._number)
        way = self._rng.choice((Link.ROW, Link.ORDER, Link.INFERRED))
        order = base if way is Link.ORDER else ""
        named, link = (base, way) if way is Link.ROW else ("", Link.NONE)
        header = Header(
            Kind.RETURN, number, day, order, -1, buyer, "", "", "", key=number, base_key=named, base_link=link
        )
        return header, goods
