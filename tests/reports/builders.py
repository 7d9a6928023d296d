"""Believable report tables, with the names that real customers have."""

import random
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from rfm_service.analysis.shapes import SHAPES, empty
from rfm_service.clock import Horizon, month_of
from rfm_service.receipts import WaterfallRow
from rfm_service.reports.facts import Facts, SegmentStyle
from rfm_service.reports.tables import ReportTables

SCHEMES = Path(__file__).parents[2] / "config" / "segments"
HORIZON = Horizon(reference_day=20_777, length=365)  # 20 November 2026

FORMS = ("ООО", "ИП", "АО", "Магазин", "Торговый дом", "ГК", "ТК", "Индивидуальный предприниматель")
NAMES = (
    "Ромашка", "«Северный ветер»", "Кузнецова Александра Константиновна", "$тройка_и_К^2", "=Весна", "100% хлопок",
    "Щёлково-Опт (ул. Промышленная, д. 5, склад №2)", "Пирожков и партнёры", "Кот 🐱 Матроскин", "Детский мир «Ёжик»",
    "Северо-Западная межрегиональная торгово-закупочная компания «Импульс-Трейд»", "株式会社", "Жасмин", "A&B <F>",
)  # fmt: skip
PRODUCTS = (
    "Футболка мужская хлопковая «Север», тёмно-синяя", "Носки", "Комбинезон утеплённый детский на молнии с капюшоном",
    "Платье", "Пижама $5", "Шапка_вязаная", "Костюм спортивный подростковый трёхнитка с начёсом (брюки, толстовка)",
    "Кардиган", "Бриджи", "Халат махровый", "Майка", "Джемпер", "Перчатки", "Шарф", "Ползунки",
)  # fmt: skip
REASON = "Falls from “Champions” to “Risk zone” in 3 days; orders every 12 days, silent for 41 days; 1.2M ₽ a year"
WARNING = "2 days of the horizon have no data: 03.02.2026, 04.02.2026"


def styles(scheme: str, language: str) -> tuple[str, list[SegmentStyle]]:
    """The title and the classes of a scheme of the default configuration."""
    raw = tomllib.loads((SCHEMES / f"{scheme}.toml").read_text("utf-8"))
    return raw["title"][language], [
        SegmentStyle(entry["key"], entry["title"][language], entry["advice"][language], entry["color"])
        for entry in raw["segment"]
    ]


def make_facts(language: str = "ru", **changes: Any) -> Facts:
    """Facts of a report on 20 November 2026 with the default schemes."""
    segment_title, segments = styles("nine_segments", language)
    tier_title, tiers = styles("wholesale_tiers", language)
    facts = Facts(
        run_id="2026-11-20T02:00:00Z",
        reference_day=HORIZON.reference_day,
        first_day=HORIZON.first,
        last_day=HORIZON.last,
        language=language,
        segment_title=segment_title,
        tier_title=tier_title,
        segments=segments,
        tiers=tiers,
        others=[],
        waterfall=[],
        links=[],
        warnings=[],
        scheme_hash="7c1f0a9be2d4",
        fingerprint="a41bd29c77e0",
    )
    return msgspec.structs.replace(facts, **changes)


def make_tables(customers: int = 300, seed: int = 1, language: str = "ru", **changes: Any) -> ReportTables:
    """A wholesaler's year: a few large customers, many small ones. `changes` are of the facts."""
    chance = random.Random(seed)
    facts = make_facts(language, **{"warnings": [WARNING], **changes})
    orders = _orders(chance, customers)
    table = _customers(chance, orders, facts)
    joined = orders.merge(table[["customer_id", "segment", "tier"]], on="customer_id")
    return ReportTables(
        facts=msgspec.structs.replace(facts, waterfall=make_waterfall(int(orders["amount"].sum())), links=make_links()),
        customers=table,
        segment_tiers=_segment_tiers(joined),
        months=_months(orders),
        orders=orders[["amount", "items"]],
        products=_products(chance, int(orders["amount"].sum())),
        corrected_days=make_corrections(),
        look_alikes=pd.DataFrame({"group": [1, 1], "buyer": ["ООО Ёлка", 'Елка, "ООО"']}),
        **{name: empty(name).to_pandas() for name in SHAPES} | {"calls": make_calls(table)},
    )


def make_waterfall(analysed: int) -> list[WaterfallRow]:
    """Every step there is, adding up to `analysed` kopecks."""
    taken = {"malformed": 120_000, "incomplete": 90_000, "own_company": 5_400_000_00, "anonymous": 210_000_00,
             "no_site_id": 88_000_00, "not_a_sale": 12_000_00, "gift": 4_321, "corrections": -15_300_00,
             "returns": 1_250_000_00, "returned_remainder": 512_00}  # fmt: skip
    steps = [WaterfallRow(key, 3 + place, -amount) for place, (key, amount) in enumerate(taken.items())]
    return [
        WaterfallRow("gross", 98_765, analysed + sum(taken.values())),
        *steps,
        WaterfallRow("analysed", 97_000, analysed),
        WaterfallRow("unmatched_returns", 17, 31_500_00),
        WaterfallRow("unmatched_corrections", 2, -500_00),
    ]


