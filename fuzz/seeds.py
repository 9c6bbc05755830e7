"""Where fuzzing begins: a few whole inputs for each target, and the words that inputs are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORKFLOW: Final = """\
name: CI
on:
  push: {branches: [main, 'v[0-9]+'], paths-ignore: ['**.md']}
  schedule: [{cron: '0 0 * * *', timezone: Europe/Berlin}]
  workflow_dispatch: {inputs: {a: {type: choice, options: [x, y], default: x}}}
env: {A: '${{ github.ref }}'}
jobs:
  build:
    if: github.event_name == 'push' && !cancelled()
    runs-on: ${{ matrix.os }}
    strategy: {matrix: {os: [a, b], n: [1, 2], exclude: [{os: a, n: 2}], include: [{os: c}]}}
    outputs: {o: '${{ steps.s.outputs.x }}'}
    steps:
      - uses: actions/checkout@v4
        with: {ref: main}
      - &step
        id: s
        run: echo ${{ toJSON(env) }}
        shell: bash
      - *step
  last:
    needs: [build]
    uses: ./.github/workflows/other.yml
    secrets: inherit
"""
_COMPOSITE: Final = """\
name: a
description: b
inputs: {who: {default: '${{ github.actor }}', required: true}}
outputs: {o: {value: '${{ steps.s.outputs.x }}'}}
runs: {using: composite, steps: [{id: s, run: ls, shell: bash}, {uses: a/b@c, if: always()}]}
"""
_DOCKER: Final = """\
name: a
description: b
runs: {using: docker, image: Dockerfile, args: ['${{ inputs.a }}'], post-if: always(), env: {A: b}}
"""
_MATCHER: Final = (
    '{"problemMatcher": [{"owner": "a", "pattern": [{"regexp": "^(.+):(?<line>\\\\d+)$", "file": 1}]}]}'
)

SEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "expressions": (
        "github.event_name == 'push' && startsWith(github.ref, 'refs/heads/')",
        "github.event.list.*.a[0] != fromJSON('[1, {\"a\": 0x1F}]')[1].a",
        "format('{0}{{}}{1}', join(github.event.*, ', '), toJSON(matrix)) || case(true, 1, !false)",
        "((-1.5e3 <= .5) && hashFiles('a', '**/b') == null) || 'it''s' >= matrix['os']",
    ),
    "templates": ("a ${{ github.ref }} b ${{ '}}' }} c", "${{ fromJSON('{}') }}", "${{ insert }}"),
    "json-values": ('{"a": [1, 2.5e3, "\\u00e9", null], // c\n \'b\': NaN,}', "/**/ [[[1,,]]] new Date(1)"),
    "yaml": ("a: &x [1, 0x1F, 'b']\n? c\n: *x\n--- !!str d\n", "- |\n  x\n- >-\n  y\n", _WORKFLOW),
    "workflows": (_WORKFLOW, "run: ls\nif: ${{ x }}\n", "jobs: {a: {runs-on: x, steps: [{parallel: []}]}}"),
    "actions": (_COMPOSITE, _DOCKER, "name: a\nruns: {using: node20, main: x.js, pre-if: success()}\n"),
    "triggers": (
        " push: {tags: ['v*', '!v1'], branches-ignore: [a]}\n workflow_run: {workflows: [CI]}\n",
        " workflow_call: {inputs: {a: {type: number, default: 1}}, outputs: {o: {value: x}}}\n",
    ),
    "commands": (
        "\x03\x02\x05\x09a\n::group::b\n::set-output name=x::y%0A\n::endgroup::\n",
        "\x02\x01\x0c##[error]x\r\n::stop-commands::abcdef\n::debug::x\n::abcdef::\n##vso[a;b=c]d",
    ),
    "file-commands": ("a=b\nc<<EOF\nd\nEOF\n", "\ufeffa<<b=c\r\n"),
    "masker": ("\x02\x01\x03abc\x01cde\x00abcdeYWJj", '\x00a"b\nc&d\x00a\\"b c%26d'),
    "matchers": (f"{_MATCHER}\x00a.c:1:2: error: x\nfile\n  1 y [p]\n",),
    "globs": (
        "**/a*[!b-d]?.txt\x00x/abe.txt",
        "!/tree/./a\\*/**\x00a*/b",
        "[[:alpha:]]/~\x00",
        "**/*a*b*/**/b\x00a/b",
    ),
    "patterns": ("releases/**-v[0-9]+?\\*\n!main\x00releases/10", "**/x*\x00a/b/x"),
    "words": (
        "owner/repo/path@v1",
        "docker://ghcr.io/a/b:1",
        "./a",
        "$/a",
        "*/5 1-3 * JAN SUN",
        "bash -e {0}",
        "perl '{0}' \"a b\"",
    ),
}

_NAMES: Final = (
    "github env matrix text nothing event list inputs steps outputs needs secrets runner true false null"
)
_FUNCTIONS: Final = (
    "contains startsWith endsWith format join toJSON fromJSON case hashFiles always success failure cancelled"
)
_SYMBOLS: Final = "( ) [ ] . .* , ! != == < <= > >= && || ' '' ${{ }} 0x 0o 1e NaN Infinity {0} {{"
_KEYS: Final = (
    "name: on: jobs: runs-on: steps: run: uses: with: if: needs: strategy: matrix: include: exclude: outputs:"
    " using: main: image: inputs: default: value: branches: paths-ignore: types: cron: timezone: options:"
    " env: defaults: container: services: secrets: permissions: concurrency: shell: working-directory:"
    " parallel: & * << ? - | > !!str !!binary --- ... %YAML"
)
_OUTPUT: Final = (
    ":: ##[ ] name= line= file= %0A %25 %3A %2C ::group:: ::error ::warning ::notice ::debug:: ::add-mask::"
    " ::set-output ::save-state ::set-env ::add-path:: ::add-matcher:: ::remove-matcher ::echo::on"
    " ::stop-commands:: << EOF ="
)
_PATTERNS: Final = "** * ? + [ ] ! \\ / - [[:alpha:]] ./ ../ ~"

_EXPRESSION_WORDS: Final = f"{_NAMES} {_FUNCTIONS} {_SYMBOLS}"
WORDS: Final[Mapping[str, str]] = {
    "expressions": _EXPRESSION_WORDS,
    "templates": _EXPRESSION_WORDS,
    "json-values": "{ } [ ] : , \" ' // /* */ \\u true null NaN -Infinity undefined new 0x 1e",
    "yaml": _KEYS,
    "workflows": f"{_KEYS} {_EXPRESSION_WORDS}",
    "actions": f"{_KEYS} {_EXPRESSION_WORDS}",
    "triggers": f"{_KEYS} {_PATTERNS} push pull_request schedule workflow_dispatch workflow_call",
    "commands": _OUTPUT,
    "file-commands": _OUTPUT,
    "masker": "abc \" & ' %26 &amp; \\u0022 YWJj",
    "matchers": '"owner": "pattern": "regexp": "file": "line": "loop": "severity": (?<a> \\\\d+ .* error',
    "globs": _PATTERNS,
    "patterns": _PATTERNS,
    "words": "@ / docker:// ./ $/ {0} jan mon bash pwsh cmd ' \" \\",
}
