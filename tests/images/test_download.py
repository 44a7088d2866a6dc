"""Downloads from a local server that misbehaves in every manner."""

import socket

import numpy as np
import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.images.truth import download as module
from jepatlas.images.truth.download import Unavailable, download
from tests.images.server import PIECE, Server

CONTENT = np.random.default_rng(1).bytes(3 * PIECE + 500)
OTHER = CONTENT[::-1]  # a part that another mirror left


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(module, "CHUNK", 100)
    monkeypatch.setattr(module, "TIMEOUT", (2.0, 0.2))
    with Server({"a.gz": CONTENT}) as server:
        yield server


@pytest.fixture
def file(tmp_path):
    return tmp_path / "raw" / "a.gz"


@pytest.fixture
def get(server, file):
    """Download from mirrors of these manners."""

    def check(path):
        if path.read_bytes() != CONTENT:
            raise InputError(f"{path}: damaged")

    def get(*mirrors):
        download(file, [server.url(mirror) for mirror in mirrors], check)

    return get


def arrived(file):
    """It alone is there, whole."""
    return [*file.parent.iterdir()] == [file] and file.read_bytes() == CONTENT


def leave(file, content):
    """What an interrupted download leaves."""
    file.parent.mkdir()
    file.with_name("a.gz.part").write_bytes(content)


def test_a_good_mirror(server, file, get, capsys):
    get("good", "missing")
    assert arrived(file)
    assert server.requests == [("good", None)]
    assert capsys.readouterr().err == ""  # and no bar, where stderr is no terminal


@pytest.mark.parametrize(
    ("mirror", "reason"),
    [
        ("missing", "answers 404"),
        ("silent", "timed out"),
        ("wrong", "has wrong content"),
        ("stuck", "was cut off"),
    ],
)
def test_a_bad_mirror_is_told_and_the_next_one_taken(mirror, reason, server, file, get, capsys):
    get(mirror, "good")
    assert arrived(file)
    said = capsys.readouterr().err
    assert said == f"warning: {server.url(mirror)}a.gz {reason}; took the next mirror\n"


def test_a_mirror_that_wrongs_is_asked_once_and_leaves_nothing(server, get, file):
    with pytest.raises(Unavailable, match="wrong content"):
        get("wrong")
    assert server.requests == [("wrong", None)]
    assert not [*file.parent.iterdir()]


def test_a_cut_download_is_resumed_where_it_ended(server, file, get, capsys):
    get("cut")
    assert arrived(file)
    ranges = [None, *(f"bytes={start}-" for start in (PIECE, 2 * PIECE, 3 * PIECE))]
    assert server.requests == [("cut", asked) for asked in ranges]
    assert capsys.readouterr().err == ""


def test_the_next_mirror_goes_on_where_one_ended(server, file, get):
    get("stuck", "good")
    assert arrived(file)
    assert server.requests[-1] == ("good", f"bytes={PIECE}-")


def test_a_server_that_ignores_ranges_is_heard_from_the_start(server, file, get):
    get("cut_once")
    assert arrived(file)
    assert server.requests == [("cut_once", None), ("cut_once", f"bytes={PIECE}-")]


def test_a_mirror_that_never_gets_further_is_given_up(server, get):
    with pytest.raises(Unavailable, match="was cut off"):
        get("stuck")
    assert server.requests == [("stuck", None), ("stuck", f"bytes={PIECE}-")]


def test_attempts_are_limited(server, file, get, monkeypatch):
    monkeypatch.setattr(module, "ATTEMPTS", 2)
    with pytest.raises(Unavailable, match="was cut off"):
        get("cut")
    assert len(server.requests) == 2
    assert not file.exists()


def test_the_part_of_an_earlier_run_is_gone_on_with(server, file, get):
    leave(file, CONTENT[:700])
    get("good")
    assert arrived(file)
    assert server.requests == [("good", "bytes=700-")]


def test_a_part_that_was_complete_is_taken(server, file, get):
    leave(file, CONTENT)
    get("good")
    assert arrived(file)
    assert server.requests == [("good", f"bytes={len(CONTENT)}-")]


@pytest.mark.parametrize("size", [700, len(CONTENT)])
def test_a_part_that_does_not_fit_is_thrown_away(size, server, file, get):
    leave(file, OTHER[:size])
    get("good")
    assert arrived(file)
    assert server.requests == [("good", f"bytes={size}-"), ("good", None)]


def test_when_all_fail_each_is_named_with_its_reason(server, file, get, capsys):
    with pytest.raises(Unavailable) as caught:
        get("missing", "silent", "wrong")
    assert str(caught.value).split("; ") == [
        f"{server.url('missing')}a.gz answers 404",
        f"{server.url('silent')}a.gz timed out",
        f"{server.url('wrong')}a.gz has wrong content",
    ]
    assert not file.exists()
    assert capsys.readouterr().err == ""  # the exception says it


def test_nobody_there(file, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable, match=r"a\.gz cannot be reached"):
            download(file, [url], lambda path: None)


def test_no_mirror_at_all(file):
    with pytest.raises(Unavailable, match=r"no mirror to get a\.gz from"):
        download(file, [], lambda path: None)


def test_a_folder_that_cannot_be_made_is_named(file, get):
    file.parent.write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.gz: cannot be written"):
        get("good")
