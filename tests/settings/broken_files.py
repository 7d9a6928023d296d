"""Broken files of settings and schemes, and what must be said of each. What is not said here is sound."""

import json
from typing import Any, NamedTuple

from tests.segmentation.builders import BIG, BIG_RULE, HEAD, SMALL, SMALL_RULE, TINY

from .test_service_toml import IN_CODE


class Broken(NamedTuple):
    """A file and the words that must be said of it. `scheme`: it is a scheme file, of a scheme called tiny."""

    title: str
    content: str | bytes
    told: tuple[str, ...]
    scheme: bool = False


def misspelt(key: str) -> Broken:
    """A letter too many: the right name is guessed."""
    name = key.rpartition(".")[2]
    return Broken(f"{key} misspelt", f"{key}x = 1", (f"  {key}x: unknown key; did you mean {name}?",))


def of_another_type(key: str, default: Any) -> Broken:
    """A number for a text, a text for anything else."""
    wrong = 5 if isinstance(default, str | list) else "perhaps not"
    return Broken(f"{key} of another type", f"{key} = {json.dumps(wrong)}", (f"  {key}: ",))


def of_value(key: str, value: str, told: str) -> Broken:
    """A value, as it stands in the file, that cannot be."""
    return Broken(f"{key} = {value}", f"{key} = {value}", (f"  {key}", told))


def section(name: str) -> Broken:
    """A value where a section belongs."""
    return Broken(f"{name} is no section", f"{name} = 5", (f"  {name}: Input should be a valid dictionary",))


def no_toml(title: str, content: str | bytes, told: str) -> Broken:
    """What a parser stumbles over."""
    return Broken(title, content, (told,))


def scheme(title: str, content: str | bytes, *told: str) -> Broken:
    """A file of segments."""
    return Broken(f"scheme: {title}", content, told, scheme=True)


ABOVE, BELOW, MORE = "less than or equal to", "greater than or equal to", "greater than 0"
FOLDER, URL = "must be a folder", "must look like http://server/path"
TIME, ZONE, MAIL = 'must be a time of day like "02:00"', "write it like Europe/Moscow", "must look like admin@shop.ru"
NOT_UTF8 = "is not text in UTF-8 (line {}): open it in an editor and save it in the encoding UTF-8."
SECTIONS = sorted({key.rpartition(".")[0] for key in IN_CODE} - {""})
DOCUMENT = '[[erp.odata.documents]]\nentity = "Document_X"\nkind = "sale"\nparts = ["Товары"]\n'
POST = '[mail]\nhost = "mail"\nsender = "rfm@shop.ru"\nrecipients = ["a@shop.ru"]\n'

