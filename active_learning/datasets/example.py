"""The table of notebook 3: real texts, a part of them labelled, and the answers for the others.

Not here: the texts themselves (bundled).
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from active_learning.datasets.bundled import read_docstrings

GIVEN = 300  # rows whose label stands in the table, drawn at random


class ExampleTable:
    """A CSV file of docstrings of SciPy, with the topics of some, and a person who knows the others.

    The column handled_by was filled in with the labels, as happens in real tables.

    Parameters
    ----------
    folder : path, optional
        Where to write docstrings.csv; a new temporary folder if None.

    Examples
    --------
    >>> ExampleTable().path.name
    'docstrings.csv'
    """

    notes = ("an example: docstrings of SciPy, a Python library; the topic is the part that they are from",)

    def __init__(self, folder=None):
        texts, topics = read_docstrings()
        order = np.random.default_rng(0).permutation(len(topics))
        self.topics = topics[order]
        known = np.arange(len(order)) < GIVEN
        desks = np.char.add("desk ", (np.unique(self.topics, return_inverse=True)[1] + 1).astype(str))
        frame = pd.DataFrame({"text": np.array(texts, dtype=object)[order]})
        frame["handled_by"] = np.where(known, desks, "")
        frame["topic"] = np.where(known, self.topics, "")
        self.path = Path(folder or tempfile.mkdtemp(), "docstrings.csv")
        frame.to_csv(self.path, index=False)

    def answer(self, log):
        """Answer every row that was suggested and has no answer yet.

        Parameters
        ----------
        log : LabelLog
            Of the table.

        Returns
        -------
        int
            Rows answered.
        """
        events = log.events()
        answered = events.loc[events["event"] != "suggested", "id"]
        open_rows = [row for row in events["id"].unique() if row not in {*answered}]
        log.append({"event": "labelled", "id": row, "label": self.topics[int(row)]} for row in open_rows)
        return len(open_rows)
