"""More than a thousand bad parameters over the whole schema: each refused by the check of
everything, in one line that names the culprit, with status 2, and with nothing touched.

Where it is values that are wrong, some hundred stand in a file; to read a file takes three times as
long as to check what it holds, so the others are handed over as read.
"""

import contextlib
import copy
import io
import pkgutil
import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jepatlas import check
from jepatlas.common.base import parameters, stage
from jepatlas.common.base.yaml_file import PARAMS, read
from tests import project

WHOLE = read(project.ROOT / PARAMS)
FEW = copy.deepcopy(WHOLE)
for track in ("mixture", "images", "noisy_tv"):
    FEW[track]["methods"] = dict(list(WHOLE[track]["methods"].items())[:1])
# One that worlds can change the parameters of.
FEW["hidden_causes"]["methods"] = {"whitening": WHOLE["hidden_causes"]["methods"]["whitening"]}
Keys = tuple[str | int, ...]

# Where text may be anything, numbers may be negative, lists may have any length, or a block may go.
ANY_TEXT = {"note", "images.data.path"}
FIXED = ("mixture.mixtures.", "mixture.landscape.", "mixture.methods.energy.as_published.box")
SIGNED = ("noisy_tv.system.rotation", *FIXED)
OF_ANY_NAME = "noisy_tv.partially_observed.systems"  # blocks, which may be empty
OPTIONAL = {
    *("mixture.mixtures.asymmetric", "mixture.methods.*", "noisy_tv.methods.*"),
    *("images.methods.*", "hidden_causes.methods.*", "noisy_tv.partially_observed.systems.*"),
    *(f"hidden_causes.worlds.{key}" for key in ("arm.changes", "arm.changes.*")),
    *(f"hidden_causes.worlds.{key}" for key in ("dimensions.changes", "dimensions.changes.*")),
    *(f"hidden_causes.worlds.dimensions.spare.{key}" for key in ("changes", "changes.*")),
    *(f"noisy_tv.partially_observed.systems.{key}" for key in ("noisy_sensors.*", "few_sensors.*")),
}

