"""Claims about the notebooks at other parameters: they run, and no sentence is broken (slow: minutes)."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

import al_helpers as al
from active_learning.notebook import ParameterError

FOLDER = Path(__file__).parents[2] / "notebooks"
REPORT = FOLDER / "2_label_efficiency.ipynb"
CASES = [
    dict(splits=16, target=0.80),
    dict(splits=16, target=0.95),
    dict(splits=16, batch=5, seed=1),
    dict(splits=25, batch=20, budget=150),
    dict(splits=2, target=0.99),
]
OTHERS = [
    ("1_first_loop", dict(n_queries=5, n_draws=20, n_splits=4, n_problems=3)),
    ("1_first_loop", dict(n_queries=40, n_draws=20, n_splits=4, n_problems=3)),
    ("4_appendix", dict(target=0.80, splits=6, map_splits=5)),
    ("4_appendix", dict(target=0.99, splits=6, map_splits=5, seed=1)),
    ("5_when_to_stop", dict(labels_now=40, labels_then=100, n_projects=3, data="'wine'")),
]


def changed(path, /, **parameters):
    """The notebook with these values of the keywords in its parameters cell, and that cell."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    for name, value in parameters.items():
        cell.source, found = re.subn(rf"\b{name}=[^,)]+", f"{name}={value}", cell.source)
        assert found == 1
    return notebook, cell


def run(path, /, **parameters):
    """The notebook, run with these values of its parameters."""
    notebook, _ = changed(path, **parameters)
    settings = dict(kernel_name="python3", timeout=900, resources={"metadata": {"path": FOLDER}})
    return NotebookClient(notebook, **settings).execute()


def sentences(notebook):
    """The Markdown and the lines that the notebook's code writes, a line each."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    written = [output.get("data", {}).get("text/markdown", "") for output in outputs]
    written += [output.get("text", "") for output in outputs]
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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), OTHERS, ids=str)
def test_other_notebooks_run_and_break_no_sentence_at_other_parameters(name, parameters):
    figures = FOLDER.parent / "figures"
    before = {path: path.read_bytes() for path in figures.iterdir()}
    said = sentences(run(FOLDER / f"{name}.ipynb", **parameters))
    print(*said, sep="\n")
    assert len(said) > 3
    assert [line for line in said if re.search(BROKEN, line)] == []
    assert {path: path.read_bytes() for path in figures.iterdir()} == before


def own_table(folder, n_labels):
    """A user's table of two numbers, with this many labels."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 2)).round(3), columns=["width", "height"])
    frame["kind"] = np.where(frame["width"] + rng.normal(scale=0.5, size=300) > 0, "large", "small")
    frame.loc[n_labels:, "kind"] = ""
    path = folder / "parts.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("n_labels", [4, 60, 200])
def test_a_users_table_gets_no_invented_label_and_no_word_of_the_example(tmp_path, n_labels):
    path = own_table(tmp_path, n_labels)
    before = path.read_bytes()
    notebook = run(FOLDER / "3_your_own_data.ipynb", path=repr(str(path)), label_column="'kind'", n_splits=4)
    said = sentences(notebook)
    print(*said, sep="\n")
    assert [line for line in said if re.search(BROKEN, line)] == []
    assert not re.search("SciPy|docstring|topic|example", " ".join(said))
    events = al.LabelLog(f"{path}.labels.csv").events()
    assert set(events["event"]) == {"suggested"}
    assert path.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} <= {
        "parts.csv",
        "parts.csv.labels.csv",
        "parts.csv.job.json",
    }


def test_a_table_that_is_missing_is_one_sentence(monkeypatch):
    """As of every ParameterError, which test_notebook_display shows in a kernel."""
    _, cell = changed(FOLDER / "3_your_own_data.ipynb", path="'nowhere.csv'")
    monkeypatch.chdir(FOLDER)
    with pytest.raises(ParameterError, match=r"^there is no file 'nowhere\.csv'"):
        exec(cell.source, {})
