"""What a workflow's `container.options` may say, in the Engine API's words."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqnc.runtimes import RuntimeFailure

_HOST: Final[Mapping[str, tuple[str, Callable[[Any], object]]]] = {
    "cap_add": ("CapAdd", list),
    "cap_drop": ("CapDrop", list),
    "cpus": ("NanoCpus", lambda cpus: int(float(cpus) * 1e9)),
    "dns": ("Dns", list),
    "extra_hosts": ("ExtraHosts", list),
    "group_add": ("GroupAdd", list),
    "ipc": ("IpcMode", str),
    "memory_bytes": ("Memory", int),
    "pid": ("PidMode", str),
    "ports": (
        "PortBindings",
        lambda ports: {port: [{"HostPort": str(host)}] for port, host in ports.items()},
    ),
    "privileged": ("Privileged", bool),
    "read_only": ("ReadonlyRootfs", bool),
    "security_opt": ("SecurityOpt", list),
    "shm_size_bytes": ("ShmSize", int),
    "sysctls": ("Sysctls", dict),
    "tmpfs": ("Tmpfs", dict),
}
_OWN: Final[Mapping[str, tuple[str, Callable[[Any], object]]]] = {
    "env": ("Env", lambda env: [f"{name}={value}" for name, value in env.items()]),
    "hostname": ("Hostname", str),
    "ports": ("ExposedPorts", lambda ports: {port: {} for port in ports}),
}


def host_options(options: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what *options* add to a container's config and to its HostConfig."""
    unknown = sorted(options.keys() - _HOST.keys() - _OWN.keys())
    if unknown:
        known = ", ".join(sorted(_HOST.keys() | _OWN.keys()))
        raise RuntimeFailure(f"container option {unknown[0]!r} is not one of: {known}")
    return _translated(options, _OWN), _translated(options, _HOST)


def _translated(
    options: Mapping[str, Any], table: Mapping[str, tuple[str, Callable[[Any], object]]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in options.keys() & table.keys():
        word, convert = table[name]
        try:
            found[word] = convert(options[name])
        except (TypeError, ValueError, AttributeError) as error:
            raise RuntimeFailure(
                f"container option {name}: {options[name]!r} does not fit: {error}"
            ) from error
    return found
