"""Whom a client trusts, and what it shows of itself."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqncshim.paths import BUNDLE

if TYPE_CHECKING:
    from sqnc_resources.web.settings import ClientCertificate, Settings

SYSTEM_CERTIFICATES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",
    f"{BUNDLE}/etc/ca-certificates.crt",
)
"""Where certificates of authorities lie on systems that OpenSSL was not built for, the bundle's own last."""


def context(settings: Settings) -> ssl.SSLContext:
    """What *settings* say; raise ResourceError for a certificate that is none.

    Not `ssl.create_default_context`: since Python 3.13 it refuses many certificates that private
    authorities have made.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.set_alpn_protocols(["http/1.1"])
    if settings.insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        _trust_system(made)
        for index, text in enumerate(settings.ca_certs):
            _trust(made, text, f"ca_certs[{index}]")
    if settings.client_certificate is not None:
        _show(made, settings.client_certificate)
    return made


def _trust_system(made: ssl.SSLContext) -> None:
    """SSL_CERT_FILE and SSL_CERT_DIR count where they are set, as with every program that uses OpenSSL."""
    made.set_default_verify_paths()
    usual = ssl.get_default_verify_paths()
    if usual.cafile or _has_entries(usual.capath):
        return
    for place in SYSTEM_CERTIFICATES:
        with suppress(OSError):  # not there, or not for us, or empty
            made.load_verify_locations(cafile=place)
            return


def _has_entries(folder: str | None) -> bool:
    try:
        return bool(folder and os.listdir(folder))
    except OSError:
        return False


def _trust(made: ssl.SSLContext, text: str, name: str) -> None:
    try:
        made.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise ResourceError(
            f"{name}: expected certificates in PEM, from -----BEGIN CERTIFICATE----- on: {error}"
        ) from error


def _show(made: ssl.SSLContext, own: ClientCertificate) -> None:
    """Load a client's certificate; OpenSSL reads it from a file alone, which lives as long as that takes."""
    from tempfile import NamedTemporaryFile  # noqa: PLC0415  (few clients show anything)

    key = f"\n{own.private_key.reveal()}" if own.private_key else ""
    password = own.passphrase.reveal() if own.passphrase else ""  # never None: OpenSSL would ask the terminal
    with NamedTemporaryFile("w", prefix="sqnc-certificate-") as file:
        file.write(own.certificate + key)
        file.flush()
        try:
            made.load_cert_chain(file.name, password=password)
        except (ssl.SSLError, ValueError) as error:
            raise ResourceError(
                "client certificate: expected a certificate and its private key in PEM, and the passphrase "
                f"where it has one: {error}"
            ) from error
