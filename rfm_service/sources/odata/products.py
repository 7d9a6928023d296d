"""What products are called and what sort of goods they are. An ERP that gives no categories is asked for names only."""

import logging
from collections.abc import Collection
from typing import NamedTuple

from rfm_service.errors import ErpRefused
from rfm_service.settings import ODataCatalogs
from rfm_service.sources import values
from rfm_service.sources.odata.catalogs import Catalogs
from rfm_service.sources.odata.queries import Query
from rfm_service.sources.odata.wire import Row, ref, text

NAME = ("Description",)

log = logging.getLogger(__name__)


class Product(NamedTuple):
    """What is said of a product."""

    name: str
    category: str


NO_PRODUCT = Product("", "")


class Products:
    """The products of one ERP."""

    def __init__(self, names: ODataCatalogs, catalogs: Catalogs) -> None:
        self._names = names
        self._catalogs = catalogs
        self._gives_categories = bool(names.product_category)

    def find(self, keys: Collection[str]) -> dict[str, Product]:
        """The products with these keys; those that the ERP has lost are left out."""
        if self._gives_categories:
            try:
                return self._with_categories(keys)
            except ErpRefused as error:
                log.warning("The ERP gives no categories of products: %s", error)
                self._gives_categories = False
        rows = self._catalogs.objects(self._names.products, NAME, keys)
        return {key: Product(_name(row), "") for key, row in rows.items()}

    def needs(self) -> list[Query]:
        """Every kind of question that is asked about products."""
        if not self._names.product_category:
            return [Query(self._names.products, NAME)]
        return [
            Query(self._names.products, (*NAME, self._names.product_category)),
            Query(self._names.product_categories, NAME),
        ]

    def _with_categories(self, keys: Collection[str]) -> dict[str, Product]:
        field = self._names.product_category
        rows = self._catalogs.objects(self._names.products, (*NAME, field), keys)
        own = {key: ref(row, field).key for key, row in rows.items()}
        categories = self._catalogs.objects(self._names.product_categories, NAME, own.values())
        return {key: Product(_name(row), _name(categories.get(own[key], {}))) for key, row in rows.items()}


def _name(row: Row) -> str:
    return values.text(text(row, "Description"))
