"""E-mail to a real SMTP server, over real TLS, and what may go wrong on the way."""

import gzip
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from tests import canaries

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
            overhear(self.letters[-1])
            self.to += envelope.rcpt_tos
        return self.data_says


def overhear(letter: EmailMessage) -> None:
    """Of every part what it says."""
    for part in letter.walk():
        content = part.get_payload(decode=True)
        canaries.overhear("mail", canaries.unpacked(content if isinstance(content, bytes) else b""))
    canaries.overhear("mail", str(letter["Subject"]).encode(errors="replace"))


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
    [
        "a\r\nBcc: spy@evil.ru\r\n\r\nbody",
        "a\u2028Bcc: spy@evil.ru",
        "a\x85b\u2029c\x1cd",
        "\x00\x1b[31m",
        "\ud800 lone",
        "\u202eedoc",
        "x" * 100_000,
        "=?utf-8?",
    ],
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
    with pytest.raises(DestinationDead, match=r"is not trusted.*mail\.ca_file"):
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


class Script(socketserver.StreamRequestHandler):
    """Takes every letter, and says goodbye or hello in ways of its own."""

    goodbye = b"221 bye"
    sender = b"250 ok"
    data = b"250 ok"
    pause = 0.0
    letters = 0

    def handle(self) -> None:
        self.say(b"220 " + b"x" * 100)
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say(b"354 go on")
                letter = b""
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    letter += line
                overhear(message_from_bytes(letter, policy=policy.default))
                type(self).letters += 1
            said = {b"QUIT": self.goodbye, b"MAIL": self.sender, b"DATA": self.data}
            self.say(said.get(verb, b"250 ok"))

    def say(self, words: bytes) -> None:
        with suppress(OSError):
            for sign in [words + b"\r\n"] if not self.pause else [bytes([one]) for one in words + b"\r\n"]:
                self.wfile.write(sign)
                time.sleep(self.pause)


@contextmanager
def scripted(**ways: Any) -> Iterator[tuple[type[Script], Mail]]:
    handler = type("Scripted", (Script,), ways)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        plain = {"security": "none", "user": "", "password": "", "timeout": 0.1 if ways.get("pause") else 3}
        yield handler, settings_for(server.server_address[1], "", **plain)
        server.shutdown()


def test_a_rude_goodbye_does_not_send_the_letter_twice() -> None:
    with scripted(goodbye=b"500 what?") as (server, settings):
        send(settings, ADMIN, Message("hello"))
    assert server.letters == 1


def test_a_rude_goodbye_does_not_hide_that_the_letter_is_refused() -> None:
    with scripted(goodbye=b"500 what?", data=b"552 too large") as (_, settings), pytest.raises(MessageBad, match="552"):
        send(settings, ADMIN, Message("hello"))


def test_a_sender_that_may_not_write_keeps_the_letter() -> None:
    with scripted(sender=b"550 not yours") as (_, settings), pytest.raises(DestinationDead, match=r"mail\.sender"):
        send(settings, ADMIN, Message("hello"))


def test_a_server_that_dribbles_does_not_hold_us() -> None:
    begun = time.monotonic()
    with scripted(pause=0.05) as (_, settings), pytest.raises(DestinationDead, match="TimeoutError"):
        send(settings, ADMIN, Message("hello"))
    assert time.monotonic() - begun < 3


def test_a_file_of_certificates_that_is_none_stops_nobody_else(tmp_path: Path) -> None:
    nonsense = tmp_path / "own.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(DestinationDead, match="SSLError"):
        send(settings_for(free_port(), nonsense), ADMIN, Message("hello"))


def test_a_file_without_a_word_is_named_in_the_subject(settings: Mail, box: Box, tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    log.write_text("a line")
    send(settings, ADMIN, Message("", attachment=str(log)))
    assert box.letters[0]["Subject"] == "service.log"
