"""Run a stage and note what it used: `python recorder.py -m MODULE [ARGUMENT ...]`, from a project.

Written to the folder RECORDS, as JSON in a file named as the stage is run: `modules` of ours that
it imported, other files of ours that it `read` and `wrote`, and the keys of params.yaml, `params`,
that it asked for.
"""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))
FOREIGN = {"..", ".venv", "__pycache__", ".git", ".dvc", "jepatlas.egg-info"}
FOREIGN |= {".gitignore", ".dvcignore", "checkpoints"}  # DVCLive's, and outside declared files
read: set[str] = set()
keys: set[str] = set()


def ours(path: Any) -> str | None:
    """The path relative to the project's root, of a file that is the project's own."""
    if not isinstance(path, str | Path) or not path:
        return None
    name = os.path.relpath(path, ROOT)
    return None if FOREIGN.intersection(name.split("/")) else name


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    if (
        event == "open"
        and (name := ours(arguments[0]))
        and not set(arguments[1] or "") & set("wax+")
    ):
        read.add(name)


def times() -> dict[str, int]:
    """When each file of ours was last written, by other processes of the stage as well."""
    found = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = set(folders) - FOREIGN
        for file in map(Path(folder).joinpath, set(files) - FOREIGN):
            found[os.path.relpath(file, ROOT)] = file.stat().st_mtime_ns
    return found


def has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0  # an empty __init__.py changes nothing


def is_data(path: Path) -> bool:
    return path.is_file() and path.suffix != ".py" and path.name != "params.yaml"


def main(module: str, *arguments: str) -> None:
    import stages  # puts this checkout's src first  # noqa: F401
    from jepatlas.common.base import parameters

    value = parameters.value

    def recording(key: str) -> Any:
        keys.add(key)
        return value(key)

    parameters.value = recording
    sys.argv = [module, *arguments]
    before = times()
    sys.addaudithook(hook)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    wrote = {name for name, when in times().items() if before.get(name) != when}
    imported = {ours(getattr(found, "__file__", None)) for found in sys.modules.values()}
    script = "/".join(module.split(".")) + ".py"
    modules = {name for name in imported | {script} if name and has_content(ROOT / name)}
    used = {
        "modules": modules,
        "read": {name for name in read - wrote if is_data(ROOT / name)},
        "wrote": wrote,
        "params": keys,
    }
    text = json.dumps({kind: sorted(names) for kind, names in used.items()})
    Path(os.environ["RECORDS"], " ".join([module, *arguments])).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[2:])
