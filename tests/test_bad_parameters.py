"""A thousand bad parameter files over the whole schema: each refused in one line that names the
culprit, whatever is wrong with it."""

import copy
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jepatlas.check import everything
from jepatlas.common.base import parameters
from jepatlas.common.base.yaml_file import PARAMS, InputError, parse, read

ROOT = Path(__file__).resolve().parents[1]
WHOLE = read(ROOT / PARAMS)
FEW = copy.deepcopy(WHOLE)
for track in ("mixture", "images", "noisy_tv"):
    FEW[track]["methods"] = dict(list(WHOLE[track]["methods"].items())[:1])
# One that worlds can change the parameters of.
FEW["hidden_causes"]["methods"] = {"whitening": WHOLE["hidden_causes"]["methods"]["whitening"]}
Keys = tuple[str | int, ...]

# Where text may be anything, numbers may be negative, lists may have any length, or a block may go.
ANY_TEXT = {"note", "images.data.path"}
SIGNED = ("noisy_tv.system.rotation", "mixture.mixtures.", "mixture.landscape.")
FIXED = ("mixture.mixtures.", "mixture.landscape.")
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


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project as the current folder; modules are looked for once."""
    monkeypatch.chdir(ROOT)
    look = cache(lambda *paths: list(found(paths)))
    found = pkgutil.iter_modules
    monkeypatch.setattr(pkgutil, "iter_modules", lambda path: look(*path))


def refusal(params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """What the check of everything says of these parameters, which it has to refuse."""
    monkeypatch.setattr(parameters, "read", lambda: params)
    with pytest.raises(InputError) as caught:
        everything(params)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 1000
    assert said.startswith("params.yaml: ")
    return said.removeprefix("params.yaml: ")


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
    wrong: list[Any] = [float("nan"), float("inf"), -float("inf"), 10**30, -(10**30), 10**5000]
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


@settings(ORDINARY, max_examples=800)
@given(bad=BAD)
def test_a_wrong_value_anywhere(bad: tuple[Keys, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    keys, value = bad
    said = refusal(replaced(keys, lambda block, key: _set(block, key, value)), monkeypatch)
    assert any(str(key) in said for key in keys if isinstance(key, str)), said


def _set(block: Any, key: Any, value: Any) -> None:
    block[key] = value


@pytest.mark.parametrize("keys", [keys for keys, _ in ALL if isinstance(keys[-1], str)], ids=dotted)
def test_a_missing_key(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    one_up = f"{dotted(keys[:-1])}.*"
    params = replaced(keys, lambda block, key: block.pop(key))
    if {dotted(keys), one_up} & OPTIONAL or _has_a_default(keys):
        monkeypatch.setattr(parameters, "read", lambda: params)
        everything(params)
    else:
        assert str(keys[-1]) in refusal(params, monkeypatch)


def _has_a_default(keys: Keys) -> bool:
    if keys[:2] == ("mixture", "methods"):
        return keys[3:] == ("as_published",) or keys[4:] == ("mixture",)
    rates = ("warm_up", "weight_decay")
    optional = {"images": rates, "hidden_causes": rates, "noisy_tv": ("averaging",)}
    return keys[-1] in optional.get(str(keys[0]), ())


# Files that are no YAML, or more YAML than parameters need

PIECE = {"seed": 0, "images": {"data": {"set": "mnist", "path": "data"}, "channels": [1, 2]}}
TEXT = yaml.safe_dump(PIECE, sort_keys=False)


@st.composite
def spoiled_text(draw: st.DrawFn) -> bytes:
    """A good file with something in it, at any line, that no parameter file may have."""
    lines = TEXT.splitlines()
    at = draw(st.integers(0, len(lines) - 1))
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


GOOD = TEXT.encode()
OF_ODD_BYTES = [b"\xef\xbb\xbf" + GOOD, GOOD + b"\xff", GOOD.replace(b"\n", b"\r\n")]


@settings(ORDINARY, max_examples=250)
@given(text=spoiled_text() | st.sampled_from(OF_ODD_BYTES))
def test_a_file_that_is_more_than_parameters(text: bytes) -> None:
    """Refused as a text: what it holds besides is good, and nobody has looked at it yet."""
    assert parse(GOOD, PARAMS) == PIECE
    with pytest.raises(InputError) as caught:
        parse(text, PARAMS)
    is_a_line(str(caught.value))


@settings(ORDINARY, max_examples=250)
@given(text=st.binary(min_size=1, max_size=50))
def test_a_file_of_something_else(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        everything(parse(text, PARAMS))  # some bytes happen to be YAML
    is_a_line(str(caught.value))


def is_a_line(said: str) -> None:
    assert said.startswith("params.yaml: ")
    assert "\n" not in said
    assert len(said) < 1000
