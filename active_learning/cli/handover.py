"""Hand rows over to the labelling tools of a team, and take their exports: `suggest --format` and `add`.

Not here: the tools' formats (tables.exchange), the other answers (tables.answers).
"""

import os

from active_learning._validation import some
from active_learning.labelling.session import guesses_of
from active_learning.tables.answers import Answers, read_answers
from active_learning.tables.exchange import ENDINGS, exchange_text, is_exchange, read_exchange, unsaved_labels
from active_learning.tables.write import replacing


def default_path(job, kind):
    """Where rows for a tool are written."""
    return f"{job.path}.next{ENDINGS[kind]}"


def unsaved(table, path):
    """How many labels a file that would be replaced holds that are not in the log.

    Raises
    ------
    ValueError
        If it holds no rows of this table.
    """
    if not os.path.exists(path):
        return 0
    try:
        return unsaved_labels(table, path)
    except ValueError as error:
        raise ValueError(f"{path} is there, and not replaced: {error}") from None


def hand_over(table, ids, path, kind, classifier=None):
    """Write rows for a tool, whole or not at all; with a classifier also its guesses.

    Parameters
    ----------
    table : Table
    ids : Series
        Of the rows.
    path : str
    kind : str
        As in exchange_text.
    classifier : str, optional

    Returns
    -------
    list of str
        What to know of the tool.
    """
    rows = table.frame.index.get_indexer(ids)
    found = guesses_of(table, rows, classifier) if classifier is not None else []
    text = exchange_text(table, rows, kind, [best for best, *_ in found] or None)
    with replacing(path, table.sources, True) as file:
        file.write(text.encode())
    if kind != "label-studio":
        return []
    known = some(sorted({*map(str, table.y[table.labeled])}), 20) or "your classes"
    return [f"Label Studio's interface: one Choices named 'label' for $text, of {known}"]


def answers_of(table, path, *, who, **how):
    """Answers of a file that was filled in or exported by a tool, an annotator apart; as read_answers."""
    if not is_exchange(path):
        return read_answers(table, path, who=who, **how)
    frames, lines = read_exchange(table, path, who)
    events = []
    answered = {person: frame for person, frame in frames.items() if (frame.iloc[:, 1] != "").any()}
    for person, frame in (answered or frames).items():
        found = read_answers(table, frame, who=person, **how)
        events += found.events
        lines += [f"{person}: {line}" if len(frames) > 1 else line for line in found.lines]
    return Answers(events, lines)
