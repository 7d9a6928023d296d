"""The OData interface of one ERP: rows of an entity, checked to be what was asked for."""

import re
from collections.abc import Collection
from functools import partial
from typing import Any, NamedTuple

import msgspec

from rfm_service.errors import AnswerTooHeavy, BadAnswer, ErpRefused, RfmError
from rfm_service.settings import Erp
from rfm_service.sources.columns import missing
from rfm_service.sources.envelope import rows_of, text_of
from rfm_service.sources.failures import Reply, error_of, said
from rfm_service.sources.http import Caller, Judge
from rfm_service.sources.odata.queries import LONGEST_URL, Query, batches, one_of
from rfm_service.sources.odata.wire import Row, text

ATOM = re.compile(rb"<(?:feed|entry)\b")
UNKNOWN = re.compile(r'"code"\s*:\s*"[89]"')


class Answer(NamedTuple):
    """Rows, and how many bytes they took."""

    rows: list[Row]
    size: int


class Service:
    """Asks the interface at `erp.url`. Raises what `Caller.ask` raises, and BadAnswer."""

    def __init__(self, erp: Erp) -> None:
        self._root = erp.url
        self._form = erp.odata.format
        self._caller = Caller(erp)

    def get(self, query: Query, judge: Judge | None = None) -> Answer:
        """The rows that a question is answered with. Each has every field asked for."""
        url = query.url(self._root, self._form)
        body = self._caller.ask("GET", url, judge=judge or partial(error_about, query.entity))
        if ATOM.search(body[:1000]):
            raise BadAnswer(
                "The ERP answered in XML: it does not know the format {0}. Try erp.odata.format = json.", self._form
            )
        return Answer([_row(raw, query) for raw in rows_of(body)], len(body))

    def find(self, entity: str, select: Collection[str], keys: Collection[str]) -> dict[str, Row]:
        """Objects by their keys. Those that the ERP does not give even when it is asked twice are left out."""
        question = Query(entity, ("Ref_Key", *select))
        found = self._find(question, keys)
        return found | self._find(question, set(keys) - found.keys())

    def _find(self, question: Query, keys: Collection[str]) -> dict[str, Row]:
        room = LONGEST_URL - len(question.url(self._root, self._form))
        found: dict[str, Row] = {}
        for batch in batches(keys, room):
            found |= self._some(question, batch)
        return found

    def _some(self, question: Query, keys: list[str]) -> dict[str, Row]:
        try:
            rows = self.get(question._replace(where=one_of(keys))).rows
        except AnswerTooHeavy as error:
            if len(keys) == 1:
                raise BadAnswer("The ERP cannot give {0} of {1}: {2}", keys[0], question.entity, str(error)) from None
            half = len(keys) // 2
            return self._some(question, keys[:half]) | self._some(question, keys[half:])
        found = {text(row, "Ref_Key"): row for row in rows}
        if not found.keys() <= set(keys):
            raise BadAnswer(
                "The ERP gave objects of {0} that were not asked for: it ignores the filter.", question.entity
            )
        return found


def _row(raw: msgspec.Raw, query: Query) -> Row:
    try:
        row = msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadAnswer("The ERP's rows of {0} cannot be read.", query.entity) from None
    for field in query.select:
        if field not in row:
            raise missing(field, row, "[erp.odata]")
    return row


def error_about(entity: str, reply: Reply, host: str) -> RfmError:
    """The error that a reply to a question about an entity is."""
    text = text_of(reply.body)
    if reply.status == 404 and UNKNOWN.search(text):
        return ErpRefused(
            "The ERP does not publish {0} over OData, or has none. Add it to the standard OData interface in 1C, or "
            "correct [erp.odata]; `doctor` tells what else is missing.",
            entity,
        )
    if reply.status in {400, 404}:
        return ErpRefused(
            "The ERP refused the question about {0} ({1}): {2} `doctor` tells what is missing.",
            entity,
            reply.status,
            said(text),
        )
    return error_of(reply, host)
