"""Parameters: what is accepted, and the one line about what is not."""

import math
from pathlib import Path
from typing import Annotated, Literal

import pytest
from dvc.utils.serialize import parse_yaml
from pydantic import Field, model_validator

from jepatlas.common.base import parameters
from jepatlas.common.base.parameters import (
    Count,
    Device,
    Fraction,
    InputError,
    NonNegative,
    Positive,
    Section,
    Seed,
    read,
    scalar,
    section,
    validate,
    value,
)


class Inner(Section):
    rate: Positive
    shift: NonNegative = 0.0


class Outer(Section):
    count: Count
    share: Fraction = 0.5
    schedule: Literal["constant", "cosine"] = "constant"
    widths: Annotated[tuple[Count, ...], Field(min_length=1)] = (1,)
    interval: tuple[float, float] = (0.0, 1.0)
    inner: Inner = Inner(rate=1.0)

    @model_validator(mode="after")
    def _in_order(self):
        if not self.interval[0] < self.interval[1]:
            raise ValueError(f"interval should go up, not {self.interval[0]} to {self.interval[1]}")
        return self


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project's root, as the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(call) -> str:
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("params.yaml: ")
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message.removeprefix("params.yaml: ")


# Reading the file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", "line 2: not valid YAML: while parsing a flow sequence"),
        ("a: 1\n\tb: 2\n", "line 2: not valid YAML: while scanning for the next token, found"),
        (b"\xff\xfe\x00", "not valid YAML: 'utf-8' codec can't decode byte 0xff"),
        ("a: \0", "not valid YAML: unacceptable character #x0000"),
        ("", "should hold keys and values, holds None"),
        ("- 1\n- 2\n", "should hold keys and values, holds [1, 2]"),
        ("just text\n", "should hold keys and values, holds 'just text'"),
        ("---\na: 1\n---\nb: 2\n", "line 3: not valid YAML: expected a single document"),
        (None, "no such file; stages run from the project's root"),
        # Valid YAML, but not taken: DVC refuses some of it, and never ends with some of it.
        ("a: 1\nb: {c: 1, c: 2}\n", "line 2: the key 'c' stands twice in a block"),
        ("a: 1\na: 2\n", "line 2: the key 'a' stands twice in a block"),
        ("1: one\n", "line 1: a key should be a name, is '1'"),
        ("? [a]\n: 1\n", "line 1: a key should be a name, is a list or block"),
        ("a: !!python/object/apply:os.getcwd []\n", "line 1: the tag 'tag:yaml.org,2002:python/ob"),
        ("a: !!str 1\n", "line 1: the tag 'tag:yaml.org,2002:str' is not taken"),
        ("a: &x 1\n", "line 1: anchors and aliases are not taken"),
        ("a: {count: &x [*x]}\n", "line 1: anchors and aliases are not taken"),
        ("a: " + "9" * 5000, "line 1: a number of 5000 digits"),
        ("a: " + "[" * 20_000, "line 1: nested too deeply"),
        ("a: " + "{a: " * 20_000, "line 1: nested too deeply"),
        (b"\xef\xbb\xbfa: 1\n", "line 1: begins with a byte order mark"),
        ("a: 1\nb: 2\r\n", "line 2: ends in a carriage return"),
    ],
)
def test_an_unusable_file_is_named(project, text, message):
    if text is not None:
        (project / "params.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    for call in (read, lambda: value("seed"), lambda: section("a", Inner)):
        assert refusal(call).startswith(message)


SCALARS = "1e-3 1e3 1E+2 1.e-3 .5 +1 -0 010 1.5 1. .inf -.INF .nan true FALSE ~ null on yes 1:30"


@pytest.mark.parametrize("text", [*SCALARS.split(), "''", "1e-3x", "a b"])
def test_a_value_is_what_it_is_for_dvc(project, text):
    """DVC reads YAML 1.2; by YAML 1.1, 1e-3 is a text, 010 is eight, on is true, 1:30 is 90."""
    (project / "params.yaml").write_text(f"a: {text}\n")
    assert repr(value("a")) == repr(parse_yaml(f"a: {text}\n", "params.yaml")["a"])


def test_another_file_is_named_by_its_path(project):
    with pytest.raises(InputError, match=r"^other\.yaml: no such file"):
        read(Path("other.yaml"))


@pytest.mark.parametrize("key", ["seed", "a.b", "a.c.d", "a.x", "a.c.d.e"])
def test_a_missing_key_is_named(project, key):
    (project / "params.yaml").write_text("a: {c: {x: 1}, x.y: 2}\n")
    assert refusal(lambda: value(key)) == f"{key} is missing"


def test_values_by_dotted_key(project):
    (project / "params.yaml").write_text("seed: 3\na:\n  b: {c: [1, x]}\n  n: null\nµ: 0.5\n")
    assert value("seed") == 3
    assert value("a.b.c") == [1, "x"]
    assert value("a.n") is None
    assert value("µ") == 0.5
    assert read() == {"seed": 3, "a": {"b": {"c": [1, "x"]}, "n": None}, "µ": 0.5}


# Sections


def test_a_section_is_read_and_typed(project):
    (project / "params.yaml").write_text(
        "a:\n  b: {count: 3, widths: [2, 4], interval: [-1, 1], inner: {rate: 2}}\n"
    )
    found = section("a.b", Outer)
    assert found == Outer(count=3, widths=(2, 4), interval=(-1.0, 1.0), inner=Inner(rate=2.0))
    assert type(found.interval[0]) is float


def test_a_section_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        validate({"rate": 1}, Inner, "a").rate = 2


WRONG = [
    # A value that is not allowed: the key, what is allowed, the value.
    ({"count": 0}, "count: should be greater than or equal to 1, is 0"),
    ({"count": -3}, "count: should be greater than or equal to 1, is -3"),
    ({"count": 2.5}, "count: should be a valid integer, got a number with a fractional part"),
    ({"count": "many"}, "count: should be a valid integer, unable to parse string as an integer"),
    ({"count": None}, "count: should be a valid integer, is None"),
    ({"count": [1]}, "count: should be a valid integer, is [1]"),
    ({"share": 1}, "share: should be less than 1, is 1"),
    ({"share": -0.1}, "share: should be greater than or equal to 0, is -0.1"),
    ({"share": math.nan}, "is nan"),
    ({"schedule": "linear"}, "schedule: should be 'constant' or 'cosine', is 'linear'"),
    ({"widths": []}, "widths: tuple should have at least 1 item"),
    ({"widths": [4, 0]}, "widths.1: should be greater than or equal to 1, is 0"),
    ({"interval": [1, 2, 3]}, "interval: tuple should have at most 2 items"),
    ({"interval": 1}, "interval: should be a valid tuple, is 1"),
    ({"interval": [2, 1]}, "interval should go up, not 2.0 to 1.0"),
    ({"inner": {"rate": 0}}, "inner.rate: should be greater than 0, is 0"),
    ({"inner": {"rate": math.inf}}, "inner.rate: should be a finite number, is inf"),
    ({"inner": {"rate": math.nan}}, "is nan"),
    ({"inner": {"rate": "fast\nand loose"}}, r"is 'fast\nand loose'"),
    ({"inner": {"rate": 1, "shift": -1e-9}}, "inner.shift: should be greater than or equal to 0"),
    ({"inner": 5}, "inner: should be a valid dictionary or instance of Inner, is 5"),
    # No value at all.
    ({"inner": {}}, "inner.rate: missing"),
    # Booleans, which Python takes for 0 and 1.
    ({"count": True}, "count: should be a number or a name, not true or false, is True"),
    ({"schedule": False}, "schedule: should be a number or a name, not true or false, is False"),
    ({"inner": {"rate": True}}, "inner.rate: should be a number or a name, not true or false"),
    ({"inner": True}, "inner: should be a number or a name, not true or false, is True"),
    ({"widths": [4, True]}, "not true or false"),
    ({"interval": [False, True]}, "not true or false"),
    # Keys that do not exist: the ones that do.
    ({"batch": 3}, "b.batch: unknown key; a.b takes: count, inner, interval, schedule, share, w"),
    ({"inner": {"rate": 1, "speed": 3}}, "a.b.inner.speed: unknown key; "),
    ({"inner": {"rate": 1, "turn": 3}}, "a.b.inner takes: rate, shift"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[str(changes) for changes, _ in WRONG])
def test_what_is_wrong_is_one_line(changes, message):
    assert message in refusal(lambda: validate({"count": 3} | changes, Outer, "a.b"))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("a.b", "a.b.x: unknown key; a.b takes: rate, shift"),
        ("a", "a.x: unknown key; a takes: rate, shift"),
        ("", "x: unknown key; the top level takes: rate, shift"),
    ],
)
def test_an_unknown_key_is_told_the_known_ones(key, message):
    assert refusal(lambda: validate({"rate": 1, "x": 2}, Inner, key)) == message


