"""Claims about the report at other parameters: it runs, and no sentence is broken (slow: minutes)."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
REPORT = FOLDER / "2_label_efficiency.ipynb"
CASES = [
    dict(splits=16, target=0.80),
    dict(splits=16, target=0.95),
    dict(splits=16, batch=5, seed=1),
    dict(splits=25, batch=20, budget=150),
    dict(splits=2, target=0.99),
]


def run(path, **parameters):
    """The notebook, run with these values of the keywords in its parameters cell."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in parameters.items():
        cell.source, found = re.subn(rf"\b{name}=[\d.]+", f"{name}={value}", cell.source)
        assert found == 1
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
    assert len(said) > 12
    assert [line for line in said if re.search(BROKEN, line)] == []
    assert {path: path.read_bytes() for path in figures.iterdir()} == before
