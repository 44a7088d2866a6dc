"""The page as a site of its own: `python tools/publish.py [FOLDER]`, after `dvc repro report` or
`dvc pull`.

The pipeline's page depends on what was measured alone, so that the same measurements make the same
bytes. What only a published copy has is put in here: the commit that it was made from, its date,
where the code is, and a picture for those who link to it.
"""

import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import write

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("plots/report/index.html")
PICTURE = Path("docs/report-mixture.png")
VERSION = "<!-- version -->"
HEAD = "<!-- published -->"
ADDRESS = re.compile(
    r"^(?:https://(?:[^@/]+@)?|(?:ssh://)?git@)(?P<host>[^:/]+)[:/](?P<path>.+?)(?:\.git)?/?$"
)


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def repository() -> str:
    """Where the code can be read, without any name or password in it; empty where it is nowhere."""
    found = ADDRESS.match(git("remote", "get-url", "origin"))
    return f"https://{found['host']}/{found['path']}" if found else ""


def version(code: str) -> str:
    """What a published page says at its foot; code: address of the repository, or empty."""
    commit, date = git("log", "-1", "--format=%H %cs").split()
    changed = " (with changes)" if git("status", "--porcelain", "--untracked-files=no") else ""
    short = f"<code>{commit[:10]}</code>"
    if code:
        short = f'<a href="{escape(code)}/tree/{commit}">{short}</a>'
    return f"<p>Made from commit {short}{changed} of {date}.</p>"


def published(text: str, code: str, site: str) -> str:
    """The page with its version; site: its own address, or empty, for what must name itself."""
    for slot in (VERSION, HEAD):
        if text.count(slot) != 1:
            raise InputError(f"{PAGE}: lacks {slot}; `dvc repro report` makes it anew")
    links = "" if not code else f'<p><a href="{escape(code)}">The code</a></p>'
    tags = ""
    if site:
        tags = (
            f'<link rel="canonical" href="{escape(site)}">\n'
            f'<meta property="og:url" content="{escape(site)}">\n'
            f'<meta property="og:image" content="{escape(site)}{PICTURE.name}">'
        )
    return text.replace(VERSION, version(code) + links).replace(HEAD, tags)


def main(folder: str = "site") -> None:
    if not PAGE.exists():
        raise InputError(
            f"{PAGE}: no such file; `dvc repro report` makes it, `dvc pull` fetches it"
        )
    text = PAGE.read_text(encoding="utf-8")
    site = os.environ.get("SITE", "")
    whole = published(text, repository(), site and site.rstrip("/") + "/")
    write(Path(folder) / "index.html", lambda file: file.write_text(whole, encoding="utf-8"))
    write(Path(folder) / PICTURE.name, lambda file: shutil.copy(PICTURE, file))


if __name__ == "__main__":
    os.chdir(ROOT)
    stage.run(main, *sys.argv[1:])
