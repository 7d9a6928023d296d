"""What the demo shop sells: products by category, most popular first. Prices are kopecks per unit."""

from itertools import product as combinations
from typing import NamedTuple


class Product(NamedTuple):
    """A product in its features. `step` is the least quantity it is sold by, in thousandths of a unit."""

    name: str
    features: tuple[str, ...]
    price: int
    step: int


PIECE = 1000
TENTH = 100

GIFTS = (
    "Пакет-майка с логотипом",
    "Пробник средства для мытья посуды",
    "Открытка поздравительная",
    "Ручка шариковая с логотипом",
    "Календарь карманный",
)

COLOURS = ("белый", "синий", "красный", "бежевый")
SIZES = ("S", "M", "L", "XL")
PLAIN = ("",)


def _group(
    brands: tuple[str, ...], features: tuple[str, ...], goods: dict[str, int], step: int = PIECE
) -> tuple[Product, ...]:
    """Every good of every brand; goods: roubles by name. Each next brand is 8 % dearer than the one before."""
    return tuple(
        Product(f"{name} «{brand}»", features, roubles * (100 + 8 * rank), step)
        for (name, roubles), (rank, brand) in combinations(goods.items(), enumerate(brands))
    )


CATALOGUE: dict[str, tuple[Product, ...]] = {
    "Посуда": _group(
        ("Хозяюшка", "Сибирские узоры", "Nordhaus", "Ёлочка"),
        COLOURS,
        {
            "Кружка фарфоровая 350 мл": 145,
            "Тарелка обеденная 25 см": 190,
            "Сковорода литая 26 см": 1450,
            "Кастрюля эмалированная 3 л": 1290,
            "Набор столовых приборов, 24 предмета": 2380,
            "Чайник со свистком 2,5 л": 1190,
            "Салатник стеклянный": 260,
            "Термос 1 л": 1640,
            "Сервиз чайный на 6 персон, 15 предметов, деколь «Полевые цветы», в подарочной упаковке": 5900,
        },
    ),
    "Уборка": _group(
        ("Чистюля", "Белый дом", "Эко+"),
        PLAIN,
        {
            "Губка кухонная, 5 шт.": 49,
            "Средство для мытья посуды 500 мл": 95,
            "Мешки для мусора 60 л, 20 шт.": 110,
            "Порошок стиральный 3 кг": 420,
            "Перчатки хозяйственные": 75,
            "Швабра с отжимом": 1350,
            "Щётка для пола": 310,
            "Ведро 12 л": 240,
            "Салфетки из микрофибры, 3 шт.": 165,
        },
    ),
    "Текстиль": _group(
        ("Ивановский ситец", "Соня", "Лён & Хлопок"),
        COLOURS,
        {
            "Полотенце махровое 50×90": 290,
            "Комплект постельного белья 1,5-спальный": 2150,
            "Подушка 70×70": 890,
            "Одеяло 172×205": 2480,
            "Скатерть 150×220": 1120,
            "Фартук кухонный": 380,
            "Плед 150×200": 1560,
        },
    ),
    "Рабочая одежда": _group(
        ("Мастер", "Вахта"),
        SIZES,
        {
            "Перчатки х/б с ПВХ": 42,
            "Костюм рабочий летний": 2650,
            "Халат технический": 1180,
            "Жилет сигнальный": 260,
            "Куртка утеплённая": 3900,
        },
    ),
    "Дача": _group(
        ("Огородник", "6 соток"),
        PLAIN,
        {
            "Рассада-бокс, 6 ячеек": 38,
            "Лопата штыковая с черенком": 690,
            "Шланг поливочный 20 м": 1480,
            "Грабли веерные": 410,
            "Лейка 10 л": 330,
            "Теплица «Урожай», 4 м": 18900,
            "Мангал складной": 1750,
        },
    ),
    "Ткани и клеёнка": _group(
        ("Домотканая", "Уют"),
        ("клетка", "полоска", "без рисунка"),
        {"Клеёнка столовая, м": 210, "Ткань портьерная, м": 640, "Верёвка бельевая, м": 15, "Тюль, м": 390},
        step=TENTH,
    ),
    "Крепёж": _group(
        ("Крепёжъ", "Саморез"),
        ("50 мм", "75 мм", "100 мм"),
        {"Гвозди строительные, кг": 155, "Саморезы по дереву, кг": 320, "Проволока вязальная, кг": 190},
        step=TENTH,
    ),
}

CATEGORIES = {product.name: category for category, products in CATALOGUE.items() for product in products} | (
    dict.fromkeys(GIFTS, "Сувениры")
)
"""The category of a product, by its name."""
