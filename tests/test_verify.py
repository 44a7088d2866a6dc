"""`make verify` on made-up results: what counts as the same, and what is said of what is not."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from jepatlas.common.base.parameters import InputError
from tools import verify

PARAMS = {
    "seed": 0,
    "device": "auto",
    "arithmetic": "fast",
    "plane": {"points": 9, "methods": {"jepa": {"steps": 5}, "vae": {"steps": 5}}},
    "digits": {"precision": "auto", "methods": {"jepa": {"steps": 5}}},
}
MEASURES = {
    "plane": ["jepa,r2,0.5,0.1,0.3,0.7", "vae,r2,0.25,0.01,0.2,0.3", "vae,noise,1e-09,,0,2"],
    "digits": ["jepa,accuracy,0.992115,0,0.992115,0.992115"],
}
CLAIMS = ["one,plane,holds", "two,digits,undecided"]


def results(
    params: Mapping[str, object] = PARAMS,
    measures: Mapping[str, list[str]] = MEASURES,
    claims: list[str] = CLAIMS,
    data: str = "mnist",
) -> dict[str, bytes]:
    """A folder's files by name."""
    files = {
        "params.yaml": yaml.safe_dump(params, sort_keys=False),
        "plots/claims.csv": "\n".join(["id,track,verdict", *claims]),
        "plots/digits/tables/data_set.csv": f"name,title\n{data},{data}\n",
        "plots/digits/pictures/maps.png": "a picture",
    }
    for track, rows in measures.items():
        text = "\n".join(["method,measure,mean,ci95,min,max", *rows])
        files[f"plots/{track}/tables/measures.csv"] = text
    return {name: text.encode() for name, text in files.items()}


