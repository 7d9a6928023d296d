"""Where settings come from, and which of them is stronger."""

from pathlib import Path

import pytest

from .builders import Folder


def put(folder: Path, **files: str) -> None:
    """Credentials as systemd lays them out: one file each."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of systemd's credentials, empty."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_an_empty_file_gives_the_defaults(folder: Folder) -> None:
    settings = folder.read()
    assert (settings.language, settings.night.at, settings.erp.tries) == ("ru", "02:00", 4)


def test_the_file(folder: Folder) -> None:
    folder.write('language = "en"\n[night]\nat = "03:30"\n[erp.fields]\nsum = "Итог"')
    settings = folder.read()
    assert (settings.language, settings.night.at, settings.erp.fields.sum) == ("en", "03:30", "Итог")
    assert (settings.night.horizon_days, settings.erp.fields.buyer) == (365, "Партнер")


def test_the_environment_is_stronger_than_the_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write('[night]\nat = "03:30"\nhorizon_days = 90')
    monkeypatch.setenv("RFM_NIGHT__AT", "04:00")
    settings = folder.read()
    assert (settings.night.at, settings.night.horizon_days) == ("04:00", 90)


def test_three_levels_deep(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFM_ERP__FIELDS__SUM", "Итог")
    assert folder.read().erp.fields.sum == "Итог"


def test_lists_are_json(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFM_TELEGRAM__CHAT_IDS", "[1001, -1002]")
    monkeypatch.setenv("RFM_CLEANING__OWN_COMPANIES", '["ООО \\"Ёлки\\""]')
    settings = folder.read()
    assert (settings.telegram.chat_ids, settings.cleaning.own_companies) == ([1001, -1002], ['ООО "Ёлки"'])


@pytest.mark.parametrize(
    ("name", "value"),
    [("RFM_TELEGRAM__CHAT_IDS", "1001, 1002"), ("RFM_CLEANING__OWN_COMPANIES", "ООО Ёлки"), ("RFM_ERP", "canary")],
)
def test_a_list_that_is_no_json_is_a_mistake(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert value not in folder.told()


def test_a_mistake_in_the_environment(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFM_NIGHT__ATT", "03:00")
    monkeypatch.setenv("RFM_ERP__TRIES", "many")
    assert folder.told() == (
        "FILE: 2 to mend.\n"
        "  erp.tries: Input should be a valid integer, unable to parse string as an integer\n"
        "  night.att: unknown key; did you mean at?"
    )


def test_a_typo_in_the_section_of_a_variable(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFM_NIGTH__AT", "03:00")
    assert "rfm_nigth__at" in folder.told().lower()


def test_variables_of_others_do_not_matter(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP__TOKEN", "theirs")
    monkeypatch.setenv("LANGUAGE", "de")
    settings = folder.read()
    assert (settings.erp.token.get_secret_value(), settings.language) == ("", "ru")


def test_dotenv(folder: Folder) -> None:
    (folder.path / ".env").write_text("# secrets\nRFM_ERP__TOKEN=Ключ=7\nRFM_TELEGRAM__CHAT_IDS=[1001]\n", "utf-8")
    settings = folder.read()
    assert (settings.erp.token.get_secret_value(), settings.telegram.chat_ids) == ("Ключ=7", [1001])


def test_dotenv_is_weaker_than_the_environment_and_stronger_than_the_file(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write('[night]\nat = "01:00"\nhorizon_days = 1\nrecheck_days = 1')
    (folder.path / ".env").write_text("RFM_NIGHT__AT=02:22\nRFM_NIGHT__HORIZON_DAYS=2\n")
    monkeypatch.setenv("RFM_NIGHT__AT", "03:33")
    night = folder.read().night
    assert (night.at, night.horizon_days, night.recheck_days) == ("03:33", 2, 1)


def test_dotenv_of_another_folder_is_not_read(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / ".env").write_text("RFM_ERP__TOKEN=theirs\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert folder.read().erp.token.get_secret_value() == ""


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("RFM_NIGHT__ATT=03:00", "night.att: unknown key; did you mean at?"),
        ("RFM_NIGTH__AT=03:00", "rfm_nigth__at: unknown key"),
    ],
)
def test_a_typo_in_dotenv(folder: Folder, line: str, mistake: str) -> None:
    (folder.path / ".env").write_text(line)
    assert folder.told() == f"FILE: 1 to mend.\n  {mistake}"


def test_a_credential_of_a_plain_key(folder: Folder, credentials: Path) -> None:
    put(credentials, rfm_language="en\n")
    assert folder.read().language == "en"


def test_credentials_of_systemd(folder: Folder, credentials: Path) -> None:
    put(credentials, rfm_erp__token="Ключ\n", rfm_telegram__token="271828:AA\n")
    settings = folder.read()
    tokens = (settings.erp.token.get_secret_value(), settings.telegram.token.get_secret_value())
    assert tokens == ("Ключ", "271828:AA")


def test_credentials_are_stronger_than_the_file(folder: Folder, credentials: Path) -> None:
    folder.write('[erp]\ntoken = "old"\ntries = 7')
    put(credentials, rfm_erp__token="new")
    erp = folder.read().erp
    assert (erp.token.get_secret_value(), erp.tries) == ("new", 7)


def test_credentials_are_weaker_than_the_environment(
    folder: Folder, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(credentials, rfm_erp__token="file")
    monkeypatch.setenv("RFM_ERP__TOKEN", "environment")
    assert folder.read().erp.token.get_secret_value() == "environment"


def test_credentials_of_others_do_not_matter(folder: Folder, credentials: Path) -> None:
    put(credentials, database_password="theirs")
    assert folder.read().language == "ru"


def test_a_credentials_folder_that_is_gone(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder.path / "nowhere"))
    assert folder.read().erp.token.get_secret_value() == ""


@pytest.mark.parametrize(
    "text",
    [
        '[erp]\nsource = "odata"\n[erp.odata]\nsite_id = "ИдНаСайте"',
        '[erp]\nsource = "odata"\n[cleaning]\nrequire_site_id = false',
        '[erp]\nsource = "http"',
    ],
)
def test_a_customers_id_on_the_site_has_a_place(folder: Folder, text: str) -> None:
    folder.write(text)
    folder.read()
