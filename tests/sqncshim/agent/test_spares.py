"""Files of ended processes, kept for the next: which are, which are not, and that nobody can misuse them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from sqncshim.agent import Command

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux gives the agent its orphans; elsewhere it keeps no file"
)
PATH = "/bin:/usr/bin"


def command(folder: Path, script: str, number: int = 1, *, user: str = "") -> Command:
    """A script in a file, with two files `one` and `two` to write to, as `$ONE` and `$TWO`."""
    path, one, two = (f"{folder}/{name}-{number}" for name in ("script", "one", "two"))
    return Command(
        ("sh", path),
        {"PATH": PATH, "ONE": one, "TWO": two},
        user=user,
        files={one: b"", two: b"", path: script.encode()},
        collect=(one, two),
        discard=(path,),
        spares=str(folder),
    )


def spares(folder: Path) -> list[Path]:
    return sorted(folder.glob(".spare-*"))


INODES = 'stat -c %i "$0" "$ONE" "$TWO"'


def test_what_nobody_touched_is_kept_and_used_again(run, tmp_path: Path) -> None:
    first = run(command(tmp_path, INODES))
    assert list(first.exit.files.values()) == [b"", b""]
    kept = spares(tmp_path)
    assert sorted(tmp_path.iterdir()) == kept
    assert len(kept) == 3
    assert sorted(path.stat().st_size for path in kept) == [0, 0, 1], "no script stays behind"

    second = run(command(tmp_path, INODES + '; cat "$ONE" "$TWO"', 2))
    assert sorted(second.out.split()) == sorted(first.out.split())


def test_what_was_written_to_is_handed_back_and_not_kept(run, tmp_path: Path) -> None:
    ran = run(command(tmp_path, 'echo a=b > "$ONE"; chmod 600 "$TWO"'))
    assert list(ran.exit.files.values()) == [b"a=b\n", b""]
    assert len(spares(tmp_path)) == 1  # the script's
    again = run(command(tmp_path, 'cat "$ONE" "$TWO"; stat -c %a "$ONE" "$TWO"', 2))
    assert again.out == "644\n644\n"


def test_what_was_written_to_and_emptied_is_not_kept(run, tmp_path: Path) -> None:
    run(command(tmp_path, 'echo a=b > "$ONE"; : > "$ONE"; rm "$TWO"; ln "$0" "$TWO"'))
    assert spares(tmp_path) == []


def test_nothing_is_kept_while_somebody_may_have_it_open(run, tmp_path: Path) -> None:
    late = f'(exec 3>>"$ONE"; echo open > {tmp_path}/ready; read line < {tmp_path}/go; echo late=1 >&3) &'
    script = f"mkfifo {tmp_path}/go; {late}\nwhile ! test -e {tmp_path}/ready; do sleep 0.01; done"
    run(command(tmp_path, script))
    assert spares(tmp_path) == []
    ran = run(command(tmp_path, f'echo > {tmp_path}/go; sleep 0.1; cat "$ONE"', 2))
    assert ran.exit.files[f"{tmp_path}/one-2"] == b""
    assert ran.out == ""


def test_a_spare_that_is_not_as_it_was_kept_is_not_used(run, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    run(command(tmp_path, "true"))
    link, written, gone = spares(tmp_path)
    link.unlink()
    link.symlink_to(victim)
    written.write_text("z=1")
    gone.unlink()
    ran = run(command(tmp_path, 'cat "$ONE" "$TWO"; echo done', 2))
    assert ran.out == "done\n"
    assert list(ran.exit.files.values()) == [b"", b""]
    assert victim.read_text() == "precious"


def test_a_folder_that_is_gone_costs_nothing_but_the_spares(run, tmp_path: Path) -> None:
    run(command(tmp_path / "a", "true"))
    for path in spares(tmp_path / "a"):
        path.unlink()
    (tmp_path / "a").rmdir()
    assert run(command(tmp_path / "a", 'echo x=1 > "$TWO"', 2)).exit.files[f"{tmp_path}/a/two-2"] == b"x=1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="changing to another user needs root")
def test_each_user_has_their_own(run, readable: Path) -> None:
    for number, (user, name) in enumerate([("", "root"), ("nobody", "nobody")] * 2):
        ran = run(command(readable, 'stat -c %U "$0" "$ONE"', number, user=user))
        assert ran.out == f"{name}\n" * 2


def test_without_a_folder_for_them_none_is_kept(run, tmp_path: Path) -> None:
    path = f"{tmp_path}/file"
    run(Command(("true",), {"PATH": PATH}, files={path: b""}, collect=(path,)))
    assert list(tmp_path.iterdir()) == []
