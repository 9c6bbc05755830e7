import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import sqncshim
from sqncshim.agent import Agent, Command, CommandRefused, Exit, Output

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="changing to another user needs root")


def silent(_: Output, data: bytes) -> None:
    raise AssertionError(f"unexpected output {data!r}")


@pytest.mark.parametrize("over", ["socket", "pipes"])
def test_a_process_has_two_outputs_and_an_exit_code(launch, over: str) -> None:
    said: list[tuple[Output, bytes]] = []
    command = Command(
        ("/bin/sh", "-c", "echo out; sleep 0.1; echo err >&2; exit 3"), {"PATH": "/bin:/usr/bin"}
    )
    ended = launch(over=over).agent.run(command, lambda output, data: said.append((output, data)))
    assert said == [(Output.STDOUT, b"out\n"), (Output.STDERR, b"err\n")]
    assert ended == Exit(3)


def test_a_signal_is_told_as_shells_tell_it(run) -> None:
    ended = run("kill -KILL $$").exit
    assert (ended.code, ended.signal) == (137, 9)


def test_the_environment_is_the_command_s_and_no_other(run) -> None:
    ran = run(Command(("/usr/bin/env",), {"HOME": "/h", "A": "b=c\nd", "Ä": "ö"}))
    assert ran.out == "HOME=/h\nA=b=c\nd\nÄ=ö\n"


def test_home_comes_from_the_user_s_entry_where_the_environment_has_none(run) -> None:
    assert run(Command(("/usr/bin/env",))).out == f"HOME={pwd.getpwuid(os.geteuid()).pw_dir}\n"


def test_an_empty_home_is_left_as_it_is(run) -> None:
    assert run(Command(("/usr/bin/env",), {"HOME": ""})).out == "HOME=\n"


def test_bytes_that_are_no_text_pass_through_arguments_and_the_environment(run) -> None:
    odd = b"\xff\xfe".decode("utf-8", "surrogateescape")
    ran = run(
        Command(
            ("sh", "-c", 'printf "%s%s" "$1" "$A" | od -An -tx1', "sh", odd),
            {"PATH": "/bin:/usr/bin", "A": odd},
        )
    )
    assert ran.out.split() == ["ff", "fe", "ff", "fe"]


def test_names_are_utf8_whatever_the_locale_says(launch, tmp_path: Path) -> None:
    if shutil.which("localedef") is None:
        pytest.skip("needs localedef to make a locale that is not UTF-8")
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", tmp_path / "latin"], capture_output=True, check=False
    )
    if not (tmp_path / "latin").is_dir():
        pytest.skip(f"localedef made no locale: {made.stderr.decode()}")
    agent = launch("env", f"LOCPATH={tmp_path}", "LC_ALL=latin").agent
    path = f"{tmp_path}/ö"
    said: list[bytes] = []
    command = Command(("/bin/echo", "ä", path), files={path: b"content"}, collect=(path,))
    ended = agent.run(command, lambda _, data: said.append(data))
    assert b"".join(said) == f"ä {path}\n".encode()
    assert ended.files == {path: b"content"}
    agent.put_file(path, b"")
    assert {os.fsencode(found.name) for found in tmp_path.iterdir()} == {b"latin", "ö".encode()}


def test_a_program_is_looked_for_on_the_path_of_its_environment(run, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        folder.mkdir()
        (folder / "hello").write_text(f"#!/bin/sh\necho {folder.name}\n")
    (second / "hello").chmod(0o755)
    path = f"{tmp_path}/none:{first}:{second}"
    assert run(Command(("hello",), {"PATH": path})).words == (0, "2\n", "")


def test_a_program_that_is_not_found_is_127(run) -> None:
    ran = run(Command(("no-such-program",), {"PATH": "/bin"}))
    assert ran.words == (127, "", "no-such-program: command not found\n")
    assert ran.exit.error == "no-such-program: command not found"
    assert run(Command(("/bin/no-such",))).words == (127, "", "/bin/no-such: No such file or directory\n")


def test_a_file_that_is_no_program_is_126(run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("words")
    assert run(Command((f"{tmp_path}/text",))).words == (126, "", f"{tmp_path}/text: Permission denied\n")
    (tmp_path / "text").chmod(0o755)
    assert run(Command((f"{tmp_path}/text",))).words == (126, "", f"{tmp_path}/text: Exec format error\n")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Command(("true",), cwd="/no/such"), "working directory /no/such: No such file or directory"),
        (Command(("true",), cwd="/etc/passwd"), "working directory /etc/passwd: Not a directory"),
        (Command(("true",), user="zed"), "user 'zed': no entry in /etc/passwd, and it is no number"),
        (Command(("true",), files={"/proc/x/y": b""}), "/proc/x: No such file or directory"),
        (Command(()), "argv is empty"),
        (Command(("a\0b",)), "NUL"),
        (Command(("true",), {"A=B": "c"}), "no variable can have this name"),
        (Command(("true",), files={"/tmp/x": bytes(70_000_000)}), "do not fit in a frame"),
    ],
)
def test_a_command_that_cannot_be_started_is_refused_with_the_reason(
    agent: Agent, command: Command, message: str
) -> None:
    with pytest.raises(CommandRefused, match=message.replace("(", "\\(")):
        agent.run(command, silent)
    assert agent.run(Command(("/bin/true",)), silent) == Exit(0)


