import os
import socket
from pathlib import Path

import pytest

from attn_explore.model.files.regular import read_inside, read_regular, resolve_inside
from attn_explore.model.problems import Problem
from tests.rights import no_rights, owned_folder

SECRET = b"root:x:0:0"


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "course"
    (inside / "weights").mkdir(parents=True)
    (inside / "w.npz").write_bytes(b"inside")
    (inside / "weights" / "w.npz").write_bytes(b"deeper")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_bytes(SECRET)
    return inside


def refusal(function, *arguments):
    with pytest.raises(Problem) as caught:
        function(*arguments)
    assert caught.value.exit_status == 2
    message = caught.value.render()
    assert SECRET.decode() not in message
    return message


def test_a_regular_file_is_read(folder):
    assert read_regular(folder / "w.npz", 6) == b"inside"


def test_a_file_over_the_limit_is_refused_before_it_is_read(folder):
    sparse = folder / "huge"
    with sparse.open("wb") as file:
        file.truncate(10**12)
    assert "1,000,000,000,000 bytes" in refusal(read_regular, sparse, 10**6)


def test_each_refusal_names_the_kind_of_file(folder, tmp_path):
    os.mkfifo(folder / "fifo")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    kinds = {
        folder / "weights": "a directory",
        folder / "fifo": "a pipe",
        Path("/dev/zero"): "a device",
        folder / "missing": "no such file",
        folder / "dangling": "a symbolic link to a file that does not exist",
        folder / "loop": "a loop of symbolic links",
        folder / "w.npz" / "x": "is a file, not a folder",
        folder / ("x" * 300): "too long",
    }
    for path, kind in kinds.items():
        assert kind in refusal(read_regular, path, 10)


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "a socket" in refusal(read_regular, Path("socket"), 10)


def test_a_file_without_permission_is_refused():
    with owned_folder() as folder:
        path = folder / "w.npz"
        path.write_bytes(b"inside")
        with no_rights():
            assert read_regular(path, 6) == b"inside"
        path.chmod(0)
        with no_rights():
            assert "no permission" in refusal(read_regular, path, 10)


def test_a_file_that_shrinks_while_it_is_read_is_refused(folder, monkeypatch):
    path = folder / "w.npz"
    real = os.fstat

    def shrink_after(descriptor):
        found = real(descriptor)
        os.truncate(path, 2)
        return found

    monkeypatch.setattr("os.fstat", shrink_after)
    assert "changed while it was read" in refusal(read_regular, path, 10)


@pytest.mark.parametrize("name", ["w.npz", "weights/w.npz", "./w.npz", "weights/../w.npz"])
def test_a_name_inside_the_folder_is_read(folder, name):
    assert read_inside(folder, name, 10) in (b"inside", b"deeper")


OUTSIDE = [
    "../elsewhere/secret",
    "weights/../../elsewhere/secret",
    "/etc/passwd",
    "//srv/share/x",
    "..",
    "~/w.npz",
    "$HOME/w.npz",
    "%HOME%/w",
    "file:///etc/passwd",
    "http://example.org/w",
    "\\\\srv\\x",
    "C:\\w.npz",
    "a\0b",
    "a\n\0b",
    "CON",
    "weights/nul.npz",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_outside_is_refused_with_a_way_out(folder, name):
    message = refusal(read_inside, folder, name, 10)
    assert "outside the scenario's folder" in message
    assert "--allow-path" in message


@pytest.mark.parametrize(
    ("name", "what"), [("x" * 5000, "too long"), ("", "empty"), (" ", "empty"), ("missing", "no such")]
)
def test_a_name_that_is_no_file_is_refused(folder, name, what):
    assert what in refusal(read_inside, folder, name, 10)


def test_a_link_out_of_the_folder_is_refused(folder):
    (folder / "link").symlink_to("../elsewhere/secret")
    (folder / "up").symlink_to("../elsewhere", target_is_directory=True)
    assert "outside" in refusal(read_inside, folder, "link", 10)
    assert "outside" in refusal(read_inside, folder, "up/secret", 10)


def test_a_link_within_the_folder_is_followed(folder):
    (folder / "link").symlink_to("w.npz")
    assert read_inside(folder, "link", 10) == b"inside"


def test_a_loop_of_links_is_refused(folder):
    (folder / "loop").symlink_to("loop")
    assert "loop of symbolic links" in refusal(read_inside, folder, "loop", 10)


def test_a_folder_named_on_the_command_line_may_be_read(folder):
    elsewhere = folder.parent / "elsewhere"
    for name in ("../elsewhere/secret", str(elsewhere / "secret")):
        assert read_inside(folder, name, 10, [elsewhere]) == SECRET


def test_a_file_swapped_for_a_link_before_it_is_opened_is_refused(folder, monkeypatch):
    real = os.open

    def swap_then_open(path, flags):
        (folder / "w.npz").unlink()
        (folder / "w.npz").symlink_to("../elsewhere/secret")
        return real(path, flags)

    with monkeypatch.context() as patch:  # whoever cleans up opens folders, too
        patch.setattr("os.open", swap_then_open)
        refusal(read_inside, folder, "w.npz", 10)


@pytest.mark.parametrize("swaps_back", [True, False])
def test_a_folder_swapped_for_a_link_before_it_is_opened_is_refused(folder, monkeypatch, swaps_back):
    (folder.parent / "elsewhere" / "w.npz").write_bytes(SECRET)
    real = os.open

    def swap_then_open(path, flags):
        (folder / "weights").rename(folder / "aside")
        (folder / "weights").symlink_to("../elsewhere")
        descriptor = real(path, flags)
        if swaps_back:
            (folder / "weights").unlink()
            (folder / "aside").rename(folder / "weights")
        return descriptor

    with monkeypatch.context() as patch:
        patch.setattr("os.open", swap_then_open)
        assert "outside" in refusal(read_inside, folder, "weights/w.npz", 10)


def test_a_resolved_path_is_the_real_one(folder):
    (folder / "link").symlink_to("weights")
    assert resolve_inside(folder, "link/w.npz") == (folder / "weights" / "w.npz").resolve()
