"""E-mail: one message to one address, one try."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from functools import partial
from pathlib import Path
from typing import NoReturn

from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.notify.attachments import document_of
from rfm_service.notify.patience import within
from rfm_service.notify.texts import readable
from rfm_service.records import Message
from rfm_service.settings import Mail

LONGEST_SUBJECT = 100
REFUSED_FOR_GOOD = 500
TOO_LARGE = 552
TAKES = 10


def send(settings: Mail, recipient: str, message: Message) -> None:
    """Deliver it. Raises MessageBad when the server will never take it, DestinationDead when it may later."""
    letter = _letter(settings, recipient, message)
    _visit(settings, partial(_hand_over, settings, letter))


def examine(settings: Mail) -> Iterator[tuple[str, RfmError | None]]:
    """Log in without writing to anybody: what was tried, and what is wrong with it."""
    try:
        _visit(settings, smtplib.SMTP.noop)
    except RfmError as error:
        yield f"Mail: {settings.host}", error
    else:
        yield f"Mail: {settings.host}", None


def _visit(settings: Mail, act: Callable[[smtplib.SMTP], object]) -> None:
    """Do it at the server, logged in, in `TAKES` time-outs at most."""
    try:
        within(TAKES * settings.timeout, partial(_at_server, settings, act))
    except smtplib.SMTPNotSupportedError:
        raise DestinationDead(
            "The mail server {0} offers no encryption or no login: mend mail.security or mail.port.", settings.host
        ) from None
    except ssl.SSLCertVerificationError:
        raise DestinationDead(
            "The certificate of the mail server {0} is not trusted. If it is of your own authority, name its file in"
            " mail.ca_file.",
            settings.host,
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DestinationDead(
            "The mail server {0} cannot be reached ({1}).", settings.host, type(error).__name__
        ) from None


def _at_server(settings: Mail, act: Callable[[smtplib.SMTP], object]) -> None:
    with _server(settings) as server:
        act(server)


def _hand_over(settings: Mail, letter: EmailMessage, server: smtplib.SMTP) -> None:
    try:
        server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        _refuse(settings, next(iter(error.recipients.values()))[0])
    except smtplib.SMTPSenderRefused as error:
        _refuse_sender(settings, error.smtp_code)
    except smtplib.SMTPResponseException as error:
        _refuse(settings, error.smtp_code)


def _letter(settings: Mail, recipient: str, message: Message) -> EmailMessage:
    text = readable(message.text)
    letter = EmailMessage()
    letter["Subject"] = (
        (text.strip() or Path(message.attachment).name).partition("\n")[0].replace("\t", " ")[:LONGEST_SUBJECT]
    )
    letter["From"] = settings.sender
    letter["To"] = recipient
    letter["Date"] = localtime()
    letter["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    document = document_of(Path(message.attachment)) if message.attachment else None
    missing = f"\n\n❌ {Path(message.attachment).name}" if message.attachment and not document else ""
    letter.set_content(text + missing)
    if document:
        letter.add_attachment(document.content, "application", "octet-stream", filename=document.name)
    return letter


@contextmanager
def _server(settings: Mail) -> Iterator[smtplib.SMTP]:
    """Connected, over TLS unless the settings say otherwise, and logged in.

    How it says goodbye does not matter: what it has taken must not come twice.
    """
    trusted = ssl.create_default_context(cafile=settings.ca_file or None)
    server = _connect(settings, trusted)
    try:
        if settings.security == "starttls":
            server.starttls(context=trusted)
        if settings.user:
            _log_in(server, settings)
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _connect(settings: Mail, trusted: ssl.SSLContext) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout, context=trusted)
    return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)


def _log_in(server: smtplib.SMTP, settings: Mail) -> None:
    try:
        server.login(settings.user, settings.password.get_secret_value())
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):  # some hang up at once
        raise DestinationDead(
            "The mail server {0} refuses the user or the password (mail.user, mail.password).", settings.host
        ) from None


def _refuse_sender(settings: Mail, code: int) -> NoReturn:
    if code == TOO_LARGE:
        _refuse(settings, code)
    raise DestinationDead("The mail server {0} does not let mail.sender write ({1}).", settings.host, code)


def _refuse(settings: Mail, code: int) -> NoReturn:
    if code >= REFUSED_FOR_GOOD:
        raise MessageBad("The mail server {0} refuses the message ({1}).", settings.host, code)
    raise DestinationDead("The mail server {0} does not take messages now ({1}).", settings.host, code)
