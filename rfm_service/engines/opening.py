"""The engine that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.errors import ConfigurationError
from rfm_service.settings import EngineSettings


@contextmanager
def opened(settings: EngineSettings) -> Iterator[Engine]:
    """An engine without tables; it ends with the block. Raises ConfigurationError, EngineAway."""
    if settings.kind == "embedded":
        yield Embedded()
        return
    try:
        from rfm_service.engines.spark import connected
    except ImportError:
        raise ConfigurationError(
            "The setting engine.kind is spark, and pyspark is not installed. Run: {0}", 'pip install "pyspark>=4.1,<5"'
        ) from None
    with connected(settings.master) as engine:
        yield engine
