"""E-mail: one message to one address, one try."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from pathlib import Path
from typing import NoReturn

from rfm_service.errors import DestinationDead, MessageBad, RfmError
from rfm_service.notify.attachments import document_of
from rfm_service.notify.texts import readable
from rfm_service.records import Message
from rfm_service.settings import Mail

LONGEST_SUBJECT = 100
REFUSED_FOR_GOOD = 500


def send(settings: Mail, recipient: str, message: Message) -> None:
    """Deliver it. Raises MessageBad when the server will never take it, DestinationDead when it may later."""
    letter = _letter(settings, recipient, message)
    with _server(settings) as server:
        try:
            server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            _refuse(settings, next(iter(error.recipients.values()))[0])
        except smtplib.SMTPResponseException as error:
            _refuse(settings, error.smtp_code)


def examine(settings: Mail) -> Iterator[tuple[str, RfmError | None]]:
    """Log in without writing to anybody: what was tried, and what is wrong with it."""
    try:
        with _server(settings) as server:
            server.noop()
    except RfmError as error:
        yield f"Mail: {settings.host}", error
    else:
        yield f"Mail: {settings.host}", None


def _letter(settings: Mail, recipient: str, message: Message) -> EmailMessage:
    text = readable(message.text)
    letter = EmailMessage()
    letter["Subject"] = text.partition("\n")[0].replace("\t", " ")[:LONGEST_SUBJECT]
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
    """Connected, over TLS unless the settings say otherwise, and logged in."""
    trusted = ssl.create_default_context(cafile=settings.ca_file or None)
    try:
        with _connect(settings, trusted) as server:
            if settings.security == "starttls":
                server.starttls(context=trusted)
            if settings.user:
                _log_in(server, settings)
            yield server
    except smtplib.SMTPNotSupportedError:
        raise DestinationDead(
            "The mail server {0} offers no encryption or no login: mend mail.security or mail.port.", settings.host
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DestinationDead(
            "The mail server {0} cannot be reached ({1}).", settings.host, type(error).__name__
        ) from None


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


def _refuse(settings: Mail, code: int) -> NoReturn:
    if code >= REFUSED_FOR_GOOD:
        raise MessageBad("The mail server {0} refuses the message ({1}).", settings.host, code)
    raise DestinationDead("The mail server {0} does not take messages now ({1}).", settings.host, code)
