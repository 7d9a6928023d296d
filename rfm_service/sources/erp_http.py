"""The custom HTTP service in 1C: a POST with two dates and an algorithm, an answer with JSON inside JSON."""

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from rfm_service.clock import date_of
from rfm_service.errors import BadAnswer, TransientError
from rfm_service.records import Buyer, DayAnswer
from rfm_service.settings import BuyerFields, Erp
from rfm_service.sources import values
from rfm_service.sources.envelope import rows_of
from rfm_service.sources.http import Limits, new_session, post
from rfm_service.sources.lines import LineReader

LINES = "clasterclients"
BUYERS = "partnersdata"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErpHttp:
    """The ERP behind one URL. Implements `sources.Source`."""

    settings: Erp
    session: requests.Session
    reader: LineReader

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day."""
        rows, content = rows_of(self._ask(LINES, day, day))
        return self.reader.read(day, rows, content)

    def fetch_buyers(self, first: int, last: int) -> list[Buyer]:
        """The cards of the buyers between two days, both included. A card without a name is left out."""
        rows, _ = rows_of(self._ask(BUYERS, first, last))
        try:
            buyers = [_buyer(row, self.settings.buyer_fields) for row in rows]
        except (msgspec.DecodeError, UnicodeError, KeyError, RecursionError) as error:
            raise BadAnswer("The buyers' cards cannot be read ({0}). Check [erp.buyer_fields].", str(error)) from None
        return [buyer for buyer in buyers if buyer.name]

    def _ask(self, algorithm: str, first: int, last: int) -> bytes:
        erp = self.settings
        body = json.dumps(
            {
                "datefrom": f"{date_of(first).isoformat()}T00:00:00",
                "datebefore": f"{date_of(last).isoformat()}T23:59:59",
                "algoritm": algorithm,
            }
        ).encode()
        limits = Limits(erp.connect_timeout, erp.read_timeout, erp.day_deadline, erp.max_answer_mib << 20)
        for attempt in _tries(erp):
            with attempt:
                content = post(self.session, erp.url, _headers(erp), body, limits)
        return content


def _buyer(row: msgspec.Raw, names: BuyerFields) -> Buyer:
    card = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
    texts = (msgspec.json.decode(card[name], type=str | None) for name in (names.name, names.email, names.category))
    return Buyer(*(values.text(text) for text in texts))


def connect(settings: Erp) -> ErpHttp:
    """The source that the settings describe. Nothing is sent yet."""
    names = settings.fields.model_dump()
    reader = LineReader(names, settings.operations.returns, settings.operations.sales, settings.zone)
    return ErpHttp(settings, new_session(), reader)


def _headers(erp: Erp) -> Mapping[str, bytes]:
    """Bytes, because requests cannot send Cyrillic text in a header."""
    token = erp.token.get_secret_value().encode()
    ways = {"raw": token, "bearer": b"Bearer " + token, "basic": b"Basic " + base64.b64encode(token)}
    return {"Authorization": ways[erp.auth], "Content-Type": b"application/json; charset=utf-8"}


def _tries(erp: Erp) -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(TransientError),
        stop=stop_after_attempt(erp.tries),
        wait=wait_exponential(erp.retry_pause, exp_base=4, max=180),
        before_sleep=_tell,
        reraise=True,
    )


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0
    log.warning("%s Try %d, waiting %.0f s.", error, state.attempt_number, pause)