@pytest.mark.parametrize(("key", "where"), [("a.b", "a.b.inner.rate"), ("", "inner.rate")])
def test_the_whole_key_is_named(key, where):
    content = {"count": 3, "inner": {"rate": 0}}
    assert refusal(lambda: validate(content, Outer, key)) == (
        f"{where}: should be greater than 0, is 0"
    )


def test_a_missing_key_of_a_section(project):
    (project / "params.yaml").write_text("a: {share: 0.1}\n")
    assert refusal(lambda: section("a", Outer)) == "a.count: missing"


@pytest.mark.parametrize("content", [None, 3, [1], "x"])
def test_a_section_that_is_none(content):
    assert refusal(lambda: validate(content, Inner, "a.b")) == (
        f"a.b: should be a valid dictionary or instance of Inner, is {content!r}"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (16**6000, "is a number of thousands of digits"),  # of 0x...: Python does not write it out
        ("x" * 5000, f"is '{'x' * 199}..."),
        ([0] * 5000, f"is [{'0, ' * 66}0..."),
    ],
    ids=["number", "text", "list"],  # pytest cannot write the number out either
)
def test_a_value_that_is_long_is_cut(project, content, expected):
    assert refusal(lambda: validate({"rate": content}, Inner, "a")).endswith(expected)


