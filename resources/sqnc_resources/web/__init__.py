"""HTTP for resource types: one client that is patient, checks what it gets, and shows no secret.

    client = Client(Settings(ca_certs=source.ca_certs), authorizer=Bearer(source.token))
    reply = client.request("GET", url)  # Reply(status, url, headers, body); .json(), .text, .next_url
    client.request("PUT", url, body=FilePart("big.tgz"), headers={"Content-Type": "application/gzip"})
    client.download(url, f"{folder}/layer", digest="sha256:…", size=1024)  # whole, or not there at all
    client.exchange(Outgoing("GET", url))  # as `request`
    with client.send(Outgoing("GET", url)) as incoming:  # one attempt, by hand
        for chunk in incoming.chunks(): …

    settings    certificates, proxies, user agent, patience: what a Client is made with
    client      Client
    messages    Outgoing, FilePart, Incoming, Reply: what is sent, and what comes back
    retries     what is tried again, and after how long
    download    a body into a file, in flat memory, resumed where the server permits it
    proxies     HTTP_PROXY, HTTPS_PROXY, NO_PROXY
    tls         certificates of authorities and of clients
    headers     which are sent, and to whom
    urls        origins, and URLs as they may be shown

WebError(ResourceError)   the message says method, URL without secrets, why, and what to do
├── StatusError           another status than was expected: `.status`, `.headers`, `.body` (its beginning)
├── UnreachableError      no answer: no connection, no trust, too slow, cut before the answer; `.sent`
└── BodyError             the body is cut, too long, or not what its digest or length says

**What is expected** is any status of 2xx; `expected=(200, 404)` names others. All else is a StatusError.

**What is tried again** (six attempts in five minutes, `Patience`): a connection that was not made, for every
method; a connection that broke, 408 and 5xx, for those that are idempotent (GET, HEAD, PUT, DELETE, OPTIONS,
or `idempotent=True`); 429, 503 with Retry-After, and 403 that speaks of a rate limit, for every method. It
waits for as long as Retry-After or X-RateLimit-Reset say, else twice as long each time, with jitter; where
the server wants more time than is left, the call fails at once and says when to try again.

**Redirects** are followed, ten of them. `Authorization`, `Cookie`, what the authorizer gives and each header
that is a Secret do not go to another origin. A POST does not become a GET: 301 and 302 to a POST are errors.

Importing this package costs 45 ms of processor time, most of it urllib3's: a type that can do without it
imports it inside its functions.
"""

from sqnc_resources.web.authorization import Authorizer, Basic, Bearer
from sqnc_resources.web.client import Client
from sqnc_resources.web.errors import BodyError, StatusError, UnreachableError, WebError
from sqnc_resources.web.messages import FilePart, Incoming, Outgoing, Reply
from sqnc_resources.web.proxies import Proxies
from sqnc_resources.web.settings import ClientCertificate, Patience, Settings
from sqnc_resources.web.urls import shown

__all__ = [
    "Authorizer",
    "Basic",
    "Bearer",
    "BodyError",
    "Client",
    "ClientCertificate",
    "FilePart",
    "Incoming",
    "Outgoing",
    "Patience",
    "Proxies",
    "Reply",
    "Settings",
    "StatusError",
    "UnreachableError",
    "WebError",
    "shown",
]
