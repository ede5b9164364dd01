"""How many labels does active learning save, with which query rule, and can you trust the answer?

The public API: everything that the notebooks use, and that you may use, in the order of the report.

    import al_helpers as al

    digits = al.load_dataset("digits")
    curves = al.run_study(digits, ["random", "margin"], n_splits=20)
    al.results_table(curves, target=0.9)

The code is in active_learning/, one folder a subject. Names that are not listed here are imported from there.
"""

# fmt: off
from active_learning import __version__
# 1. Data: load a data set; split it into seed, pool and test
from active_learning.datasets.bundled import DESCRIPTIONS
from active_learning.datasets.dataset import Dataset, load_dataset
from active_learning.datasets.splits import Split, split_dataset
# 2. Query rules: scores, and the rules by name
from active_learning.strategies.base import entropy, least_confidence, margin
from active_learning.strategies.registry import CLASSIC, RECOMMENDED, STRATEGIES, recommend_rule
from active_learning.strategies.skactiveml import from_skactiveml
# 3. The loop: fit, score the test set, query, label, repeat
from active_learning.models.registry import make_model
from active_learning._validation import History
from active_learning.study.loop import run_loop
# 4. The study: every rule over many paired splits, in parallel
from active_learning.study.study import checksum, curves_of, run_histories, run_study
# 5. Numbers: labels to target, savings and their intervals, power
from active_learning.statistics.curves import bootstrap_interval, labels_to_target
from active_learning.statistics.label_worth import label_worth
from active_learning.statistics.savings import paired_saving, summarise
# 6. Tables and sentences made from the numbers
from active_learning.report.advice import advise
from active_learning.report.sentences import listed, results_table
from active_learning.report.digits import saving_table
# 7. Many data sets side by side
from active_learning.report.benchmark import expect, read_map
# 8. Your own table: read it, measure on it, ask for labels, merge them, write it back
from active_learning._text import markdown_text
from active_learning.features.preprocessing import load_table
from active_learning.labelling.plan import plan_study
from active_learning.labelling.draw import suggest
from active_learning.labelling.score import Score, score
from active_learning.tables.label_log import LabelLog
from active_learning.tables.merge import merge_labels
from active_learning.tables.write import write_table
# 9. How many more labels, and when to stop
from active_learning.forecast.forecast import forecast
from active_learning.forecast.outlook import when_it_pays
from active_learning.forecast.backtest import coverage, score_history
# 10. Figures, and how a notebook shows them and tables
from active_learning.plots.style import new_figure, title
from active_learning.plots.results import (
    plot_batch_price, plot_dots, plot_intervals, plot_learning_curves, plot_one_run, plot_paired_savings,
    plot_reached_share, plot_saving_by_target, plot_spread,
)
from active_learning.plots.worths import plot_worths
from active_learning.plots.forecasts import (
    plot_forecast, plot_forecast_truth, plot_forecasts, plot_score_history,
)
from active_learning.plots.illustrations import (
    plot_border, plot_choices, plot_guesses, plot_images, plot_plane, plot_query_cost, plot_score_triangle,
    plot_speed, plot_split, plot_steps,
)
from active_learning.labelling_cell import label
from active_learning.notebook import show_figure, show_table, show_text
from active_learning.pages import appendix, first_loop, own_table, past_projects, study_digits
# fmt: on

if __name__ == "__main__":
    from active_learning.cli.main import command

    raise SystemExit(command())
