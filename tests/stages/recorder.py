"""Run a stage in this process and print what it used: `python recorder.py MODULE [ARGUMENT ...]`.

From the root of a project. Prints JSON: `modules` of ours that it imported, files it `read` and
`wrote`, and the keys of `params` that it asked for.
"""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))
read: set[str] = set()
wrote: set[str] = set()
renamed: dict[str, str] = {}
keys: set[str] = set()


def ours(path: Any) -> str | None:
    """The path relative to the project's root, of a file that is the project's own."""
    if not isinstance(path, str | Path):
        return None
    full = (ROOT / path).resolve()
    hidden = {".venv", "__pycache__", ".git"}
    if not full.is_relative_to(ROOT) or hidden.intersection(full.parts):
        return None
    return full.relative_to(ROOT).as_posix()


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and (name := ours(arguments[0])):
        mode, flags = arguments[1] or "", arguments[2] or 0
        writes = set(mode) & set("wax+") or flags & 3
        (wrote if writes else read).add(name)
    if event == "os.rename" and (name := ours(arguments[0])):
        renamed[name] = str(ours(arguments[1]))


def has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0  # an empty __init__.py changes nothing


def main(module: str, *arguments: str) -> None:
    import stages  # puts this checkout's src first  # noqa: F401
    from jepatlas.common import parameters

    value = parameters.value

    def recording(key: str) -> Any:
        keys.add(key)
        return value(key)

    parameters.value = recording
    sys.argv = [module, *arguments]
    sys.addaudithook(hook)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    files = {
        ours(found.__file__) for found in sys.modules.values() if getattr(found, "__file__", None)
    }
    package = "/".join(module.split(".")) + ".py"
    modules = {file for file in files | {package} if file and has_content(ROOT / file)}
    print(
        json.dumps(
            {
                "modules": sorted(modules),
                "read": sorted(
                    read - {"params.yaml"} - {name for name in read if name.endswith(".py")}
                ),
                "wrote": sorted({renamed.get(name, name) for name in wrote}),
                "params": sorted(keys),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
