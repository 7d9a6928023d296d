"""The only reader of the configuration file and the environment.

Sources, strongest first: environment (`RFM_ERP__TOKEN`), `.env` in the home folder, systemd credentials (a file
`rfm_erp__token` in `$CREDENTIALS_DIRECTORY`), then `config/service.toml`. Unknown keys are mistakes everywhere.
"""

import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, get_args

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from rfm_service.errors import ConfigurationError
from rfm_service.settings import PREFIX, Settings
from rfm_service.toml_file import toml_of


def load(home: Path, config: Path, credentials: Path | None = None) -> Settings:
    """The settings of a home folder. `credentials`: where systemd takes them from, for who may look there.

    Raises ConfigurationError with every mistake at once: a missing or broken file, unknown keys, wrong values.
    """
    if not config.is_file():
        raise ConfigurationError(
            "There is no configuration file {0}. Copy the project's config folder there, or name one with --config.",
            str(config),
        )
    _refuse_strangers("environment", os.environ)
    if folder := _folder_of(credentials):
        prefix = PREFIX if credentials else ""  # without systemd's own prefix every file is ours
        _refuse_strangers(str(folder), sorted(f"{prefix}{file.name}" for file in folder.glob("*") if file.is_file()))
    try:
        return _picklable(_reading(home, config, credentials)())
    except SettingsError as error:
        raise ConfigurationError(
            "The environment cannot be read: {0}. Lists are written as [1, 2].", str(error)
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            "{0}, or a credential of systemd, is not text in UTF-8: save it anew in this encoding.", str(home / ".env")
        ) from None
    except ValidationError as error:
        mistakes = list(_mistakes(error))
        raise ConfigurationError("{0}: {1} to mend.\n{2}", str(config), len(mistakes), "\n".join(mistakes)) from None


class _TomlFile(TomlConfigSettingsSource):
    """A file that Windows may have written."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return toml_of(Path(file_path))


class _Sources(Settings, BaseSettings):
    """Settings with the places that they come from."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", validate_default=False)

    secrets_prefix: ClassVar[str | None] = None
    """What systemd puts before the names of credentials; None: the same as before variables."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = _TomlFile(settings_cls)
        credentials = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir_missing="ok", secrets_prefix=cls.secrets_prefix
        )
        return init_settings, env_settings, dotenv_settings, credentials, toml


def _reading(home: Path, config: Path, credentials: Path | None) -> type[_Sources]:
    class FromFile(_Sources):
        model_config = SettingsConfigDict(
            toml_file=config,
            env_file=home / ".env",
            secrets_dir=_folder_of(credentials),
        )
        secrets_prefix: ClassVar[str | None] = "" if credentials else None

    return FromFile


def _folder_of(credentials: Path | None) -> Path | None:
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return credentials or (Path(given) if given else None)


def _refuse_strangers(place: str, names: Iterable[str]) -> None:
    strangers = [f"  {name}: there is no such section" for name in names if _is_stranger(name)]
    if strangers:
        raise ConfigurationError("{0}: {1} to mend.\n{2}", place, len(strangers), "\n".join(strangers))


def _is_stranger(name: str) -> bool:
    """One of our variables that no section would read."""
    section = name[len(PREFIX) :].partition("__")[0].lower()
    return name.upper().startswith(PREFIX) and section not in Settings.model_fields


def _picklable(read: Settings) -> Settings:
    return Settings.model_construct(**{name: getattr(read, name) for name in Settings.model_fields})


def _mistakes(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_input=False, include_url=False):
        place = tuple(str(part) for part in mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            yield f"  {'.'.join(place)}: unknown key{_nearest(place)}"
        else:
            yield "  " + ": ".join(filter(None, (".".join(place), mistake["msg"].removeprefix("Value error, "))))


def _nearest(place: tuple[str, ...]) -> str:
    model: Any = Settings
    for part in place[:-1]:
        model = get_args(model)[0] if part.isdecimal() else model.model_fields[part].annotation
    close = difflib.get_close_matches(place[-1], model.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""
