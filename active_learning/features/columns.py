"""What each column of a table is: the one place where that is decided, and noted.

    empty, or the same in every row              left out
    lists of numbers of one length               a vector
    nearly all different cells are numbers       numbers; the others count as missing
    nearly all are dates of one format           dates: year, month, day, weekday, time and seconds
    many different cells of several words        text, unless they are names that repeat often
    many different strings with shared parts     text that is read as characters
    whole numbers or codes that name the rows    left out
    anything else                                categories; a missing cell is a category too

By its cells alone, never by a label, and never by the order of the rows. Not here: how a kind becomes numbers
to learn from (preprocessing), and columns that give the label away (leakage).
"""

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from active_learning._validation import some
from active_learning.features.parsing import as_dates, as_numbers, as_vectors, different
from active_learning.features.text import NO_SPACES, is_unspaced, share_parts, shared_texts

FEW = 40  # so many different cells, if they repeat, are categories even where they are long
RARE_AGAIN = 3  # where different strings occur less often than this, on average, they are not categories
REPEATS = 8  # how often, on average, a short name of a thing occurs; a text does not
HUGE = 1e150  # numbers beyond this have no sum of squares
LONG = (1e8, 2.0**64)  # whole numbers between these, all different, are rather ids than counts
ID_NAME = re.compile(
    r"(?i:(?:^|[_\s.-])(?:id|ids|key|index|idx|no|nr|num|number|row|uuid|guid)$|^$|^unnamed)"
    r"|[a-z](?:Id|ID|Key|No|Nr)$"
)


@dataclass(frozen=True)
class Column:
    """One column of a table, as it will be learnt from."""

    name: str
    kind: str  # number, category, text, vector; or "" where it is left out
    numbers: np.ndarray = None  # floats (n, k): numbers, or the numbers of levels and texts, -1 where missing
    texts: object = None  # of a text column: Texts
    notes: list = field(default_factory=list)  # what the user should know


def read_column(column, decimal="."):
    """Decide what a column (n,) is.

    decimal: the decimal mark to believe where its cells leave it open
    returns: Column
    raises: ValueError for infinity, numbers whose squares overflow, or vectors of several lengths
    """
    name, (missing, codes, levels) = str(column.name), different(column)
    if (vectors := as_vectors(column, missing)) is not None:
        return Column(name, "vector", vectors, notes=[f"holds vectors of {vectors.shape[1]} numbers"])
    if len(levels) + missing.any() < 2:
        return _left_out(name, "it is constant" if len(levels) else "it is empty")
    if column.dtype.kind in "mM" or isinstance(column.dtype, pd.DatetimeTZDtype):
        return _date_column(name, missing, codes, pd.Series(levels), [])
    named = column.dtype.kind == "b" or isinstance(column.dtype, pd.CategoricalDtype)
    if not named and (numbers := as_numbers(levels, decimal)) is not None:
        return _number_column(name, missing, codes, *numbers)
    text = np.asarray(levels.astype(str), dtype=object)
    if not named and (dates := as_dates(text)) is not None:
        return _date_column(name, missing, codes, dates[0], [dates[1]])
    return _word_column(name, missing, codes, text, named)


def _left_out(name, why):
    return Column(name, "", notes=[f"is dropped: {why}"])


def _spread(missing, codes, values, gap=np.nan):
    """Values of the levels, laid out over the rows: floats (n, 1), `gap` where a cell is missing."""
    column = np.full((len(missing), 1), gap)
    column[~missing, 0] = values[codes]
    return column


def _number_column(name, missing, codes, numbers, note):
    if len(huge := numbers[np.abs(numbers) > HUGE]):
        fault = "infinity" if np.isinf(huge).any() else f"{huge[0]:g}, the square of which overflows"
        raise ValueError(f"column {name!r} holds {fault}; leave the cell empty if a value is unknown")
    if _counts_rows(name, numbers, codes):
        return _left_out(name, "it numbers the rows")
    return Column(name, "number", _spread(missing, codes, numbers), notes=[note] if note else [])


def _counts_rows(name, numbers, codes):
    """Whether a column only numbers the rows: whole numbers that all differ, and not by chance.

    Of n numbers from a range of m, all differ with probability exp(-n^2 / 2m): where that is below one in a
    million somebody saw to it. Where gaps leave it open, the name of the column or its long numbers decide.
    """
    if len(numbers) < len(codes) or len(numbers) < 3 or np.isnan(numbers).any() or (numbers % 1).any():
        return False
    span = np.ptp(numbers) + 1
    dense = span == len(numbers) or len(numbers) ** 2 / (2 * span) > 14
    long = LONG[0] <= np.abs(numbers).min() and np.abs(numbers).max() < LONG[1]
    return bool(dense or (len(numbers) > 9 and (ID_NAME.search(name.strip()) or long)))


