"""Edits of code, for the tests of what they rerun."""

from pathlib import Path

# Appended to a module, these change its results and nothing else.
LOUDER = """
_loss = Method.loss


def _louder(self, *arguments):
    return 1.5 * _loss(self, *arguments)


Method.loss = _louder
"""
STEEPER = """
_before = {name}


def {name}(*arguments, **named):
    return 1.5 * _before(*arguments, **named)
"""
GREYER = """
_before = {name}


def {name}(*arguments):
    page = _before(*arguments)
    page.patch.set_facecolor("#eeeeee")
    return page
"""
LAST = {"claims", "report"}  # the stages that come after every track


def append(root: Path, file: str, text: str) -> None:
    path = root / "src/jepatlas" / file
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
