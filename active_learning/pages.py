"""The start of each notebook: one call checks its parameters and holds its experiments and figures.

Figures are written to figures/ only for the parameters of the committed page. Not here: the experiments
themselves (report, forecast.past_projects), how a figure is shown (notebook).
"""

import sys
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from active_learning._names import DATASETS
from active_learning._text import markdown_text
from active_learning.datasets.example import ExampleTable
from active_learning.forecast.past_projects import PastProjects
from active_learning.notebook import ParameterError, check_parameters, show_figure, show_moving, words_of
from active_learning.plots.illustrations import plot_border, plot_steps
from active_learning.plots.results import plot_intervals
from active_learning.plots.style import new_figure, title
from active_learning.report.appendix import Appendix
from active_learning.report.digits import DigitsStudy
from active_learning.report.first_loop import FirstLoop

STEPS = ("start small", "let the model\nguess", "find the\nconfusion", "ask for help", "learn\nand repeat")
FIGURES = Path(__file__).parents[1] / "figures"


class Page:
    """What a page's parameters decide: where its figures go."""

    @property
    def figures(self):
        """The folder for figures; None for parameters that are not those of the committed page."""
        asked = [field for field in fields(self) if field.compare]
        ours = all(getattr(self, field.name) == field.default for field in asked)
        return FIGURES if ours and FIGURES.is_dir() else None

    def show(self, ax, name, finding=None, caption=None):
        """Show a figure, with this finding and caption over it or those that it has, as its words too."""
        if finding is not None:
            title(ax, finding, caption)
        show_figure(ax, name, words_of(ax), folder=self.figures)


class FirstLoopPage(Page, FirstLoop):
    """The experiments of notebook 1 with their figures."""

    def watch_moons(self):
        """Show how the borders of two rules move, two labels a frame."""
        asked = [*range(0, self.n_queries, 2), self.n_queries]
        words = "Left, the labels lie along a border that bends between two moons; right, they lie anywhere."
        frames = (self._moons_after(n) for n in asked)
        show_moving(frames, "1_border_moving", words, folder=self.figures, pause=1.0)

    def show_steps(self):
        """Show the five steps of the loop as boxes."""
        words = "Five boxes in a row, joined by arrows; one leads from the last back to the second."
        ax = plot_steps(STEPS, new_figure(figsize=(9, 2.4))[1])
        show_figure(ax, "1_five_steps", words, folder=self.figures)

    def _moons_after(self, asked):
        figure, axes = new_figure(1, 2, figsize=(8, 3))
        for ax, (rule, run) in zip(axes, self.moons.runs.items(), strict=True):
            known, data = self.moons.known(rule, asked), self.moons.dataset
            plot_border(self.moons.fitted(rule, asked), data.X, data.y, known[:2], known[2:], ax)
            ax.set_title(f"{rule}, {asked} asked: {run.accuracy[asked]:.0%} right", size=11)
        return figure


def first_loop(*, n_queries=20, n_draws=200, n_splits=50, n_problems=40):
    """Set up the experiments of notebook 1; each runs when it is asked for.

    Parameters
    ----------
    n_queries : int
        Labels to ask for.
    n_draws : int
        Random runs from the same start.
    n_splits : int
        Other splits of the same points.
    n_problems : int
        New data sets from the same generator.

    Returns
    -------
    FirstLoopPage

    Raises
    ------
    ParameterError
        As `check_parameters`.

    Examples
    --------
    >>> len(first_loop(n_queries=3).history.queried)
    3
    """
    asked = dict(n_queries=n_queries, n_draws=n_draws, n_splits=n_splits, n_problems=n_problems)
    check_parameters(**asked)
    return FirstLoopPage(**asked)


class DigitsPage(Page, DigitsStudy):
    """The study of notebook 2 with its figures."""


def study_digits(*, target=0.90, batch=10, budget=300, splits=100, seed=0):
    """Run the main study of notebook 2: every rule on many random splits of the handwritten digits.

    Parameters
    ----------
    target : float in (0, 1]
        Test accuracy that is wanted.
    batch : int
        Labels in a round.
    budget : int
        Labels in all, the 20 of the seed set included; 50 at the least.
    splits : int
        Random splits into seed, pool and test; 2 at the least.
    seed : int
        The random seed.

    Returns
    -------
    DigitsPage
        A `DigitsStudy`: its runs, and methods for the smaller experiments beside them.

    Raises
    ------
    ParameterError
        As `check_parameters`.

    Examples
    --------
    >>> study = study_digits(splits=2, budget=50)
    >>> study.goal, len(study.histories) // 2 == len(study.rules)
    ('90%', True)
    """
    asked = dict(target=target, batch=batch, budget=budget, splits=splits, seed=seed)
    check_parameters(**asked, lows={"budget": 50, "splits": 2})
    return DigitsPage(**asked).measure()


