"""A big shop that never existed. Every day follows from the seed and the day alone, so a store may begin anywhere.

Customers come and go, seasons and weekdays differ, some orders ship on two days, and returns name the order they take
a part of back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import FIELDS, RETURN, SALE, Card, WireLine, moment, number_of
from rfm_service.kinds import Kind

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

PRODUCTS = 20_011  # prime: the lines of a document are of different products
MANAGERS = 40
LINES_OF_A_SALE = 3.2
SHIPPED_TWICE, SHIPPED_AFTER = 0.08, 3
RETURNED, RETURNED_AFTER = 0.03, (2, 7, 14)
MOST_OF_A_DAY = 8  # times the usual number of documents
FIRST_CUSTOMERS, FIRST_DAYS = 0.15, 60
MEAN_LIFE = 500
SEASON, WEEKDAYS = 0.25, (1.1, 1.1, 1.1, 1.1, 1.2, 0.8, 0.6)
MONDAY = 4  # 1970-01-05


class Sales(NamedTuple):
    """The sale documents of a day and, in the same order, their lines; all columns are numpy arrays.

    `order_day`, `order`: where its order began, and as which document of that day. `document`: of the line, counted on
    the day. `back`: thousandths that come back, `back_day`: when, `back_amount`: for how many kopecks.
    """

    customer: Ints
    order_day: Ints
    order: Ints
    document: Ints
    product: Ints
    quantity: Ints
    amount: Ints
    back: Ints
    back_day: Ints
    back_amount: Ints


class Returns(NamedTuple):
    """The returns of a day, a document and a line each. `sale_line`: which line of the sales of `sale_day`."""

    sale_day: Ints
    sale_line: Ints
    customer: Ints
    order: Ints
    product: Ints
    quantity: Ints
    amount: Ints


@dataclass(frozen=True)
class Shop:
    """About `lines` lines from `first` to `last`, both included, of `customers` who all buy at least once."""

    customers: int
    lines: int
    first: int
    last: int
    seed: int = 1

    @property
    def documents_a_day(self) -> int:
        """How many sale documents a usual day has."""
        return max(round(self.lines / (1 + RETURNED) / LINES_OF_A_SALE / (self.last - self.first + 1)), 1)

    @property
    def documents_apart(self) -> int:
        """So far apart are the document numbers of two days."""
        return MOST_OF_A_DAY * (self.documents_a_day + self._first_buyers) + 1000

    def document_id(self, day: int | Ints, document: int | Ints) -> Any:
        """The number of a document, which is its key in the store, too; an order has that of its first document."""
        return (day - self.first + 1) * self.documents_apart + document

    @property
    def _first_buyers(self) -> int:
        return round(self.customers * FIRST_CUSTOMERS / min(FIRST_DAYS, self.last - self.first + 1))

    @cached_property
    def _lives(self) -> tuple[Ints, Ints, Any]:
        """First day, last day and weight of every customer."""
        rng, span = np.random.default_rng(self.seed), self.last - self.first + 1
        early = rng.random(self.customers) < FIRST_CUSTOMERS
        begun = self.first + np.where(
            early, rng.integers(0, min(FIRST_DAYS, span), self.customers), rng.integers(0, span, self.customers)
        )
        life = rng.exponential(MEAN_LIFE, self.customers).astype(np.int64)
        return begun, begun + life, rng.lognormal(0, 1, self.customers)

    @cached_property
    def _beginners(self) -> tuple[Ints, Ints]:
        """Customers by their first day, and where each day begins among them."""
        begun = self._lives[0]
        by_day = np.argsort(begun, kind="stable")
        return by_day, np.searchsorted(begun[by_day], np.arange(self.first, self.last + 2))

    @lru_cache(maxsize=2)  # noqa: B019  a shop lives as long as the program
    def _active(self, week: int) -> tuple[Ints, Any]:
        """Who may buy in a week, and the sums of their weights."""
        begun, ended, weight = self._lives
        some = np.flatnonzero((begun < 7 * week) & (ended >= 7 * week))
        return some, np.cumsum(weight[some])

    @lru_cache(maxsize=20)  # noqa: B019
    def sales(self, day: int) -> Sales:
        """What was sold on a day."""
        rng = np.random.default_rng((self.seed, day))
        customer = self._buyers(rng, day)
        order_day, order = np.full(len(customer), day), np.arange(len(customer))
        if day - SHIPPED_AFTER >= self.first:
            earlier = self._sales_begun(day - SHIPPED_AFTER)
            again = np.flatnonzero(rng.random(len(earlier)) < SHIPPED_TWICE)
            customer = np.concatenate([customer, earlier[again]])
            order_day = np.concatenate([order_day, np.full(len(again), day - SHIPPED_AFTER)])
            order = np.concatenate([order, again])
        return self._with_lines(rng, day, customer, order_day, order)

    def _sales_begun(self, day: int) -> Ints:
        """The customers of the orders that begin on a day."""
        return self._buyers(np.random.default_rng((self.seed, day)), day)

    def _buyers(self, rng: np.random.Generator, day: int) -> Ints:
        by_day, starts = self._beginners
        new = by_day[starts[day - self.first] : starts[day - self.first + 1]]
        active, weights = self._active(day // 7)
        if not len(active):
            return new
        season = 1 + SEASON * np.sin(2 * np.pi * (day % 365.25) / 365.25)
        usual = self.documents_a_day * season * WEEKDAYS[(day - MONDAY) % 7]
        more = max(round(usual / (1 + SHIPPED_TWICE)) - len(new), 0)
        return np.concatenate([new, active[np.searchsorted(weights, rng.random(more) * weights[-1])]])

    def _with_lines(self, rng: np.random.Generator, day: int, customer: Ints, order_day: Ints, order: Ints) -> Sales:
        count = rng.geometric(1 / LINES_OF_A_SALE, len(customer)).clip(max=40)
        document = np.repeat(np.arange(len(customer)), count)
        nth = np.arange(len(document)) - np.repeat(np.cumsum(count) - count, count)
        popular = (PRODUCTS * rng.random(len(customer)) ** 3).astype(np.int64)
        product = (popular[document] + nth * rng.integers(1, PRODUCTS, len(customer))[document]) % PRODUCTS
        quantity = 1000 * rng.geometric(0.5, len(document))
        price = 50_00 + (product * 7919) % 3_000_00
        amount = quantity // 1000 * price * rng.integers(90, 111, len(document)) // 100
        comes_back = (rng.random(len(document)) < RETURNED) & (order_day == day)[document]
        back = np.where(comes_back, 1000 * -(-quantity // 2000), 0)
        back_day = day + np.array(RETURNED_AFTER)[rng.integers(0, len(RETURNED_AFTER), len(document))]
        return Sales(
            customer, order_day, order, document, product, quantity, amount, back, back_day, amount * back // quantity
        )

    def returns(self, day: int) -> Returns:
        """What came back on a day."""
        parts = []
        for sale_day in (day - after for after in RETURNED_AFTER if day - after >= self.first):
            sold = self.sales(sale_day)
            lines = np.flatnonzero((sold.back > 0) & (sold.back_day == day))
            document = sold.document[lines]
            parts.append(
                Returns(
                    np.full(len(lines), sale_day),
                    lines,
                    sold.customer[document],
                    self.document_id(sale_day, sold.order[document]),
                    sold.product[lines],
                    sold.back[lines],
                    sold.back_amount[lines],
                )
            )
        nothing = Returns(*[np.zeros(0, np.int64)] * len(Returns._fields))
        return Returns(*(np.concatenate(columns) for columns in zip(nothing, *parts, strict=True)))

    def wire_lines(self, day: int) -> Iterator[WireLine]:
        """The lines of a day as 1C words them: sales first, positions as in the store."""
        sold, returned, now = self.sales(day), self.returns(day), moment(day, 0)
        headers = [
            _header(
                Kind.SALE, now, self.document_id(day, document), customer, order_day, self.document_id(order_day, order)
            )
            for document, (customer, order_day, order) in enumerate(
                zip(sold.customer.tolist(), sold.order_day.tolist(), sold.order.tolist(), strict=True)
            )
        ]
        columns = (sold.document, sold.product, sold.quantity, sold.amount)
        for document, product, quantity, amount in zip(*(column.tolist() for column in columns), strict=True):
            yield headers[document] | _goods(product, quantity, amount)
        for nth, (sale_day, _, customer, order, product, quantity, amount) in enumerate(
            zip(*(column.tolist() for column in returned), strict=True), start=len(headers)
        ):
            header = _header(Kind.RETURN, now, self.document_id(day, nth), customer, sale_day, order)
            yield header | _goods(product, quantity, amount)


class ScaleBook(Book):
    """A shop's days for the 1C double; nothing is kept."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    @property
    def days(self) -> list[int]:
        """Every day of the shop."""
        return list(range(self._shop.first, self._shop.last + 1))

    def wire_lines(self, day: int) -> list[WireLine]:
        """The lines of a day as 1C words them."""
        return list(self._shop.wire_lines(day))

    def buyers_between(self, first: int, last: int) -> list[Card]:
        """The cards of the buyers who have a sale between two days, both included."""
        days = range(max(first, self._shop.first), min(last, self._shop.last) + 1)
        buyers = np.unique(np.concatenate([self._shop.sales(day).customer for day in days]))
        return [card_of(customer) for customer in buyers.tolist()]