def make_links() -> list[WaterfallRow]:
    """Every way in which a return can find its sale."""
    amounts = {"row": 900_000_00, "header": 200_000_00, "receipt": 3_000_00, "order": 100_000_00, "inferred": 47_000_00}
    return [WaterfallRow(key, 3 + place, amount) for place, (key, amount) in enumerate(amounts.items())]


def make_corrections() -> pd.DataFrame:
    """Two days that were corrected."""
    return pd.DataFrame(
        {
            "day": [HORIZON.last - 2, HORIZON.last - 40],
            "added": [3, 0],
            "changed": [1, 12],
            "removed": [0, 2],
            "amount_before": [1_250_000_00, 980_000_00],
            "amount_after": [1_310_500_50, 950_000_00],
        }
    )


def _orders(chance: random.Random, customers: int) -> pd.DataFrame:
    rows = []
    for customer in range(1, customers + 1):
        size = chance.lognormvariate(9.6, 1.1)
        last = HORIZON.last - min(364, int(chance.expovariate(1 / 70)))
        days = {last, *(chance.randint(HORIZON.first, last) for _ in range(int(chance.paretovariate(0.9)) % 40))}
        for day in days:
            amount = 100 * max(300, int(size * chance.lognormvariate(0, 0.6)))
            items = 1 + int(chance.expovariate(1 / (1 + amount / 600_000)))
            rows.append({"customer_id": customer, "day": day, "amount": amount, "items": items})
    return pd.DataFrame(rows)


def _customers(chance: random.Random, orders: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    table = orders.groupby("customer_id").agg(
        frequency=("amount", "size"), monetary=("amount", "sum"), first_day=("day", "min"), last_day=("day", "max")
    )
    table = table.reset_index()
    count = len(table)
    recency = HORIZON.reference_day - table["last_day"]
    segment = _segments(table, recency)
    return table.assign(
        buyer=[f"{chance.choice(FORMS)} {chance.choice(NAMES)} {number}" for number in range(1, count + 1)],
        email=[f"buyer{number}@example.com" if chance.random() < 0.8 else "" for number in range(1, count + 1)],
        category=[chance.choice(("Магазин", "Маркетплейс", "")) for _ in range(count)],
        manager=[chance.choice(("Анна Соколова", "Пётр Ильин", "")) for _ in range(count)],
        recency=recency,
        order_interval=(table["last_day"] - table["first_day"]) // (table["frequency"] - 1).clip(1),
        two_month_sum=table["monetary"] // 4,
        average_order=(table["monetary"] / table["frequency"]).round().astype("int64"),
        segment=segment,
        tier=_binned(table["monetary"] // 4, {"whale": 50_000_000, "large_wholesaler": 22_000_000,
                                              "wholesaler": 10_000_000, "small_wholesaler": 3_000_000}, "retail"),
        better_segment=["" if key == "champions" else "growing" for key in segment],
        orders_missing=[chance.choice((0, 1, 3)) for _ in range(count)],
        amount_missing=[chance.choice((0, 12_500_00)) for _ in range(count)],
        days_missing=(recency - 89).clip(0),
        fall_day=[HORIZON.reference_day + chance.randint(1, 60) for _ in range(count)],
        fall_segment=[chance.choice(("risk", "sleeping", "")) for _ in range(count)],
        expected_day=[chance.choice((-1, HORIZON.reference_day - 20, HORIZON.reference_day + 9)) for _ in range(count)],
        overdue=[chance.choice((0, 0, 20)) for _ in range(count)],
        money_at_risk=table["monetary"] // 3,
    )  # fmt: skip


def make_calls(customers: pd.DataFrame) -> pd.DataFrame:
    """The ten largest customers are to be called."""
    chosen = customers.nlargest(10, "monetary")
    reason = (
        "Через 3 дня перейдёт из «Лояльные» в «Зона риска»; заказывает раз в 12 дней, молчит 41 день; 1,2 млн ₽ за год",
        (
            "Через 1 день выпадет из «Спящие»: последний заказ станет слишком старым; заказывает раз в 63 дня,"
            " молчит 364 дня; 90 тыс. ₽ за год"
        ),
    )
    return chosen[["customer_id", "buyer", "manager", "email", "segment", "money_at_risk"]].assign(
        reason=[reason[place % 2] for place in range(len(chosen))], chance=293, reachability=1000,
        worth=chosen["money_at_risk"] * 293 // 1000,
    )  # fmt: skip


