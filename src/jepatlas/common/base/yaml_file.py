"""params.yaml as it stands: read and not yet checked, without pydantic, so that it is quick.

Everything that is wrong with an input is an `InputError`: one line that names the culprit, the
offending value and what is allowed. Stages turn it into exit status 2 (see `stage.py`).
"""

from pathlib import Path
from typing import Any

import yaml

PARAMS = Path("params.yaml")
LONGEST = 200  # letters of a value in a message


class InputError(Exception):
    """A parameter or an input file is unusable; the message is one line that names it."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # it is not typed
    """Safe, and a key that stands twice in a block is an error, as it is for DVC."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = (key.tag, str(key.value))
            if name in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice in a block", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def read(path: Path = PARAMS) -> dict[str, Any]:
    """The whole of params.yaml, unchecked."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; stages run from the project's root") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: should hold keys and values, holds {shown(content)}")
    return content


def shown(value: Any) -> str:
    """A value in a message: on one line, and cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
