"""Claims about the architecture: one public module, wings that import only downwards, short functions."""

import ast
import contextlib
import inspect
import io
import json
import re
import statistics
import subprocess
import sys
import tokenize
from pathlib import Path

import matplotlib
import pytest

import al_helpers as al
from active_learning._validation import METRICS
from active_learning.datasets.bundled import DATASETS
from active_learning.models.registry import CLASSIFIERS

matplotlib.use("Agg")
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
    "anywidget",
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


def public_names():
    """The names that al_helpers exports."""
    module = tree(ROOT / "al_helpers.py")
    names = [alias.name for node in module.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return [name for name in names if not name.startswith("_")]


# Names that stay whatever uses them, as do those of plots
PROMISED = {
    *("Dataset", "Split", "load_dataset", "split_dataset", "least_confidence", "margin", "entropy"),
    *("STRATEGIES", "CLASSIC", "RECOMMENDED", "run_loop", "run_histories", "run_study", "curves_of"),
    *("checksum", "History", "labels_to_target", "summarise", "results_table", "paired_saving"),
    *("load_table", "plan_study", "suggest", "merge_labels", "write_table", "forecast"),
    *("show_figure", "show_table", "LabelLog", "Score", "score", "label", "label_worth"),
    *("recommend_rule", "when_it_pays", "from_skactiveml"),
}


def names_in(code):
    """The names that a text of Python takes from al_helpers, by its syntax tree."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)]
    nodes = [node for node in nodes if isinstance(node.value, ast.Name)]
    return {node.attr for node in nodes if node.value.id in ("al", "al_helpers")}


def names_used():
    """The names that a notebook's cell, or code in the README, takes from al_helpers."""
    used = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            if cell["cell_type"] == "code":
                used |= names_in("".join(cell["source"]))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code in [
        *re.findall(r"```python\n(.*?)```", readme, re.S),
        *re.findall(r"`([^`\n]+(?<!\.py))`", readme),
    ]:
        with contextlib.suppress(SyntaxError):  # a command, a path
            used |= names_in(code)
    return used


def test_the_public_module_re_exports_and_holds_no_logic():
    module = tree(ROOT / "al_helpers.py")
    assert {type(node) for node in module.body} == {ast.Expr, ast.ImportFrom, ast.If}
    names = public_names()
    assert len(names) == len(set(names)) <= 90
    assert set(names) == {name for name in vars(al) if not name.startswith("_")}


def test_every_public_name_is_promised_or_used_by_a_notebook_or_the_readme():
    names, used = set(public_names()), names_used()
    assert names >= PROMISED
    assert {name for name in names - PROMISED - used if not name.startswith("plot_")} == set()
    assert used <= names


def test_names_in_reads_the_syntax_tree():
    assert names_in("import al_helpers as al\nal.one(al.two.three, x.al)  # al.four\n'al.five'") == {
        "one",
        "two",
    }


EXPORTED = [name for name in public_names() if inspect.isfunction(getattr(al, name))]


@pytest.mark.parametrize("name", EXPORTED)
def test_every_exported_function_documents_its_arguments_its_errors_and_its_source(name):
    function = getattr(al, name)
    doc = inspect.getdoc(function)
    words = set(re.findall(r"\w+", doc))
    parameters = [*inspect.signature(function).parameters]
    undocumented = [p for p in parameters if p not in words and p.rstrip("s") not in words]
    assert undocumented == []
    code = inspect.getsource(function).replace(doc, "")
    if re.search(r"^\s+raise |\bcheck_(integer|choice|target|proba)\(", code, re.M):
        assert re.search(r"raises:|Error", doc), "it raises, and does not say so"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_command_answers_these_before_it_imports_anything_heavy(option):
    code = "import sys; from active_learning.cli.main import main\n"
    code += f"try: main(['{option}'])\nexcept SystemExit: pass\n"
    code += "print({'numpy', 'pandas', 'sklearn', 'scipy'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.splitlines()[-1] == "set()"


def test_the_public_module_imports_without_what_only_some_modules_use():
    code = f"import sys, al_helpers; print([m for m in {LAZY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_help_names_what_the_registries_hold():
    from active_learning import _names

    registries = {"DATASETS": DATASETS, "STRATEGIES": al.STRATEGIES, "CLASSIFIERS": CLASSIFIERS}
    for name, registry in (registries | {"METRICS": METRICS}).items():
        assert tuple(getattr(_names, name)) == tuple(registry)
    assert list(al.DESCRIPTIONS) == [*DATASETS]
