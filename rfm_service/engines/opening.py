"""The engine that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rfm_service.disk import make_private
from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.errors import ConfigurationError
from rfm_service.settings import EngineSettings


@contextmanager
def opened(settings: EngineSettings, spill: Path) -> Iterator[Engine]:
    """An engine without tables; it ends with the block. spill: where it may put what does not fit into memory.

    Raises ConfigurationError, EngineAway.
    """
    if settings.kind == "embedded":
        with embedded(settings, spill) as engine:
            yield engine
        return
    try:
        from rfm_service.engines.spark import connected
    except ImportError:
        raise ConfigurationError(
            "The setting engine.kind is spark, and pyspark is not installed. Run: {0}", 'pip install "pyspark>=4.1,<5"'
        ) from None
    with connected(settings.master) as cluster:
        yield cluster


@contextmanager
def embedded(settings: EngineSettings, spill: Path) -> Iterator[Embedded]:
    """The one in this process, whatever kind the settings name."""
    make_private(spill)
    with TemporaryDirectory(dir=spill) as folder:
        engine = Embedded(Path(folder), settings.memory_mib)
        try:
            yield engine
        finally:
            engine.close()
