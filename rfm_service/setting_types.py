"""What a single setting may be: types that check themselves, and say what is wrong as a person would."""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone; write it like Europe/Moscow")
    return name


def _http_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    if not _has_host(url):
        raise ValueError("must look like http://server/path, or http://server:8080/path")
    return url


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:  # of its port
        return False


def _proxy_url(proxy: SecretStr) -> SecretStr:
    if proxy.get_secret_value() and not _is_proxy(proxy.get_secret_value()):
        raise ValueError("must look like socks5h://user:password@host:port, or http://host:port")
    return proxy


def _is_proxy(text: str) -> bool:
    try:
        url = urlsplit(text)
        whole = bool(url.scheme in PROXIES and url.hostname and url.port)
    except ValueError:  # its text would hold the password
        return False
    return (
        whole and text.isprintable() and " " not in text and url.path in {"", "/"} and not (url.query or url.fragment)
    )


def _secret_url(url: SecretStr) -> SecretStr:
    if url.get_secret_value():
        _http_url(url.get_secret_value())
    return url


def checked_mail_address(address: str) -> str:
    """The address as it is. Raises ValueError unless it looks like one."""
    name, _, domain = address.partition("@")
    if not (name and domain and address.isascii() and address.isprintable()) or set(address) & set(' ,;:<>()[]"\\'):
        raise ValueError("must look like admin@shop.ru")
    return address


def _folder(name: str) -> str:
    if not _is_name(name) or ("://" in name and not _is_share(name)):
        raise ValueError("must be a folder, or look like smb://server/share/folder")
    if "://" in name and urlsplit(name).username is not None:
        raise ValueError("holds a user: write them into report.smb_user and report.smb_password")
    return name


def _is_name(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


def _is_share(name: str) -> bool:
    return name.startswith("smb://") and _has_host(name.replace(" ", "")) and bool(urlsplit(name).path.strip("/"))


def _local_folder(name: Any) -> Any:
    if isinstance(name, str) and (not _is_name(name) or "://" in name):
        raise ValueError("must be a folder of this machine")
    return name


def _scheme_name(name: str) -> str:
    if not _is_name(name) or set(name) & set("/\\.:"):
        raise ValueError("must be the name of a file in segments/, without .toml")
    return name


def _master(address: str) -> str:
    if not MASTER.fullmatch(address):
        raise ValueError("must look like local[2], local[*], or spark://host:7077")
    return address


def _json_format(name: str) -> str:
    if "json" not in name:
        raise ValueError('must ask for JSON, as "application/json;odata=nometadata" or "json" do')
    return name


def _file_or_nothing(name: str) -> str:
    if name and not (_is_name(name) and Path(name).is_file()):
        raise ValueError("there is no such file")
    return name


def _local_time(text: str) -> str:
    hours, _, minutes = text.partition(":")
    if not (len(text) == 5 and hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise ValueError('must be a time of day like "02:00"')
    return text


MASTER = re.compile(r"local(\[([1-9]\d{0,2}|\*)\])?|spark://[\w.-]+:\d+(,[\w.-]+:\d+)*")
PROXIES = {"http", "https", "socks5", "socks5h"}

Url = Annotated[str, AfterValidator(_http_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy_url)]
MailAddress = Annotated[str, AfterValidator(checked_mail_address)]
FolderName = Annotated[str, AfterValidator(_folder)]
FileName = Annotated[str, AfterValidator(_file_or_nothing)]
LocalTime = Annotated[str, AfterValidator(_local_time)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
LocalFolder = Annotated[Path, BeforeValidator(_local_folder)]
SchemeName = Annotated[str, AfterValidator(_scheme_name)]
Master = Annotated[str, AfterValidator(_master)]
JsonFormat = Annotated[str, AfterValidator(_json_format)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
