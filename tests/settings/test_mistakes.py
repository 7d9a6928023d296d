"""Mistakes in the configuration are told all at once, with the key and a hint."""

from pathlib import Path

import pytest

from rfm_service.configuration import load
from rfm_service.errors import ConfigurationError

from .builders import Folder


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('langage = "en"', "langage: unknown key; did you mean language?"),
        ('[erp]\ntimezon = "UTC"', "erp.timezon: unknown key; did you mean timezone?"),
        ('[erp.fields]\nsumm = "Итог"', "erp.fields.summ: unknown key; did you mean sum?"),
        ('[erp.operations]\nreturn = ["Возврат"]', "erp.operations.return: unknown key; did you mean returns?"),
        ("[night]\nhorizon = 90", "night.horizon: unknown key; did you mean horizon_days?"),
        ("[nigth]\nhorizon_days = 90", "nigth: unknown key; did you mean night?"),
        ("xyzzy = 1", "xyzzy: unknown key"),
        ('[engine]\nkind = "dask"', "engine.kind: Input should be 'embedded' or 'spark'"),
        (
            '[engine]\nmaster = "10.0.0.1:7077"',
            "engine.master: must look like local[2], local[*], or spark://host:7077",
        ),
        ('[engine]\nmaster = "local[0]"', "engine.master: must look like local[2], local[*], or spark://host:7077"),
        ('language = "de"', "language: Input should be 'en' or 'ru'"),
        ('[erp]\nurl = "10.0.0.5/hs/rfm"', "erp.url: must start with http:// or https://"),
        ('[erp]\nurl = "ftp://10.0.0.5"', "erp.url: must start with http:// or https://"),
        ('[erp]\nauth = "digest"', "erp.auth: Input should be 'raw', 'bearer' or 'basic'"),
        ('[erp]\ntimezone = "Moscow"', "erp.timezone: is not a time zone; write it like Europe/Moscow"),
        ("[erp]\nconnect_timeout = 0", "erp.connect_timeout: Input should be greater than 0"),
        ("[erp]\nretry_pause = nan", "erp.retry_pause: Input should be less than or equal to 86400"),
        ("[erp]\ntries = 0", "erp.tries: Input should be greater than or equal to 1"),
        ('[erp]\nsource = "ftp"', "erp.source: Input should be 'http' or 'odata'"),
        ('[erp.odata]\nmod = "register"', "erp.odata.mod: unknown key; did you mean mode?"),
        ('[erp.odata.catalogs]\npartner = "X"', "erp.odata.catalogs.partner: unknown key; did you mean partners?"),
        (
            '[[erp.odata.documents]]\nentity = "X"\nkind = "sale"\nparts = []\nbases = "Y"',
            "erp.odata.documents.0.bases: unknown key; did you mean base?",
        ),
        (
            '[erp]\nsource = "odata"',
            (
                "erp.odata.site_id: name the field of the partners' catalog that holds the customer's id on the site,"
                " or set cleaning.require_site_id = false"
            ),
        ),
        ("[erp]\npause = -1", "erp.pause: Input should be greater than or equal to 0"),
        ("[erp]\ntries = 21", "erp.tries: Input should be less than or equal to 20"),
        ('[erp.fields]\nsum = "Партнер"', "erp.fields: two fields share the name Партнер"),
        ('[erp.operations]\nreturns = "Возврат*"', "erp.operations.returns: Input should be a valid list"),
        ("[cleaning]\ngift_below = -1", "cleaning.gift_below: Input should be greater than or equal to 0"),
        ('[night]\nat = "25:00"', 'night.at: must be a time of day like "02:00"'),
        ('[night]\nat = "2:00"', 'night.at: must be a time of day like "02:00"'),
        ('[night]\nat = "02.00"', 'night.at: must be a time of day like "02:00"'),
        ("[night]\nat = 02:00:00", "night.at: Input should be a valid string"),
        ("[night]\nhorizon_days = 0", "night.horizon_days: Input should be greater than or equal to 1"),
        (
            '[telegram]\nchat_ids = ["me"]',
            "telegram.chat_ids.0: Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            '[report]\nanalysts_folder = "ftp://files/x"',
            "report.analysts_folder: must be a folder, or look like smb://server/share/folder",
        ),
        (
            '[report]\nanalysts_folder = "smb://files"',
            "report.analysts_folder: must be a folder, or look like smb://server/share/folder",
        ),
        (
            '[report]\nmarketers_folder = "smb://anna:canary@files/share"',
            "report.marketers_folder: holds a user: write them into report.smb_user and report.smb_password",
        ),
        ('[log]\nlevel = "LOUD"', "log.level: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("erp = 5", "erp: Input should be a valid dictionary or instance of Erp"),
    ],
)
def test_a_mistake(folder: Folder, text: str, mistake: str) -> None:
    assert folder.mistakes(text) == [mistake]