def test_standard_input_is_given_and_is_empty_otherwise(run) -> None:
    assert run("cat; echo end").out == "end\n"
    assert run("cat; echo end", stdin=b"").out == "end\n"
    assert run("cat; echo end", stdin=b"typed\n").out == "typed\nend\n"


def test_a_command_may_leave_its_input_unread(run) -> None:
    assert run("exec true", stdin=bytes(1_000_000)).exit == Exit(0)


def test_a_command_fills_its_output_while_its_input_is_pending(run) -> None:
    """`cat` must write as much as it reads; who only writes first and reads then waits for ever."""
    text = "0123456789abcde\n" * 200_000
    assert run("cat", stdin=text.encode()).out == text


def test_files_are_written_before_and_handed_back_after(run, tmp_path: Path) -> None:
    script, outputs, env = (f"{tmp_path}/new/folder/{name}" for name in ("script.sh", "outputs", "env"))
    ran = run(
        Command(
            ("sh", "-e", script),
            {"PATH": "/bin:/usr/bin", "OUTPUTS": outputs},
            files={
                script: b'echo "a=b" >> "$OUTPUTS"; stat -c %s "$OUTPUTS"; exit 4',
                outputs: b"",
                env: b"",
            },
            collect=(outputs, env, f"{tmp_path}/missing"),
            discard=(script, f"{tmp_path}/none"),
        )
    )
    assert ran.words == (4, "4\n", "")
    assert ran.exit.files == {outputs: b"a=b\n", env: b""}
    assert list((tmp_path / "new/folder").iterdir()) == []


def test_a_file_that_cannot_be_handed_back_is_told_and_not_fatal(run, tmp_path: Path) -> None:
    ran = run("true", collect=(f"{tmp_path}",))
    assert ran.exit == Exit(0, error=f"{tmp_path}: Is a directory")


def test_a_pipe_where_a_file_should_be_holds_nobody_up(run, tmp_path: Path) -> None:
    ran = run(f"mkfifo {tmp_path}/pipe", collect=(f"{tmp_path}/pipe",))
    assert ran.exit == Exit(0, error=f"{tmp_path}/pipe: not a regular file")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandRefused, match="pipe: No such device"):
        run("true", files={f"{tmp_path}/pipe": b"content"})


def test_a_collected_file_too_large_for_an_answer_is_told(run, tmp_path: Path) -> None:
    ran = run(f"head -c 70000000 /dev/zero > {tmp_path}/large", collect=(f"{tmp_path}/large",))
    assert ran.exit.files == {}
    assert "longer than" in ran.exit.error


def test_the_working_directory_is_the_command_s(run, tmp_path: Path) -> None:
    assert run("pwd", cwd=str(tmp_path)).out == f"{tmp_path}\n"


@as_root
def test_a_process_runs_as_its_user_with_the_user_s_files(run, readable: Path) -> None:
    ran = run(
        "id -u; id -g; id -G; stat -c %U:%a $F; echo more >> $F",
        user="nobody",
        env={"PATH": "/bin:/usr/bin", "F": f"{readable}/f/g"},
        files={f"{readable}/f/g": b""},
        collect=(f"{readable}/f/g",),
    )
    assert ran.words == (0, "65534\n65534\n65534\nnobody:644\n", "")
    assert ran.exit.files == {f"{readable}/f/g": b"more\n"}
    assert run("id -u; id -g; id -G", user="12345:7").out == "12345\n7\n7\n"


@as_root
def test_a_user_has_no_groups_of_the_agent_s(launch) -> None:
    agent = launch("setpriv", "--groups", "7,8").agent
    said: list[bytes] = []
    agent.run(Command(("/usr/bin/id", "-G"), user="nobody"), lambda _, data: said.append(data))
    assert said == [b"65534\n"]