@pytest.fixture(autouse=True)
def ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code as it is committed, a machine that changes nothing."""
    monkeypatch.setattr(verify, "code", list)
    monkeypatch.setattr(verify, "machine", lambda params: [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0.5,0.1,0.3,0.7", "0.5,0.1,0.3,0.7", verify.SAME),
        ("0.123456,0.1,0,1", "0.123457,0.1,0,1", verify.ROUNDED),
        ("0.999999,0.1,0,1", "1,0.1,0,1", verify.ROUNDED),
        ("0.5,,0.5,0.5", "0.500001,,0.5,0.5", verify.ROUNDED),
        ("1e-17,0.1,-1,1", "-3e-17,0.1,-1,1", verify.ROUNDED),  # noise about 0, beside the extremes
        ("0.5,0.1,0.3,0.7", "0.5,0.1,0.3,0.71", verify.INTERVAL),  # another extreme, the same mean
        ("0.5,0.1,0.3,0.7", "0.6,0.1,0.3,0.7", verify.INTERVAL),
        ("0.5,0.1,0.3,0.7", "0.601,0.1,0.3,0.7", verify.DIFFERENT),
        ("0.5,0,0.5,0.5", "0.501,0,0.501,0.501", verify.DIFFERENT),  # exact
        ("0.5,,0.5,0.5", "0.501,,0.501,0.501", verify.DIFFERENT),  # of unknown interval
        ("0.5,0.1,0.3,0.7", ",0.1,0.3,0.7", verify.DIFFERENT),  # NaN
    ],
)
def test_a_row(old: str, new: str, expected: str) -> None:
    rows = (tuple(text.split(",")) for text in (old, new))
    assert verify.verdict(*rows) == expected


def test_the_same_files_are_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.verify(results(), results(), 10) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "Reproduced: all 6 to the last digit."
    assert said[1].split() == ["plane", "3", "-", "-", "-", "-"]


def test_what_is_different_is_named_furthest_first(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["jepa,r2,0.7,0.1,0.3,0.9", "vae,r2,0.5,0.01,0.2,0.3"]
    assert verify.verify(results(), results(measures=MEASURES | {"plane": rows}), 2) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[1].split() == ["plane", "-", "-", "-", "3", "-"]
    begin = said.index("different:\n")
    assert said[begin:].splitlines()[1:4] == [
        "  plane vae noise: 1e-09 committed, nothing here",
        "  plane vae r2: 0.25 ± 0.01 committed, 0.5 ± 0.01 here",
        "  ... and 1 more: make verify ARGS=--all",
    ]
    assert said.splitlines()[-1] == "Not reproduced: 3 of 6 are different."


def test_within_the_interval_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["jepa,r2,0.45,0.1,0.3,0.7", *MEASURES["plane"][1:]]
    assert verify.verify(results(), results(measures=MEASURES | {"plane": rows}), None) == 0
    said = capsys.readouterr().out
    assert "within interval:\n  plane jepa r2: 0.5 ± 0.1 committed, 0.45 ± 0.1 here" in said
    assert "beyond rounding or its interval" in said.splitlines()[-1]


def test_a_changed_verdict_is_different(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.verify(results(), results(claims=["one,plane,does not hold", CLAIMS[1]]), 9) == 1
    assert "claim one: holds committed, does not hold here" in capsys.readouterr().out


def test_other_data_is_said_and_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    new = results(
        measures=MEASURES | {"digits": ["jepa,accuracy,0.9,0,0.9,0.9"]},
        claims=[CLAIMS[0], "two,digits,does not hold"],
        data="digits",
    )
    assert verify.verify(results(), new, 10) == 0
    said = capsys.readouterr().out
    assert "digits: learned from digits here, from mnist in what is committed" in said
    assert said.splitlines()[-1] == ("Reproduced: all 4 to the last digit; 2 were not compared.")


@pytest.mark.parametrize(
    ("key", "untouched"),
    [("plane.methods.vae.steps", {"jepa"}), ("plane.points", set()), ("seed", set())],
)
def test_other_parameters_leave_out_what_depends_on_them(key: str, untouched: set[str]) -> None:
    left_out = verify.affected("plane", [key], [])
    assert {"jepa"} - left_out == untouched or "*" in left_out
    assert ("*" in left_out) is (not untouched)
    assert verify.affected("digits", [key], []) == ({"*"} if key == "seed" else set())


def test_other_parameters_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    changed = yaml.safe_load(yaml.safe_dump(PARAMS))
    changed["plane"]["methods"]["vae"]["steps"] = 6
    rows = [MEASURES["plane"][0], "vae,r2,0.9,0.01,0.2,0.3", "vae,noise,0,,0,2"]
    assert verify.verify(results(), results(changed, MEASURES | {"plane": rows}), 10) == 0
    said = capsys.readouterr().out
    assert "plane.methods.vae.steps: 5 committed, 6 here" in said
    rows[0] = "jepa,r2,0.9,0.1,0.3,0.7"  # not explained by it
    assert verify.verify(results(), results(changed, MEASURES | {"plane": rows}), 10) == 1


def test_other_files_are_named_and_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    new = results() | {"plots/digits/pictures/maps.png": b"another"}
    assert verify.verify(results(), new, 10) == 0
    assert "not the same bytes:\n  plots/digits/pictures/maps.png" in capsys.readouterr().out


def test_a_table_of_something_else_is_refused() -> None:
    new = results() | {"plots/plane/tables/measures.csv": b"a,b\n1,2\n"}
    with pytest.raises(InputError, match=r"plots/plane/tables/measures\.csv: not a table of"):
        verify.verify(results(), new, 10)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up results, committed."""
    monkeypatch.chdir(tmp_path)
    for name, content in (results() | {"metrics/plane.json": b"{}"}).items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], check=True)
    return tmp_path


def test_it_is_the_last_commit_that_counts(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "out_of_date", list)
    with pytest.raises(SystemExit) as done:
        verify.main()
    assert done.value.code == 0
    table = repository / "plots/plane/tables/measures.csv"
    table.write_text(table.read_text().replace("0.25,", "0.75,"))
    with pytest.raises(SystemExit) as done:
        verify.main()
    assert done.value.code == 1


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # in DVC's own use
def test_committed_results_are_not_taken_for_those_of_this_machine(repository: Path) -> None:
    """In a fresh clone all files are as they are committed, and nothing was computed."""
    pipeline = "stages: {a: {cmd: echo 1 > a, outs: [a]}, b: {cmd: echo, deps: [a]}}"
    (repository / "dvc.yaml").write_text(pipeline)
    with Repo.init() as repo:
        with pytest.raises(InputError, match=r"2 stages are out of date here \(a, b\); run make"):
            verify.main()
        repo.reproduce()
    with pytest.raises(SystemExit) as done:
        verify.main()
    assert done.value.code == 0
