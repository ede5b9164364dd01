"""Groups and times that a user's column declares: which rows belong together, and which came first.

Not here: dependence that nobody has declared (dependence).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from active_learning.features.parsing import as_dates, as_numbers, different


@dataclass(frozen=True)
class Dependence:
    """Groups of rows, or the rows' times, and what was found or declared, in sentences."""

    groups: np.ndarray = None  # int (n,)
    times: np.ndarray = None  # float (n,)
    notes: list = field(default_factory=list)
    declared: bool = False  # the groups were named by a column, and not found


def declared_dependence(frame, label_column, group_column=None, time_column=None):
    """The Dependence of a column that names groups, or that holds times; None without either.

    raises: ValueError for the label column, both at once, one group alone, or cells that are not times
    """
    name = time_column if group_column is None else group_column
    if name is None:
        return None
    option = "--time-column" if group_column is None else "--group-column"
    if None not in (group_column, time_column):
        raise ValueError(
            "give --group-column or --time-column, not both: rows are split by groups or by time"
        )
    if name == label_column:
        raise ValueError(f"{option} {name!r} is the label column; it names groups or times, not classes")
    if group_column is None:
        note = f"trained on earlier rows and tested on later ones, by {name!r}"
        return Dependence(times=_times(frame[name]), notes=[note])
    missing, codes, levels = different(frame[name])
    if levels is None or len(levels) < 2:
        found = "lists" if levels is None else f"the one group {str([*levels, ''][0])!r}"
        raise ValueError(f"{option} {name!r} holds {found}; at least 2 groups are needed")
    groups = len(levels) + np.arange(len(frame))  # a row without one is a group of its own
    groups[~missing] = codes
    kept = f"whole groups of {name!r} ({len(levels)}) are on one side of every split; it is not learnt from"
    return Dependence(groups=groups, notes=[kept], declared=True)


def _times(column):
    """Times (n,) as numbers; ValueError naming a cell that is none."""
    missing, codes, levels = different(column)
    advice = f"--time-column {column.name!r} wants a date, a time or a number in every row"
    if missing.any() or levels is None:
        raise ValueError(f"{advice}, and row {int(missing.argmax()) + 1} has none")
    if len(levels) < 2:
        raise ValueError(f"{advice}, and has {str(levels[0])!r} in all of them; at least 2 times are needed")
    numbers, bad = as_times(levels)
    if bad is not None:
        raise ValueError(f"{advice}, and {str(bad)!r} is none")
    return numbers[codes]


def as_times(levels):
    """The different cells of a column as numbers, and the first that is no time."""
    if getattr(levels, "dtype", None) is not None and levels.dtype.kind in "mM":
        return pd.Series(levels).astype("int64").to_numpy(float), None
    if isinstance(getattr(levels, "dtype", None), pd.DatetimeTZDtype):
        return levels.asi8.astype(float), None
    if (found := as_numbers(levels)) is not None:
        numbers = found[0]
    elif (dates := _as_dates(np.asarray(levels, dtype=object).astype(str).astype(object))) is not None:
        days = dates.dt.tz_localize(None)
        numbers = ((days - pd.Timestamp("2000-01-01")) / pd.Timedelta(seconds=1)).to_numpy(float)
    else:
        return None, levels[0]
    wrong = np.isnan(numbers)
    return numbers, levels[wrong.argmax()] if wrong.any() else None


def _as_dates(levels):
    """Dates, months or times of the day from the different cells (m,) of a column; None if they are none."""
    if (found := as_dates(levels)) is not None:
        return found[0]
    for form in ("%Y-%m", "%H:%M", "%H:%M:%S"):
        dates = pd.to_datetime(pd.Series(levels), format=form, errors="coerce", utc=True)
        if dates.notna().mean() > 0.9:
            return dates
    return None
