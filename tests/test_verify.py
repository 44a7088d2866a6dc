"""`make verify` on made-up results: what counts as the same, and what is said of what is not."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning import device
from tools import verify

PARAMS = {
    "seed": 0,
    "device": "auto",
    "arithmetic": "fast",
    "plane": {"points": 9, "methods": {"jepa": {"steps": 5}, "vae": {"steps": 5}}},
    "images": {
        "members": 1,
        "precision": "auto",
        "methods": {"jepa": {"steps": 5}, "vae": {"steps": 5}},
    },
}
MEASURES = {
    "plane": ["jepa,r2,0.5,0.1,0.3,0.7", "vae,r2,0.25,0.01,0.2,0.3", "vae,noise,1e-09,,0,2"],
    "images": [
        "jepa,accuracy,0.992115,0.002,0.992115,0.992115",
        "vae,accuracy,0.972115,0.004,0.972115,0.972115",
        "vae,rank,61.25,0,61.25,61.25",
    ],
}
CLAIMS = ["one,plane,holds", "two,images,undecided"]
METRICS = {
    "plane/jepa": {"jepa": {"default": {"r2": 0.5}}},
    "images/vae": {"vae": {"accuracy": 0.972115}},
    "claims": {"claims": {"holds": 1, "undecided": 1}},
}
HASHES = {"data/images/trained/vae.safetensors": "a" * 32, "data/plane/trained/jepa": "b" * 32}
SEEDS = [0.990, 0.991, 0.992115]  # the accuracy of jepa, trained from three seeds


def results(
    params: Mapping[str, object] = PARAMS,
    measures: Mapping[str, list[str]] = MEASURES,
    claims: list[str] = CLAIMS,
    data: str = "mnist",
    metrics: Mapping[str, object] = METRICS,
    hashes: Mapping[str, str] = HASHES,
) -> dict[str, bytes]:
    """A folder's files by name."""
    outs = [{"path": path, "hash": "md5", "md5": md5, "size": 1} for path, md5 in hashes.items()]
    stages = {"all": {"cmd": "run", "outs": outs}}
    seeds = [f"{seed},jepa,accuracy,{mean},0.001" for seed, mean in enumerate(SEEDS)]
    files = {
        "params.yaml": yaml.safe_dump(params, sort_keys=False),
        "dvc.lock": yaml.safe_dump({"schema": "2.0", "stages": stages}),
        "sweeps/results/mnist_seeds/table.csv": "\n".join(
            ["seed,method,measure,mean,ci95", *seeds]
        ),
        "plots/claims.csv": "\n".join(["id,track,verdict", *claims]),
        "plots/images/tables/data_set.csv": f"name,title\n{data},{data}\n",
        "plots/images/pictures/maps.png": "a picture",
    }
    for track, rows in measures.items():
        text = "\n".join(["method,measure,mean,ci95,min,max", *rows])
        files[f"plots/{track}/tables/measures.csv"] = text
    files |= {f"metrics/{name}.json": json.dumps(told) for name, told in metrics.items()}
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
        ("0.123456,0.1,0,1", "0.123458,0.1,0,1", verify.INTERVAL),  # two units of its own
        ("123456,9,0,1e9", "123457,9,0,1e9", verify.ROUNDED),
        ("123456,9,0,1e9", "123458,9,0,1e9", verify.INTERVAL),  # though the row has larger ones
        ("-1.5e-07,1,-1e-06,1", "-1.50001e-07,1,-1e-06,1", verify.ROUNDED),  # as small as it is
        ("-1.5e-07,1,-1e-06,1", "-1.50002e-07,1,-1e-06,1", verify.INTERVAL),
        ("0.999999,0.1,0,1", "1,0.1,0,1", verify.ROUNDED),
        ("0.999998,0.1,0,1", "1,0.1,0,1", verify.INTERVAL),  # the unit is the smaller one's
        ("0.5,,0.5,0.5", "0.500001,,0.5,0.5", verify.ROUNDED),
        ("1e-17,0.1,-1,1", "-3e-17,0.1,-1,1", verify.ROUNDED),  # noise about 0, beside the extremes
        ("1e-07,0.1,-1,1", "-1.1e-07,0.1,-1,1", verify.ROUNDED),  # 2^-23 is 1.19e-7
        ("1e-07,0.1,-1,1", "1.3e-07,0.1,-1,1", verify.INTERVAL),  # more than that
        ("0,0.1,-1,1", "2e-07,0.1,-1,1", verify.INTERVAL),
        ("0,0,0,0", "1e-30,0,0,0", verify.DIFFERENT),  # exactly 0, and there is no noise
        ("0.5,0.1,0.3,0.7", "0.5,0.1,0.3,0.71", verify.INTERVAL),  # another extreme, the same mean
        ("0.5,0.1,0.3,0.7", "0.6,0.1,0.3,0.7", verify.INTERVAL),
        ("0.5,0.1,0.3,0.7", "0.601,0.1,0.3,0.7", verify.DIFFERENT),
        ("0.5,0,0.5,0.5", "0.501,0,0.501,0.501", verify.DIFFERENT),  # exact
        ("0.5,,0.5,0.5", "0.501,,0.501,0.501", verify.DIFFERENT),  # of unknown interval
        ("0.5,0.1,0.3,0.7", ",0.1,0.3,0.7", verify.DIFFERENT),  # NaN
    ],
)
def test_a_row(old: str, new: str, expected: str) -> None:
    a, b = (tuple(text.split(",")) for text in (old, new))
    assert verify.verdict(a, b, float(a[1] or 0)) == expected


