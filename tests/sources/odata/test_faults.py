"""No fault of a 1C server makes another day than the one in the book."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, on_page
from rfm_service.demo.faults.kinds import Harm
from rfm_service.demo.protocol import HS, ODATA, Fault, Plan, Request
from rfm_service.demo.server import ErpServer
from rfm_service.errors import RfmError
from rfm_service.records import DayAnswer, SaleLine
from rfm_service.sources import Source
from tests.conftest import REFERENCE_DAY
from tests.sources.builders import erp_at

from .builders import Stage, odata_at

DAY = REFERENCE_DAY - 11
REGISTER = "AccumulationRegister_ВыручкаИСебестоимостьПродаж_RecordType"
SALES = "Document_РеализацияТоваровУслуг"
ORDERS = "Document_ЗаказКлиента"
ENTITIES = {"register": [REGISTER, SALES, "Catalog_Партнеры", ORDERS], "documents": [SALES]}
SLOW = {"hang", "slow", "drip", "gzip_bomb", "too_many"}
SMALL: dict[str, Any] = {"page_rows": 20, "page_documents": 10}
PATIENCE: dict[str, Any] = {"tries": 2, "read_timeout": 1, "max_answer_mib": 4}

SOURCES: dict[str, Callable[[ErpServer], Source]] = {
    "http": lambda server: erp_at(server.url, **PATIENCE),
    "register": lambda server: odata_at(server.odata_url, erp=PATIENCE, **SMALL),
    "documents": lambda server: odata_at(server.odata_url, erp=PATIENCE, mode="documents", **SMALL),
}


def read(stage: Stage, source: str, plan: Plan) -> DayAnswer | RfmError:
    """The day under a plan, or what was said in its place."""
    stage.plan = plan
    try:
        return SOURCES[source](stage.server).fetch_day(DAY)
    except RfmError as error:
        return error


@pytest.fixture(scope="module")
def stage(shop: Book) -> Iterator[Stage]:
    """The small shop's server."""
    stage = Stage(shop)
    with stage.server:
        yield stage


@pytest.fixture(scope="module")
def healthy(stage: Stage) -> dict[str, DayAnswer]:
    """The day without faults."""
    days = {source: read(stage, source, lambda *_: None) for source in SOURCES}
    return {source: day for source, day in days.items() if isinstance(day, DayAnswer)}


def sound(answer: DayAnswer, healthy: DayAnswer, harm: Harm) -> bool:
    """Whether a day that came in spite of a fault may be believed."""
    ours, theirs = Counter(map(essence, answer.lines)), Counter(map(essence, healthy.lines))
    if harm is Harm.SOME_ROWS:
        return not ours - theirs and answer.received == healthy.received
    return ours == theirs and len(answer.refused) == len(healthy.refused)


def essence(line: SaleLine) -> SaleLine:
    """A line without what a lie about an order's date or about letters may spoil unseen."""
    header = replace(line.header, order_day=0, buyer="", contractor="", address="")
    return replace(line, header=header, product="", feature="")


def once_about(entity: str, fault: Fault) -> Plan:
    """The first request about an entity is spoilt."""
    left = [fault]

    def plan(_: int, request: Request) -> Fault | None:
        return left.pop() if request.entity == entity and left else None

    return plan


ALWAYS = [
    (name, source)
    for source in SOURCES
    for name, fault in FAULTS.items()
    if (HS if source == "http" else ODATA) in fault.protocols and (source == "http" or name not in {"drip", "slow"})
]
ONCE = [(name, source) for name, source in ALWAYS if source in ENTITIES and name not in SLOW]


@pytest.mark.parametrize(("name", "source"), ALWAYS)
def test_a_fault_that_stays(stage: Stage, healthy: dict[str, DayAnswer], name: str, source: str) -> None:
    fault = FAULTS[name]
    answer = read(stage, source, lambda *_: fault)
    if isinstance(answer, RfmError):
        assert fault.harm is not Harm.NONE or name == "slow", str(answer)
    elif fault.harm is not Harm.UNSEEN:
        assert fault.harm is not Harm.FATAL
        assert sound(answer, healthy[source], fault.harm)


@pytest.mark.parametrize(("name", "source"), ONCE)
def test_a_fault_that_happens_once(stage: Stage, healthy: dict[str, DayAnswer], name: str, source: str) -> None:
    for entity in ENTITIES[source]:
        answer = read(stage, source, once_about(entity, FAULTS[name]))
        if isinstance(answer, DayAnswer) and not lost_at_once(name, entity, source):
            assert sound(answer, healthy[source], FAULTS[name].harm), entity


def lost_at_once(name: str, entity: str, source: str) -> bool:
    """An empty first page leaves no trace: only other knowledge of the day does."""
    return name == "no_rows" and entity == ENTITIES[source][0]


@pytest.mark.parametrize("source", ENTITIES)
@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("name", ["rights_cut", "short_page", "repeated_row", "no_rows"])
def test_a_page_in_the_middle(stage: Stage, healthy: dict[str, DayAnswer], name: str, page: int, source: str) -> None:
    answer = read(stage, source, on_page(page, FAULTS[name]))
    assert isinstance(answer, RfmError) or sound(answer, healthy[source], Harm.NONE)