# Single values


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("0", Seed, 0),
        (str(2**32 - 1), Seed, 2**32 - 1),
        ("8", Count, 8),
        ("auto", Device, "auto"),
        ("document", str, "document"),
    ],
)
def test_a_scalar_is_read(project, text, kind, expected):
    (project / "params.yaml").write_text(f"a: {{b: {text}}}\n")
    assert scalar("a.b", kind) == expected


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("-1", Seed, "should be greater than or equal to 0, is -1"),
        (str(2**32), Seed, f"should be less than {2**32}, is {2**32}"),
        ("1.5", Seed, "should be a valid integer, got a number with a fractional part, is 1.5"),
        ("true", Seed, "should be a number or a name, not true or false, is True"),
        ("0", Count, "should be greater than or equal to 1, is 0"),
        ("tpu", Device, "should be 'auto', 'cpu' or 'cuda', is 'tpu'"),
        ("3", str, "should be a valid string, is 3"),
        ("{x: 1}", Count, "should be a valid integer, is {'x': 1}"),
    ],
)
def test_a_wrong_scalar_is_one_line(project, text, kind, message):
    (project / "params.yaml").write_text(f"a: {{b: {text}}}\n")
    assert refusal(lambda: scalar("a.b", kind)) == f"a.b: {message}"


def test_the_file_is_the_projects():
    assert Path("params.yaml") == parameters.PARAMS