def _segments(table: pd.DataFrame, recency: pd.Series) -> pd.Series:
    segments = pd.Series("newcomers", index=table.index)
    segments[table["frequency"] >= 3] = "promising"
    segments[recency > 45] = "drifting"
    segments[recency > 135] = "sleeping"
    segments[(table["frequency"] >= 6) & (recency < 90)] = "growing"
    segments[table["frequency"] >= 9] = "loyal"
    segments[(table["frequency"] >= 9) & (recency >= 90)] = "risk"
    segments[(table["frequency"] >= 9) & (recency >= 180)] = "lost"
    segments[(table["frequency"] >= 12) & (table["monetary"] >= 60_000_000) & (recency < 90)] = "champions"
    return segments


def _binned(values: pd.Series, floors: dict[str, int], rest: str) -> pd.Series:
    keys = pd.Series(rest, index=values.index)
    for key, floor in sorted(floors.items(), key=lambda item: item[1]):
        keys[values >= floor] = key
    return keys


def _segment_tiers(joined: pd.DataFrame) -> pd.DataFrame:
    return joined.groupby(["segment", "tier"], as_index=False).agg(
        customers=("customer_id", "nunique"), orders=("amount", "size"), monetary=("amount", "sum")
    )


def _months(orders: pd.DataFrame) -> pd.DataFrame:
    months = orders.assign(month=orders["day"].map(month_of))
    return months.groupby("month", as_index=False).agg(
        monetary=("amount", "sum"), orders=("amount", "size"), buyers=("customer_id", "nunique")
    )


def _products(chance: random.Random, total: int) -> pd.DataFrame:
    weights = [chance.paretovariate(1.1) for _ in range(60)]
    rows = [
        {
            "product": f"{chance.choice(PRODUCTS)} {number}",
            "monetary": int(total * weight / sum(weights)),
            "orders": chance.randint(1, 400),
        }
        for number, weight in enumerate(weights, start=1)
    ]
    return pd.DataFrame(rows).sort_values("monetary", ascending=False, ignore_index=True)


def hand_made(**changes: Any) -> ReportTables:
    """Three customers in English, small enough to check by hand. `changes` are of the facts."""
    customers = pd.DataFrame(
        {
            "customer_id": [1, 2, 3],
            "buyer": ["Vera", "Boris", "Anna"],
            "email": ["", "", "anna@example.com"],
            "category": ["", "", "Shop"],
            "manager": ["", "", "Anna"],
            "recency": [200, 90, 5],
            "frequency": [1, 1, 12],
            "monetary": [100_000_00, 100_000_00, 600_000_25],
            "order_interval": [0, 0, 30],
            "two_month_sum": [100_000_00, 100_000_00, 100_000_04],
            "average_order": [100_000_00, 100_000_00, 50_000_02],
            "first_day": [20_577, 20_687, 20_423],
            "last_day": [20_577, 20_687, 20_772],
            "segment": ["sleeping", "sleeping", "champions"],
            "tier": ["retail", "retail", "whale"],
            "better_segment": ["newcomers", "promising", ""],
            "orders_missing": [0, 2, 0],
            "amount_missing": [0, 0, 0],
            "days_missing": [155, 0, 0],
            "fall_day": [20_943, 20_780, 20_820],
            "fall_segment": ["", "sleeping", "risk"],
            "expected_day": [-1, -1, 20_802],
            "overdue": [0, 0, 0],
            "money_at_risk": [100_000_00, 50_000_00, 400_000_00],
        }
    )
    calls = pd.DataFrame(
        {
            "customer_id": [3], "buyer": ["Anna"], "manager": ["Anna"], "email": ["anna@example.com"],
            "segment": ["champions"], "reason": [REASON], "money_at_risk": [400_000_00], "chance": [293],
            "reachability": [1000], "worth": [117_200_00],
        }
    )  # fmt: skip
    return ReportTables(
        facts=make_facts("en", **{"waterfall": make_waterfall(800_000_25), **changes}),
        customers=customers,
        segment_tiers=pd.DataFrame(
            {
                "segment": ["champions", "sleeping"],
                "tier": ["whale", "retail"],
                "customers": [1, 2],
                "orders": [12, 2],
                "monetary": [600_000_25, 200_000_00],
            }
        ),
        months=pd.DataFrame(
            {"month": [24_320, 24_321], "monetary": [300_000_25, 500_000_00], "orders": [8, 6], "buyers": [3, 1]}
        ),
        orders=pd.DataFrame({"amount": [50_000_02] * 11 + [50_000_03, 100_000_00, 100_000_00], "items": [2] * 14}),
        products=pd.DataFrame({"product": ["Tea"], "monetary": [800_000_25], "orders": [14]}),
        corrected_days=make_corrections(),
        look_alikes=pd.DataFrame({"group": [1, 1], "buyer": ["ООО Ёлка", 'Елка, "ООО"']}),
        **{name: empty(name).to_pandas() for name in SHAPES} | {"calls": calls},
    )
