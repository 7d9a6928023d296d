"""Apache Spark: in this process and a JVM beside it (`local[2]`), or on a cluster (`spark://host:7077`)."""

import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from urllib.parse import urlsplit
from zipfile import ZipFile

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

import rfm_service
from rfm_service.engines import Rows
from rfm_service.errors import EngineAway, FileUnusable, FolderUnusable

CONFIGURATION = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.warehouse.dir": f"{gettempdir()}/spark-warehouse",  # it makes one, whether there are tables or not
}
HERE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""For a master on this machine: nobody else may talk to the session."""

SMALL = 4 << 20
"""Bytes. Such a table goes whole to every worker; Spark cannot see by itself how large it is."""

TASKS_A_CORE = 2
"""Parts that a table is cut into; Spark joins small ones by itself."""


class Spark:
    """Implements `engines.Engine`. Tables are views of one session: engines of one `connected` do not share them."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        session.conf.set("spark.sql.shuffle.partitions", TASKS_A_CORE * session.sparkContext.defaultParallelism)

    def make_table(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table known to the models that follow."""
        with _without_pandas():
            frame = self._session.createDataFrame(table)
        shown = frame.hint("broadcast") if table.nbytes < SMALL else frame.persist()
        shown.createOrReplaceTempView(name)

    def read_files(self, name: str, place: str, select: str) -> None:
        """Make known the rows of Parquet files, as a query of the table `lake` shows them. Raises FileUnusable."""
        try:
            self._session.read.parquet(place).createOrReplaceTempView("lake")
            self._session.sql(select).createOrReplaceTempView(name)
        except PySparkException as error:
            raise FileUnusable("{0} cannot be read as Parquet: {1}", place, _told(error)) from None

    def derive(self, name: str, sql: str, parameters: Mapping[str, int] | None = None, *, view: bool = False) -> None:
        """Make the rows of a SELECT known to the models that follow. They stay on the cluster.

        What is no view is computed once, by a checkpoint: the cache of Spark 4.3 did not know the plan of the
        snapshots again, and computed them anew for every reader.
        """
        frame = self._frame(sql, parameters)
        kept = frame if view else frame.localCheckpoint(eager=False)
        kept.createOrReplaceTempView(name)

    def derive_in_order(
        self, name: str, sql: str, together: Sequence[str], order: Sequence[str], rows: Rows, integers: Sequence[str]
    ) -> None:
        """Make known what `rows` makes of the sorted rows of a SELECT, in Python beside each worker."""
        parts = self._frame(sql).repartition(*together).sortWithinPartitions(*together, *order)
        with _without_pandas():
            made = parts.mapInArrow(rows, ", ".join(f"{column} bigint" for column in integers))
        made.localCheckpoint(eager=False).createOrReplaceTempView(name)

    def run(self, sql: str, parameters: Mapping[str, int] | None = None) -> pa.Table:
        """The rows of a SELECT; `:name` in the text is the parameter `name`."""
        table = self._frame(sql, parameters).toArrow()
        return table.cast(pa.schema([(field.name, field.type) for field in table.schema]))

    def write_files(self, name: str, folder: str) -> None:
        """Write a table that is known as Parquet files of a new folder. Raises FolderUnusable."""
        try:
            self._session.table(name).write.parquet(folder)
        except PySparkException as error:
            raise FolderUnusable("Cannot write into {0}: {1}", folder, _told(error)) from None

    def another(self) -> "Spark":
        """An engine that knows no tables, on the same cluster."""
        return Spark(self._session.newSession())

    def _frame(self, sql: str, parameters: Mapping[str, int] | None = None) -> DataFrame:
        return self._session.sql(sql, args=dict(parameters or {}))


@contextmanager
def connected(master: str) -> Iterator[Spark]:
    """An engine on the cluster of this address; its session ends with the block. Raises EngineAway."""
    session = _session_on(master)
    with TemporaryDirectory() as scratch:
        try:
            session.sparkContext.addPyFile(str(_packed(Path(scratch))))
            yield Spark(session)
        finally:
            session.stop()


@contextmanager
def _without_pandas() -> Iterator[None]:
    """PySpark warns of a pandas that it does not know yet, and is given none."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        yield


def _session_on(master: str) -> SparkSession:
    if _is_here(master):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("rfm_service")
    for key, value in (CONFIGURATION | (HERE if _is_here(master) else {})).items():
        builder = builder.config(key, value)
    try:
        with _without_pandas():
            return builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise EngineAway(
            "There is no Spark session on {0}: {1}. Is Java 17 installed, and the cluster up?",
            master,
            _told(error),
        ) from error


def _packed(folder: Path) -> Path:
    """The modules of this package in one file: workers fetch it from here, and need not have them."""
    package = Path(rfm_service.__file__).parent
    archive = folder / "rfm_service.zip"
    with ZipFile(archive, "w") as modules:
        for module in package.rglob("*.py"):
            modules.write(module, module.relative_to(package.parent))
    return archive


def _is_here(master: str) -> bool:
    return master.startswith("local") or urlsplit(master).hostname in {"localhost", "127.0.0.1"}


def _told(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
