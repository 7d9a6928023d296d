"""The custom HTTP service in 1C: a POST with two dates and an algorithm, an answer with JSON inside JSON."""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from rfm_service.clock import date_of
from rfm_service.errors import BadAnswer
from rfm_service.records import Buyer, DayAnswer
from rfm_service.settings import BuyerFields, Erp
from rfm_service.sources import values
from rfm_service.sources.envelope import rows_of
from rfm_service.sources.http import Caller
from rfm_service.sources.lines import LineReader

LINES = "clasterclients"
BUYERS = "partnersdata"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErpHttp:
    """The ERP behind one URL. Implements `sources.Source`."""

    settings: Erp
    caller: Caller
    reader: LineReader

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day."""
        return self.reader.read(day, rows_of(self._ask(LINES, day, day)))

    def control_total(self, day: int) -> int | None:
        """The service keeps none."""
        return None

    def fetch_buyers(self, first: int, last: int, keys: Collection[str]) -> list[Buyer]:
        """The cards of the buyers between two days, both included. One without a name, or an odd one, is left out.

        Raises BadAnswer when all are odd.
        """
        buyers, odd = [], []
        rows = rows_of(self._ask(BUYERS, first, last))
        for row in rows:
            try:
                buyers.append(_buyer(row, self.settings.buyer_fields))
            except (msgspec.DecodeError, UnicodeError, KeyError, RecursionError) as error:
                odd.append(str(error))
        if odd and not buyers:
            raise BadAnswer("The buyers' cards cannot be read ({0}). Check [erp.buyer_fields].", odd[0])
        if odd:
            log.warning("%d of %d cards of buyers cannot be read, the first: %s", len(odd), len(rows), odd[0])
        return [buyer for buyer in buyers if buyer.name]

    def _ask(self, algorithm: str, first: int, last: int) -> bytes:
        question = {
            "datefrom": f"{date_of(first).isoformat()}T00:00:00",
            "datebefore": f"{date_of(last).isoformat()}T23:59:59",
            "algoritm": algorithm,
        }
        return self.caller.ask("POST", self.settings.url, json.dumps(question).encode())


def connect(settings: Erp) -> ErpHttp:
    """The source that the settings describe. Nothing is sent yet."""
    reader = LineReader(settings.fields.model_dump(), settings.operations, settings.zone)
    return ErpHttp(settings, Caller(settings), reader)


def _buyer(row: msgspec.Raw, names: BuyerFields) -> Buyer:
    card = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
    card.setdefault(names.manager, msgspec.Raw(b"null"))
    wanted = (names.name, names.email, names.category, names.manager)
    return Buyer(*(values.text(msgspec.json.decode(card[name], type=str | None)) for name in wanted))
