"""Files that a get writes."""

from pathlib import Path

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.outputs import make_folder, write_files


def test_texts_are_written_in_utf_8_and_no_byte_is_changed(tmp_path: Path) -> None:
    write_files(tmp_path, {"text": "ä\r\n", "bytes": b"\xff\r\n"})
    assert (tmp_path / "text").read_bytes() == b"\xc3\xa4\r\n"
    assert (tmp_path / "bytes").read_bytes() == b"\xff\r\n"


def test_an_error_names_the_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(ResourceError, match=r"cannot write .*/taken: Is a directory"):
        write_files(tmp_path, {"first": "", "taken": ""})


def test_a_folder_is_made_with_those_around_it_and_may_be_there_already(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match=r"cannot make .*/file/below: Not a directory"):
        make_folder(tmp_path / "file" / "below")
