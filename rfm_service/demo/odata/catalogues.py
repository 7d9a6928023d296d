"""Rows of the catalogues: partners, contractors, products, their categories and features, users, analytic keys."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from rfm_service.demo.catalogue import CATEGORIES
from rfm_service.demo.keys import NO_KEY
from rfm_service.demo.odata.filters import Row
from rfm_service.demo.odata.refs import reference
from rfm_service.demo.odata.wanted import Wanted
from rfm_service.demo.odata.world import COMPANY, World, category_key, feature_key, manager_key, product_key

Thing = TypeVar("Thing")

EMAIL = "АдресЭлектроннойПочты"


def partners(world: World, wanted: Wanted) -> Iterator[Row]:
    """Buyers. `ИдНаСайте` is a number, and as 1C's numbers cannot be null, 0 where there is none."""
    for key, card in _wanted(world.cards, wanted):
        yield _item(key, card.name, Code=_code(key)) | {
            "ОсновнойМенеджер_Key": manager_key(card.manager),
            "Категория": card.category,
            "ИдНаСайте": world.site_ids.get(key, 0),
            "КонтактнаяИнформация": [_contact(key, card.email)] if card.email else [],
        }


def contractors(world: World, wanted: Wanted) -> Iterator[Row]:
    """Legal entities. They have no Code: numbering is off."""
    for key, name in _wanted(world.contractors, wanted):
        yield _item(key, name) | {"НаименованиеПолное": name}


def counterparts(world: World, wanted: Wanted) -> Iterator[Row]:
    """Analytic keys: pairs of buyer and contractor."""
    for key, (buyer, contractor) in _wanted(world.counterparts, wanted):
        yield (
            _item(key, "")
            | {"Партнер_Key": buyer}
            | reference("Контрагент", contractor, "Catalog_Контрагенты")
            | {"Организация_Key": COMPANY}
        )


def goods(world: World, wanted: Wanted) -> Iterator[Row]:
    """Analytic keys: pairs of product and feature."""
    for key, (product, feature) in _wanted(world.goods, wanted):
        yield _item(key, "") | {
            "Номенклатура_Key": product_key(product),
            "Характеристика_Key": feature_key(product, feature),
        }


def products(world: World, wanted: Wanted) -> Iterator[Row]:
    """What is sold."""
    names = {product_key(product): product for product, _ in world.goods.values()}
    for key, name in _wanted(names, wanted):
        yield _item(key, name, Code=_code(key)) | {
            "НаименованиеПолное": name,
            "ТоварнаяКатегория_Key": category_key(CATEGORIES.get(name, "")),
        }


def product_categories(world: World, wanted: Wanted) -> Iterator[Row]:
    """What sorts of goods there are. They have no Code, and no folders."""
    names = {category_key(name): name for name in sorted(set(CATEGORIES.values()))}
    for key, name in _wanted(names, wanted):
        yield _item(key, name) | {"Parent_Key": NO_KEY, "IsFolder": False}


def features(world: World, wanted: Wanted) -> Iterator[Row]:
    """In what colours, sizes and lengths it is sold."""
    pairs = {feature_key(product, feature): (product, feature) for product, feature in world.goods.values() if feature}
    for key, (product, feature) in _wanted(pairs, wanted):
        yield _item(key, feature) | reference("Owner", product_key(product), "Catalog_Номенклатура")


def users(world: World, wanted: Wanted) -> Iterator[Row]:
    """Managers."""
    for key, name in _wanted(world.managers, wanted):
        yield _item(key, name) | {"Недействителен": False}


CATALOGUES: dict[str, Callable[[World, Wanted], Iterator[Row]]] = {
    "Catalog_Партнеры": partners,
    "Catalog_Контрагенты": contractors,
    "Catalog_КлючиАналитикиУчетаПоПартнерам": counterparts,
    "Catalog_КлючиАналитикиУчетаНоменклатуры": goods,
    "Catalog_Номенклатура": products,
    "Catalog_ТоварныеКатегории": product_categories,
    "Catalog_ХарактеристикиНоменклатуры": features,
    "Catalog_Пользователи": users,
}


def _wanted(things: dict[str, Thing], wanted: Wanted) -> Iterator[tuple[str, Thing]]:
    return ((key, thing) for key, thing in things.items() if key != NO_KEY and wanted.key(key))


def _item(key: str, name: str, **more: str) -> Row:
    return {"Ref_Key": key, "DataVersion": "AAAAAAAAAAE=", **more, "Description": name, "DeletionMark": False}


def _code(key: str) -> str:
    return f"00-{int(key[:6], 16):08}"


def _contact(key: str, email: str) -> Row:
    return {"Ref_Key": key, "LineNumber": "1", "Тип": EMAIL, "АдресЭП": email, "Представление": email}