ORDINARY = settings(
    deadline=None,
    database=None,
    derandomize=True,  # the same files each time
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def items(content: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every value at any depth, and where it stands."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    for key, item in inner:
        yield (*keys, key), item
        if isinstance(item, dict | list):
            yield from items(item, (*keys, key))


def dotted(keys: Keys) -> str:
    return ".".join(map(str, keys))


def replaced(keys: Keys, edit: Callable[[Any, str | int], None]) -> dict[str, Any]:
    """The project's parameters after `edit(block, key)`. In each track one method is left, the one
    that is edited: the check of all of them takes longer."""
    params = copy.deepcopy(FEW)
    if keys[1:2] == ("methods",):
        methods = copy.deepcopy(WHOLE[keys[0]]["methods"])
        params[keys[0]]["methods"] = {keys[2]: methods[keys[2]]} if len(keys) > 3 else methods
    block = params
    for key in keys[:-1]:
        block = block[key]
    edit(block, keys[-1])
    return params


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of which there is what the check looks at, and what came of an earlier run."""
    root = tmp_path_factory.mktemp("bad")
    shutil.copy(project.ROOT / "dvc.yaml", root)
    (root / "data/supplied").mkdir(parents=True)
    (root / "metrics").mkdir()
    (root / "metrics/mixture.json").write_text("{}\n")
    return root


@pytest.fixture(autouse=True)
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That as the current folder; modules are looked for once."""
    monkeypatch.chdir(folder)
    look = cache(lambda *paths: list(found(paths)))
    found = pkgutil.iter_modules
    monkeypatch.setattr(pkgutil, "iter_modules", lambda path: look(*path))


def checked() -> tuple[object, str]:
    """The exit status of the check of everything, and what it said."""
    before = files()
    said, status = io.StringIO(), None
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            stage.run(check.main)
        except SystemExit as end:
            status = end.code
    assert files() == before
    return status, said.getvalue()


def files() -> dict[Path, tuple[bytes, int]]:
    found = [path for path in Path().rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def refusal() -> str:
    """What the check says of parameters that it has to refuse."""
    status, said = checked()
    assert status == 2
    assert said.startswith("error: params.yaml: ")
    assert said.endswith("\n")
    assert said.count("\n") == 1
    assert len(said) < 1000
    return said.removeprefix("error: params.yaml: ")


ALL = list(items(WHOLE))
LEAVES = [(keys, item) for keys, item in ALL if not isinstance(item, dict | list)]
NUMBERS = [keys for keys, item in LEAVES if isinstance(item, int | float)]
BLOCKS = [(), *(keys for keys, item in ALL if isinstance(item, dict))]


def starts(keys: Keys, beginnings: tuple[str, ...]) -> bool:
    return dotted(keys).startswith(beginnings)


@st.composite
def of_a_wrong_type(draw: st.DrawFn) -> tuple[Keys, Any]:
    keys, _ = draw(st.sampled_from(LEAVES))
    texts = [] if dotted(keys) in ANY_TEXT else ["a text that is no name", "", "1.5.2", "\x00"]
    if dotted(keys) == "images.data.fallback" or "batch" in keys:
        return keys, draw(st.sampled_from([True, False, {"a": 1}, [[1]], *texts]))
    return keys, draw(st.sampled_from([True, False, {}, {"a": 1}, [], [[1]], *texts]))


@st.composite
def out_of_range(draw: st.DrawFn) -> tuple[Keys, Any]:
    keys = draw(st.sampled_from(NUMBERS))
    wrong: list[Any] = [float("nan"), float("inf"), -float("inf"), 10**30, -(10**30), 10**4000]
    if not starts(keys, SIGNED):
        wrong += [-1, -1e-300, -(2**53)]
    return keys, draw(st.sampled_from(wrong))


@st.composite
def of_a_wrong_length(draw: st.DrawFn) -> tuple[Keys, Any]:
    lists = [(keys, item) for keys, item in ALL if isinstance(item, list) and starts(keys, FIXED)]
    keys, item = draw(st.sampled_from(lists))
    return keys, draw(st.sampled_from([item[:-1], [*item, item[-1]], [], item[:1] * 50]))


@st.composite
def with_an_unknown_key(draw: st.DrawFn) -> tuple[Keys, Any]:
    block = draw(st.sampled_from(BLOCKS))
    name = draw(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20))
    wrong: list[Any] = [1, None, "text", []]
    if dotted(block) != OF_ANY_NAME:
        wrong.append({})
    return (*block, f"{name}?"), draw(st.sampled_from(wrong))


BAD = st.one_of(of_a_wrong_type(), out_of_range(), of_a_wrong_length(), with_an_unknown_key())


def names_one_of(keys: Keys, said: str) -> bool:
    return any(str(key) in said for key in keys if isinstance(key, str))


@settings(ORDINARY, max_examples=800)
@given(bad=BAD)
def test_a_wrong_value_anywhere(bad: tuple[Keys, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    keys, value = bad
    params = replaced(keys, lambda block, key: _set(block, key, value))
    monkeypatch.setattr(parameters, "read", lambda: params)
    said = refusal()
    assert names_one_of(keys, said), said


@settings(ORDINARY, max_examples=120)
@given(bad=BAD)
def test_a_wrong_value_in_a_file(bad: tuple[Keys, Any]) -> None:
    keys, value = bad
    text = project.dumped(replaced(keys, lambda block, key: _set(block, key, value)))
    PARAMS.write_text(text, encoding="utf-8")
    said = refusal()
    if line := re.match(r"line (\d+): a number of 4001 digits", said):
        assert str(value) in text.splitlines()[int(line[1]) - 1]
    else:
        assert names_one_of(keys, said), said


def _set(block: Any, key: Any, value: Any) -> None:
    block[key] = value


@pytest.mark.parametrize("keys", [keys for keys, _ in ALL if isinstance(keys[-1], str)], ids=dotted)
def test_a_missing_key(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    one_up = f"{dotted(keys[:-1])}.*"
    params = replaced(keys, lambda block, key: block.pop(key))
    monkeypatch.setattr(parameters, "read", lambda: params)
    if {dotted(keys), one_up} & OPTIONAL or _has_a_default(keys):
        assert checked() == (None, "")
    else:
        assert str(keys[-1]) in refusal()


def _has_a_default(keys: Keys) -> bool:
    if keys[:2] == ("mixture", "methods"):
        optional = ("mixture", "inputs", "noisy_views", "network", "moves", "masks", "pairs")
        of_some = [("jepa_pairwise", "averaging"), ("jepa_ema", "predictor")]
        return (
            keys[3:] == ("as_published",)
            or keys[4:] in [(key,) for key in optional]
            or (*keys[2:3], *keys[4:]) in of_some
        )
    rates = ("warm_up", "weight_decay")
    optional = {"images": rates, "hidden_causes": rates, "noisy_tv": ("averaging", "samples")}
    return keys[-1] in optional.get(str(keys[0]), ())


# Files that are no YAML, or more YAML than parameters need

GOOD = (project.ROOT / PARAMS).read_bytes()
LINES = GOOD.decode().splitlines()
HELD = [at for at, line in enumerate(LINES) if line.strip() and line.lstrip()[0] != "#"]


@st.composite
def spoiled_text(draw: st.DrawFn) -> bytes:
    """The project's own, with something in it, at any line, that no parameter file may have."""
    lines = list(LINES)
    at = draw(st.sampled_from(HELD))
    line, indent = lines[at], lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    depth = draw(st.integers(51, 3000))
    lines[at] = draw(
        st.sampled_from(
            [
                f"{line}\n{line}" if ":" in line else f"{indent}- &a 1",  # a key twice
                f"{indent}x: &anchor 1\n{line}",
                f"{indent}x: *alias\n{line}",
                f"{indent}<<: *alias\n{line}",
                f"{indent}x: !!python/object/apply:os.system [echo]\n{line}",
                f"{indent}x: !!binary aGVsbG8=\n{line}",
                f"{indent}x: {'9' * depth * 2}\n{line}",
                f"{indent}x: {'[' * depth}{']' * depth}\n{line}",
                f"{indent}x: {'{a: ' * depth}{'}' * depth}\n{line}",
                f"{indent}{'- ' * depth}x\n{line}",
                f"{line}\r",
                f"\t{line}",
                f"{line}\x07",
                f"{line} \ud800",  # half a character
                f"{indent}1: 1\n{line}",
                f"{indent}? [a, b]\n{indent}: 1\n{line}",
                f"{indent}x: [1\n{line}",
                f"{indent}x: 'text\n{line}",
                f"{line}\n...\n---\nx: 1",
            ]
        )
    )
    return "\n".join(lines).encode("utf-8", "surrogatepass")


OF_ODD_BYTES = [b"\xef\xbb\xbf" + GOOD, GOOD + b"\xff", GOOD.replace(b"\n", b"\r\n")]


def test_the_projects_own_passes() -> None:
    PARAMS.write_bytes(GOOD)
    assert checked() == (None, "")


@settings(ORDINARY, max_examples=80)
@given(text=spoiled_text() | st.sampled_from(OF_ODD_BYTES))
def test_a_file_that_is_more_than_parameters(text: bytes) -> None:
    """Refused as a text, by the place in it: its values are good, and nobody has looked at them."""
    PARAMS.write_bytes(text)
    assert re.search(r"\b(line|position) \d+", refusal())


@settings(ORDINARY, max_examples=250)
@given(text=st.binary(min_size=1, max_size=50))
def test_a_file_of_something_else(text: bytes) -> None:
    PARAMS.write_bytes(text)
    refusal()  # some bytes happen to be YAML
