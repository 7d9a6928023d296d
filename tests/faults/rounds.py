"""A shop of a few days, a 1C that serves it, and rounds of reading it into a store over either protocol."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from rfm_service.cleaning.verdicts import Rules
from rfm_service.demo.book import Book
from rfm_service.demo.documents import Document
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.errors import RfmError
from rfm_service.settings import Erp, OData
from rfm_service.sources import Source
from rfm_service.sources.connecting import connect
from rfm_service.store.catalog import CatalogTable
from rfm_service.store.connection import opened
from rfm_service.store.sales import customer_keys
from rfm_service.sync.reading import Tally, read_days, refresh_buyers
from tests.conftest import REFERENCE_DAY, TOKEN

PROTOCOLS = ("http", "register", "documents")
RULES = Rules(gift_below=10_00, own_companies=(), anonymous_buyers=(), require_site_id=False)
BELIEVE_AFTER = timedelta(hours=6)
NIGHT = datetime(2026, 11, 20, tzinfo=UTC)


class Nights:
    """A clock that moves on by a night when told to."""

    def __init__(self) -> None:
        self.moment = NIGHT

    def now(self) -> datetime:
        """The present night."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds since the first night."""
        return (self.moment - NIGHT).total_seconds()

    def pass_night(self) -> None:
        """A day later."""
        self.moment += timedelta(days=1)


def complete_shop(days: int, customers: int, corrections: float = 0.05) -> Book:
    """A shop in which nobody forgets a number, a quantity or a sum: what is forgotten is worded by each protocol."""
    shop = make_shop(REFERENCE_DAY - 1, days=days, customers=customers, corrections=corrections)
    return Book([_completed(document, place) for place, document in enumerate(shop.documents)], shop.buyers)


def source_at(
    server: ErpServer, protocol: str, store: sqlite3.Connection, clock: Nights, patience: float = 20
) -> Source:
    """The way to read a server, which asks once and waits for so many seconds."""
    quick: dict[str, Any] = {
        "connect_timeout": 1,
        "read_timeout": patience,
        "tries": 1,
        "pause": 0,
        "max_answer_mib": 1,
    }
    if protocol == "http":
        erp = Erp(url=server.url, token=SecretStr(TOKEN), **quick)
    else:
        odata = OData(
            mode="register" if protocol == "register" else "documents",
            site_id="ИдНаСайте",
            page_rows=40,
            page_documents=10,
        )
        token = SecretStr(f"admin:{TOKEN}")
        erp = Erp(source="odata", url=server.odata_url, auth="basic", token=token, odata=odata, **quick)
    return connect(erp, CatalogTable(store, clock.now()))


def night(store: sqlite3.Connection, source: Source, days: Iterable[int], clock: Nights) -> Tally | RfmError:
    """Read these days and the buyers' cards; what stopped it, if something did. Then a day goes by."""
    days = list(days)
    try:
        tally = read_days(store, source, RULES, days, clock, BELIEVE_AFTER, lambda *_: None)
        refresh_buyers(store, source, min(days), max(days), customer_keys(store, min(days), max(days)))
    except RfmError as error:
        return error
    else:
        return tally
    finally:
        clock.pass_night()


@contextmanager
def new_store() -> Iterator[sqlite3.Connection]:
    """A store in memory."""
    with opened(Path(":memory:")) as store:
        yield store


def _completed(document: Document, place: int) -> Document:
    lines = tuple(
        msgspec.structs.replace(
            line,
            quantity=1000 if line.quantity is None else line.quantity,
            amount=100_00 if line.amount is None else line.amount,
        )
        for line in document.lines
    )
    return msgspec.structs.replace(document, lines=lines, number=document.number or f"БН-{place}")
