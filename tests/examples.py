"""Small tables and curves that the tests of several rooms share."""

import numpy as np
import pandas as pd

from active_learning.cli.main import main

MIXED = pd.DataFrame(
    {
        "id": [f"00{i}" for i in range(40)],
        "size": np.r_[np.nan, np.arange(39) % 13 + 0.5],
        "colour": (["red", "green", "blue", None] * 10),
        "round": [True, False] * 20,
    }
)


def mixed_table(labels=("yes", "no"), n_labeled=20):
    """Return the mixed frame with labels that follow `size`, empty from row n_labeled on."""
    label = np.where(MIXED["size"].fillna(0) > 6, *[np.array([value], dtype=object) for value in labels])
    return MIXED.assign(label=np.where(np.arange(40) < n_labeled, label, None))


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


INF = np.inf


def make_curves(runs):
    """Curves from {strategy: [accuracies of split 0, of split 1, ...]}, at 20, 30, 40, ... labels."""
    frames = [
        pd.DataFrame(
            {"strategy": name, "split": i, "n_labels": 20 + 10 * np.arange(len(run)), "accuracy": run}
        )
        for name, splits in runs.items()
        for i, run in enumerate(splits)
    ]
    return pd.concat(frames, ignore_index=True)


def needing(**labels):
    """Curves to 60 labels in which each run first reaches 0.9 at the labels given, inf = never."""
    grid = 20 + 10 * np.arange(5)
    return make_curves({name: [np.where(grid >= n, 0.9, 0.5) for n in each] for name, each in labels.items()})


# a quick run of the command
QUICK = ["--dataset", "iris", "--splits", "3", "--budget", "30", "--jobs", "1"]


def run(capsys, *options):
    """(exit code, stdout, stderr) of the command in this process."""
    try:
        code = main([str(option) for option in options])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def run_quick(capsys, *options):
    """As run, on iris with three splits."""
    return run(capsys, *QUICK, *options)
