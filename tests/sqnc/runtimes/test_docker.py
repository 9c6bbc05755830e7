"""What only the docker runtime promises; the rest is in test_contract.py."""

import os
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from docker.errors import APIError

from sqnc.runtimes import BuildFailed, ContainerSpec, ImageUnavailable, NotShareable, Pull, RuntimeFailure
from sqnc.runtimes.docker import DockerRuntime, bundle, images, leftovers
from sqnc.runtimes.docker.api import Engine
from sqnc.runtimes.docker.containers import RUN_LABEL, idle_container, remove_container
from sqnc.runtimes.docker.sharing import Sharing
from sqncshim.agent import Agent

BUSYBOX = "sqnc-test/busybox:1"

pytestmark = pytest.mark.docker


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "folder" / "file").write_text("12345")
    (tree / "secret").write_text("hidden")
    return tree


def _image(runtime: DockerRuntime) -> str:
    return runtime.image(BUSYBOX, pull=Pull.NEVER, progress=print).id


def _volume(name: str) -> dict[str, object]:
    return {"Type": "volume", "Source": name, "Target": "/seen", "VolumeOptions": {"NoCopy": True}}


def _labelled(runtime: DockerRuntime, run: str) -> list[object]:
    wanted = {"label": f"{RUN_LABEL}={run}"}
    api = runtime._engine.api
    return [
        *api.containers(all=True, filters=wanted),
        *(api.volumes(filters=wanted)["Volumes"] or ()),
        *api.networks(filters=wanted),
    ]


def test_an_image_that_is_nowhere_says_what_was_asked_and_what_to_do(docker_runtime: DockerRuntime) -> None:
    with pytest.raises(ImageUnavailable, match=r"sqnc-test/none:1: .* pulling is off: .*allow pulling"):
        docker_runtime.image("sqnc-test/none:1", pull=Pull.NEVER, progress=print)


def test_a_registry_that_does_not_answer_is_told_in_the_engines_words(docker_runtime: DockerRuntime) -> None:
    reference = "127.0.0.1:9/none:1"  # the discard port: refused at once
    lines: list[str] = []
    with pytest.raises(
        ImageUnavailable,
        match=r"^image 127\.0\.0\.1:9/none:1: .* could not pull it: .*refused.*docker login",
    ):
        docker_runtime.image(reference, pull=Pull.MISSING, progress=lines.append)
    assert lines == [f"pulling {reference}"]


def test_always_asks_the_registry_although_the_image_is_there(
    docker_runtime: DockerRuntime, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BUSYBOX}\n")
    tag = "127.0.0.1:9/sqnc-test:always"
    docker_runtime.build(tmp_path, dockerfile="Dockerfile", tag=tag, progress=print)
    docker_runtime.image(tag, pull=Pull.MISSING, progress=print)
    with pytest.raises(ImageUnavailable):
        docker_runtime.image(tag, pull=Pull.ALWAYS, progress=print)
    docker_runtime._engine.api.remove_image(tag)


def test_a_build_shows_its_lines_and_reads_the_config(docker_runtime: DockerRuntime, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Containerfile").write_text(
        f"FROM {BUSYBOX}\nRUN echo from the build\nENV A=b=c\nUSER 5\nWORKDIR /w\n"
        'ENTRYPOINT ["/bin/e"]\nCMD ["1", "2"]\n'
    )
    lines: list[str] = []
    image = docker_runtime.build(
        tmp_path, dockerfile="sub/Containerfile", tag="sqnc-test/built:1", progress=lines.append
    )
    assert (image.entrypoint, image.cmd) == (("/bin/e",), ("1", "2"))
    assert (image.user, image.working_directory, image.env["A"]) == ("5", "/w", "b=c")
    assert any("Containerfile" in line or "from the build" in line for line in lines)
    docker_runtime._engine.api.remove_image("sqnc-test/built:1")


def test_a_failed_build_ends_with_its_last_lines(docker_runtime: DockerRuntime, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BUSYBOX}\nRUN echo the reason && exit 9\n")
    with pytest.raises(BuildFailed, match=r"(?s)building .*Dockerfile.*the reason"):
        docker_runtime.build(tmp_path, dockerfile="Dockerfile", tag="sqnc-test/failed:1", progress=print)