@as_root
def test_an_agent_that_is_not_root_refuses_to_change_the_user(launch, readable: Path) -> None:
    shutil.copytree(Path(sqncshim.__file__).parent, readable / "sqncshim")
    copied = {"python": os.path.realpath(sys.executable), "server": readable / "sqncshim/agent/server.py"}
    agent = launch("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", **copied).agent
    assert agent.run(Command(("/bin/true",), user="65534:65534"), silent) == Exit(0)
    with pytest.raises(CommandRefused, match=r"user 0: the agent runs as 65534 and cannot change"):
        agent.run(Command(("/bin/true",), user="0"), silent)


def test_children_have_default_signals_and_an_empty_mask(launch) -> None:
    """Python ignores SIGPIPE, and whoever starts the agent may ignore or block more."""
    agent = launch("sh", "-c", "trap '' HUP USR1; exec \"$@\"", "sh").agent
    said: list[bytes] = []
    agent.run(Command(("/bin/cat", "/proc/self/status")), lambda _, data: said.append(data))
    masks = dict(line.split(":\t") for line in b"".join(said).decode().splitlines())
    reserved = 0b11 << 31  # glibc keeps signals 32 and 33 to itself: nobody can set them through it
    assert [int(masks[name], 16) & ~reserved for name in ("SigIgn", "SigBlk", "SigCgt")] == [0, 0, 0]


def test_yes_ends_when_head_does(run) -> None:
    assert run("yes | head -n 3; echo ${PIPESTATUS-}").out.startswith("y\ny\ny\n")


def test_a_process_leads_its_own_session(run) -> None:
    pid, ids = run('echo $$; cut -d" " -f5,6 /proc/$$/stat').out.splitlines()
    assert ids == f"{pid} {pid}"


def test_a_process_inherits_nothing_that_the_agent_or_its_starter_has_open(launch) -> None:
    agent = launch("sh", "-c", 'exec "$@" 7</dev/null', "sh").agent
    said: list[bytes] = []
    agent.run(Command(("/bin/ls", "/proc/self/fd")), lambda _, data: said.append(data))
    assert b"".join(said).split() == [b"0", b"1", b"2", b"3"], "3 is the folder that ls reads"


def test_a_terminal_is_one_for_all(run) -> None:
    ran = run(
        "tty; test -t 1 && test -t 2 && echo both; echo err >&2; ps -o tty= -p $$ | tr -d ' '", pty=True
    )
    assert ran.out.splitlines()[:3] == ["not a tty", "both", "err"]
    assert ran.out.splitlines()[3].startswith("pts/")
    assert ran.err == ""


@pytest.mark.parametrize("typed", [b"", b"a line\n", b"no end"])
def test_what_is_typed_at_a_terminal_has_an_end(run, typed: bytes) -> None:
    ran = run("stty -echo; tty >/dev/null && cat; echo end", pty=True, stdin=typed)
    assert ran.out.endswith("end\r\n")
    assert typed.decode().strip() in ran.out


def test_a_terminal_s_output_is_complete_at_the_end(run) -> None:
    assert run("seq 20000", pty=True).out == "".join(f"{n}\r\n" for n in range(1, 20001))


def test_a_terminal_that_others_hold_does_not_hold_up_the_end(run) -> None:
    assert run("setsid sleep 60 & echo done", pty=True).out == "done\r\n"


def test_a_process_gets_the_signals_that_it_is_sent(agent: Agent) -> None:
    ready = threading.Event()
    script = "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.01; done"
    said: list[bytes] = []

    def on_output(output: Output, data: bytes) -> None:
        if output is Output.STDOUT:
            said.append(data)
        ready.set()

    process = agent.start(Command(("sh", "-c", script), {"PATH": "/bin:/usr/bin"}), on_output)
    threading.Thread(target=lambda: ready.wait(10) and process.signal(signal.SIGUSR1)).start()
    assert process.wait() == Exit(5)
    assert b"".join(said) == b"ready\ngot it\n"
    assert process.wait() == Exit(5)
    process.signal(signal.SIGUSR1)
    process.end()


def test_a_timeout_may_be_longer_than_the_system_can_wait(agent: Agent) -> None:
    assert agent.run(Command(("/bin/sleep", "0.05"), timeout_s=1e9), silent) == Exit(0)


def test_many_threads_run_processes_at_once(agent: Agent) -> None:
    codes: list[int] = []

    def work(code: int) -> None:
        command = Command(("/bin/sh", "-c", f"exit {code}"))
        codes.extend(agent.run(command, silent).code for _ in range(20))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == sorted(list(range(8)) * 20)
