"""The engine that the settings name, or what is missing for it."""

import sys
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from rfm_service.engines.embedded import Embedded
from rfm_service.engines.opening import opened
from rfm_service.errors import ConfigurationError, EngineFull
from rfm_service.settings import EngineSettings


def test_the_embedded_engine_is_the_usual_one(tmp_path: Path) -> None:
    with opened(EngineSettings(), tmp_path) as engine:
        assert isinstance(engine, Embedded)


def test_the_embedded_engine_derives_tables_and_has_others_beside_it(tmp_path: Path) -> None:
    with opened(EngineSettings(), tmp_path) as engine:
        engine.derive("one", "SELECT CAST(:n AS BIGINT) AS n", {"n": 1})
        engine.derive("two", "SELECT n + 1 AS n FROM one", view=True)
        assert engine.run("SELECT n FROM two").to_pydict() == {"n": [2]}
        with pytest.raises(Exception, match="two"):
            engine.another().run("SELECT n FROM two")


def test_what_does_not_fit_goes_to_disk_and_is_gone_afterwards(tmp_path: Path) -> None:
    """Sixteen million numbers and their products are 256 MiB; half of that must do."""
    settings, spill = EngineSettings(memory_mib=128), tmp_path / "db" / "spill"
    with opened(settings, spill) as engine:
        engine.make_table("numbers", pa.table({"n": range(1 << 20)}))
        engine.derive("many", "SELECT 16 * n + k AS n, n * k AS product FROM numbers, range(16) AS times(k)")
        assert sum(file.stat().st_size for file in spill.rglob("*") if file.is_file()) > 64 << 20
        (row,) = engine.run("SELECT COUNT(DISTINCT n) AS rows, SUM(product)::BIGINT AS sum FROM many").to_pylist()
        assert row == {"rows": 1 << 24, "sum": 120 * sum(range(1 << 20))}
    assert list(spill.iterdir()) == []


def test_what_fits_nowhere_says_which_setting_is_meant(tmp_path: Path) -> None:
    with opened(EngineSettings(memory_mib=128), tmp_path) as engine:
        for ask in (engine.run, partial(engine.derive, "all_of_them")):
            with pytest.raises(EngineFull, match=r"the 128 MiB of engine\.memory_mib"):
                ask("SELECT LIST(n) AS numbers FROM range(50000000) AS counted(n)")


def test_without_pyspark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "rfm_service.engines.spark", raising=False)
    for name in [*filter(lambda name: name.split(".")[0] == "pyspark", sys.modules), "pyspark"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationError, match="pip install"), opened(EngineSettings(kind="spark"), tmp_path):
        pass
