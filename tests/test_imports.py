"""Who imports whom, in every track there is: they are found by looking, none is named here."""

import ast
import re
from pathlib import Path

import grimp
import pytest

from jepatlas.common.base import tracks

ROOT = Path(__file__).resolve().parents[1]
TRACKS = tracks.names()
# The rooms of a track, and which of its other rooms each may use. `track` is the module that says
# what the track is called and what its parameters are.
ROOMS = {
    "truth": set(),
    "learning": {"truth"},
    "methods": {"truth", "learning"},
    "measuring": {"truth", "learning"},
    "control": {"truth", "learning", "measuring"},
    "drawing": {"truth", "measuring"},
    "reporting": {"truth", "measuring", "drawing", "track"},
    "track": {"truth", "learning", "measuring", "control"},
}
COMMON = {
    "base": set(),
    "learning": {"base"},
    "measuring": {"base"},
    "drawing": {"base"},
    "reporting": {"base", "measuring"},
}
WITHOUT_TORCH = ["truth", "drawing", "reporting", "track"]


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("jepatlas", include_external_packages=True, cache_dir=None)


def imports(graph, package):
    """Pairs of a module in the package and one of ours that it imports, as parts of their names
    below jepatlas."""
    inside = [name for name in graph.modules if f"{name}.".startswith(f"{package}.")]
    assert inside, package
    for name in inside:
        for other in graph.find_modules_directly_imported_by(name):
            if other.startswith("jepatlas."):
                yield name.split(".")[1:], other.split(".")[1:]


def test_there_are_tracks():
    assert TRACKS


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_imports_itself_and_what_is_common(graph, track):
    allowed = {track, "common", "objectives"}
    wrong = [pair for pair in imports(graph, f"jepatlas.{track}") if pair[1][0] not in allowed]
    assert wrong == []


@pytest.mark.parametrize("track", TRACKS)
def test_rooms_of_a_track_import_down(graph, track):
    wrong = []
    for (_, *rest), (other, *place) in imports(graph, f"jepatlas.{track}"):
        if other != track or not rest or not place:
            continue
        room, used = rest[0], place[0]
        assert room in ROOMS, f"{track} has a room {room} that is not among {list(ROOMS)}"
        finds = (room, place) == (
            "learning",
            ["methods"],
        )  # the package, to look methods up by name
        if used != room and used not in ROOMS[room] and not finds:
            wrong.append((rest, place))
    assert wrong == []


@pytest.mark.parametrize("track", TRACKS)
def test_a_method_imports_no_other(graph, track):
    wrong = [
        (rest, place)
        for (_, *rest), (_, *place) in imports(graph, f"jepatlas.{track}.methods")
        if place[:1] == ["methods"] and place != rest
    ]
    assert wrong == []


def test_what_is_common_knows_no_track(graph):
    for (_, *rest), (other, *place) in imports(graph, "jepatlas.common"):
        assert other in ("common", "objectives"), (rest, other)
        if other == "common" and rest and place:
            assert place[0] == rest[0] or place[0] in COMMON[rest[0]], (rest, place)


def test_objectives_are_torch_and_nothing_of_ours(graph):
    assert {other for _, (other, *_) in imports(graph, "jepatlas.objectives")} <= {"objectives"}


@pytest.mark.parametrize("package", ["check", "report", "structure", "sweeps"])
def test_nobody_outside_imports_a_track_by_name(graph, package):
    assert [pair for pair in imports(graph, f"jepatlas.{package}") if pair[1][0] in TRACKS] == []


def texts(file):
    """The texts in a Python file's code: its docstrings and comments may give examples."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_nothing_outside_its_folders_names_a_track():
    source = ROOT / "src" / "jepatlas"
    own = {ROOT / "tools" / "small" / f"{track}.py" for track in TRACKS}
    own.add(ROOT / "tools" / "screenshots.py")  # the README's pictures, of which it has a few
    own |= {file for track in TRACKS for file in (source / track).rglob("*.py")}
    files = {file for place in ("src", "tools", ".ci") for file in (ROOT / place).rglob("*.py")}
    files |= set((ROOT / "stages").glob("*.py"))
    files -= own
    assert len(files) > 60
    named = re.compile(rf"(?:^|[/.\s])({'|'.join(TRACKS)})(?:[/.]|$)")
    assert [(file.name, text) for file in files for text in texts(file) if named.search(text)] == []


def test_no_page_script_or_setting_outside_its_folders_names_a_track():
    assets = ROOT / "src/jepatlas/report/page/assets"
    files = [ROOT / name for name in ("Makefile", "pyproject.toml", ".ci/run")]
    files += [*(ROOT / ".github").rglob("*.yml"), *assets.rglob("*.html"), *assets.rglob("*.js")]
    assert len(files) > 15
    names = [*TRACKS, *map(tracks.title, TRACKS)]
    named = re.compile(rf"\b({'|'.join(names)})\b", re.IGNORECASE)
    assert [file.name for file in files if named.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "package",
    [
        "check",
        "report",
        "structure",
        "sweeps",
        *(f"common.{room}" for room in COMMON if room != "learning"),
        *(f"{track}.{room}" for track in TRACKS for room in WITHOUT_TORCH),
    ],
)
def test_what_draws_and_reports_starts_without_torch(graph, package):
    name = f"jepatlas.{package}"
    if name in graph.modules:  # a track need not have every room
        assert graph.find_shortest_chain(name, "torch", as_packages=True) is None


# Nothing executes on load


def executing(tree: ast.AST) -> list[str]:
    """What of a module makes code out of data, or runs what a file holds."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += {"pickle", "joblib", "marshal", "shelve", "dill"} & set(modules)
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            wanted = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if name in ("eval", "exec", "torch.load", "torch.jit.load", "pd.read_pickle"):
                found.append(name)
            if name == "yaml.load" and wanted.get("Loader") != "_Loader":  # a SafeLoader
                found.append(name)
            if name == "np.load" and wanted.get("allow_pickle") != "False":
                found.append(name)
    return found


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(file)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.load(text)",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "eval(text)",
    ],
)
def test_what_executes_on_load_is_seen(code):
    assert executing(ast.parse(code))


@pytest.mark.parametrize("folder", ["src/jepatlas", "stages", "tools"])
def test_nothing_executes_on_load(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    found = {file: executing(ast.parse(file.read_text(encoding="utf-8"))) for file in files}
    assert {file: names for file, names in found.items() if names} == {}