def _date_column(name, missing, codes, dates, notes):
    """Dates as numbers: the calendar, with months, days, weekdays and hours on circles, and the seconds."""
    if dates.dtype.kind == "m":
        seconds = dates.dt.total_seconds().to_numpy()
        return Column(name, "number", _spread(missing, codes, seconds), notes=["is read as seconds"])
    from skrub import DatetimeEncoder  # here, because it takes a second to import

    encoder = DatetimeEncoder(resolution="minute", add_weekday=True, periodic_encoding="circular")
    dates = dates.rename("date").reset_index(drop=True).dt.tz_localize(None)
    encoded = encoder.fit_transform(dates).to_numpy(dtype=float)
    values = np.full((len(missing), encoded.shape[1]), np.nan)
    values[~missing] = encoded[codes]
    varies = np.nanmax(values, axis=0) > np.nanmin(values, axis=0)
    if not varies.any():
        if not missing.any():
            return _left_out(name, "all its dates are the same")
        varies[0] = True  # whether there is a date may matter
    return Column(name, "number", values[:, varies], notes=notes or ["is read as dates"])


def _word_column(name, missing, codes, levels, named):
    """Codes that name the rows, texts, or categories."""
    n_words = np.array([_count_words(level) for level in levels[:: max(1, len(levels) // 1000)]])
    several = (n_words > 1).mean() >= 0.5
    strings = not (several or named) and len(levels) > FEW and len(codes) < RARE_AGAIN * len(levels)
    if strings and share_parts(levels):
        note = f"is read as characters ({len(levels)} different strings without blanks)"
        return _text_column(name, missing, codes, shared_texts(levels, characters=True), note)
    if len(levels) == len(codes) > 2 and not several and not named:
        return _left_out(name, "it names the rows")
    wordy = several and not named and (len(levels) > FEW or 2 * len(levels) > len(codes))
    repeated = wordy and _are_names(levels, len(codes))
    if wordy and not repeated:
        texts = shared_texts(levels, characters=is_unspaced(levels))
        return _text_column(name, missing, codes, texts, f"is read as text ({len(levels)} different ones)")
    place = np.argsort(np.argsort(levels))  # in the alphabet, as the rows may come in any order
    note = f"is read as categories ({len(levels)} different names)" if repeated else None
    note = note or (None if named else _odd_number(levels))
    return Column(name, "category", _spread(missing, codes, place, -1.0), notes=[note] if note else [])


def _text_column(name, missing, codes, texts, note):
    numbers = _spread(missing, codes, np.arange(len(texts.distinct)), -1.0)
    return Column(name, "text", numbers, texts, [note])


def _are_names(levels, n_rows):
    """Whether cells of several words are names, as of places, and no texts, whose words have a meaning.

    Names repeat, are short, and most have a word that no other has: texts made of the same few words in other
    orders are learnt from by their words.
    """
    names = [level.casefold() for level in levels[:: max(1, len(levels) // 1000)]]
    counts = Counter(word for name in names for word in {*name.split()})
    has_own_word = np.mean([any(counts[word] == 1 for word in name.split()) for name in names])
    short = np.median([*map(_count_words, names)]) <= 4
    return n_rows >= REPEATS * len(levels) and short and has_own_word > 0.5


def _count_words(text):
    """How many words a text has; in a script without spaces one for every four letters."""
    return len(text.split()) + len(NO_SPACES.findall(text[:200])) // 4


def _odd_number(levels):
    """A note on the levels of a column that is mostly, but not nearly always, numbers; or None."""
    odd = levels[pd.to_numeric(pd.Series(levels), errors="coerce").isna().to_numpy()]
    codes = [level for level in levels if re.match(r"\s*[+-]?0\d", level)]
    if codes and not len(odd):
        return f"is read as categories: a code such as {codes[0]!r} would lose its zeros as a number"
    fault = "is not a number" if len(odd) == 1 else "are not numbers"
    return f"is read as categories: {some(odd, 3)} {fault}" if 0 < len(odd) < len(levels) / 2 else None