@pytest.mark.parametrize(
    "proxy",
    [
        "canary",
        "ftp://u:canary@host:1",
        "socks5h://u:canary@host",
        "socks5h://u:canary@host:99999",
        "socks5h://u:canary@[x",
        "http://u:canary\u2100@host:1",
        "http://u:canary@host:1/path",
        "http://u:can ary@host:1",
        "http://u:canary@host:1\\n",
    ],
)
def test_a_mistyped_proxy_is_not_told(folder: Folder, proxy: str) -> None:
    assert folder.mistakes(f'[telegram]\nproxy = "{proxy}"') == [
        "telegram.proxy: must look like socks5h://user:password@host:port, or http://host:port"
    ]


@pytest.mark.parametrize("recipient", ["admin", "a b@shop.ru", "имя@shop.ru", "<a@shop.ru>", "a@shop.ru\\nBcc: x@y.z"])
def test_a_mistyped_mail_address(folder: Folder, recipient: str) -> None:
    text = f'[mail]\nhost = "mail"\nsender = "rfm@shop.ru"\nrecipients = ["{recipient}"]'
    assert folder.mistakes(text) == ["mail.recipients.0: must look like admin@shop.ru"]


def test_a_password_that_smtp_cannot_say(folder: Folder) -> None:
    (mistake,) = folder.mistakes('[mail]\nuser = "night"\npassword = "канарейка"')
    assert mistake == "mail: user and password: Latin letters, digits and signs only, SMTP knows no others"


def test_all_mistakes_at_once(folder: Folder) -> None:
    text = """
        langage = "ru"
        [erp]
        url = "10.0.0.5"
        tries = 0
        [erp.fields]
        summ = "Итог"
        [night]
        at = "25:00"
        [nope]
        key = 1
    """
    assert sorted(folder.mistakes(text)) == [
        "erp.fields.summ: unknown key; did you mean sum?",
        "erp.tries: Input should be greater than or equal to 1",
        "erp.url: must start with http:// or https://",
        "langage: unknown key; did you mean language?",
        'night.at: must be a time of day like "02:00"',
        "nope: unknown key",
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    config = tmp_path / "service.toml"
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, config)
    assert str(caught.value) == (
        f"There is no configuration file {config}. Copy the project's config folder there, or name one with --config."
    )


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no configuration file"):
        load(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("language = ru", "Invalid value (at line 1, column 12)"),
        ('language = "ru"\n[erp\n', "Expected ']' at the end of a table declaration (at line 2, column 5)"),
        ('language = "ru"\nlanguage = "en"', "Cannot overwrite a value (at line 2, column 16)"),
        ("{}", "Invalid statement (at line 1, column 1)"),
    ],
)
def test_broken_toml(folder: Folder, text: str, complaint: str) -> None:
    folder.write(text)
    assert folder.told() == f"FILE is not valid TOML: {complaint}."


def test_a_file_in_another_encoding(folder: Folder) -> None:
    folder.config.write_bytes('[cleaning]\nown_companies = ["Ёлки"]'.encode("cp1251"))
    assert folder.told() == (
        "FILE is not text in UTF-8 (line 2): open it in an editor and save it in the encoding UTF-8."
    )


def test_a_wrong_value_of_a_secret_is_not_told(folder: Folder) -> None:
    assert folder.mistakes("[erp]\ntoken = 31415926") == ["erp.token: Input should be a valid string"]


def test_a_wrong_value_beside_a_secret_does_not_tell_it(folder: Folder) -> None:
    folder.write('[erp]\ntoken = "canary"\ntries = "canary"\nauth = "canary"\nurl = "canary"')
    assert "canary" not in folder.told()


def test_a_list_needs_a_mail_server_and_an_address(folder: Folder) -> None:
    assert folder.mistakes('[lists]\nmanagers = { "Анна Соколова" = "anna@shop.ru" }') == [
        "lists.managers: there is nobody to carry the letters; name your SMTP server in mail.host"
    ]
    assert folder.mistakes('[lists]\nmanagers = { "Анна Соколова" = "anna" }') == [
        "lists.managers.Анна Соколова: must look like admin@shop.ru"
    ]
