"""params.yaml as it stands: read and not yet checked, without pydantic, so that it is quick.

Everything that is wrong with an input is an `InputError`: one line that names the culprit, the
offending value and what is allowed. Stages turn it into exit status 2 (see `stage.py`).
"""

import codecs
import copy
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import yaml

PARAMS = Path("params.yaml")
LONGEST = 200  # letters of a value in a message
DEEPEST = 20  # blocks and lists inside each other
MOST_DIGITS = 100  # of an integer


class InputError(Exception):
    """A parameter or an input file is unusable; the message is one line that names it."""

    def __init__(self, message: str) -> None:  # a line, whatever the names in it are
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in message))


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # it is not typed
    """Safe, reads numbers as DVC does, and takes nothing that a list of values has no need of and
    DVC may choke on: keys that stand twice or are no texts, anchors, tags, deep nesting."""

    # YAML 1.2's numbers, booleans and null, in place of 1.1's, where 1e-3 is a text, 010 is eight
    # and `on` is true. By the letters that each may begin with; None: any.
    yaml_implicit_resolvers: ClassVar[dict[str | None, list[tuple[str, re.Pattern[str]]]]] = {
        None: [
            (f"tag:yaml.org,2002:{kind}", re.compile(pattern, re.ASCII))
            for kind, pattern in {
                "bool": r"(?i:true|false)\Z",
                "null": r"(~|(?i:null)|)\Z",
                "int": r"[-+]?\d+\Z",
                "float": r"(?i:[-+]?((\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?|\.inf)|\.nan)\Z",
            }.items()
        ]
    }
    depth = 0

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        if self.flow_level == DEEPEST:  # here too: the scanner takes ages for thousands
            _refuse("nested too deeply", self.get_mark())
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if getattr(event, "anchor", None) is not None:  # that of an alias, too
            _refuse("anchors and aliases are not taken; write the values out", event.start_mark)
        if getattr(event, "tag", None) is not None:
            _refuse(f"the tag {shown(event.tag)} is not taken; values need none", event.start_mark)
        if self.depth == DEEPEST:
            _refuse("nested too deeply", event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = shown(key.value) if isinstance(key, yaml.ScalarNode) else "a list or block"
            if key.tag != "tag:yaml.org,2002:str":
                _refuse(f"a key should be a name, is {name}", key.start_mark)
            if key.value in seen:
                _refuse(f"the key {name} stands twice in a block", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        if len(node.value) > MOST_DIGITS:
            _refuse(f"a number of {len(node.value)} digits", node.start_mark)
        return int(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


class _NotTaken(yaml.MarkedYAMLError):  # type: ignore[misc]
    """Valid YAML, but nothing that params.yaml may hold."""


def _refuse(problem: str, at: yaml.Mark) -> NoReturn:
    raise _NotTaken(problem=problem, problem_mark=at)


def read(path: Path = PARAMS) -> dict[str, Any]:
    """The whole of params.yaml, unchecked."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; stages run from the project's root") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    return copy.deepcopy(parse(content, path))  # who asks may change it


@lru_cache(maxsize=4)  # a stage asks for its parameters one by one
def parse(content: bytes, path: Path) -> dict[str, Any]:
    """The keys and values that a file of YAML holds; path: how messages call it."""
    if content.startswith(codecs.BOM_UTF8):
        raise InputError(f"{path}: line 1: begins with a byte order mark; save it without")
    if b"\r" in content:
        line = content[: content.index(b"\r")].count(b"\n") + 1
        raise InputError(
            f"{path}: line {line}: ends in a carriage return; save it with Unix line ends"
        )
    try:
        found = yaml.load(content.decode("utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        said = ", ".join(part for part in (error.context, error.problem) if part)
        kind = "" if isinstance(error, _NotTaken) else "not valid YAML: "
        line = (error.problem_mark or error.context_mark).line + 1
        raise InputError(f"{path}: line {line}: {kind}{' '.join(said.split())}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: should hold keys and values, holds {shown(found)}")
    return found


def shown(value: Any) -> str:
    """A value in a message: on one line, and cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
