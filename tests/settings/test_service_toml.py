"""The configuration file that we ship and the typed settings are the same list."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from rfm_service.configuration import load
from rfm_service.settings import Settings
from tests.conftest import PROJECT

SHIPPED = PROJECT / "config" / "service.toml"


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its value, as `erp.fields.date`."""
    match value:
        case BaseModel():
            for name in type(value).model_fields:
                yield from leaves(getattr(value, name), f"{place}.{name}")
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, f"{place}.{name}")
        case [BaseModel(), *_]:
            yield place.removeprefix("."), [item.model_dump() for item in value]
        case SecretStr():
            yield place.removeprefix("."), value.get_secret_value()
        case Path():
            yield place.removeprefix("."), value.as_posix()
        case _:
            yield place.removeprefix("."), value


IN_FILE = dict(leaves(tomllib.loads(SHIPPED.read_text("utf-8"))))
IN_CODE = dict(leaves(Settings.model_construct()))


def test_the_file_has_every_key_of_the_settings_and_no_other() -> None:
    assert sorted(IN_FILE) == sorted(IN_CODE)


@pytest.mark.parametrize("key", IN_CODE)
def test_the_file_shows_the_default(key: str) -> None:
    assert IN_FILE[key] == IN_CODE[key]


def test_keys_stand_in_the_order_of_the_settings() -> None:
    assert list(IN_FILE) == list(IN_CODE)


def test_the_shipped_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").touch()
    assert load(tmp_path, SHIPPED) == load(tmp_path, tmp_path / "empty.toml")


def test_the_shipped_file_holds_no_secret() -> None:
    assert [IN_FILE["erp.token"], IN_FILE["telegram.token"]] == ["", ""]


def test_every_key_can_be_written_as_it_stands(tmp_path: Path) -> None:
    copy = tmp_path / "service.toml"
    copy.write_bytes(SHIPPED.read_bytes())
    assert dict(leaves(load(tmp_path, copy))) == IN_CODE