def test_a_dockerfile_that_is_not_there_is_named(docker_runtime: DockerRuntime, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="/Gone: there is no such Dockerfile"):
        docker_runtime.build(tmp_path, dockerfile="Gone", tag="sqnc-test/failed:1", progress=print)


def test_an_overlay_shows_a_tree_and_hides_what_is_whited_out(
    docker_runtime: DockerRuntime, run: str, tree: Path, tmp_path: Path
) -> None:
    image = _image(docker_runtime)
    whiteouts = tmp_path / "whiteouts"
    whiteouts.mkdir()
    os.mknod(whiteouts / "secret", 0o020000, os.makedev(0, 0))
    volume = docker_runtime.create_volume(run, "/w", lower=[whiteouts, tree])
    engine = docker_runtime._engine
    with idle_container(engine, run, image, _volume(volume.name)) as container:
        seen = engine.stat(container, "/seen/folder/file")
        assert seen is not None
        assert seen["size"] == 5
        assert engine.stat(container, "/seen/secret") is None


def test_what_is_written_to_an_overlay_stays_out_of_the_tree_and_goes_with_the_run(
    docker_runtime: DockerRuntime, run: str, tree: Path
) -> None:
    image = _image(docker_runtime)
    before = sorted(tree.rglob("*"))
    volume = docker_runtime.create_volume(run, "/w", lower=[tree])
    script = "echo new > /seen/new; rm -r /seen/folder; echo changed > /seen/secret"
    program = [
        "docker",
        "run",
        "--rm",
        "--network=none",
        f"--mount=type=volume,src={volume.name},dst=/seen,volume-nocopy",
    ]
    subprocess.run([*program, image, "/bin/sh", "-c", script], check=True)
    assert sorted(tree.rglob("*")) == before
    assert (tree / "secret").read_text() == "hidden"
    docker_runtime.prune(run)
    assert _labelled(docker_runtime, run) == []


def test_layers_that_contain_each_other_are_not_shared(
    docker_runtime: DockerRuntime, run: str, tree: Path
) -> None:
    with pytest.raises(NotShareable, match="must not contain each other"):
        docker_runtime.create_volume(run, "/w", lower=[tree / "folder", tree])
    with pytest.raises(NotShareable, match="must not contain each other"):
        docker_runtime.create_volume(run, "/w", lower=[Path("/")])  # holds the engine's own store


@pytest.mark.parametrize("name", ["with,comma", "with:colon", "with\\backslash", 'with"quote'])
def test_a_path_that_is_no_mount_option_is_not_shared(
    docker_runtime: DockerRuntime, run: str, tmp_path: Path, name: str
) -> None:
    _image(docker_runtime)
    (tmp_path / name).mkdir()
    with pytest.raises(NotShareable, match="cannot be an overlay's layer"):
        docker_runtime.create_volume(run, "/w", lower=[tmp_path / name])
    assert _labelled(docker_runtime, run) == []


def test_a_tree_with_spaces_and_signs_is_shared(
    docker_runtime: DockerRuntime, run: str, tmp_path: Path
) -> None:
    image = _image(docker_runtime)
    tree = tmp_path / "a b'c=d%é"
    tree.mkdir()
    (tree / "file").write_text("123")
    volume = docker_runtime.create_volume(run, "/w", lower=[tree])
    with idle_container(docker_runtime._engine, run, image, _volume(volume.name)) as container:
        assert docker_runtime._engine.stat(container, "/seen/file") is not None