def test_the_same_files_are_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.verify(results(), results(), 10) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "Reproduced: all 12 to the last digit."
    assert said[1].split() == ["plane", "4", "-", "-", "-", "-"]


def test_what_is_different_is_named_furthest_first(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["jepa,r2,0.7,0.1,0.3,0.9", "vae,r2,0.5,0.01,0.2,0.3"]
    assert verify.verify(results(), results(measures=MEASURES | {"plane": rows}), 2) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[1].split() == ["plane", "1", "-", "-", "3", "-"]
    begin = said.index("different:\n")
    assert said[begin:].splitlines()[1:4] == [
        "  plane vae noise: 1e-09 committed, nothing here",
        "  plane vae r2: 0.25 ± 0.01 committed, 0.5 ± 0.01 here",
        "  ... and 1 more: make verify ARGS=--all",
    ]
    assert said.splitlines()[-1] == (
        "Not reproduced: 3 of 12 are different; 1 of 11 files are other bytes."
    )


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
        measures=MEASURES | {"images": ["jepa,accuracy,0.9,0,0.9,0.9", *MEASURES["images"][1:]]},
        claims=[CLAIMS[0], "two,images,does not hold"],
        data="digits",
    )
    assert verify.verify(results(), new, 10) == 0
    said = capsys.readouterr().out
    assert "images: learned from digits here, from mnist in what is committed" in said
    assert said.splitlines()[-1] == (
        "Reproduced: all 10 to the last digit; 2 were not compared; 3 of 11 files are other bytes."
    )


@pytest.mark.parametrize(
    ("key", "untouched"),
    [("plane.methods.vae.steps", {"jepa"}), ("plane.points", set()), ("seed", set())],
)
def test_other_parameters_leave_out_what_depends_on_them(key: str, untouched: set[str]) -> None:
    left_out = verify.affected("plane", [key], [])
    assert {"jepa"} - left_out == untouched or "*" in left_out
    assert ("*" in left_out) is (not untouched)
    assert verify.affected("images", [key], []) == ({"*"} if key == "seed" else set())


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
    new = results(hashes=HASHES | {"data/plane/trained/jepa": "c" * 32})
    new["plots/images/pictures/maps.png"] = b"another"
    assert verify.verify(results(), new, 10) == 0
    said = capsys.readouterr().out
    begin = said.index("files that are not the same bytes:\n")
    assert said[begin:].splitlines()[1:3] == [
        "  plots/images/pictures/maps.png",
        "  data/plane/trained/jepa",
    ]
    counted = said[said.index("            files") :].splitlines()
    assert [line.split() for line in counted[1:4]] == [
        ["all", "else", "3", "-"],
        ["images", "4", "1"],
        ["plane", "2", "1"],
    ]
    assert said.splitlines()[-1].endswith("; 2 of 11 files are other bytes.")


