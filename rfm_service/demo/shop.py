"""A Russian wholesaler that never existed, from its first day to its last."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random

from msgspec.structs import replace

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.corrections import make_corrections
from rfm_service.demo.deals import Deal, Paper, make_deal, make_taste
from rfm_service.demo.documents import INTERCOMPANY_SALE, NO_DAY, RETAIL_SALE, SALE, Document, kind_of
from rfm_service.demo.habits import life_of, next_open_day, openness, order_days
from rfm_service.demo.keys import key_of
from rfm_service.demo.links import linked
from rfm_service.demo.people import INSIDERS, WALK_IN, Customer, make_customers
from rfm_service.kinds import Kind

CUSTOMERS_TO_A_WALK_IN = 400
INSIDERS_EVERY = 28
UNNUMBERED = 1 / 1500
DRAFT_EVERY = 300


def make_shop(
    last_day: int, *, seed: int = 1, days: int = 400, customers: int = 1200, corrections: float = 0.0
) -> Book:
    """The shop's book of the `days` that end with `last_day`. Equal arguments, equal books.

    Sizes and lives of customers follow a fixed pattern, so that a shop of any size has its share of each; the rest is
    chance. `corrections` is the share of sales that are corrected later.
    """
    rng = Random(seed)
    first_day = last_day - days + 1
    people = make_customers(customers, rng)
    deals = [
        *_deals_of_customers(people, first_day, last_day, rng),
        *_deals_at_the_counter(range(first_day, last_day + 1), customers / CUSTOMERS_TO_A_WALK_IN, rng),
        *_deals_with_insiders(range(first_day, last_day + 1, INSIDERS_EVERY), rng),
    ]
    documents = list(_numbered(deals, last_day, rng, Random(f"links {seed}")))
    documents += make_corrections(documents, corrections, last_day, Random(f"corrections {seed}"))
    documents.sort(key=lambda document: (document.day, document.second))
    book = Book(documents, [person.card for person in (*people, WALK_IN, *INSIDERS)])
    for document in documents[DRAFT_EVERY::DRAFT_EVERY]:
        book.write(replace(document, number=f"{document.number}*", key=key_of("draft", document.key)))
    return book


def _deals_of_customers(people: Iterable[Customer], first: int, last: int, rng: Random) -> Iterator[Deal]:
    for place, customer in enumerate(people):
        life = life_of(place, first, last, rng)
        taste = make_taste(customer, rng)
        for day, growth in order_days(life, customer.size.gap, rng):
            yield make_deal(customer, taste, day, growth, SALE, rng)


def _deals_at_the_counter(days: Iterable[int], mean: float, rng: Random) -> Iterator[Deal]:
    taste = make_taste(WALK_IN, rng)
    for day in days:
        for _ in range(int(mean * openness(day) + rng.random())):
            yield make_deal(WALK_IN, taste, day, 1, RETAIL_SALE, rng)


def _deals_with_insiders(days: Iterable[int], rng: Random) -> Iterator[Deal]:
    for insider in INSIDERS:
        taste = make_taste(insider, rng)
        for day in days:
            yield make_deal(insider, taste, next_open_day(day, rng), 1, INTERCOMPANY_SALE, rng)


class _Numbers:
    """Numbers of documents of each sort, which begin anew every year."""

    def __init__(self) -> None:
        self._last: Counter[tuple[str, int]] = Counter()

    def next(self, sort: str, day: int) -> str:
        series = sort, date_of(day).year
        self._last[series] += 1
        return f"УТ-{self._last[series]:06}"


def _numbered(deals: list[Deal], last_day: int, rng: Random, links: Random) -> Iterator[Document]:
    numbers = _Numbers()
    sold: defaultdict[int, list[Document]] = defaultdict(list)
    posted: list[tuple[Paper, Deal, str]] = []
    for deal in sorted(deals, key=lambda deal: deal.order_day):
        order = numbers.next("order", deal.order_day) if deal.order_day != NO_DAY else ""
        posted += ((paper, deal, order) for paper in deal.papers if paper.day <= last_day and paper.lines)
    for paper, deal, order in sorted(posted, key=lambda entry: (entry[0].day, entry[0].second)):
        number = numbers.next(kind_of(paper.operation).name, paper.day)
        document = _document(paper, deal, order, number if rng.random() >= UNNUMBERED else "")
        if document.kind is Kind.SALE:
            sold[id(deal)].append(document)
            yield document
        else:
            yield linked(document, sold[id(deal)], links)


def _document(paper: Paper, deal: Deal, order: str, number: str) -> Document:
    customer = deal.customer
    return Document(
        operation=paper.operation,
        number=number,
        day=paper.day,
        second=paper.second,
        order_number=order if paper.referred else "",
        order_day=deal.order_day if paper.referred else NO_DAY,
        buyer=customer.name,
        contractor=customer.contractor,
        site_id=customer.site_id,
        address=customer.address,
        lines=paper.lines,
    )
