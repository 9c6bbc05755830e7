"""The http type: a version for each state of a page, and a request for each put.

As a source of versions it polls a page, JSON above all: a version is what a path in the document says, what a
header says, or the digest of the body. As a notification it sends a request with each put; with `out_only` it
does nothing else, and a check makes no request.

A request is tried again as long as that does no harm: a connection that was not made, and a rate limit
(429, with `Retry-After` heeded) for every method; a connection that broke and 5xx for those that may be sent
twice, such as GET and PUT, and for the others where `repeatable` says so.

A get writes `body` (byte for byte as it was sent), `headers` (a line for each, `Name: value`), `status` and
`version`, the version that the server has at that moment.

```yaml
resources:
- name: latest-python
  type: http
  source:
    url: https://example.com/releases.json
    version: {path: ".releases[].number"}
- name: chat
  type: http
  source:
    url: ((chat-hook))
    out_only: true
    build_metadata: [body]

jobs:
- name: tell
  plan:
  - get: latest-python
    trigger: true
  - put: chat
    params:
      json: {text: "python $PYTHON: $BUILD_URL"}
      files: {PYTHON: latest-python/version}
```
"""

# values       the keys of source, version and params; json_path: a path in a document
# requests     the request that source and params ask for
# rules        the versions of an answer; answers: its body, in memory or in a file
# check        the versions that a page has now; fetch: a page into a folder; send: a request with each put

from sqnc_resources.http.check import check
from sqnc_resources.http.values import GetParams, PutParams, Source, Version

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.result import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def get(source: Source, version: Version, params: GetParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.http.fetch import get as fetch  # noqa: PLC0415  (check needs none of it)

    return fetch(source, version, params, folder)


def put(source: Source, params: PutParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.http.send import put as send  # noqa: PLC0415  (as above)

    return send(source, params, folder)