def card_of(customer: int) -> Card:
    """A customer's card."""
    email = f"buyer{customer}@example.com"
    return Card(buyer_of(customer), email, "", f"Менеджер {customer % MANAGERS}", key=str(customer))


def buyer_of(customer: int) -> str:
    """A customer's name."""
    return f"Покупатель {customer:07}"


def contractor_of(customer: int) -> str:
    """The legal entity on the customer's papers."""
    return f"ООО «Контрагент {customer:07}»"


def address_of(customer: int) -> str:
    """Where the customer's goods go: two customers share an address."""
    return f"г. Москва, ул. Складская, д. {customer // 2}"


def product_of(product: int) -> str:
    """The name of a product."""
    return f"Товар {product:05}"


def _header(kind: Kind, now: str, number: int, customer: int, order_day: int, order: int) -> WireLine:
    return {
        FIELDS.date: now,
        FIELDS.sale_id: str(number),
        FIELDS.order_date: moment(order_day, 0),
        FIELDS.order_id: str(order),
        FIELDS.buyer: buyer_of(customer),
        FIELDS.contractor: contractor_of(customer),
        FIELDS.site_id: str(customer + 1),
        FIELDS.address: address_of(customer),
        FIELDS.cash_flow_type: SALE if kind is Kind.SALE else RETURN,
    }


def _goods(product: int, quantity: int, amount: int) -> WireLine:
    return {
        FIELDS.product: product_of(product),
        FIELDS.feature: "",
        FIELDS.quantity: number_of(quantity, 1000),
        FIELDS.sum: number_of(amount, 100),
    }


def document_key(kind: Kind, day: int, number: int) -> str:
    """How a source without keys of its own calls a document."""
    return f"{kind:d}/{date_of(day).year}/{number}"
