"""Days as the register of sales keeps them."""

import logging
from collections.abc import Hashable

from rfm_service.clock import date_of
from rfm_service.errors import AnswerTooHeavy, BadAnswer, DoubtfulError, ErpClosed, ErpUnavailable, RfmError
from rfm_service.settings import Erp
from rfm_service.sources.envelope import text_of
from rfm_service.sources.failures import Reply, error_of, said
from rfm_service.sources.odata.catalogs import Catalogs
from rfm_service.sources.odata.entries import Entry
from rfm_service.sources.odata.pages import Pager
from rfm_service.sources.odata.papers import Paper, Papers
from rfm_service.sources.odata.queries import Query, during, moment, selected
from rfm_service.sources.odata.service import Service
from rfm_service.sources.odata.wire import Row, is_zero, ref, text
from rfm_service.sources.unreadable import Unreadable, measured

PARTNER_FIELDS = ("Партнер_Key", *selected("Контрагент"))
PRODUCT_FIELDS = ("Номенклатура_Key", "Характеристика_Key")

log = logging.getLogger(__name__)


class Register:
    """The register's rows, its documents and its analytics as entries."""

    def __init__(self, erp: Erp, service: Service, catalogs: Catalogs) -> None:
        odata = erp.odata
        self._names = odata.sales_register
        self._entities = odata.catalogs
        self._service = service
        self._catalogs = catalogs
        self._papers = Papers(service, odata)
        self._pager = Pager(service, odata.page_rows, odata.page_rows, odata.page_mib)
        self._gives_totals = odata.control_total

    def entries(self, day: int) -> list[Entry]:
        """The lines of a day. Rows without quantity and money are costs, and left out. Raises Torn."""
        rows = [row for row in self._pager.read(self._question(day), _identity) if self._sells(row)]
        papers = self._papers.read(ref(row, "Recorder") for row in rows)
        partners = self._analytics(
            self._entities.partner_analytics, PARTNER_FIELDS, self._names.partner_analytics, rows
        )
        goods = self._analytics(self._entities.product_analytics, PRODUCT_FIELDS, self._names.product_analytics, rows)
        return [
            self._entry(row, papers[ref(row, "Recorder")], partner, product)
            for row, partner, product in zip(rows, partners, goods, strict=True)
        ]

    def needs(self, day: int) -> list[Query]:
        """Every kind of question that is asked about a day."""
        return [
            self._question(day),
            Query(self._entities.partner_analytics, PARTNER_FIELDS),
            Query(self._entities.product_analytics, PRODUCT_FIELDS),
            *self._papers.needs(day),
        ]

    def total(self, day: int) -> int | None:
        """The register's own turnover of a day in kopecks, signed; None where 1C does not give it."""
        if not self._gives_totals:
            return None
        turnover = f"{self._names.amount}Turnover"
        period = f"StartPeriod={moment(day)},EndPeriod={moment(day, '23:59:59')}"
        question = Query(f"{self._names.entity}/Turnovers({period})", (turnover,))
        try:
            rows = self._service.get(question, _no_total).rows
            return sum(measured(row[turnover], 100, turnover) for row in rows) if rows else None
        except AnswerTooHeavy as error:
            log.warning("There is no control total of %s: %s", date_of(day), error)
        except ErpClosed:
            raise
        except ErpUnavailable as error:
            raise ErpUnavailable(
                "The ERP does not give the control total of {0} (erp.odata.control_total). {1}",
                date_of(day).isoformat(),
                error,
            ) from None
        except (DoubtfulError, Unreadable) as error:
            log.warning("The ERP gives no control totals: %s", error)
            self._gives_totals = False
        return None

    def _question(self, day: int) -> Query:
        return Query(
            f"{self._names.entity}_RecordType",
            self._select(),
            f"{during('Period', day)} and Active eq true",
            "Period,Recorder,LineNumber",
        )

    def _select(self) -> tuple[str, ...]:
        names = self._names
        return (
            "Period",
            *selected("Recorder"),
            "LineNumber",
            "Active",
            names.partner_analytics,
            names.product_analytics,
            *selected(names.order),
            names.operation,
            names.quantity,
            names.amount,
        )

    def _sells(self, row: Row) -> bool:
        if row["Active"] is not True:
            raise BadAnswer("The ERP gave rows of {0} that are not active: it ignores the filter.", self._names.entity)
        return not (is_zero(row[self._names.quantity]) and is_zero(row[self._names.amount]))

    def _analytics(self, entity: str, fields: tuple[str, ...], field: str, rows: list[Row]) -> list[Row]:
        """What a key of analytics stands for, row by row; nothing where it leads nowhere."""
        keys = [ref(row, field).key for row in rows]
        found = self._catalogs.objects(entity, fields, keys)
        return [found.get(key, {}) for key in keys]

    def _entry(self, row: Row, paper: Paper, partner: Row, goods: Row) -> Entry:
        names = self._names
        product, feature = ref(goods, "Номенклатура_Key").key, ref(goods, "Характеристика_Key").key
        base = paper.bases.of_goods(product, feature, row[names.quantity], text(row, "LineNumber"))
        return Entry(
            said=(row, paper.number, paper.address, base),
            document=ref(row, "Recorder").key,
            number=paper.number,
            moment=text(row, "Period"),
            kind=None,
            operation=text(row, names.operation),
            partner=ref(partner, "Партнер_Key").key if partner else ref(row, names.partner_analytics).key,
            contractor=ref(partner, "Контрагент"),
            order=ref(row, names.order, self._entities.orders),
            address=paper.address,
            product=product,
            feature=feature,
            quantity=row[names.quantity],
            amount=row[names.amount],
            base=base,
        )


def _identity(row: Row) -> Hashable:
    return text(row, "Recorder"), text(row, "LineNumber")


def _no_total(reply: Reply, host: str) -> RfmError:
    error = error_of(reply, host)
    if reply.status == 401 or isinstance(error, ErpUnavailable):
        return error
    return BadAnswer("The ERP answered {0}: {1}", reply.status, said(text_of(reply.body)))
