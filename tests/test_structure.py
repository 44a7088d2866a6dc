"""What DVC needs of params.yaml: refused in one line, quickly, before DVC is asked."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jepatlas.common.base import tracks
from jepatlas.common.base.yaml_file import InputError, read
from jepatlas.structure import structure

ROOT = Path(__file__).resolve().parents[1]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
ABSENT = object()


def at(key, value):
    """The project's parameters with another value at a dotted key, or without it."""
    params = copy.deepcopy(PARAMS)
    *parents, last = key.split(".")
    block = params
    for parent in parents:
        block = block[parent]
    if value is ABSENT:
        del block[last]
    else:
        block[last] = value
    return params


def refusal(params):
    with pytest.raises(InputError) as caught:
        structure(params)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("params.yaml: ")


@pytest.fixture(autouse=True)
def root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_the_projects_own_has_it():
    structure(read())


@pytest.mark.parametrize("track", tracks.names())
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("", None, "should be a block of parameters, is None"),
        ("", ABSENT, "should be a block of parameters, is None"),
        ("", [1], "should be a block of parameters, is [1]"),
        (".methods", None, "should be a block with one method or more, is None"),
        (".methods", {}, "should be a block with one method or more, is {}"),
        (".methods", ABSENT, "should be a block with one method or more, is None"),
        (".methods", ["jepa"], "should be a block with one method or more, is ['jepa']"),
        (".methods.mine", 3, "should be a block of parameters, is 3"),
        (".methods.mine", {}, "missing; it names the file of objectives/ that the loss comes"),
        (".methods.mine", {"family": "sigregg"}, "should be one of contrastive, coupled_vae,"),
        (".methods.mine", {"family": ["sigreg"]}, "is ['sigreg']"),
        (".methods.mine", {"family": "checks"}, "is 'checks'"),
    ],
)
def test_a_block_without_methods_and_families(track, key, value, message):
    said = refusal(at(f"{track}{key}", value))
    assert said.startswith(f"{track}{key}")
    assert message in said


@pytest.mark.parametrize("name", ["a.b", "My_method", "a b", "${seed}", "", "../a", "9", "a\nb", 3])
@pytest.mark.parametrize("track", tracks.names())
def test_a_name_that_is_not_plain(track, name):
    params = copy.deepcopy(PARAMS)
    params[track]["methods"][name] = {"family": "sigreg"}
    said = refusal(params)
    assert f"{track}.methods." in said
    assert "small letters, digits and underscores" in said


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """A dvc.yaml in an otherwise empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "dvc.yaml"


@pytest.mark.parametrize(
    ("inserted", "value", "message"),
    [
        ("${world.name}", ABSENT, "world.name: should be a name, is None"),
        ("${world.name}", None, "world.name: should be a name, is None"),
        ("${world.name}", "", "world.name: should be a name, is ''"),
        ("${world.name}", [1], "world.name: should be a name, is [1]"),
        ("data/${world.name}.csv", None, "world.name: should be a name, is None"),
        ("world.all.${world.name}", "c", "world.name: should be one of a, b, is 'c'"),
        ("world.all.${world.name}", {"a": 1}, "world.name: should be a name, is {'a': 1}"),
    ],
)
def test_what_dvc_inserts_is_there(pipeline, inserted, value, message):
    pipeline.write_text(f"stages:\n  a:\n    params: ['{inserted}']\n", encoding="utf-8")
    world = {"all": {"a": 1, "b": 2}, "name": value}
    if value is ABSENT:
        del world["name"]
    assert refusal(PARAMS | {"world": world}) == message


def test_what_dvc_can_insert_passes(pipeline):
    pipeline.write_text(
        "foreach: ${world.all}\nwdir: ${world.name}\nparams: ['world.all.${world.name}']\n"
        "cmd: run ${key} ${item.family} ${world.count}\n",
        encoding="utf-8",
    )
    structure(PARAMS | {"world": {"all": {"a": 1}, "name": "a", "count": 3}})


def test_a_path_that_dvc_inserts_leads_somewhere(pipeline):
    pipeline.write_text('stages:\n  a:\n    deps: [code, "${world.path}"]\n', encoding="utf-8")
    params = PARAMS | {"world": {"path": "own/images"}}
    assert refusal(params) == "world.path: there is no 'own/images'"
    Path("own/images").mkdir(parents=True)
    structure(params)


def test_without_a_pipeline_nothing_is_inserted(pipeline):
    assert not pipeline.exists()
    structure(PARAMS)


def test_it_is_quick():
    """It runs before each command of DVC: none of what takes long to import."""
    slow = ("torch", "pydantic", "numpy", "pandas", "jepatlas.check")
    code = f"import sys, jepatlas.structure; sys.exit(str([m for m in {slow} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
