"""What an operation does to purchases."""

import pytest

from rfm_service.kinds import Kind
from rfm_service.settings import Operations
from rfm_service.sources.kinds import Kinds

KNOWN = {
    Kind.SALE: [
        "РеализацияКлиенту", "Реализация клиенту", "Реализация", "РеализацияВРозницу", "РеализацияЧерезКомиссионера",
        "РеализацияКомиссионногоТовара", "РеализацияБезПереходаПраваСобственности", "РеализацияПрочихУслуг",
        "РеализацияПодарочныхСертификатов", "ОтчетОРозничныхПродажах", "Отчёт о розничных продажах", "Чек ККМ",
        "ОтчетКомиссионера", "Розничная выручка",
    ],
    Kind.RETURN: [
        "ВозвратТоваровОтКлиента", "Возврат товаров от клиента", "ВОЗВРАТ ТОВАРОВ ОТ КЛИЕНТА",
        "ВозвратТоваровОтКлиентаПрошлыхПериодов", "ВозвратОтРозничногоПокупателя", "ВозвратОтКомиссионера",
        "ВозвратТоваровЧерезКомиссионера", "ВозвратПодарочныхСертификатов", "Чек ККМ возврат",
    ],
    Kind.CORRECTION: [
        "КорректировкаРеализацииУменьшениеЗадолженностиСводно", "Корректировка реализации",
        "КорректировкаПоСогласованиюСторон",
    ],
    Kind.OTHER: [
        "ВозвратТоваровПоставщику", "Возврат товаров поставщику", "ВозвратТоваровКомитенту", "ВозвратОплатыКлиенту",
        "РеализацияТоваровВДругуюОрганизацию", "Реализация товаров в другую организацию",
        "ВозвратТоваровМеждуОрганизациями", "РасчетСебестоимостиТоваров", "Расчёт себестоимости товаров",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "operation"), [(kind, name) for kind, names in KNOWN.items() for name in names])
def test_operations_of_1c(kind: Kind, operation: str) -> None:
    assert Kinds(Operations()).of(operation) is kind


@pytest.mark.parametrize("operation", ["", "Списание товаров", "Перемещение", "Ввод остатков", "Частичный возврат"])
def test_an_unknown_operation(operation: str) -> None:
    assert Kinds(Operations()).of(operation) is None


def test_the_first_list_that_fits_decides() -> None:
    kinds = Kinds(Operations(ignored=["Возврат денег"], returns=["Возврат*"], corrections=["*"], sales=["*"]))
    assert [kinds.of(name) for name in ("ВозвратДенег", "Возврат", "Реализация")] == [
        Kind.OTHER, Kind.RETURN, Kind.CORRECTION,
    ]  # fmt: skip


def test_spaces_case_and_yo_do_not_matter_in_patterns() -> None:
    kinds = Kinds(Operations(sales=["Продажа со  СЧЁТА*"]))
    assert kinds.of("продажаСоСчетаКлиента") is Kind.SALE
