"""The page as a site: which commit it is of, and where it lies."""

import subprocess
from pathlib import Path

import pytest

from jepatlas.common.base.parameters import InputError
from tests import project
from tools import publish

SLOTS = f"<head>{publish.HEAD}</head><body>{publish.VERSION}</body>"


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a page and its picture."""
    monkeypatch.chdir(tmp_path)
    for file in (publish.PAGE, publish.PICTURE):
        file.parent.mkdir(parents=True)
        file.write_text(SLOTS, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "a page", "--date", "2026-01-02T03:04:05")
    return tmp_path


def test_a_published_page_names_its_commit_and_the_code(root, monkeypatch):
    git(root, "remote", "add", "origin", "https://me:secret@github.com/some/atlas.git")
    monkeypatch.setenv("SITE", "https://some.example/atlas")
    publish.main("site")
    text = (root / "site/index.html").read_text(encoding="utf-8")
    commit = git(root, "rev-parse", "HEAD").strip()
    assert f'<a href="https://github.com/some/atlas/tree/{commit}">' in text
    assert git(root, "log", "-1", "--format=%cs").strip() in text
    assert "with changes" not in text
    assert 'property="og:image" content="https://some.example/atlas/report-mixture.png"' in text
    assert "secret" not in text
    assert (root / "site/report-mixture.png").exists()
    assert publish.PAGE.read_text(encoding="utf-8") == SLOTS  # the pipeline's output stays


def test_changes_since_the_commit_are_told(root):
    publish.PICTURE.write_text("another", encoding="utf-8")
    assert "(with changes)" in publish.version("")


@pytest.mark.parametrize(
    "address", ["git@github.com:some/atlas.git", "ssh://git@github.com/some/atlas", ""]
)
def test_the_code_is_where_the_remote_is(root, address):
    if address:
        git(root, "remote", "add", "origin", address)
    assert publish.repository() == ("https://github.com/some/atlas" if address else "")


def test_what_is_no_page_is_refused(root):
    publish.PAGE.write_text("an old page", encoding="utf-8")
    with pytest.raises(InputError, match=r"plots/report/index\.html: lacks"):
        publish.main("site")
    publish.PAGE.unlink()
    with pytest.raises(InputError, match="no such file"):
        publish.main("site")
    assert not (root / "site").exists()


def test_the_pages_template_has_the_slots():
    """Of the real template: what `published` replaces must be there."""
    template = project.ROOT / "src/jepatlas/report/page/assets/template.html"
    text = template.read_text(encoding="utf-8")
    assert (text.count(publish.HEAD), text.count(publish.VERSION)) == (1, 1)
