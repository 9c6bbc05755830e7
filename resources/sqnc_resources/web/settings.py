"""What a client is made with: whom it trusts, through what it goes, and how long it tries."""

from __future__ import annotations

from dataclasses import dataclass

from sqnc_resources.keys import Secret
from sqnc_resources.web.proxies import Proxies
from sqncshim import __version__

USER_AGENT = f"sqnc/{__version__}"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What the client shows of itself, all in PEM; the key may be in the same text as the certificate."""

    certificate: str
    private_key: Secret | None = None
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits, and how often it tries."""

    connect_s: float = 30
    """For a connection, and for each block of an upload to be taken."""
    read_s: float = 60
    """For the next bytes of an answer."""
    total_s: float = 300
    """For the whole call, waits included; for a download, as long as nothing comes."""
    attempts: int = 6
    """How often it tries; for a download, without any progress."""
    first_wait_s: float = 0.5
    longest_wait_s: float = 30


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach servers; the defaults are what a program of the system would do."""

    ca_certs: tuple[str, ...] = ()
    """Certificates of authorities in PEM, trusted besides the system's."""
    client_certificate: ClientCertificate | None = None
    insecure: bool = False
    """Whether any certificate will do."""
    proxies: Proxies | None = None
    """None means those of the environment."""
    user_agent: str = USER_AGENT
    sensitive: bool = False
    """Whether no message shows anything of what servers answer."""
    patience: Patience = Patience()