def test_whether_folders_are_seen_is_found_out_once(
    docker_runtime: DockerRuntime, run: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, tmp_path = _image(docker_runtime), tree.parent
    sharing = Sharing(docker_runtime._engine, tmp_path)
    assert sharing.folders(run, image)
    assert sharing.overlays(run, image, tree)
    monkeypatch.setattr(
        docker_runtime._engine.api, "create_container_from_config", None
    )  # any call would fail
    assert Sharing(docker_runtime._engine, tmp_path).folders(run, image)
    assert Sharing(docker_runtime._engine, tmp_path).overlays(run, image, tree)
    assert _labelled(docker_runtime, run) == []


def test_a_refused_mount_means_no_and_leaves_nothing(
    docker_runtime: DockerRuntime, run: str, tmp_path: Path
) -> None:
    image = _image(docker_runtime)
    lower = Path(
        "/proc/sys"
    )  # a file system that an overlay's kernel code refuses as a layer with these options
    sharing = Sharing(docker_runtime._engine, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sqnc.runtimes.docker.volumes._OWN_FOLDERS", ("-same", "-same")
        )  # upper equals work: EINVAL
        assert not sharing.overlays(run, image, lower)
    assert not sharing.overlays(run, image, lower)  # kept
    docker_runtime.prune(run)
    assert _labelled(docker_runtime, run) == []


def test_a_no_is_asked_again_after_a_day(docker_runtime: DockerRuntime, run: str, tmp_path: Path) -> None:
    image = _image(docker_runtime)
    sharing = Sharing(docker_runtime._engine, tmp_path)
    sharing._keep({"bind": {"yes": False, "at": 0}})
    assert sharing.folders(run, image)


def test_another_machines_folder_of_the_same_name_is_not_ours(
    docker_runtime: DockerRuntime, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = _image(docker_runtime)
    sharing = Sharing(docker_runtime._engine, tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mounts: list[dict[str, object]] = []
    real = docker_runtime._engine.api.create_container_from_config

    def on_another_machine(config: dict[str, dict[str, list[dict[str, object]]]]) -> object:
        for mount in config["HostConfig"]["Mounts"]:
            mounts.append(dict(mount))
            for entry in Path(str(mount["Source"])).iterdir():
                (elsewhere / entry.name).touch()  # of the same name
                os.utime(elsewhere / entry.name, (1e9, 1e9))  # and made at another time
            mount["Source"] = str(elsewhere)
        return real(config)

    monkeypatch.setattr(docker_runtime._engine.api, "create_container_from_config", on_another_machine)
    assert not sharing.folders(run, image)
    assert mounts


def test_the_bundle_is_sent_to_a_volume_once_when_no_image_has_it(
    docker_runtime: DockerRuntime, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, engine = _image(docker_runtime), docker_runtime._engine
    local = tmp_path / f"digest-{run}"
    (local / "bin").mkdir(parents=True)
    (local / "bin" / "python").write_bytes(b"x" * 3_000_000)
    monkeypatch.setattr(bundle, "_local_bundle", lambda engine, cache, progress: local)
    monkeypatch.setenv("SQNC_SHIM_IMAGE", "127.0.0.1:9/none:1")
    lines: list[str] = []

    def mount() -> dict[str, object]:
        return bundle.bundle_mount(engine, run, image, shared=False, cache=tmp_path, progress=lines.append)

    made = mount()
    with idle_container(engine, run, image, made | {"Target": "/seen"}) as container:
        seen = engine.stat(container, "/seen/bin/python")
        assert seen is not None
        assert seen["size"] == 3_000_000
    monkeypatch.setattr(engine.api, "put_archive", None)  # a second sending would fail
    assert mount() == made
    assert any("the local bundle is sent instead" in line for line in lines)
    engine.api.remove_volume(str(made["Source"]))


def test_the_bundle_comes_from_the_shim_image(
    docker_runtime: DockerRuntime, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, engine = _image(docker_runtime), docker_runtime._engine
    (tmp_path / "file").write_text(run)
    (tmp_path / "Dockerfile").write_text(f"FROM {BUSYBOX}\nCOPY file /.sqnc/file\n")
    tag = f"sqnc-test/shim:{run}"
    images.build(engine, tmp_path, dockerfile="Dockerfile", tag=tag, progress=print)
    monkeypatch.setenv("SQNC_SHIM_IMAGE", tag)
    mount = bundle.bundle_mount(engine, run, image, shared=False, cache=tmp_path, progress=print)
    with idle_container(engine, run, image, mount | {"Target": "/seen"}) as container:
        assert engine.stat(container, "/seen/file") is not None
    engine.api.remove_volume(str(mount["Source"]))
    engine.api.remove_image(tag)


def test_prune_removes_what_was_only_created_and_nothing_of_another_run(
    docker_runtime: DockerRuntime, run: str
) -> None:
    image, engine, other = _image(docker_runtime), docker_runtime._engine, f"{run}-other"
    for one in (run, other):
        volume = docker_runtime.create_volume(one, "/v")
        docker_runtime.create_network(one)
        host = {"Mounts": [_volume(volume.name)]}
        engine.api.create_container_from_config(
            {"Image": image, "Labels": {RUN_LABEL: one}, "HostConfig": host}
        )
    docker_runtime.prune(run)
    assert _labelled(docker_runtime, run) == []
    assert len(_labelled(docker_runtime, other)) == 3
    docker_runtime.prune(other)
    docker_runtime.prune(other)


def test_prune_waits_for_a_container_that_somebody_else_is_removing(
    docker_runtime: DockerRuntime, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"Image": _image(docker_runtime), "Labels": {RUN_LABEL: run}}
    docker_runtime._engine.api.create_container_from_config(config)
    refused: list[str] = []

    def remove(engine: Engine, container_id: str) -> None:
        if refused:
            remove_container(engine, container_id)
        refused.append(container_id)  # at first, as for "removal is already in progress"

    monkeypatch.setattr(leftovers, "remove_container", remove)
    docker_runtime.prune(run)
    assert refused
    assert _labelled(docker_runtime, run) == []


def test_a_container_that_ends_when_it_is_killed_is_removed(
    docker_runtime: DockerRuntime, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = docker_runtime._engine
    config = {"Image": _image(docker_runtime), "Labels": {RUN_LABEL: run}}
    container_id = engine.api.create_container_from_config(config)["Id"]
    really, asked = engine.api.remove_container, []

    def remove(name: str, **options: object) -> None:
        asked.append(options)
        if len(asked) == 1:
            answer = requests.Response()
            answer.status_code = 500
            said = f"Could not kill running container {name}, cannot remove - Container {name} is not running"
            raise APIError("500 Server Error", answer, said)
        really(name, **options)

    monkeypatch.setattr(engine.api, "remove_container", remove)
    remove_container(engine, container_id)
    assert asked == [{"v": True, "force": True}] * 2
    assert _labelled(docker_runtime, run) == []


def test_a_volume_in_use_by_somebody_else_is_an_error_after_a_while(
    docker_runtime: DockerRuntime, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "_IN_USE_FOR_S", 0.3)
    volume = docker_runtime.create_volume(run, "/v")
    with (
        idle_container(docker_runtime._engine, f"{run}-other", _image(docker_runtime), _volume(volume.name)),
        pytest.raises(RuntimeFailure, match=f"could not remove volume {volume.name}: .*in use"),
    ):
        docker_runtime.prune(run)
    docker_runtime.prune(run)


def test_the_agent_runs_from_a_volume_where_no_folder_is_shared(
    docker_runtime: DockerRuntime, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = docker_runtime.image(BUSYBOX, pull=Pull.NEVER, progress=print)
    monkeypatch.setattr(Sharing, "folders", lambda *_: False)
    monkeypatch.setenv("SQNC_SHIM_IMAGE", "127.0.0.1:9/none:1")
    container = docker_runtime.start(ContainerSpec(run, image, network="none"))
    with Agent(container.stream) as agent:
        assert agent.hello.pid == 1
    container.remove()
    docker_runtime.prune(run)
    mount = docker_runtime._bundle
    assert mount is not None
    assert mount["Type"] == "volume"
    monkeypatch.setattr(bundle, "_KEPT_FOR", timedelta(seconds=-5))
    bundle.remove_unused(docker_runtime._engine)
    volumes = docker_runtime._engine.api.volumes(filters={"label": "sqnc.bundle"})["Volumes"] or ()
    assert mount["Source"] not in {volume["Name"] for volume in volumes}


def test_an_engine_of_another_kind_of_machine_gets_no_bundle_of_this_one(
    docker_runtime: DockerRuntime, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = docker_runtime.image(BUSYBOX, pull=Pull.NEVER, progress=print)
    monkeypatch.setitem(docker_runtime._engine.info, "Architecture", "s390x")
    monkeypatch.setenv("SQNC_SHIM_IMAGE", "127.0.0.1:9/none:1")
    with pytest.raises(RuntimeFailure, match="does not run this machine's programs"):
        docker_runtime.start(ContainerSpec(run, image, network="none"))


def test_the_exit_status_is_known_although_the_container_removed_itself(
    docker_runtime: DockerRuntime, run: str
) -> None:
    image = docker_runtime.image(BUSYBOX, pull=Pull.NEVER, progress=print)
    container = docker_runtime.start(ContainerSpec(run, image, network="none"))
    container.stream.write(b"what no agent understands")
    deadline = time.monotonic() + 20
    while _labelled(docker_runtime, run):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert container.wait() == 2
    assert container.wait() == 2
    container.remove()
