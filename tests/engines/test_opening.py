"""The engine that the settings name, or what is missing for it."""

import sys

import pytest

from rfm_service.engines.embedded import Embedded
from rfm_service.engines.opening import opened
from rfm_service.errors import ConfigurationError
from rfm_service.settings import EngineSettings


def test_the_embedded_engine_is_the_usual_one() -> None:
    with opened(EngineSettings()) as engine:
        assert isinstance(engine, Embedded)


def test_the_embedded_engine_derives_tables_and_has_others_beside_it() -> None:
    with opened(EngineSettings()) as engine:
        engine.derive("one", "SELECT CAST(:n AS BIGINT) AS n", {"n": 1})
        engine.derive("two", "SELECT n + 1 AS n FROM one", view=True)
        assert engine.run("SELECT n FROM two").to_pydict() == {"n": [2]}
        with pytest.raises(Exception, match="two"):
            engine.another().run("SELECT n FROM two")


def test_without_pyspark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "rfm_service.engines.spark", raising=False)
    for name in [*filter(lambda name: name.split(".")[0] == "pyspark", sys.modules), "pyspark"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationError, match="pip install"), opened(EngineSettings(kind="spark")):
        pass
