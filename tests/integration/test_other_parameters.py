"""Claims about the report at other parameters: it runs, and no sentence is broken (slow: minutes)."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
REPORT = FOLDER / "2_label_efficiency.ipynb"
FEW = dict(splits=16, map_splits=6)
CASES = [
    FEW | dict(target=0.80),
    FEW | dict(target=0.95),
    FEW | dict(batch=5, seed=1),
    FEW | dict(batch=20, setup_cost=0.01, price_per_label=12.5),
    dict(splits=2, map_splits=2, target=0.99),
]


def run(path, **parameters):
    """The notebook, run with these parameters after those of its parameters cell."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
    settings = dict(kernel_name="python3", timeout=900, resources={"metadata": {"path": FOLDER}})
    return NotebookClient(notebook, **settings).execute()


def sentences(notebook):
    """The Markdown that the notebook's code writes, a line each."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    written = [output.get("data", {}).get("text/markdown", "") for output in outputs]
    return [line.strip() for text in written for line in text.splitlines() if line.strip()]


BROKEN = r"\bnan\b|\binf\b|\bNone\b|-0%|, \.|\( |``|\{|\}|\.\.|  "


@pytest.mark.slow
@pytest.mark.parametrize("parameters", CASES, ids=str)
def test_report_runs_and_breaks_no_sentence_at_other_parameters(parameters):
    figures = FOLDER.parent / "figures"
    before = {path: path.read_bytes() for path in figures.iterdir()}
    said = sentences(run(REPORT, **parameters))
    print(*said, sep="\n")
    assert len(said) > 15
    assert [line for line in said if re.search(BROKEN, line)] == []
    assert {path: path.read_bytes() for path in figures.iterdir()} == before
