"""What the docker runtime makes of a container's options; no engine is needed for it."""

import json

import pytest

from sqnc.runtimes import RuntimeFailure
from sqnc.runtimes.docker.options import host_options


def test_options_are_the_engines_own() -> None:
    own, host = host_options(
        {
            "cpus": 1.5,
            "memory_bytes": 1 << 20,
            "ports": {"80/tcp": 8080},
            "env": {"A": "b"},
            "cap_add": ("X",),
        }
    )
    assert own == {"Env": ["A=b"], "ExposedPorts": {"80/tcp": {}}}
    assert host["NanoCpus"] == 1_500_000_000
    assert host["PortBindings"] == {"80/tcp": [{"HostPort": "8080"}]}
    assert json.loads(json.dumps(host))["CapAdd"] == ["X"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"volumes-from": 1}, "'volumes-from' is not one of: cap_add"),
        ({"cpus": "many"}, "cpus: 'many' does not fit"),
    ],
)
def test_an_option_that_is_not_known_or_does_not_fit_is_named(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(RuntimeFailure, match=message):
        host_options(options)
