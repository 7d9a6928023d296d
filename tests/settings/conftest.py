"""A home with a configuration file, and ways to read it."""

from pathlib import Path

import pytest

from .builders import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A home whose configuration file is empty."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "config").mkdir()
    folder = Folder(tmp_path)
    folder.write("")
    return folder
