"""E-mail to a real SMTP server, over real TLS, and what may go wrong on the way."""

import gzip
import socket
import ssl
import subprocess
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from rfm_service.errors import DestinationDead, MessageBad
from rfm_service.notify.mail import examine, send
from rfm_service.records import Message
from rfm_service.settings import Mail

ADMIN, PASSWORD = "admin@shop.ru", "canary-of-the-mail"


class Box:
    """A mail server's mind: what it took, and what it says instead of yes."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.to: list[str] = []
        self.recipient_says = "250 OK"
        self.data_says = "250 OK"

    async def handle_RCPT(  # noqa: N802  the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.recipient_says.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_says

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data_says == "drop":
            assert server.transport
            server.transport.close()
        elif self.data_says.startswith("250"):
            content = envelope.original_content or b""
            self.letters.append(message_from_bytes(content, policy=policy.default))
            self.to += envelope.rcpt_tos
        return self.data_says


def check_login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    assert isinstance(login, LoginPassword)
    return AuthResult(success=(login.login, login.password) == (b"night", PASSWORD.encode()))


def free_port() -> int:
    """The server wants to be told one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*command.split(), "-keyout", folder / "key", "-out", folder / "cert"], check=True, capture_output=True
    )
    whole = folder / "both.pem"
    whole.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return whole


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box, certificate: Path) -> Iterator[Controller]:
    """An SMTP server that insists on STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=check_login,
    )
    controller.start()
    yield controller
    controller.stop(no_assert=True)


@pytest.fixture
def settings(server: Controller, certificate: Path) -> Mail:
    return settings_for(server.port, certificate)


def settings_for(port: int, certificate: Path | str, **other: Any) -> Mail:
    usual = {
        "host": "127.0.0.1",
        "port": port,
        "ca_file": str(certificate),
        "user": "night",
        "password": PASSWORD,
        "sender": "rfm@shop.ru",
        "recipients": [ADMIN],
        "timeout": 3,
    }
    return Mail.model_validate(usual | other)


def test_a_letter_arrives(settings: Mail, box: Box) -> None:
    send(settings, ADMIN, Message("❌ Отчёт за 20.11.2026 не готов\n\nПричина: 1С закрыта"))
    (letter,) = box.letters
    assert (letter["Subject"], letter["From"], letter["To"]) == (
        "❌ Отчёт за 20.11.2026 не готов",
        "rfm@shop.ru",
        ADMIN,
    )
    assert letter.get_content().splitlines() == ["❌ Отчёт за 20.11.2026 не готов", "", "Причина: 1С закрыта"]
    assert box.to == [ADMIN]


def test_a_log_comes_along_packed_when_it_is_long(settings: Mail, box: Box, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_bytes(b"0123456789abcdef" * 70_000)
    send(settings, ADMIN, Message("failed", attachment=str(log)))
    (attachment,) = box.letters[0].iter_attachments()
    assert attachment.get_filename() == "service.log.gz"
    assert gzip.decompress(attachment.get_content()) == log.read_bytes()


def test_a_file_that_is_gone_is_named(settings: Mail, box: Box, tmp_path: Path) -> None:
    send(settings, ADMIN, Message("failed", attachment=str(tmp_path / "service.log")))
    assert box.letters[0].get_content().rstrip().endswith("❌ service.log")


@pytest.mark.parametrize(
    "text",
    ["a\r\nBcc: spy@evil.ru\r\n\r\nbody", "\x00\x1b[31m", "\ud800 lone", "\u202eedoc", "x" * 100_000, "=?utf-8?"],
)
def test_no_text_breaks_the_letter(settings: Mail, box: Box, text: str) -> None:
    send(settings, ADMIN, Message(text))
    (letter,) = box.letters
    assert letter["Bcc"] is None
    assert box.to == [ADMIN]
    assert "\u202e" not in letter.get_content()


@pytest.mark.parametrize(
    ("where", "says", "kind"),
    [
        ("recipient_says", "550 no such user", MessageBad),
        ("recipient_says", "450 greylisted", DestinationDead),
        ("data_says", "552 too large", MessageBad),
        ("data_says", "452 disk full", DestinationDead),
        ("data_says", "drop", DestinationDead),
    ],
)
def test_who_is_to_blame(settings: Mail, box: Box, where: str, says: str, kind: type[Exception]) -> None:
    setattr(box, where, says)
    with pytest.raises(kind) as caught:
        send(settings, ADMIN, Message("hello"))
    assert PASSWORD not in str(caught.value)
    assert box.letters == []


def test_a_wrong_password(server: Controller, certificate: Path) -> None:
    settings = settings_for(server.port, certificate, password="wrong")
    with pytest.raises(DestinationDead, match=r"refuses the user or the password \(mail.user, mail.password\)"):
        send(settings, ADMIN, Message("hello"))


def test_a_certificate_that_nobody_signed(server: Controller, box: Box) -> None:
    with pytest.raises(DestinationDead, match="SSLCertVerificationError"):
        send(settings_for(server.port, ""), ADMIN, Message("hello"))
    assert box.letters == []


def test_without_encryption_the_password_stays_here(box: Box, certificate: Path) -> None:
    plain = Controller(box, hostname="127.0.0.1", port=free_port())
    plain.start()
    try:
        with pytest.raises(DestinationDead, match="offers no encryption"):
            send(settings_for(plain.port, certificate), ADMIN, Message("hello"))
    finally:
        plain.stop(no_assert=True)


def test_nobody_there(certificate: Path) -> None:
    with pytest.raises(DestinationDead, match="cannot be reached"):
        send(settings_for(free_port(), certificate), ADMIN, Message("hello"))


def test_the_doctor_writes_to_nobody(settings: Mail, box: Box, server: Controller, certificate: Path) -> None:
    assert list(examine(settings)) == [("Mail: 127.0.0.1", None)]
    ((_, trouble),) = examine(settings_for(server.port, certificate, password="wrong"))
    assert isinstance(trouble, DestinationDead)
    assert box.letters == []