def test_an_output_that_is_in_git_counts_once() -> None:
    listed = results(
        hashes=HASHES | {"plots/images/pictures": "d" * 32, "plots/claims.csv": "e" * 32}
    )
    assert set(verify.contents(listed, listed)) == set(verify.contents(results(), results()))


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (
            {"plane/jepa": {"jepa": {"default": {"r2": 0.61}}}},
            "plane jepa metric default.r2: 0.5 committed, 0.61 here",
        ),
        (
            {"plane/jepa": {"jepa": {"default": {"auroc": 0.5}}}},
            "plane jepa metric default.r2: 0.5 committed, nothing",
        ),
        (
            {"plane/jepa": {"jepa": {"more": 1, "default": {"r2": 0.5}}}},
            "plane jepa metric more: nothing committed, 1.0 here",
        ),
        (
            {"claims": {"claims": {"holds": 2, "undecided": 1}}},
            "claim claims holds: 1.0 committed, 2.0 here",
        ),
    ],
)
def test_a_metric_that_is_another_is_different(
    metrics: dict[str, object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.verify(results(), results(metrics=METRICS | metrics), 10) == 1
    assert f"different:\n  {said}" in capsys.readouterr().out


def test_a_metric_has_the_interval_of_its_measure(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = METRICS | {"plane/jepa": {"jepa": {"default": {"r2": 0.59}}}}
    assert verify.verify(results(), results(metrics=metrics), None) == 0
    assert "0.5 committed, 0.59 here (held against ± 0.1)" in capsys.readouterr().out


def test_a_file_of_metrics_that_is_not_there_is_different() -> None:
    new = results()
    del new["metrics/plane/jepa.json"]
    assert verify.verify(results(), new, 10) == 1


def test_a_file_that_holds_no_metrics_is_refused() -> None:
    new = results() | {"metrics/plane/jepa.json": b'{"jepa": "good"}'}
    with pytest.raises(InputError, match=r"metrics/plane/jepa\.json: not a file of metrics"):
        verify.verify(results(), new, 10)


def images(*rows: str) -> dict[str, list[str]]:
    """The measures, in which these of the images are others."""
    changed = {row.rsplit(",", 4)[0]: row for row in rows}
    return MEASURES | {
        "images": [changed.get(row.rsplit(",", 4)[0], row) for row in MEASURES["images"]]
    }


def test_one_training_is_held_against_the_spread_of_several() -> None:
    """By hand: s = 0.00105801, t = 4.30265 of two degrees of freedom, so 0.0064379."""
    half = verify.spreads("images", results())["jepa accuracy"]
    assert half == pytest.approx(2**0.5 * 4.30265 * 0.00105801, rel=1e-4)
    assert verify.spreads("plane", results()) == {}
    for off, status in ((0.0064, 0), (0.0065, 1)):  # its own interval is 0.002
        mean = f"{0.992115 - off:.6f}"
        new = results(measures=images(f"jepa,accuracy,{mean},0.002,{mean},{mean}"))
        assert verify.verify(results(), new, 10) == status


def test_what_an_interval_is_of_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    new = results(measures=images("vae,accuracy,0.975,0.004,0.975,0.975"))
    assert verify.verify(results(), new, 10) == 0
    assert (
        "images: one training of each method; intervals of 1 measures are between trainings from "
        "other seeds, of the others over what they are measured on\n"
    ) in capsys.readouterr().out


def test_a_number_without_an_interval_counts_where_the_training_is_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measures = images("vae,rank,61.5,0,61.5,61.5")
    assert verify.verify(results(), results(measures=measures), 10) == 1
    assert "images vae rank: 61.25 ± 0 committed, 61.5 ± 0 here" in capsys.readouterr().out
    hashes = HASHES | {"data/images/trained/vae.safetensors": "c" * 32}
    assert verify.verify(results(), results(measures=measures, hashes=hashes), 10) == 0
    said = capsys.readouterr().out
    assert "images: no interval is known of rank: not compared" in said
    missing = MEASURES | {"images": MEASURES["images"][:2]}
    assert verify.verify(results(), results(measures=missing, hashes=hashes), 10) == 1


def test_a_number_without_an_interval_of_several_trainings_is_exact() -> None:
    rows = [*MEASURES["plane"][:2], "vae,noise,2e-09,,0,2"]
    hashes = HASHES | {"data/plane/trained/vae": "c" * 32}
    new = results(measures=MEASURES | {"plane": rows}, hashes=hashes)
    assert verify.verify(results(hashes=HASHES | {"data/plane/trained/vae": "d" * 32}), new, 9) == 0
    rows[-1] = "vae,noise,0.1,,0,2"
    new = results(measures=MEASURES | {"plane": rows}, hashes=hashes)
    assert verify.verify(results(hashes=HASHES | {"data/plane/trained/vae": "d" * 32}), new, 9) == 1


@pytest.mark.parametrize(
    ("arithmetic", "instructions", "said"),
    [
        ("fast", True, None),
        ("fast", False, "no instructions for bfloat16"),
        ("portable", True, "arithmetic is portable"),
    ],
)
def test_float32_is_said_where_the_committed_run_had_bfloat16(
    arithmetic: str, instructions: bool, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # what this machine is said to be
    monkeypatch.setenv("MKL_CBWR", "AVX2")  # put back after the test
    monkeypatch.setattr(device, "has_bfloat16", lambda target: instructions)
    lines = list(verify.machine(PARAMS | {"device": "cpu", "arithmetic": arithmetic}))
    if said is None:
        assert lines == []
    else:
        (line,) = lines
        assert line.startswith(
            f"images.precision: float32 here ({said}), bfloat16 in the committed"
        )
    asked = PARAMS | {"images": PARAMS["images"] | {"precision": "float32"}}
    assert list(verify.machine(asked | {"device": "cpu", "arithmetic": arithmetic})) == []


def test_a_table_of_something_else_is_refused() -> None:
    new = results() | {"plots/plane/tables/measures.csv": b"a,b\n1,2\n"}
    with pytest.raises(InputError, match=r"plots/plane/tables/measures\.csv: not a table of"):
        verify.verify(results(), new, 10)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up results, committed."""
    monkeypatch.chdir(tmp_path)
    for name, content in results().items():
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
