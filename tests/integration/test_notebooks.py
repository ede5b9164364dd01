"""Hygiene of the committed notebooks: executed, quiet, small, and every picture the one in figures/."""

import ast
import base64
import json
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIGURES = ROOT / "figures"
MOVING = {"1_border_moving"}  # animated PNG, which has no SVG
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cells(path, kind=None):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in (None, cell["cell_type"])]


def source(cell):
    return "".join(cell["source"])


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell["outputs"]]


def images(path):
    """(PNG bytes, alt text) of every picture that a notebook shows."""
    shown = [output for output in outputs(path) if "image/png" in output.get("data", {})]
    pictures = ["".join(output["data"]["image/png"]) for output in shown]
    alts = [output["metadata"].get("image/png", {}).get("alt", "") for output in shown]
    return [(base64.b64decode(picture), alt) for picture, alt in zip(pictures, alts, strict=True)]


def typed_measurements(text):
    """Percentages and decimals in a text, code spans and links left out: what only code should write."""
    prose = re.sub(r"`[^`]*`|\(https?:[^)]*\)|^#+ [\d.]+", "", text, flags=re.MULTILINE)
    return re.findall(r"\d+(?:\.\d+)? ?%|\b\d+\.\d+\b", prose)


def test_there_are_notebooks_to_check():
    assert PATHS


@every_notebook
def test_notebook_was_run_from_top_to_bottom(path):
    counts = [cell["execution_count"] for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert outputs(path)


@every_notebook
def test_notebook_shows_no_errors_warnings_or_stderr(path):
    assert not [output for output in outputs(path) if output["output_type"] == "error"]
    assert not [output for output in outputs(path) if output.get("name") == "stderr"]


@every_notebook
def test_notebook_carries_no_stray_metadata(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert not [cell["id"] for cell in notebook["cells"] if set(cell["metadata"]) - {"tags", "jupyter"}]
    folded = [cell["metadata"]["jupyter"] for cell in notebook["cells"] if "jupyter" in cell["metadata"]]
    assert all(fold == {"source_hidden": True} for fold in folded)


@every_notebook
def test_first_code_cell_holds_the_parameters(path):
    """By themselves, or as keywords of the one call that computes the main study."""
    first = cells(path, "code")[0]
    assert first["metadata"]["tags"] == ["parameters"]
    statements = ast.parse(source(first)).body
    if any(isinstance(statement, ast.Import) for statement in statements):
        keywords = statements[-1].value.keywords
        assert len(keywords) > 3 and all(isinstance(keyword.value, ast.Constant) for keyword in keywords)
    else:
        assert all(isinstance(statement, ast.Assign) for statement in statements)


@every_notebook
def test_code_cells_are_short_and_end_without_semicolon(path):
    code = {cell["id"]: source(cell) for cell in cells(path, "code")}
    assert not [name for name, text in code.items() if len(text.splitlines()) > 15]
    assert not [name for name, text in code.items() if text.rstrip().endswith(";")]
    assert not [name for name, text in code.items() if not text.strip()]


@every_notebook
def test_headings_are_numbered_in_order_under_one_title(path):
    text = "\n".join(source(cell) for cell in cells(path, "markdown"))
    headings = re.findall(r"^(#+) (.*)", text, flags=re.MULTILINE)
    assert [level for level, _ in headings].count("#") == 1 and headings[0][0] == "#"
    assert headings[0][1].endswith("?")
    numbers = [re.match(r"(\d+)\. ", words) for level, words in headings if level == "##"]
    assert [number and int(number[1]) for number in numbers] == list(range(1, len(numbers) + 1))


@every_notebook
def test_prose_leaves_measured_numbers_to_code(path):
    found = {cell["id"]: typed_measurements(source(cell)) for cell in cells(path, "markdown")}
    assert not {name: numbers for name, numbers in found.items() if numbers}


def test_typed_measurements_finds_numbers_and_spares_code_and_headings():
    assert typed_measurements("margin saves 38 % and scores 0.97") == ["38 %", "0.97"]
    assert typed_measurements("## 6.1 Why?\nset `C=0.5` for the 20 labels") == []


@every_notebook
def test_every_picture_is_a_file_in_figures_and_has_alt_text(path):
    files = {file.read_bytes(): file.name for file in FIGURES.glob("*.png")}
    assert not [alt for png, alt in images(path) if png not in files]
    assert not [files[png] for png, alt in images(path) if len(alt) < 20]
    number = path.name.split("_")[0]
    assert not [files[png] for png, _ in images(path) if not files[png].startswith(f"{number}_")]


def test_every_file_in_figures_is_shown_by_a_notebook():
    # the README's: speed.png, by tests/benchmarks/speed.py; labelling_cell.png, by test_browser.py
    shown = {png for path in PATHS for png, _ in images(path)}
    stale = [file.name for file in FIGURES.glob("*.png") if file.read_bytes() not in shown]
    assert set(stale) <= {"speed.png", "labelling_cell.png"}
    names = {ending: {file.stem for file in FIGURES.glob(f"*.{ending}")} for ending in ("png", "svg")}
    assert names["png"] - MOVING - {"labelling_cell"} == names["svg"]
    assert not [file.name for file in FIGURES.iterdir() if file.suffix not in (".png", ".svg")]


@pytest.mark.parametrize("name", sorted(MOVING))
def test_a_moving_picture_moves_for_ever_and_is_small(name):
    path = FIGURES / f"{name}.png"
    with Image.open(path) as picture:
        assert picture.n_frames > 10 and picture.info["loop"] == 0
        assert picture.size[0] >= 800
    assert path.stat().st_size < 500_000


@every_notebook
def test_no_svg_is_shown_inside_a_notebook(path):
    assert not [output for output in outputs(path) if "image/svg+xml" in output.get("data", {})]


@every_notebook
def test_notebook_is_small_and_names_no_machine(path):
    assert path.stat().st_size < 2_000_000
    texts = [source(cell) for cell in cells(path)]
    texts += [json.dumps(output) for output in outputs(path) if "image/png" not in output.get("data", {})]
    places = re.compile(r"(?<![\w/])/(?:home|Users|tmp|root|usr|work|mnt|var)/|[A-Z]:\\\\|0x[0-9a-f]{6,}")
    assert not [match[0] for text in texts for match in places.finditer(text)]
