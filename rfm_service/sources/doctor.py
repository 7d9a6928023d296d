"""Whether the ERP gives all that is needed, found out by asking for each thing once."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from rfm_service.clock import date_of
from rfm_service.errors import BadAnswer, DoubtfulError, RfmError
from rfm_service.records import DayAnswer
from rfm_service.settings import Erp
from rfm_service.sources import Source, erp_http
from rfm_service.sources.failures import Reply
from rfm_service.sources.odata import source as erp_odata
from rfm_service.sources.odata.queries import Query
from rfm_service.sources.odata.service import Service, error_about

LOOK_BACK = 7


class Finding(NamedTuple):
    """What was tried, and what is wrong with it, if anything. Of a day: lines, those set aside, signed kopecks."""

    subject: str
    trouble: RfmError | None = None
    lines: int = 0
    refused: int = 0
    amount: int = 0


class NotThere(RfmError):
    """1C does not know an entity or a field."""


def examine(erp: Erp, day: int) -> Iterator[Finding]:
    """Try everything that the night will need, on this day or the last one before it with sales.

    Ends early when the ERP cannot be reached or does not let us in.
    """
    try:
        if erp.source == "odata":
            source = erp_odata.connect(erp, _Forgetful())
            for question in source.needs(day):
                yield from _entity(source.service, question._replace(top=1))
            yield from _sales(source, day, erp.odata.catalogs.partners)
        else:
            yield from _sales(erp_http.connect(erp), day, erp_http.BUYERS)
    except RfmError as error:
        yield Finding("ERP", error)


def _entity(service: Service, question: Query) -> Iterator[Finding]:
    """All fields at once; one by one only if something is missing."""
    trouble = _trouble(service, question)
    if trouble is None:
        yield Finding(question.entity)
        return
    troubles = {field: _trouble(service, question._replace(select=(field,))) for field in question.select}
    wrong = {field: trouble for field, trouble in troubles.items() if trouble}
    if len(wrong) in {0, len(troubles)}:
        yield Finding(question.entity, trouble)
    else:
        yield from (Finding(f"{question.entity}.{field}", trouble) for field, trouble in wrong.items())


def _trouble(service: Service, question: Query) -> RfmError | None:
    try:
        service.get(question, partial(_error_about, question.entity))
    except (NotThere, DoubtfulError) as error:
        return error
    return None


def _error_about(entity: str, reply: Reply, host: str) -> RfmError:
    error = error_about(entity, reply, host)
    return NotThere(*error.args) if reply.status in {400, 404} else error


def _sales(source: Source, day: int, cards: str) -> Iterator[Finding]:
    answer = _last_sales(source, day)
    amount = sum(line.signed_amount for line in answer.lines)
    trouble = None if answer.refused else _imbalance(source.control_total(answer.day), amount)
    yield Finding(date_of(answer.day).isoformat(), trouble, len(answer.lines), len(answer.refused), amount)
    buyers = {line.header.buyer_key for line in answer.lines}
    yield Finding(cards, lines=len(source.fetch_buyers(answer.day, answer.day, buyers - {""})))


def _last_sales(source: Source, day: int) -> DayAnswer:
    """The last day with sales, so that an empty answer is not taken for a good one."""
    for earlier in range(day, day - LOOK_BACK, -1):
        answer = source.fetch_day(earlier)
        if answer.lines:
            return answer
    raise BadAnswer(
        "The ERP gave no sales of {0}, nor of the days before. Are its dates right?", date_of(day).isoformat()
    )


def _imbalance(total: int | None, amount: int) -> RfmError | None:
    if total in {None, amount}:
        return None
    return BadAnswer("The register's own turnover is {0} kopecks, but its lines make {1}.", total, amount)


class _Forgetful:
    """A catalog that remembers nothing, so that everything is asked for."""

    def known(self, entity: str, keys: Collection[str]) -> dict[str, str]:
        return {}

    def remember(self, entity: str, fields: Mapping[str, str]) -> None:
        pass
