"""The book as 1C's tables refer to it: who and what is behind a key."""

from collections import defaultdict
from functools import cached_property

from rfm_service.demo.book import Book
from rfm_service.demo.documents import Card, Document, Line
from rfm_service.demo.keys import NO_KEY, key_of

COMPANY = key_of("company", "Наша Фирма")
WAREHOUSE = key_of("warehouse", "Основной склад")
DIVISION = key_of("division", "Отдел продаж")


class World:
    """One version of a book, looked through once."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.version = book.version
        self.cards: dict[str, Card] = {}
        self.site_ids: dict[str, int] = {}
        self.contractors: dict[str, str] = {}
        self.counterparts: dict[str, tuple[str, str]] = {}
        """Buyer and contractor by the key of the pair."""
        self.goods: dict[str, tuple[str, str]] = {}
        """Product and feature by the key of the pair."""
        self.orders: defaultdict[str, list[Document]] = defaultdict(list)
        self._look_through()

    def manager_of(self, buyer: str) -> str:
        """The key of the manager on a buyer's card."""
        return manager_key(self.cards[buyer].manager) if buyer in self.cards else NO_KEY

    @cached_property
    def managers(self) -> dict[str, str]:
        """Names of managers by key."""
        return {manager_key(card.manager): card.manager for card in self.cards.values() if card.manager}

    def _look_through(self) -> None:
        documents = (*self.book.documents, *self.book.drafts.values())
        for document in documents:
            self.cards.setdefault(document.buyer_key, Card(document.buyer, "", "", key=document.buyer_key))
            if document.site_id is not None:
                self.site_ids[document.buyer_key] = document.site_id
            self.contractors[contractor_key(document.contractor)] = document.contractor
            pair = document.buyer_key, contractor_key(document.contractor)
            self.counterparts[key_of("counterpart", *pair)] = pair
            if document.order_number:
                self.orders[document.order_key].append(document)
        self.cards |= {card.key: card for card in self.book.buyers}
        lines = {(line.product, line.feature) for document in documents for line in document.lines}
        self.goods = {key_of("goods", *pair): pair for pair in sorted(lines)}


def manager_key(name: str) -> str:
    """The key of a manager."""
    return key_of("manager", name)


def contractor_key(name: str) -> str:
    """The key of a contractor."""
    return key_of("contractor", name)


def counterpart_key(document: Document) -> str:
    """The key of the pair of buyer and contractor."""
    return key_of("counterpart", document.buyer_key, contractor_key(document.contractor))


def goods_key(line: Line) -> str:
    """The key of the pair of product and feature."""
    return key_of("goods", line.product, line.feature)


def product_key(product: str) -> str:
    """The key of a product."""
    return key_of("product", product)


def category_key(name: str) -> str:
    """The key of a category of products; NO_KEY for none."""
    return key_of("category", name)


def feature_key(product: str, feature: str) -> str:
    """The key of a product's feature; NO_KEY for a product without one."""
    return key_of("feature", product, feature) if feature else NO_KEY
