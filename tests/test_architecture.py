"""Claims about the architecture: one public module, wings that import only downwards, short functions."""

import ast
import inspect
import io
import re
import statistics
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import al_helpers as al

ROOT = Path(al.__file__).parent
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
PACKAGE = ROOT / "active_learning"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
WINGS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
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


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def functions():
    """(module, definition) of every function and method of the package."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                yield name_of(path), node


def code_lines(path):
    """How many lines of a file hold code: no docstring, comment or blank line."""
    text, lines = path.read_text(), set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
            and ast.get_docstring(node) is not None
        ):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def body_lines(function):
    """How many lines a function's body has, docstring apart."""
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(function.body) > 1:
        first = function.body[1]
    return function.end_lineno - first.lineno + 1


def test_imports_go_only_downwards():
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_read_in_ten_minutes_and_says_what_lives_there(path):
    assert code_lines(path) <= 350
    assert len(ast.get_docstring(tree(path)).split()) >= 12


@pytest.mark.parametrize("wing", WINGS, ids=lambda wing: wing.name)
def test_a_wing_says_what_lives_there_and_re_exports_nothing(wing):
    (only,) = tree(wing / "__init__.py").body
    assert "Not here:" in ast.get_docstring(ast.Module([only], []))


def test_bodies_are_short():
    lengths = {f"{module}.{function.name}": body_lines(function) for module, function in functions()}
    print(f"median {statistics.median(lengths.values())}, longest {max(lengths.values())} lines")
    assert statistics.median(lengths.values()) <= 8
    assert {name: lines for name, lines in lengths.items() if lines > 30} == {}


def test_the_door_holds_no_definition_and_exports_all_that_it_imports():
    door = tree(ROOT / "al_helpers.py")
    kinds = {type(node) for node in door.body}
    assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign, ast.If}
    imported = [alias.name for node in door.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(al.__all__)
    assert len((ROOT / "al_helpers.py").read_text().splitlines()) <= 135


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
    if name in vars(al).get("STRATEGIES", {}) or getattr(function, "requirements", None):
        assert "References" in doc


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_command_answers_for_itself_before_it_imports_anything_heavy(option):
    code = "import sys; from active_learning.cli.main import main\n"
    code += f"try: main(['{option}'])\nexcept SystemExit: pass\n"
    code += "print({'numpy', 'pandas', 'sklearn', 'scipy'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.splitlines()[-1] == "set()"


def test_the_door_opens_without_what_only_some_rooms_use():
    code = f"import sys, al_helpers; print([m for m in {LAZY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_help_names_what_the_registries_hold():
    from active_learning import _names

    for name in ("DATASETS", "STRATEGIES", "CLASSIFIERS", "METRICS"):
        assert tuple(getattr(_names, name)) == tuple(getattr(al, name))
