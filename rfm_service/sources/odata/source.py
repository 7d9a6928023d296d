"""The standard OData interface as a source of days."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rfm_service.clock import date_of
from rfm_service.errors import BadAnswer
from rfm_service.records import Buyer, DayAnswer
from rfm_service.settings import Erp, ODataCatalogs
from rfm_service.sources import Catalog, values
from rfm_service.sources.odata.catalogs import Catalogs
from rfm_service.sources.odata.documents import Documents
from rfm_service.sources.odata.entries import EntryReader
from rfm_service.sources.odata.pages import Torn
from rfm_service.sources.odata.queries import Query
from rfm_service.sources.odata.register import Register
from rfm_service.sources.odata.service import Service
from rfm_service.sources.odata.wire import Row, ref, table, text

READINGS = 2
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
EMAIL = "АдресЭП"


@dataclass(frozen=True)
class ErpOData:
    """The ERP behind one OData interface. Implements `sources.Source`."""

    service: Service
    days: Register | Documents
    reader: EntryReader
    catalogs: Catalogs
    names: ODataCatalogs

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day; read once more when somebody was writing meanwhile."""
        for _ in range(READINGS):
            try:
                return self.reader.read(day, self.days.entries(day))
            except Torn:
                continue
        raise BadAnswer(
            "The ERP's answers about {0} do not fit together, twice over: rows are doubled, lost or in another order. "
            "Is somebody posting documents of that day?",
            date_of(day).isoformat(),
        )

    def control_total(self, day: int) -> int | None:
        """The turnover of a day by the register, signed kopecks; None where there is none."""
        return self.days.total(day)

    def fetch_buyers(self, first: int, last: int, keys: Collection[str]) -> list[Buyer]:
        """The cards of the partners with these keys. A card without a name is left out."""
        names = self.names
        keys = [key for key in keys if GUID.fullmatch(key)]  # the others are names, of the time of another source
        fields = tuple(dict.fromkeys((*self._of_card, *self.reader.of_partner)))
        cards = self.catalogs.renewed(names.partners, fields, keys, self.reader.of_partner)
        managers = self.catalogs.objects(
            names.managers, ("Description",), (ref(card, names.manager).key for card in cards.values())
        )
        buyers = [self._buyer(key, card, managers) for key, card in cards.items()]
        return [buyer for buyer in buyers if buyer.name]

    def needs(self, day: int) -> list[Query]:
        """Every kind of question that is asked about a day."""
        managers = [Query(self.names.managers, ("Description",))] if self.names.manager else []
        cards = Query(self.names.partners, self._of_card)
        return [*self.days.needs(day), *self.reader.needs(day), cards, *managers]

    @property
    def _of_card(self) -> tuple[str, ...]:
        names = self.names
        return ("Description", *filter(None, (names.contacts, names.category, names.manager)))

    def _buyer(self, key: str, card: Row, managers: dict[str, Row]) -> Buyer:
        names = self.names
        manager = managers.get(ref(card, names.manager).key, {})
        return Buyer(
            name=values.text(text(card, "Description")),
            email=values.text(next(_emails(card, names.contacts), "")),
            category=values.text(text(card, names.category)),
            manager=values.text(text(manager, "Description")),
            key=key,
        )


def connect(erp: Erp, catalog: Catalog) -> ErpOData:
    """The source that the settings describe. Nothing is sent yet."""
    service = Service(erp)
    catalogs = Catalogs(service, catalog)
    days = Register(erp, service, catalogs) if erp.odata.mode == "register" else Documents(erp, service)
    return ErpOData(service, days, EntryReader(erp, catalogs), catalogs, erp.odata.catalogs)


def _emails(card: Row, contacts: str) -> Iterator[str]:
    return filter(None, (text(contact, EMAIL) for contact in table(card, contacts))) if contacts else iter(())
