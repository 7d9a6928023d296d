"""Spark says what the embedded engine says: every model, row for row, on this machine and on a cluster.

One test for each, because a session costs seconds.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from rfm_service.analysis import classify, classify_on, history
from rfm_service.analysis.history import Past, past_of, tables_of
from rfm_service.analysis.lake import analyse_lake
from rfm_service.analysis.measuring import load_store, measure
from rfm_service.clock import Horizon
from rfm_service.configuration import load
from rfm_service.demo.book import Book
from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.engines.opening import opened as engine_opened
from rfm_service.engines.store_reader import reading
from rfm_service.home import Home
from rfm_service.models import model
from rfm_service.segmentation.schemes import Scheme, load_scheme
from rfm_service.settings import EngineSettings
from rfm_service.store.connection import opened
from tests.conftest import PROJECT, REFERENCE_DAY
from tests.models.builders import load_closed_months
from tests.models.test_lake import ORDERS, exported, lines
from tests.models.test_movements import publish
from tests.models.test_shop import store_of
from tests.oracles.original import Sale
from tests.store.builders import write_purchases

from .twins import MODELS, Twins

YEAR = Horizon(REFERENCE_DAY, 365)
USUAL = {"nine_segments", "wholesale_tiers"}
OTHERS = sorted({path.stem for path in (PROJECT / "config" / "segments").glob("*.toml")} - USUAL)
NINE, TEN = (load_scheme(PROJECT / "config" / "segments", name) for name in ("nine_segments", "ten_segments"))
HOSTILE = [
    "O'Brien \\' \\n \\u0041",
    '"; DROP TABLE orders; --',
    ":reference_day ${x} {0} %s `tick`",
    "Ёлки «и» 🐱",
    "ёлки",
    "Zebra",
    "zebra",
    "line\nbreak\ttab\x01",
    " ",
    "e\u0301 é",
]

FEW = lines(
    ("2026-03-01", "Анна", "7", "tea", 2000, 200_01),
    ("2026-03-01", "Анна", "8", "tea", 1000, 100_00),
    ("2026-04-02", "anna", "9", "cup", 1000, 50_00),
    ("2026-04-09", "Анна", "R", "tea", -1000, -33_33),
)

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module", autouse=True)
def _java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Java, told to compile quickly rather than well: these sessions are short."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'pyspark>=4.1,<5'")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("There is no Java: apt install openjdk-17-jre-headless")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        patch.setenv("SPARK_LOCAL_DIRS", str(tmp_path_factory.mktemp("spark")))
        yield


def home_of(folder: Path, *others: str, kind: str = "embedded", master: str = "local[2]") -> Home:
    """A home that classifies by the usual schemes and these."""
    config = PROJECT / "config" / "service.toml"
    settings = load(folder, config)
    engine = EngineSettings.model_validate({"kind": kind, "master": master})
    segmentation = settings.segmentation.model_copy(update={"others": list(others)})
    return Home(folder, config, settings.model_copy(update={"segmentation": segmentation, "engine": engine}))


def generated(seed: int) -> list[Sale]:
    """Purchases of two years by buyers with odd names: equal amounts, odd kopecks, orders in several shipments."""
    chance = random.Random(seed)
    amounts = [0.5, 1, 10, 33.33, 100_001, 10**10]
    return [
        Sale(
            chance.choice(HOSTILE),
            f"{chance.choice('AB')}{number % 90}",
            REFERENCE_DAY - chance.choice([1, 2, 30, 60, 90, chance.randint(1, 700)]),
            int(chance.choice(amounts) * 100) or 1,
        )
        for number in range(250)
    ]


def look_back(twins: Twins, database: Path, scheme: Scheme, months: int = 12) -> None:
    """The last closed months."""
    engine = twins.another()
    with reading(database) as store:
        past = past_of(store, YEAR)
        past = Past(past.months[-months:], past.horizon_days)
        load_closed_months(engine, store, past, scheme)
    tables_of(engine, scheme)


def ask_the_rest(engine: Engine) -> None:
    """What only commands ask, of classified customers."""
    engine.run(model("segment_medians"))
    engine.derive("customers", "SELECT *, segment AS before, tier AS after FROM customers")
    engine.run(model("scheme_moves"))


def of_the_shop(twins: Twins, home: Home, shop: Book) -> None:
    """Two reports of the demo shop, a month apart, with the movements between them."""
    store_of(shop, home.database)
    publish(home, REFERENCE_DAY - 19)  # of 1 November: so it is compared with the closed month, too
    receipt = classify_on(twins.another(), home, "2026-11-20-1", YEAR, home.work("2026-11-20-1"))
    assert receipt.rose + receipt.fell > 10
    look_back(twins, home.database, NINE)


def of_anybody(twins: Twins, home: Home, purchases: list[Sale]) -> None:
    """A report of these purchases alone."""
    write_purchases(home.database, purchases)
    engine = twins.another()
    classify_on(engine, home, "2026-11-20-1", YEAR, home.work("2026-11-20-1"))
    ask_the_rest(engine)


def of_a_lake(twins: Twins, home: Home, folder: Path) -> None:
    """A few lines of the least columns, with texts for numbers."""
    parquet.write_table(pa.table(FEW), folder / "few.parquet")
    analyse_lake(twins.another(), home, str(folder / "few.parquet"), "", str(folder / "out"), None, lambda *_: None)


def of_nobody(twins: Twins, home: Home) -> None:
    """Every table that needs no customer, of an empty store."""
    with opened(home.database):
        pass
    engine = twins.another()
    load_store(engine, home.database, YEAR)
    measure(engine, YEAR)
    window = {"first_day": YEAR.first, "reference_day": YEAR.reference_day}
    for name in ("months", "order_sizes", "product_totals", "corrected_days", "waterfall", "return_links", "day_sizes"):
        engine.run(model(name), window)
    look_back(twins, home.database, NINE)


def test_on_this_machine(shop: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of small queries, interpreted: to compile each would take longer. The cluster compiles."""
    (tmp_path / "spark-defaults.conf").write_text(
        "spark.sql.codegen.wholeStage false\nspark.sql.codegen.factoryMode NO_CODEGEN\n"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    with engine_opened(EngineSettings(kind="spark", master="local[2]"), tmp_path) as spark:
        speaks_like_any_engine(spark)
        twins = Twins(Embedded(), spark)
        of_nobody(twins, home_of(tmp_path / "nobody"))
        of_anybody(twins, home_of(tmp_path / "anybody", *OTHERS), generated(1))
        look_back(twins, tmp_path / "anybody" / "db" / "sales.db", TEN, months=2)
        of_the_shop(twins, home_of(tmp_path / "shop"), shop)
        of_a_lake(twins, home_of(tmp_path / "shop"), tmp_path)
    assert twins.compared == set(MODELS.values())


def test_on_a_cluster(shop: Book, tmp_path: Path) -> None:
    from .cluster import standalone

    with standalone(tmp_path) as master:
        homes = [home_of(tmp_path / "here"), home_of(tmp_path / "there", kind="spark", master=master)]
        for home in homes:
            home.database.parent.mkdir(parents=True)
        store_of(shop, homes[0].database)
        publish(homes[0], REFERENCE_DAY - 19)
        shutil.copy(homes[0].database, homes[1].database)
        receipts = [
            (classify(home, "2", YEAR, home.work("2")), history.look_back(home, YEAR, home.work("2"))) for home in homes
        ]
        with opened(homes[0].database) as store:
            exported(store, tmp_path / "lines.parquet")
            orders = store.execute(f"SELECT {ORDERS} FROM orders").fetchall()
        lakes = [lake_of(home, tmp_path / "lines.parquet") for home in homes]
    here, there = (tables(home.work("2")) for home in homes)
    assert receipts[0] == receipts[1]
    assert len(here) > 15
    assert {name for name in here if here[name] != there[name]} == set()
    assert lakes[0]["orders"] == sorted(repr(dict(zip(ORDERS.split(", "), row, strict=True))) for row in orders)
    assert lakes[0] == lakes[1]


def tables(work: Path) -> dict[str, pa.Table]:
    """Every table of a run."""
    return {str(path.relative_to(work)): feather.read_table(path) for path in work.rglob("*.arrow")}


def lake_of(home: Home, file: Path) -> dict[str, list[str]]:
    """Every table that becomes of a lake, its rows in order."""
    output = home.path / "lake"
    with engine_opened(home.settings.engine, home.spill) as engine:
        analyse_lake(engine, home, str(file), "", str(output), None, lambda *_: None)
    return {folder.name: sorted(map(repr, parquet.read_table(folder).to_pylist())) for folder in output.iterdir()}


def speaks_like_any_engine(engine: Engine) -> None:
    """What `test_embedded` asks."""
    engine.make_table("sales", pa.table({"day": [1, 2, 3], "amount": [10, 20, 30]}))
    engine.derive("late", "SELECT day FROM sales WHERE day > :day -- and not :other", {"day": 1, "unused": 2})
    assert engine.run("SELECT day FROM late ORDER BY day").to_pydict() == {"day": [2, 3]}
    engine.derive("late", "SELECT day FROM late WHERE day > 2")
    assert engine.run("SELECT day FROM late").to_pydict() == {"day": [3]}
    assert engine.run("SELECT sum(amount)::BIGINT AS amount FROM sales").schema.types == [pa.int64()]
    with pytest.raises(Exception, match="first_day"):
        engine.run("SELECT day FROM sales WHERE day >= :first_day")
    with pytest.raises(Exception, match="sales"):
        engine.another().run("SELECT day FROM sales")
    engine.make_table("nothing", pa.schema([("n", pa.int64()), ("s", pa.string())]).empty_table())
    assert engine.run("SELECT * FROM nothing").schema.types == [pa.int64(), pa.string()]
