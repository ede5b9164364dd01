"""The files of a labelling job beside its table, and the settings that were said once.

Of `my.csv`: `my.csv.labels.csv` the log, `my.csv.job.json` the settings, `my.csv.next.csv` the rows to label.
Not here: what the settings do.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from active_learning._validation import check_choice
from active_learning.tables.label_log import LabelLog

# fmt: off
DEFAULTS = {
    "label_column": None, "id_column": None, "classes": [], "drop": [], "keep": [], "features": None,
    "unlabeled": [], "skip": [], "no_header": False, "quoting": "double", "classifier": "auto",
    "chosen": None, "audit_share": 0.2, "given": None, "columns": None, "group_column": None,
    "time_column": None,
}
# fmt: on
KINDS = dict.fromkeys(("label_column", "id_column", "features", "given", "group_column", "time_column"), str)
KINDS |= {"columns": list, "chosen": dict, "audit_share": (int, float)}


@dataclass(frozen=True)
class Job:
    """A table's path and the settings of its labelling job, by name as in DEFAULTS."""

    path: str
    settings: dict = field(default_factory=dict)

    def __getitem__(self, name):
        """A setting."""
        return self.settings.get(name, DEFAULTS[name])

    @property
    def log(self):
        """The job's LabelLog."""
        return LabelLog(f"{self.path}.labels.csv")

    @property
    def next_path(self):
        """Where rows to label are written."""
        return f"{self.path}.next.csv"

    @property
    def settings_path(self):
        """Where the settings are kept."""
        return f"{self.path}.job.json"

    def with_settings(self, **given):
        """The job with further settings; None leaves one as it is."""
        given = {name: value for name, value in given.items() if value is not None}
        return Job(self.path, self.settings | given)

    def save(self):
        """Write the settings, whole or not at all, if they are not there already."""
        if self != open_job(self.path):
            _replace(self.settings_path, json.dumps(self.settings, indent=2, ensure_ascii=False))


def _replace(path, text):
    """Write a file whole or not at all."""
    partial = f"{path}.partial"
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(partial)
        raise OSError(error.errno, error.strerror, path) from None


def open_job(path):
    """The job of a table, with the settings that are kept beside it.

    Parameters
    ----------
    path : str or path
        Of the table.

    Returns
    -------
    Job

    Raises
    ------
    ValueError
        If the settings cannot be read, naming what is wrong.
    """
    job = Job(os.fspath(path))
    if not os.path.exists(job.settings_path):
        return job
    name = Path(job.settings_path).name
    try:
        settings = json.loads(Path(job.settings_path).read_text(encoding="utf-8"))
    except ValueError as error:
        advice = "mend it, or delete it and say the settings again"
        raise ValueError(f"{name} cannot be read: {error}; {advice}") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{name} holds no settings: {settings!r:.60}")
    for key, value in settings.items():
        kind = KINDS.get(check_choice(f"setting in {name}:", key, DEFAULTS), type(DEFAULTS[key]))
        if value is not None and not isinstance(value, kind):
            raise ValueError(f"{name}: {key} is {value!r}, and should be like {DEFAULTS[key]!r}")
    return Job(os.fspath(path), settings)
