"""Names, addresses and e-mails that could be anybody's, some of them awkward to print, sort or paste into a sheet."""

import re
from collections import Counter
from collections.abc import Iterator
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


AWKWARD_EVERY = 40
AWKWARD = (
    'ООО "Ёлки-Иголки"',
    "ИП Ёжикова Алёна Семёновна",
    "ООО «Торговый дом «Северное сияние»»",
    'Магазин "1000 мелочей", г. Мирный; оптовый отдел',
    "АО «Завод №1 им. 50-летия Октября»",
    "ИП О’Коннор Мария Патриковна",
    "=Равновесие= студия интерьера",
    'ЗАО "Рога & Копыта" <филиал>',
    (
        "Общество с ограниченной ответственностью «Производственно-коммерческая фирма по снабжению сельских магазинов "
        "Верхнеуслонского и Зеленодольского районов «Заволжье-Промтовары-Плюс»»"
    ),
    "ип петров-водкин кузьма сергеевич (НДС)",
    "Ґанок & Ко (Łódź)",
    "+7 Сервис",
    "ООО 'Ы'",
    "Кафе «Счастье есть!» 100%",
)

FORMS = ("ООО", "ООО", "ООО", "АО", "ТД")
FIRST_PARTS = _words(
    "Волга Урал Нева Сибирь Кама Ока Алтай Байкал Янтарь Рубин Родник Гранит Горизонт Маяк Меридиан Орион Парус Полюс "
    "Прогресс Радуга Рассвет Ритм Союз Старт Стимул Факел Форвард Центр Эталон Юность Вектор Восток Дельта Импульс "
    "Каскад Контур Лидер Магистраль Оазис Квартал"
)
SECOND_PARTS = _words(
    "Торг Снаб Дом Сервис Опт Маркет Трейд Посуда Текстиль Комплект Быт Хоз Групп Ритейл Проф Плюс Инвест Строй Декор "
    "Партнёр"
)
SURNAMES = _words(
    "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев "
    "Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов "
    "Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов Королёв Гусев Киселёв Ильин Щукин"
)
MEN = ("Александр", "Дмитрий", "Сергей", "Андрей", "Алексей", "Пётр", "Олег", "Семён", "Рустам", "Юрий")
WOMEN = ("Елена", "Ольга", "Наталья", "Татьяна", "Ирина", "Анна", "Алёна", "Гульнара", "Мария", "Юлия")
FATHERS = ("Александров", "Иванов", "Петров", "Олегов", "Фёдоров", "Семёнов", "Рустамов", "Тимуров")
CITIES = ("Казань", "Самара", "Тверь", "Пермь", "Уфа", "Орёл", "Йошкар-Ола", "Тюмень", "Набережные Челны", "Королёв")
STREETS = ("Ленина", "Гагарина", "Мира", "Садовая", "Промышленная", "8 Марта", "Льва Толстого", "Заводская")

LATIN = str.maketrans(
    dict(
        zip(
            "абвгдеёжзийклмнопрстуфхцчшщыэюя",
            _words("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch y e yu ya"),
            strict=True,
        )
    )
    | {"ь": "", "ъ": ""}
)


def names(rng: Random) -> Iterator[str]:
    """Names without end, no two alike; every fortieth is awkward while they last."""
    taken: Counter[str] = Counter()
    for name in _any_names(rng):
        taken[name] += 1
        yield name if taken[name] == 1 else f"{name} №{taken[name]}"


def legal_name(name: str) -> str:
    """What stands in the contractor field for a buyer of this name."""
    if name.startswith("ИП "):
        return name.replace("ИП", "Индивидуальный предприниматель", 1)
    return name.replace("ТД", "ООО ТД", 1) if name.startswith("ТД ") else name


def address(rng: Random) -> str:
    """Where goods are brought."""
    return f"г. {rng.choice(CITIES)}, ул. {rng.choice(STREETS)}, д. {rng.randint(1, 120)}"


def email(name: str) -> str:
    """An address in a domain that cannot exist."""
    domain = re.sub("[^a-z0-9]+", "-", name.casefold().translate(LATIN)).strip("-")
    return f"zakaz@{domain[:60].strip('-')}.example"


def _any_names(rng: Random) -> Iterator[str]:
    for awkward in AWKWARD:
        for _ in range(AWKWARD_EVERY - 1):
            yield _ordinary(rng)
        yield awkward
    while True:
        yield _ordinary(rng)


def _ordinary(rng: Random) -> str:
    return _trader(rng) if rng.random() < 0.4 else _firm(rng)


def _firm(rng: Random) -> str:
    return f'{rng.choice(FORMS)} "{rng.choice(FIRST_PARTS)}-{rng.choice(SECOND_PARTS)}"'


def _trader(rng: Random) -> str:
    surname, father = rng.choice(SURNAMES), rng.choice(FATHERS)
    if rng.random() < 0.5:
        return f"ИП {surname} {rng.choice(MEN)} {father}ич"
    return f"ИП {surname}а {rng.choice(WOMEN)} {father}на"
