"""A home folder for stories about settings."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from rfm_service.configuration import load
from rfm_service.errors import ConfigurationError
from rfm_service.settings import Settings


@dataclass(frozen=True)
class Folder:
    """A home with a configuration file."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.path / "config" / "service.toml"

    def write(self, text: str) -> None:
        """Make this the configuration file."""
        self.config.write_text(text, encoding="utf-8")

    def read(self) -> Settings:
        """The settings of this home."""
        return load(self.path, self.config)

    def told(self) -> str:
        """What the error says, without the path of the file."""
        with pytest.raises(ConfigurationError) as caught:
            self.read()
        return str(caught.value).replace(str(self.config), "FILE")

    def mistakes(self, text: str) -> list[str]:
        """The mistakes that are told of a configuration file."""
        self.write(text)
        first, *mistakes = self.told().splitlines()
        assert first == f"FILE: {len(mistakes)} to mend."
        return [mistake.strip() for mistake in mistakes]
