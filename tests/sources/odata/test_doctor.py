"""What the doctor finds."""

from typing import Any

import pytest
from pydantic import SecretStr

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, in_turn
from rfm_service.demo.server import ErpServer
from rfm_service.settings import Erp, OData, ODataCatalogs, ODataRegister
from rfm_service.sources.doctor import Finding, examine
from tests.conftest import REFERENCE_DAY, TOKEN

from .builders import BUSY_DAY, PARTNERS, about, in_book, when, with_rows

LIMITS: dict[str, Any] = {"tries": 1, "connect_timeout": 2, "read_timeout": 2, "retry_pause": 0.01, "pause": 0}


def odata(erp: ErpServer, token: str = TOKEN, **changes: Any) -> Erp:
    names = OData(**({"site_id": "ИдНаСайте"} | changes))
    return Erp(
        source="odata", url=erp.odata_url, token=SecretStr(f"Админ:{token}"), auth="basic", odata=names, **LIMITS
    )


def troubles(erp: Erp, day: int = BUSY_DAY) -> dict[str, str]:
    """What is wrong, by subject."""
    return {finding.subject: str(finding.trouble) for finding in examine(erp, day) if finding.trouble}


@pytest.mark.parametrize("mode", ["register", "documents"])
def test_all_is_well(shop: Book, erp: ErpServer, mode: str) -> None:
    findings = list(examine(odata(erp, mode=mode), BUSY_DAY))
    assert [finding for finding in findings if finding.trouble] == []
    *_, day, cards = findings
    assert (day.subject, day.amount) == (date_of(BUSY_DAY).isoformat(), in_book(shop, BUSY_DAY))
    assert (cards.subject, cards.lines > 0) == (PARTNERS, True)
    assert len(findings) > 8


def test_all_is_well_over_http(shop: Book, erp: ErpServer) -> None:
    day, cards = examine(Erp(url=erp.url, token=SecretStr(TOKEN), **LIMITS), BUSY_DAY)
    assert (day.subject, day.trouble, cards.subject) == (date_of(BUSY_DAY).isoformat(), None, "partnersdata")


def test_an_entity_that_is_not_published(erp: ErpServer) -> None:
    catalogs = ODataCatalogs(products="Catalog_Товары")
    assert troubles(odata(erp, catalogs=catalogs)) == {
        "Catalog_Товары": (
            "The ERP does not publish Catalog_Товары over OData, or has none. Add it to the standard OData interface "
            "in 1C, or correct [erp.odata]; `doctor` tells what else is missing."
        ),
        "ERP": (
            "The ERP does not publish Catalog_Товары over OData, or has none. Add it to the standard OData interface "
            "in 1C, or correct [erp.odata]; `doctor` tells what else is missing."
        ),
    }


def test_an_erp_without_categories(erp: ErpServer) -> None:
    found = troubles(odata(erp, catalogs=ODataCatalogs(product_category="Вид_Key", product_categories="Catalog_Виды")))
    assert list(found) == ["Catalog_Номенклатура.Вид_Key", "Catalog_Виды"]
    assert found["Catalog_Виды"].startswith("The ERP does not publish Catalog_Виды over OData, or has none. ")
    assert troubles(odata(erp, catalogs=ODataCatalogs(product_category="", product_categories="Catalog_Виды"))) == {}


def test_every_wrong_field_is_named(erp: ErpServer) -> None:
    register = ODataRegister(quantity="Кол", amount="СуммаВыручкиСНДС")
    found = troubles(odata(erp, sales_register=register, site_id="КодНаСайте"))
    assert list(found) == [
        "AccumulationRegister_ВыручкаИСебестоимостьПродаж_RecordType.Кол",
        "AccumulationRegister_ВыручкаИСебестоимостьПродаж_RecordType.СуммаВыручкиСНДС",
        "Catalog_Партнеры.КодНаСайте",
        "ERP",
    ]
    assert found["Catalog_Партнеры.КодНаСайте"] == (
        "The ERP refused the question about Catalog_Партнеры (400): Сегмент пути КодНаСайте не найден! "
        "`doctor` tells what is missing."
    )


def test_a_wrong_password_ends_it(erp: ErpServer) -> None:
    before = len(erp.requests)
    assert troubles(odata(erp, token="другой")) == {
        "ERP": "The ERP refused our token (401). Check erp.token (RFM_ERP__TOKEN) and erp.auth."
    }
    assert len(erp.requests) == before + 1


def test_nobody_there(erp: ErpServer) -> None:
    settings = odata(erp).model_copy(update={"url": "http://127.0.0.1:9/odata/standard.odata"})
    assert troubles(settings) == {"ERP": "No connection to the ERP at 127.0.0.1:9. Is 1C's web server running?"}


def test_a_base_without_sales(erp: ErpServer) -> None:
    assert troubles(odata(erp), REFERENCE_DAY + 300) == {
        "ERP": "The ERP gave no sales of 2027-09-16, nor of the days before. Are its dates right?"
    }


def test_the_last_day_with_sales_is_looked_at(erp: ErpServer) -> None:
    found = [finding.subject for finding in examine(odata(erp), REFERENCE_DAY + 3)]
    assert found[-2] == date_of(REFERENCE_DAY - 1).isoformat()


def test_a_turnover_that_differs(shop: Book) -> None:
    halved = with_rows(lambda rows: [{"СуммаВыручкиTurnover": 1.5}])
    with ErpServer(shop, TOKEN, plan=when(about("AccumulationRegister_ВыручкаИСебестоимостьПродаж"), halved)) as server:
        assert troubles(odata(server)) == {
            date_of(BUSY_DAY).isoformat(): (
                f"The register's own turnover is 150 kopecks, but its lines make {in_book(shop, BUSY_DAY)}."
            )
        }


def test_the_doctor_never_falls_ill(shop: Book) -> None:
    names = ("html_page", "missing_column", "truncated", "atom", "no_rows", "rights_refused")
    faults = [fault for name in names for fault in (FAULTS[name], None)]
    with ErpServer(shop, TOKEN, plan=in_turn(*faults)) as server:
        for _ in names:
            assert all(isinstance(finding, Finding) for finding in examine(odata(server), BUSY_DAY))
