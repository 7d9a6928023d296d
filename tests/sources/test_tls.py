"""HTTPS with a certificate of one's own authority."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from rfm_service.errors import ErpRefused

from .builders import FRIDAY, erp_at

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")


class NoSales(BaseHTTPRequestHandler):
    """A day without sales."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "14")
        self.end_headers()
        self.wfile.write(b'{"data": "[]"}')

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of localhost with its key."""
    made = tmp_path / "own.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", str(tmp_path / "key.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", *key, "-out", str(made), "-days", "2", *subject], check=True, capture_output=True
    )
    return made


@pytest.fixture
def url(certificate: Path) -> Iterator[str]:
    """A server with that certificate."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), NoSales)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}/hs/rfm"
    server.shutdown()
    server.server_close()


def test_a_stranger_is_not_trusted(url: str) -> None:
    with pytest.raises(ErpRefused, match=r"The certificate of localhost:\d+ is not trusted.*erp\.ca_file"):
        erp_at(url).fetch_day(FRIDAY)


def test_ones_own_authority_is(url: str, certificate: Path) -> None:
    assert erp_at(url, ca_file=str(certificate)).fetch_day(FRIDAY).lines == []