VALUES = [
    of_value("language", '"de"', "'en' or 'ru'"),
    of_value("language", '"RU"', "'en' or 'ru'"),
    of_value("erp.source", '"sql"', "'http' or 'odata'"),
    of_value("erp.auth", '"digest"', "'raw', 'bearer' or 'basic'"),
    of_value("erp.url", '""', "must start with http:// or https://"),
    of_value("erp.url", '"10.0.0.5/hs/rfm"', "must start with http:// or https://"),
    of_value("erp.url", '"http://"', URL),
    of_value("erp.url", '"http://[10.0.0.5/hs"', URL),
    of_value("erp.url", '"http://erp:99999/hs"', URL),
    of_value("erp.url", '"http://erp:port/hs"', URL),
    of_value("erp.url", '"http://our erp/hs"', URL),
    of_value("erp.url", '"http://erp/hs\\n"', URL),
    of_value("erp.ca_file", '"/nowhere/own-ca.pem"', "there is no such file"),
    of_value("erp.ca_file", '"/"', "there is no such file"),
    of_value("erp.ca_file", '"own\\u0000ca"', "there is no such file"),
    of_value("erp.timezone", '"Moscow"', ZONE),
    of_value("erp.timezone", '"UTC+3"', ZONE),
    of_value("erp.timezone", '""', ZONE),
    of_value("erp.connect_timeout", "0", MORE),
    of_value("erp.read_timeout", "-1", MORE),
    of_value("erp.read_timeout", "inf", ABOVE),
    of_value("erp.day_deadline", "nan", ABOVE),
    of_value("erp.max_answer_mib", "0", MORE),
    of_value("erp.max_answer_mib", "1_000_000", ABOVE),
    of_value("erp.tries", "0", BELOW),
    of_value("erp.tries", "21", ABOVE),
    of_value("erp.tries", "2.5", "fractional part"),
    of_value("erp.retry_pause", "0", MORE),
    of_value("erp.pause", "-0.1", BELOW),
    of_value("erp.pause", "61", ABOVE),
    of_value("erp.operations.sales", "[]", "at least 1 item"),
    of_value("erp.operations.returns", "[1]", "valid string"),
    of_value("erp.odata.mode", '"catalogs"', "'register' or 'documents'"),
    of_value("erp.odata.format", '"atom+xml"', "must ask for JSON"),
    of_value("erp.odata.page_rows", "0", BELOW),
    of_value("erp.odata.page_rows", "100_000", ABOVE),
    of_value("erp.odata.page_documents", "0", BELOW),
    of_value("erp.odata.page_mib", "0", MORE),
    of_value("erp.odata.page_mib", "257", ABOVE),
    of_value("cleaning.gift_below", "-1", BELOW),
    of_value("cleaning.gift_below", "1_000_000_000_000_000_000", ABOVE),
    of_value("cleaning.own_companies", "[17]", "valid string"),
    of_value("night.at", '"25:00"', TIME),
    of_value("night.at", '"2:00"', TIME),
    of_value("night.at", '"02.00"', TIME),
    of_value("night.at", '"02:60"', TIME),
    of_value("night.at", "02:00:00", "valid string"),
    of_value("night.horizon_days", "0", BELOW),
    of_value("night.horizon_days", "3661", ABOVE),
    of_value("night.recheck_days", "-1", BELOW),
    of_value("night.deep_nights", "0", BELOW),
    of_value("night.believe_hours", "-1", BELOW),
    of_value("night.believe_hours", "1e300", ABOVE),
    of_value("night.step_minutes", "0", MORE),
    of_value("night.step_minutes", "inf", ABOVE),
    of_value("night.step_mib", "255", BELOW),
    of_value("night.retry_minutes", "0", MORE),
    of_value("night.retry_minutes", "inf", ABOVE),
    of_value("segmentation.segments", '""', "the name of a file in segments/, without .toml"),
    of_value("segmentation.tiers", '"../tiers"', "the name of a file in segments/, without .toml"),
    of_value("segmentation.tiers", '"wholesale_tiers.toml"', "the name of a file in segments/, without .toml"),
    of_value("report.analysts_folder", '""', FOLDER),
    of_value("report.analysts_folder", '"re\\u0000ports"', FOLDER),
    of_value("report.analysts_folder", '"ftp://files/share"', FOLDER),
    of_value("report.marketers_folder", '"smb://files"', FOLDER),
    of_value("report.marketers_folder", '"smb://files:99999/share"', FOLDER),
    of_value("report.marketers_folder", '"smb://anna:canary@files/share"', "report.smb_user and report.smb_password"),
    of_value("telegram.chat_ids", '["@our_chat"]', "valid integer"),
    of_value("telegram.chat_ids", "1001", "valid list"),
    of_value("telegram.admins", "[1001.5]", "fractional part"),
    of_value("telegram.api_url", '"api.telegram.org"', "must start with http:// or https://"),
    of_value("telegram.proxy", '"proxy:1080"', "must look like socks5h://user:password@host:port"),
    of_value("telegram.proxy", '"socks5h://u:canary@host"', "must look like socks5h://user:password@host:port"),
    of_value("telegram.timeout", "0", MORE),
    of_value("mail.port", "0", BELOW),
    of_value("mail.port", "65536", ABOVE),
    of_value("mail.security", '"ssl"', "'starttls', 'tls' or 'none'"),
    of_value("mail.ca_file", '"/nowhere/own-ca.pem"', "there is no such file"),
    of_value("mail.recipients", '["Anna"]', MAIL),
    of_value("mail.recipients", '["a@shop.ru, b@shop.ru"]', MAIL),
    of_value("mail.timeout", "-30", MORE),
    of_value("alive.ping_url", '"hc-ping.com/canary"', "must start with http:// or https://"),
    of_value("alive.ping_url", '"https://"', URL),
    of_value("alive.timeout", "0", MORE),
    of_value("backup.folder", '""', "must be a folder of this machine"),
    of_value("backup.folder", '"smb://files/share"', "must be a folder of this machine"),
    of_value("backup.keep", "0", BELOW),
    of_value("backup.keep", "367", ABOVE),
    of_value("privacy.keep_years", "-1", BELOW),
    of_value("privacy.keep_years", "101", ABOVE),
    of_value("log.level", '"LOUD"', "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    of_value("log.max_mib", "0", BELOW),
    of_value("log.keep", "0", BELOW),
    of_value("log.keep", "1_000_000", ABOVE),
]

TOGETHER = [
    Broken("a field without a name", 'erp.fields.sum = ""', ("  erp.fields: the name of sum in the ERP is empty",)),
    Broken("two fields of a name", 'erp.fields.sum = "Партнер"', ("  erp.fields: two fields share the name Партнер",)),
    Broken("mail to nobody", 'mail.host = "mail"', ("  mail: with a host there must be a sender and recipients",)),
    Broken("a section that there is not", "[erpp]\nurl = 1", ("  erpp: unknown key; did you mean erp?",)),
    Broken("nothing like it", "xyzzy = 1", ("  xyzzy: unknown key",)),
    Broken("OData without the site's id", 'erp.source = "odata"', ("erp.odata.site_id: name the field",)),
    Broken("a document without its kind", '[[erp.odata.documents]]\nentity = "X"\nparts = []', ("documents.0.kind",)),
    Broken("a document of another kind", DOCUMENT.replace("sale", "gift"), ("documents.0.kind", "'correction'")),
    Broken("the second document", DOCUMENT + DOCUMENT + "bases = 1", ("documents.1.bases", "did you mean base?")),
    Broken("a sender that is none", POST.replace("rfm@shop.ru", "RFM"), ("  mail: ", MAIL)),
    Broken("a password in the open", POST + 'user = "u"\nsecurity = "none"', ("the password would travel",)),
    Broken("a password in Cyrillic", POST + 'user = "u"\npassword = "канарейка"', ("SMTP knows no others",)),
    Broken(
        "mistakes in five sections",
        'langage = "ru"\nerp.tries = 0\nerp.fields.summ = "X"\nnight.at = "25:00"\nmail.port = 0\nlog.levle = "INFO"',
        (
            "FILE: 6 to mend.",
            "langage: unknown key; did you mean language?",
            "erp.tries: Input",
            "erp.fields.summ: unknown key; did you mean sum?",
            "night.at: must be",
            "mail.port: Input",
            "log.levle: unknown key; did you mean level?",
        ),
    ),
]

TEXTS = [
    no_toml("UTF-16 with its mark", 'language = "ru"'.encode("utf-16"), NOT_UTF8.format(1)),
    no_toml("UTF-16 without it", 'language = "ru"'.encode("utf-16-le"), NOT_UTF8.format(1)),
    no_toml("UTF-32", 'language = "ru"'.encode("utf-32-le"), NOT_UTF8.format(1)),
    no_toml("the encoding of Windows", 'language = "ru"\n# Ёлки'.encode("cp1251"), NOT_UTF8.format(2)),
    no_toml("the encoding of DOS", 'language = "ru"\n\n# отчёты'.encode("cp866"), NOT_UTF8.format(3)),
    no_toml("zeros after a power cut", b"\0" * 4096, NOT_UTF8.format(1)),
    no_toml("a program", b"\x7fELF\x02\x01\x01\0\xff\xfe", NOT_UTF8.format(1)),
    no_toml("no quotes", "language = ru", "Invalid value (at line 1, column 12)"),
    no_toml("quotes of a word processor", "language = “ru”", "Invalid value (at line 1, column 12)"),
    no_toml("one quote", 'language = "ru', "(at line 1, column"),
    no_toml("a quote that does not end", '\nlanguage = """ru', "Unterminated string"),
    no_toml("a path of Windows", '[report]\nanalysts_folder = "C:\\отчёты"', "Unescaped '\\' in a string (at line 2"),
    no_toml("a bracket missing", 'language = "ru"\n[erp\n', "(at line 2, column 5)"),
    no_toml("a list that does not end", "telegram.chat_ids = [1001\nlanguage = 1", "Unclosed array (at line 2"),
    no_toml("no equals sign", "\n\nlanguage", "Expected '=' after a key in a key/value pair (at line 3"),
    no_toml("no value", "language =\n", "Invalid value (at line 1, column 11)"),
    no_toml("no name", "= 1", "Invalid statement (at line 1, column 1)"),
    no_toml("two on a line", 'language = "ru" erp.tries = 1', "(at line 1, column 17)"),
    no_toml("YAML", "language: ru", "Expected '=' after a key in a key/value pair (at line 1"),
    no_toml("JSON", '{"language": "ru"}', "Invalid statement (at line 1, column 1)"),
    no_toml("XML", "<language>ru</language>", "Invalid statement (at line 1, column 1)"),
    no_toml("a key twice", 'language = "ru"\nlanguage = "en"', "Cannot overwrite a value (at line 2"),
    no_toml("a section twice", "[erp]\ntries = 1\n[erp]\npause = 1", "Cannot declare ('erp',) twice (at line 3"),
    no_toml("a section after its keys", "erp.tries = 1\n[erp]\npause = 1", "(at line 2"),
    no_toml("a section that is a value", "erp = 5\n[erp]\n", "(at line 2"),
    no_toml("a number with letters", "erp.tries = 4x", "(at line 1, column 14)"),
    no_toml("a comma for a point", "erp.pause = 0,2", "(at line 1, column 14)"),
    no_toml("yes", "cleaning.require_site_id = yes", "Invalid value (at line 1, column 28)"),
    no_toml("brackets without end", "a = " + "[" * 100_000, "too many brackets inside each other"),
]

CONDITION = "write <measure> <comparison> <number>"
SCHEMES = [
    scheme("empty", "", "missing required field `name`"),
    scheme("UTF-16", TINY.encode("utf-16"), NOT_UTF8.format(1)),
    scheme("the encoding of Windows", TINY.encode("cp1251"), NOT_UTF8.format(3)),
    scheme("no TOML", TINY.replace("[[rule]]", "[[rule]"), "(at line 19, column 7)"),
    scheme("a name of another file", TINY.replace('"tiny"', '"huge"'), "name: is 'huge' in a file called tiny.toml"),
    scheme("no segments", HEAD + SMALL_RULE, "missing required field `segment`"),
    scheme("no rules", HEAD + BIG, "missing required field `rule`"),
    scheme("a key missing", TINY.replace('key = "big"\n', ""), "missing required field `key`", "$.segment[0]"),
    scheme("a key misspelt", TINY.replace("advice", "advise"), "unknown field `advise`", "$.segment[0]"),
    scheme("a colour that is a number", TINY.replace('"#1b7837"', "17"), "Expected `str`, got `int`", "color"),
    scheme("a title in one language", TINY.replace(', ru = "Большой"', ""), "missing required field `ru`", "title"),
    scheme("an empty title", TINY.replace("Большой", ""), "segment big: title and advice need both languages"),
    scheme("conditions that are a text", TINY.replace("[]", '"recency < 9"'), "Expected `array`, got `str`", "when"),
    scheme("a segment twice", TINY + BIG, "segment big: stands twice"),
    scheme("a key in Cyrillic", TINY.replace('"big"', '"больш"'), "segment больш: a key is small Latin letters"),
    scheme("a colour with a name", TINY.replace("#1b7837", "green", 1), "segment big: color must look like #1b7837"),
    scheme("a rule for nobody", HEAD + SMALL + BIG_RULE + SMALL_RULE, "rule for big: there is no such segment"),
    scheme("a segment without a rule", HEAD + BIG + SMALL + SMALL_RULE, "segment big: no rule leads to it"),
    scheme("nothing for the rest", HEAD + BIG + SMALL + SMALL_RULE + BIG_RULE, "the last rule must have no conditions"),
    scheme("a rule after the last", TINY.replace('["monetary >= 1000", "recency < 90"]', "[]"), "has no conditions"),
    scheme("a measure that there is not", TINY.replace("recency <", "profit <"), 'condition "profit < 90"', CONDITION),
    scheme("two equals signs", TINY.replace("recency <", "recency =="), 'condition "recency == 90"', CONDITION),
    scheme("half a day", TINY.replace("< 90", "< 9.5"), 'condition "recency < 9.5"', CONDITION),
    scheme("no spaces", TINY.replace("recency < 90", "recency<90"), 'condition "recency<90"', CONDITION),
    scheme(
        "four mistakes at once",
        TINY.replace("#1b7837", "green", 1).replace("recency <", "profit <").replace("Малый", "") + BIG,
        "FILE: 4 to mend.",
        "segment big: stands twice",
        "segment big: color",
        "segment small: title",
        'condition "profit',
    ),
]

BROKEN = [
    *map(misspelt, IN_CODE),
    *(of_another_type(key, default) for key, default in IN_CODE.items()),
    *map(section, SECTIONS),
    *VALUES,
    *TOGETHER,
    *TEXTS,
    *SCHEMES,
]
