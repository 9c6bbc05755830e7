from collections.abc import Mapping

import pytest

from sqnc_plugins.uses import ActionFileError, ActionRefError, document
from sqncshim.document import Action, ActionInput, Build, DocumentStep, Metadata, Stage, StepDocument

USES = "owner/repo@v1"


class Files:
    """An action that is not in a folder: `document` asks nothing else of it."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self._files = files

    def read(self, name: str) -> bytes | None:
        content = self._files.get(name)
        return content.encode() if isinstance(content, str) else content


def steps_of(action: str) -> tuple[DocumentStep, ...]:
    return document(USES, Files({"action.yml": action}), path="/a").steps


def test_a_node_action_runs_its_file_with_node() -> None:
    action = """
        name: Greet
        inputs:
          who to: {default: World, required: true}
          fetch-depth: {default: 1, deprecationMessage: do not}
          token: {default: '${{ github.token }}'}
          none: {}
        outputs:
          time: {description: when}
        runs: {using: Node20, main: dist/index.js}
    """
    env = {
        "INPUT_WHO_TO": "World",
        "INPUT_FETCH-DEPTH": "1",
        "INPUT_TOKEN": "${{ github.token }}",
        "INPUT_NONE": "",
    }
    found = document(USES, Files({"action.yml": action}), path="/__a/owner/repo/v1", version="c0ffee")
    assert found == StepDocument(
        version={"ref": "c0ffee"},
        metadata=(Metadata("action", USES),),
        steps=(DocumentStep(entrypoint=("node",), cmd=("/__a/owner/repo/v1/dist/index.js",), env=env),),
        action=Action(
            using="node20",
            name="Greet",
            inputs={
                "who to": ActionInput(required=True, default="World"),
                "fetch-depth": ActionInput(default="1", deprecation_message="do not"),
                "token": ActionInput(default="${{ github.token }}"),
                "none": ActionInput(),
            },
        ),
    )


@pytest.mark.parametrize("version", ["12", "16", "20", "24"])
def test_every_node_is_the_bundle_s(version: str) -> None:
    (step,) = steps_of(f"{{name: x, runs: {{using: node{version}, main: index.js}}}}")
    assert step.entrypoint == ("node",)


def test_pre_and_post_are_steps_with_their_conditions() -> None:
    steps = steps_of(
        "{name: x, runs: {using: node20, main: b.js, pre: a.js, post: c.js, post-if: success()}}"
    )
    assert [(step.stage, step.if_, step.cmd) for step in steps] == [
        (Stage.PRE, "always()", ("/a/a.js",)),
        (Stage.MAIN, "", ("/a/b.js",)),
        (Stage.POST, "success()", ("/a/c.js",)),
    ]


def test_an_action_in_a_folder_may_run_its_repository_s_file() -> None:
    files = Files({"action.yml": "{name: x, runs: {using: node20, main: ../dist/index.js}}"})
    (step,) = document("owner/repo/sub@v1", files, path="/a/sub").steps
    assert step.cmd == ("/a/dist/index.js",)


def test_a_dockerfile_action_is_built_where_its_dockerfile_lies() -> None:
    steps = steps_of("""
        name: x
        inputs: {who: {default: World}}
        runs:
          using: docker
          image: image/Dockerfile
          pre-entrypoint: pre.sh
          pre-if: runner.os == 'Linux'
          entrypoint: main.sh
          post-entrypoint: post.sh
          args: ['${{ inputs.who }}', 2]
          env: {TOKEN: '${{ inputs.who }}', INPUT_WHO: lost}
    """)
    common = {
        "build": Build("/a/image", "Dockerfile"),
        "cmd": ("${{ inputs.who }}", "2"),
        "env": {"TOKEN": "${{ inputs.who }}", "INPUT_WHO": "World"},
    }
    assert steps == (
        DocumentStep(stage=Stage.PRE, if_="runner.os == 'Linux'", entrypoint=("pre.sh",), **common),
        DocumentStep(entrypoint=("main.sh",), **common),
        DocumentStep(stage=Stage.POST, if_="always()", entrypoint=("post.sh",), **common),
    )


def test_an_image_action_keeps_the_image_s_entrypoint_and_cmd_where_it_says_none() -> None:
    steps = steps_of("{name: x, runs: {using: docker, image: 'docker://alpine:3'}}")
    assert steps == (DocumentStep(image="alpine:3"),)


@pytest.mark.parametrize("name", ["Dockerfile", "dockerfile"])
def test_a_bare_dockerfile_is_an_action(name: str) -> None:
    found = document(USES, Files({name: "FROM scratch"}), path="/a/b")
    assert found.steps == (DocumentStep(build=Build("/a/b", name)),)
    assert found.action == Action(using="docker")


def test_action_yml_wins_over_action_yaml_and_both_over_a_dockerfile() -> None:
    yml, yaml = (f"{{name: {name}, runs: {{using: node20, main: x}}}}" for name in ("yml", "yaml"))
    files: dict[str, str | bytes] = {"Dockerfile": "FROM x", "action.yaml": yaml, "action.yml": yml}
    names = []
    for file in ("action.yml", "action.yaml", "Dockerfile"):
        found = document(USES, Files(files), path="/a").action
        assert found is not None
        names.append(found.name or found.using)
        del files[file]
    assert names == ["yml", "yaml", "docker"]


def test_a_composite_is_its_steps_and_its_outputs() -> None:
    action = """
        name: x
        inputs: {who: {default: World}}
        outputs:
          greeting: {description: it, value: '${{ steps.greet.outputs.greeting }}'}
        runs:
          using: composite
          steps:
            - {uses: actions/checkout@v4, with: {fetch-depth: 0, token: '${{ inputs.token }}'}}
            - id: greet
              name: Greet ${{ inputs.who }}
              run: echo ${{ inputs.who }}
              shell: bash
              if: ${{ success() }}
              env: {WHO: '${{ inputs.who }}', N: 3}
              working-directory: src
              continue-on-error: true
            - {uses: ./.github/local, continue-on-error: '${{ inputs.who }}'}
            - {run: '', shell: sh}
    """
    found = document(USES, Files({"action.yml": action}), path="/a")
    assert found.steps == (
        DocumentStep(uses="actions/checkout@v4", with_={"fetch-depth": "0", "token": "${{ inputs.token }}"}),
        DocumentStep(
            id="greet",
            name="Greet ${{ inputs.who }}",
            run="echo ${{ inputs.who }}",
            shell="bash",
            if_="${{ success() }}",
            env={"WHO": "${{ inputs.who }}", "N": "3"},
            working_directory="src",
            continue_on_error=True,
        ),
        DocumentStep(uses="./.github/local", continue_on_error="${{ inputs.who }}"),
        DocumentStep(run="", shell="sh"),
    )
    assert found.outputs == {"greeting": "${{ steps.greet.outputs.greeting }}"}
    assert found.action == Action(using="composite", name="x", inputs={"who": ActionInput(default="World")})


@pytest.mark.parametrize(
    ("named", "path", "meant"),
    [
        ("o/r@v1", "$/x", "o/r/x@v1"),
        ("o/r/deep/action@v1", "$/", "o/r@v1"),
        ("./local", "$/x", "./x"),
    ],
)
def test_a_composite_s_own_repository_is_the_one_it_came_from(named: str, path: str, meant: str) -> None:
    action = f"name: x\nruns: {{using: composite, steps: [{{uses: {path}}}]}}"
    assert document(named, Files({"action.yml": action}), path="/a").steps == (DocumentStep(uses=meant),)


def test_its_own_repository_is_no_name_from_outside() -> None:
    with pytest.raises(ActionRefError, match=r"name it as ./path or owner/repo/path@ref"):
        document("$/x", Files({}), path="/a")


def test_a_plugin_action_runs_the_shim_s_plugin() -> None:
    action = "{name: x, inputs: {repository: {default: a/b}}, runs: {plugin: checkout}}"
    found = document(USES, Files({"action.yml": action}), path="/a")
    assert found.steps == (
        DocumentStep(entrypoint=("sqncshim", "plugin", "checkout"), env={"INPUT_REPOSITORY": "a/b"}),
    )
    assert found.action is not None
    assert found.action.using == "plugin"


def test_an_image_has_no_files() -> None:
    found = document("docker://ghcr.io/owner/image:1", Files({}), path="")
    assert found == StepDocument(
        metadata=(Metadata("action", "docker://ghcr.io/owner/image:1"),),
        steps=(DocumentStep(image="ghcr.io/owner/image:1"),),
    )


@pytest.mark.parametrize(
    "action",
    [
        "{name: x, runs: {using: node20, main: a, pre: b, post: c}}",
        "{name: x, runs: {using: docker, image: Dockerfile, args: [''], env: {A: ''}}}",
        "{name: x, runs: {using: composite, steps: [{run: x, shell: sh}, {uses: './x'}]}}",
        "{name: x, runs: {plugin: x}}",
    ],
)
def test_every_document_survives_its_own_parser(action: str) -> None:
    found = document(USES, Files({"action.yml": action}), path="/a", version="1")
    assert StepDocument.parse(found.to_json()) == found


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("name: x", "Top level 'runs:' section is required for /a/action.yml"),
        ("{runs: {using: node99, main: x}}", "'using: node99' is not supported, use 'docker', 'node12',"),
        ("{runs: {main: x}}", "Missing 'using' value. 'using' requires 'composite', 'docker',"),
        (
            "{runs: {using: docker, args: []}}",
            "Container Action but an image is not provided in /a/action.yml.",
        ),
        (
            "{runs: {using: docker, image: x.sh}}",
            "'x.sh' should be either '[path]/Dockerfile' or 'docker://image[:tag]'.",
        ),
        (
            "{runs: {using: node20, pre: x}}",
            "there is not an entry JavaScript file provided in /a/action.yml.",
        ),
        ("{runs: {using: composite}}", "There's not enough info to determine what you meant."),
        ("{runs: {using: composite, steps: [{run: x}]}}", "Required property is missing: shell"),
        ("runs: [", "/a/action.yml:2:1: while parsing a flow node"),
        ("", "/a/action.yml"),
        (b"name: \xff", "/a/action.yml: expected text in UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(action: str | bytes, message: str) -> None:
    with pytest.raises(ActionFileError) as error:
        document(USES, Files({"action.yml": action}), path="/a")
    assert message in str(error.value)


def test_a_broken_file_says_that_it_failed_to_load() -> None:
    with pytest.raises(ActionFileError, match=r"^/a/action.yml:1:1: .*\nFailed to load /a/action.yml: "):
        document(USES, Files({"action.yml": "name: x"}), path="/a")


def test_a_folder_without_an_action_is_no_action() -> None:
    with pytest.raises(
        ActionFileError, match=r"Can't find 'action.yml', .* or 'Dockerfile' for action 'owner/repo@v1'"
    ):
        document(USES, Files({}), path="/a")
    with pytest.raises(ActionFileError, match=r"under '/w/x'. Did you forget to run actions/checkout before"):
        document("./x", Files({}), path="/w/x")


@pytest.mark.parametrize(
    "uses", ["checkout", "actions/checkout", "actions/checkout@", "/x@v1", "a/b@c@d", ""]
)
def test_what_names_no_action_is_refused_with_an_example(uses: str) -> None:
    with pytest.raises(ActionRefError, match=r"Expected format .*, such as actions/checkout@v4"):
        document(uses, Files({}), path="/a")