@dataclass(frozen=True)
class OwnTablePage(Page):
    """The table of notebook 3, a user's or the example, and where its figures go.

    Parameters
    ----------
    path : str or None
        The user's table.
    label_column : str
    id_column : str or None
    target : float
        Accuracy that is wanted.
    n_splits, n_next : int
        Splits of the measurement, and rows to label next.
    """

    path: str | None = None
    label_column: str = "topic"
    id_column: str | None = None
    target: float = 0.90
    n_splits: int = 20
    n_next: int = 10

    @cached_property
    def example(self):
        """The example; None for a user's table."""
        return ExampleTable() if self.path is None else None

    @property
    def file(self):
        """Path of the table."""
        return self.example.path if self.path is None else Path(self.path)

    @property
    def columns(self):
        """The label and id column, as load_table and label take them."""
        return dict(label_column=self.label_column, id_column=self.id_column)

    def notes_on(self, table):
        """What the table holds, and what reading it noticed, as a list in Markdown."""
        counts = f"{table.labeled.sum()} rows have a label, {table.pool.sum()} wait for one"
        about = self.example.notes if self.example else ()
        return "\n".join(f"- {markdown_text(note)}" for note in [*about, counts, *table.notes])


def own_table(*, path=None, label_column="topic", id_column=None, target=0.90, n_splits=20, n_next=10):
    """Set up notebook 3 for a user's table; from then on its errors are one sentence.

    Parameters
    ----------
    path : str, optional
        A file as load_table reads it; the example if None.
    label_column : str
        The column to predict.
    id_column : str, optional
        The column that names the rows.
    target : float in (0, 1]
        Accuracy that is wanted.
    n_splits : int
        Random splits of the measurement.
    n_next : int
        Rows to label next.

    Returns
    -------
    OwnTablePage

    Raises
    ------
    ParameterError
        As `check_parameters`, and for a file that does not exist.

    Examples
    --------
    >>> own_table().file.name
    'docstrings.csv'
    """
    check_parameters(target=target, n_splits=n_splits, n_next=n_next)
    if path is not None and not Path(path).exists():
        raise ParameterError(f"there is no file {str(path)!r}, seen from the folder {Path.cwd().name!r}")
    if shell := sys.modules.get("IPython") and sys.modules["IPython"].get_ipython():
        shell.InteractiveTB.set_mode("Minimal")
    return OwnTablePage(path, label_column, id_column, target, n_splits, n_next)


class AppendixPage(Page, Appendix):
    """The experiments of notebook 4 with their figures."""

    def show_asked_for(self, name, finding, caption):
        """Show what the rules asked for, an Axes a measure."""
        figure, axes = new_figure(1, len(self.asked_for), figsize=(7, 3.2), sharey=True)
        for ax, (label, table) in zip(axes, self.asked_for.items(), strict=True):
            plot_intervals(table, ax).set_xlabel(label)
        self.show(figure, name, finding, caption)


def appendix(*, target=0.90, splits=20, map_splits=8, seed=0):
    """Set up the experiments of notebook 4; each runs when it is asked for.

    Parameters
    ----------
    target : float in (0, 1]
        Test accuracy that is wanted on digits.
    splits, map_splits : int
        Random splits of digits, and of each data set on which classifiers are compared.
    seed : int
        The random seed.

    Returns
    -------
    AppendixPage

    Raises
    ------
    ParameterError
        As `check_parameters`.

    Examples
    --------
    >>> appendix(splits=2).goal
    '90%'
    """
    asked = dict(target=target, splits=splits, map_splits=map_splits, seed=seed)
    check_parameters(**asked, lows={"splits": 2, "map_splits": 2})
    return AppendixPage(**asked)


class PastProjectsPage(Page, PastProjects):
    """The experiments of notebook 5 with their figures."""


def past_projects(*, labels_now=60, labels_then=300, n_projects=24, data="docstrings"):
    """Set up the experiments of notebook 5; each runs when it is asked for.

    Parameters
    ----------
    labels_now, labels_then : int
        Labels that a forecast may see, and labels at which one looks again.
    n_projects : int
        Projects that are labelled again on one data set.
    data : str
        Its name, as `load_dataset` takes it.

    Returns
    -------
    PastProjectsPage

    Raises
    ------
    ParameterError
        As `check_parameters`, and if there is nothing between the two numbers of labels.

    Examples
    --------
    >>> past_projects(labels_now=60, labels_then=40)
    Traceback (most recent call last):
    ...
    active_learning.notebook.ParameterError: labels_then must be at least 90, got 40
    """
    lows = {"labels_now": 30, "labels_then": 3 * labels_now // 2 if isinstance(labels_now, int) else 1}
    check_parameters(labels_now=labels_now, labels_then=labels_then, n_projects=n_projects, lows=lows)
    if ":" not in str(data) and data not in DATASETS:
        raise ParameterError(f"unknown data set {data!r}; valid: {', '.join(DATASETS)}")
    return PastProjectsPage(labels_now, labels_then, n_projects, data)
