"""Claims about the house: one door, a room for each chapter, arrows only downwards."""

import ast
import inspect
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import al_helpers as al

ROOT = Path(al.__file__).parent
# From the ground up: a room imports only from rooms that stand before it here.
# fmt: off
ORDER = [
    "escapes", "checks", "matrices", "datasets", "openml", "data", "rules", "clusters", "batch_rules",
    "strategies", "newton", "graph", "classifiers", "representation", "loop", "progress", "workers",
    "jobs", "fingerprints", "checkpoint", "study", "parts", "measures", "ranks", "savings", "trust",
    "wording", "gains", "atlas", "report", "claims", "mechanism", "encoding", "cutting", "reading", "doubts",
    "labels", "tables", "replacing", "writing", "merging", "classes", "texts", "cells", "columns",
    "vectors", "features", "labelling", "suggesting", "calibration", "extrapolation",
    "forecast_wording", "forecast", "stopping", "evidence", "replays", "style", "plots", "forecast_plots",
    "pictures", "display", "explorer", "options", "option_rules", "answers", "command",
]
# fmt: on
PICTURES = {"style", "plots", "forecast_plots", "pictures", "display", "explorer"}  # computing never plots
OUTSIDE = {"option_rules", "answers", "command"}  # what the command prints, and the command
LONGER = {"plots": 450}  # lines; every other room: 300
LAZY = (
    "matplotlib",
    "IPython",
    "distributed",
    "dask",
    "skrub",
    "ipywidgets",
)  # imported only where they are used


def tree(path):
    return ast.parse(path.read_text())


def rooms_imported(path):
    """The rooms that a file imports from, inside functions too."""
    modules = [node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[1] for module in modules if module and module.startswith("active_learning.")}


HOUSE = {name: rooms_imported(ROOT / "active_learning" / f"{name}.py") for name in ORDER}


def functions():
    """(room, definition) of every function and method of the house."""
    for room in ORDER:
        for node in ast.walk(tree(ROOT / "active_learning" / f"{room}.py")):
            if isinstance(node, ast.FunctionDef):
                yield room, node


def body_lines(function):
    """How many lines a function's body has, docstring apart."""
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(function.body) > 1:
        first = function.body[1]
    return function.end_lineno - first.lineno + 1


def test_every_file_of_the_package_is_a_room_in_the_order():
    files = {path.stem for path in (ROOT / "active_learning").glob("**/*.py")} - {"__init__"}
    assert files == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_rooms_import_only_from_rooms_below_them(room):
    print(f"{room:12} <- {', '.join(sorted(HOUSE[room])) or '-'}")
    assert HOUSE[room] <= set(ORDER[: ORDER.index(room)])


def test_nothing_imports_the_command_and_no_room_that_computes_draws():
    for room, below in HOUSE.items():
        if room not in OUTSIDE:
            assert not below & OUTSIDE
        if room not in PICTURES | OUTSIDE:
            assert not below & PICTURES


@pytest.mark.parametrize("room", ORDER)
def test_a_room_is_read_in_five_minutes_and_says_what_lives_there(room):
    text = (ROOT / "active_learning" / f"{room}.py").read_text()
    assert len(text.splitlines()) <= LONGER.get(room, 300)
    assert len(ast.get_docstring(ast.parse(text)).split()) >= 12


def test_bodies_are_short():
    lengths = {f"{room}.{function.name}": body_lines(function) for room, function in functions()}
    print(f"median {statistics.median(lengths.values())}, longest {max(lengths.values())} lines")
    assert statistics.median(lengths.values()) <= 8
    assert {name: lines for name, lines in lengths.items() if lines > 30} == {}


def test_the_door_holds_no_definition_and_exports_all_that_it_imports():
    door = tree(ROOT / "al_helpers.py")
    kinds = {type(node) for node in door.body}
    assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign, ast.If}
    imported = [alias.name for node in door.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(al.__all__)
    assert len((ROOT / "al_helpers.py").read_text().splitlines()) <= 130


GIVEN = {"round", "settings", "ax"}  # documented once: in rules.Round, where they go to, in plots
EXPORTED = [name for name in al.__all__ if inspect.isfunction(getattr(al, name))]


@pytest.mark.parametrize("name", EXPORTED)
def test_every_exported_function_documents_its_arguments_its_errors_and_its_source(name):
    function = getattr(al, name)
    doc = inspect.getdoc(function)
    assert doc, "no docstring"
    words = set(re.findall(r"\w+", doc))
    parameters = [p for p in inspect.signature(function).parameters if p not in GIVEN]
    undocumented = [p for p in parameters if p not in words and p.rstrip("s") not in words]
    assert undocumented == []
    code = inspect.getsource(function).replace(doc, "")
    if re.search(r"^\s+raise |\bcheck_(integer|choice|target|proba)\(", code, re.M):
        assert re.search(r"raises:|Error", doc), "it raises, and does not say so"
    if name in vars(al).get("STRATEGIES", {}) or getattr(function, "needs", None):
        assert "source:" in doc


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_command_answers_for_itself_before_it_imports_anything_heavy(option):
    code = "import sys; from active_learning.command import main\n"
    code += f"try: main(['{option}'])\nexcept SystemExit: pass\n"
    code += "print({'numpy', 'pandas', 'sklearn', 'scipy'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.splitlines()[-1] == "set()"


def test_the_door_opens_without_what_only_some_rooms_use():
    code = f"import sys, al_helpers; print([m for m in {LAZY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_help_names_what_the_registries_hold():
    from active_learning import options

    for name in ("DATASETS", "STRATEGIES", "CLASSIFIERS", "METRICS"):
        assert getattr(options, name) == tuple(getattr(al, name))
