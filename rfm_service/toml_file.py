"""TOML as people save it: on Windows too, and with mistakes."""

import tomllib
from pathlib import Path
from typing import Any

from rfm_service.errors import ConfigurationError


def toml_of(file: Path) -> dict[str, Any]:
    """What a TOML file says; the mark that Windows puts before UTF-8 does not matter. Raises ConfigurationError."""
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _not_utf8(file, line) from None
    except OSError as error:
        raise ConfigurationError("{0} cannot be read: {1}.", str(file), error.strerror or "?") from None
    if "\0" in text:  # UTF-16 without its mark
        raise _not_utf8(file, text.count("\n", 0, text.index("\0")) + 1)
    try:
        return tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError("{0} is not valid TOML: {1}.", str(file), str(error)) from None
    except RecursionError:
        raise ConfigurationError("{0} is not valid TOML: too many brackets inside each other.", str(file)) from None


def _not_utf8(file: Path, line: int) -> ConfigurationError:
    return ConfigurationError(
        "{0} is not text in UTF-8 (line {1}): open it in an editor and save it in the encoding UTF-8.", str(file), line
    )
