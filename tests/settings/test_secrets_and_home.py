"""Settings in the hands of others: masked, frozen, picklable; and the folders of a home."""

import pickle
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from rfm_service.home import Home
from rfm_service.records import Lane
from rfm_service.settings import Settings, secrets_of

from .builders import Folder

ERP_TOKEN, BOT_TOKEN = "canary-Ключ", "271828:canary"


@pytest.fixture
def settings(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with two secrets."""
    monkeypatch.setenv("RFM_ERP__TOKEN", ERP_TOKEN)
    folder.write(f'[telegram]\ntoken = "{BOT_TOKEN}"\nchat_ids = [1001]')
    return folder.read()


def test_secrets_are_read(settings: Settings) -> None:
    assert settings.erp.token.get_secret_value() == ERP_TOKEN
    assert secrets_of(settings) == [ERP_TOKEN, BOT_TOKEN]


def test_without_secrets_there_is_nothing_to_mask(folder: Folder) -> None:
    assert secrets_of(folder.read()) == []


def test_secrets_are_masked(folder: Folder, settings: Settings) -> None:
    home = Home(folder.path, folder.config, settings)
    texts = [
        *(form(value) for form in (repr, str, "{}".format) for value in (settings, settings.erp, home)),
        settings.model_dump_json(),
        settings.erp.model_dump_json(),
        str(settings.model_dump()),
        str(settings.model_dump(mode="json")),
    ]
    assert [text for text in texts if "canary" in text] == []


def test_secrets_do_not_stand_in_a_traceback(folder: Folder, settings: Settings) -> None:
    folder.write(f'[erp]\ntries = 0\nurl = "{ERP_TOKEN}"\n[telegram]\ntoken = ["{BOT_TOKEN}"]')
    try:
        folder.read()
    except Exception as error:  # noqa: BLE001  whatever it is
        assert "canary" not in "".join(traceback.format_exception(error))
        assert "canary" not in repr(error)


def test_settings_never_change(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.language = "en"
    with pytest.raises(ValidationError, match="frozen"):
        settings.erp.tries = 1


def test_nobody_is_written_to_without_a_token(folder: Folder, settings: Settings) -> None:
    assert settings.recipients(Lane.NEWS) == ["telegram:1001"]
    folder.write("[telegram]\nchat_ids = [1001]")
    assert folder.read().recipients(Lane.NEWS) == []


def test_a_home_travels_to_a_worker(folder: Folder, settings: Settings) -> None:
    home = Home(folder.path, folder.config, settings)
    arrived = pickle.loads(pickle.dumps(home))
    assert arrived == home
    assert arrived.settings.erp.token.get_secret_value() == ERP_TOKEN
    assert type(arrived.settings) is Settings


def test_the_folders_of_a_home(folder: Folder) -> None:
    folder.write('[report]\nmarketers_folder = "/mnt/share/reports"')
    home = Home(Path("/srv/rfm"), Path("/etc/rfm/service.toml"), folder.read())
    assert home.database == Path("/srv/rfm/db/sales.db")
    assert home.lock == Path("/srv/rfm/db/lock")
    assert home.logs == Path("/srv/rfm/logs")
    assert home.schemes == Path("/etc/rfm/segments")
    assert home.folders == [str(Path("/srv/rfm/reports/analysts")), str(Path("/mnt/share/reports"))]
    assert home.work("run") == Path("/srv/rfm/db/work/run")
    assert home.spool("run") == Path("/srv/rfm/db/spool/run")


def test_the_zone_of_the_erp(folder: Folder) -> None:
    folder.write('[erp]\ntimezone = "Asia/Yekaterinburg"')
    assert folder.read().erp.zone.key == "Asia/Yekaterinburg"
