"""Masking: no form of a secret gets past, wherever the stream is cut, and nothing else is touched."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import sys
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest
from fuzz.targets import masked_plainly
from hypothesis import example, given
from hypothesis import strategies as st

from actions_compat import masking
from actions_compat.masking import Masker, SecretSet
from actions_compat.secret_forms import secret_forms

if TYPE_CHECKING:
    from collections.abc import Sequence

# few letters, so that random secrets nest, overlap and touch
SECRETS = st.lists(st.text("ab\n&\"'", min_size=1, max_size=9), min_size=1, max_size=6)
OUTPUT = st.lists(
    st.sampled_from([b"a", b"b", b"ab", b"\n", b"&", b'"', b"x", b"YW", b"Ji", b"=="]), max_size=40
).map(b"".join)


def mask(secrets: Sequence[str], *chunks: bytes) -> bytes:
    masker = Masker(SecretSet(secrets))
    return b"".join([*map(masker.feed, chunks), masker.flush()])


@given(SECRETS, OUTPUT)
@example(["abc", "cde"], b"abcde")
@example(["aab", "ab" * 4], b"aabababab")
def test_every_occurrence_is_masked_and_nothing_else(secrets: list[str], output: bytes) -> None:
    forms = {form for secret in secrets for form in secret_forms(secret)}
    assert mask(secrets, output) == masked_plainly(forms, output)


@given(SECRETS, OUTPUT, st.data())
def test_chunk_boundaries_change_nothing(secrets: list[str], output: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(output)), max_size=8)))
    chunks = [output[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(output)], strict=True)]
    assert mask(secrets, *chunks) == mask(secrets, output)


@given(SECRETS, OUTPUT)
def test_each_byte_alone_gives_the_same(secrets: list[str], output: bytes) -> None:
    assert mask(secrets, *(output[place : place + 1] for place in range(len(output)))) == mask(
        secrets, output
    )


def test_every_cut_of_one_text_gives_the_same() -> None:
    secrets = ["hunter2 & co", "co & more", "line one\nline two\nline three"]
    output = b"say hunter2 & co & more, line one\nline two\nline three. line two\n" + base64.b64encode(
        b"u:hunter2 & co"
    )
    whole = mask(secrets, output)
    assert whole.startswith(b"say ***, ***. ***\n")
    assert all(mask(secrets, output[:cut], output[cut:]) == whole for cut in range(len(output)))


def test_every_form_is_masked_wherever_it_is_cut() -> None:
    secret = "it's <a> secret"
    for form in secret_forms(secret):
        for cut in range(len(form) + 1):
            assert mask([secret], b"[" + form[:cut], form[cut:] + b"]") == b"[***]"


@given(st.lists(st.text(max_size=12)), st.text())
def test_masked_text_is_text(secrets: list[str], text: str) -> None:
    masked = Masker(secrets).mask(text)
    assert masked == text or "***" in masked
    masked.encode()


def test_only_the_start_of_a_secret_is_held_back() -> None:
    masker = Masker(["password"])
    assert masker.feed(b"my pass") == b"my "
    assert masker.feed(b"age\n") == b"passage\n"
    assert masker.feed(b"my pass") == b"my "
    assert masker.feed(b"word\n") == b"***\n"


def test_a_prompt_comes_out_with_flush() -> None:
    masker = Masker(["password"])
    assert masker.feed(b"enter pass") == b"enter "
    assert masker.flush() == b"pass"
    assert masker.flush() == b""


def test_matches_that_touch_across_chunks_are_one_mask() -> None:
    masker = Masker(["one1", "two2"])
    assert masker.feed(b"one1") == b"***"
    assert masker.feed(b"two2 one1 ") == b" *** "
    assert masker.flush() == b""


def test_a_match_that_grows_is_one_mask() -> None:
    masker = Masker(["abc", "abcdef", "efgh"])
    assert [masker.feed(chunk) for chunk in (b"abc", b"def", b"gh", b"i")] == [b"", b"***", b"", b"i"]


def test_a_secret_added_later_holds_for_all_streams() -> None:
    secrets = SecretSet()
    out, err = Masker(secrets), Masker(secrets)
    assert out.feed(b"token-1\n") == b"token-1\n"
    out.add("token-1")
    assert out.feed(b"token-1\n") == b"***\n"
    assert err.feed(b"token-1\n") == b"***\n"


@pytest.mark.parametrize("blank", ["", " ", "\n", " \r\n\t"])
def test_blank_secrets_are_ignored(blank: str) -> None:
    assert len(SecretSet([blank])) == 0
    assert Masker([blank]).feed(b"a b\n") == b"a b\n"


SECRET = 'p&ss "w\'rd" $5/\\<\u00e9\U0001f511>+%'


@pytest.mark.parametrize(
    "printed",
    [
        SECRET,
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        urllib.parse.quote(SECRET, safe="!'()*"),
        escape(SECRET),
        escape(SECRET, {'"': "&quot;", "'": "&apos;"}),
        SECRET.replace("'", "''"),
        SECRET.replace('"', '\\"'),
        shlex.quote(SECRET)[1:-1],
    ],
)
def test_a_secret_is_masked_as_programs_print_it(printed: str) -> None:
    assert Masker([SECRET]).mask(f"<{printed}>") == "<***>"


@pytest.mark.parametrize("command", ["printf %q", "set -x; : "])
def test_a_secret_is_masked_as_bash_quotes_it(command: str) -> None:
    secret = "it's a $ecret & more"
    done = subprocess.run(["bash", "-c", f'{command} "$1"', "-", secret], capture_output=True, check=True)
    printed = (done.stdout + done.stderr).decode()
    assert "more" in printed
    assert "ecret" not in Masker([secret]).mask(printed)
    assert "***" in Masker([secret]).mask(printed)


@given(st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_masked_at_any_alignment(before: bytes, after: bytes) -> None:
    secret = b"correct horse battery"
    encoded = base64.b64encode(before + secret + after)
    masked = mask([secret.decode()], encoded)
    # of the secret's characters, those in groups that it shares with its neighbours may be left
    own = len(base64.b64encode(secret)) - 8
    assert b"***" in masked
    assert len(masked) - 3 <= len(encoded) - own


def test_a_piece_of_base64_is_masked_from_eight_characters_on() -> None:
    seven, five = base64.b64encode(b"seven77, and more"), base64.b64encode(b"five5, and more")
    assert mask(["seven77"], seven) == b"***" + seven[8:]  # two groups of four are the secret's alone
    assert mask(["five5"], five) == five


def test_each_line_of_a_secret_is_masked() -> None:
    key = "-----BEGIN-----\n  MIIabc\r\nxyz123==\n\n-----END-----\n"
    assert Masker([key]).mask("x MIIabc y xyz123== z") == "x *** y *** z"
    assert Masker([key]).mask(key.strip()) == "***"


def test_a_thousand_nested_secrets_stay_linear() -> None:
    masker = Masker("a" * length for length in range(1, 1001))
    masker.feed(b"x")

    def seconds(size: int) -> float:
        started = time.process_time()
        masker.feed(b"a" * size)
        return time.process_time() - started

    # all overlapping matches would be 1000 a byte: a hundred million here
    assert seconds(100_000) < 2.0


def test_without_secrets_the_automaton_is_not_loaded() -> None:
    program = (
        "import sys; from actions_compat.masking import Masker; m = Masker(); m.feed(b'x')\n"
        "assert 'ahocorasick_rs' not in sys.modules; m.add('y'); m.feed(b'x')\n"
        "assert 'ahocorasick_rs' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_secret_that_comes_while_the_index_is_built_is_masked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = SecretSet(["first-one"])
    build = masking._PatternIndex

    def slowly(patterns: list[bytes]) -> object:
        monkeypatch.setattr(masking, "_PatternIndex", build)
        built = build(patterns)
        secrets.add("second-one")  # by another thread
        return built

    monkeypatch.setattr(masking, "_PatternIndex", slowly)
    masker = Masker(secrets)
    assert masker.feed(b"first-one\n") == b"***\n"
    assert masker.feed(b"second-one\n") == b"***\n"


def test_secrets_that_threads_add_at_once_are_all_kept() -> None:
    secrets = SecretSet()
    words = [f"secret-{number:04}" for number in range(400)]
    threads = [
        threading.Thread(target=lambda mine: [secrets.add(word) for word in mine], args=(words[start::4],))
        for start in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Masker(secrets).mask(" ".join(words)) == " ".join(["***"] * len(words))
