"""How many labels does active learning save, with which query rule, and can you trust the answer?

The one import of the notebooks, and yours: the door to the rooms of active_learning/, in the report's order.

    import al_helpers as al

    digits = al.load_dataset("digits")
    curves = al.run_study(digits, ["random", "margin"], n_splits=20)
    al.results_table(curves, target=0.9)

Each block below is a chapter; the room that it names holds the code, and says where to add to it.
"""

# fmt: off
from active_learning import __version__
# 1. Data: load a data set; cut it into seed, pool and test
from active_learning.datasets.bundled import DATASETS, DESCRIPTIONS, read_docstrings
from active_learning.datasets.dataset import Dataset, Split, load_dataset, split_dataset
from active_learning._arrays import take
# 2. Query rules: scores, what a rule may look at, rules for single rows and for batches, the registry
from active_learning.strategies.base import (
    Round, entropy, least_confidence, margin, random_rows, requires, score_pool, smallest_margin, top_rows,
)
from active_learning.strategies.batch import (
    annealed_margin, badge, cluster_margin, committee, core_set, density_margin, diverse_margin,
    power_margin, typiclust,
)
from active_learning.strategies.registry import (
    CLASSIC, RECOMMENDED, STRATEGIES, check_strategy, pick_strategies,
)
# 3. The loop: the classifiers; fit, score the test set, query, label, repeat
from active_learning.models.logistic import NewtonLogisticRegression
from active_learning.models.label_spreading import GraphSpreading
from active_learning.models.registry import CLASSIFIERS, default_model, fit, make_model
from active_learning._validation import METRICS, History
from active_learning.study.loop import run_loop
# 4. The study: every rule over many paired splits, in parallel
from active_learning.study.study import checksum, curves_of, run_histories, run_study
# 5. Measures: labels to target, areas; savings and their intervals; what a study can be trusted with
from active_learning.statistics.curves import (
    area_under_curve, areas, bootstrap_interval, by_split, crossing_bounds, final_scores, labels_to_target,
    mean_curve_crossings, medians_to_target,
)
from active_learning.statistics.savings import (
    Saving, paired_difference, paired_saving, pseudo_median, summarise,
)
from active_learning.statistics.power import (
    false_alarm_rate, holm, ranking, saving_map, smallest_saving_shown, splits_to_show,
)
from active_learning.study.study import cut_rows, run_parts
# 6. Words: the results table, and sentences made from its numbers; claims, money and maps
from active_learning.report.sentences import (
    describe, effect, listed, finding, format_cost, format_labels, format_percent, format_saving,
    format_share, recommend, results_table, seed_meets,
)
from active_learning.report.analysis import (
    check_claim, check_gains, contrast_labels, saving_grid, target_grid, verdict, worth,
)
from active_learning.report.sentences import advise, below_majority, describe_gains
from active_learning.statistics.equal_budget import gains, reachable
# 7. Beyond one data set: many of them side by side, and the report's sentences
from active_learning.report.benchmark import (
    atlas, atlas_cells, decide, decision_table, goals_of, run_atlas, run_levers, wins_and_losses,
)
from active_learning.report.notebook_text import (
    advice, answer, answer_elsewhere, batch_finding, bill, describe_atlas, describe_batches,
    describe_levers, describe_power, describe_ranking, format_range, lever_finding,
)
# 8. Why: what a rule bought
from active_learning.report.analysis import bought_facts, contrast, hard_rows, means_by_strategy
# 9. A reader's own table: read it, measure on it, ask for labels, merge them, write it back
from active_learning.tables.table import MISSING, Table
from active_learning.tables.write import write_table
from active_learning.tables.merge import merge_labels
from active_learning.features.preprocessing import load_table
from active_learning.features.vectors import VectorScaler
from active_learning.features.text import TextEncoder
from active_learning.labelling.plan import plan_study
from active_learning.labelling.suggest import suggest
# 10. How many more labels, and when to stop
from active_learning.forecast.forecast import forecast, forecast_lines
from active_learning.forecast.backtest import backtest_forecasts, calibration_table, coverage, stop_table
# 11. Figures, and how they, tables and the text of others are shown
from active_learning._text import markdown_text, printable
from active_learning.plots.style import color_of, ink_of, new_figure, title
from active_learning.plots.results import (
    plot_batch_price, plot_cells, plot_dots, plot_intervals, plot_labels_needed, plot_learning_curves,
    plot_one_run, plot_paired_savings, plot_reached_share,
)
from active_learning.plots.results import plot_forecast, plot_forecast_truth
from active_learning.plots.illustrations import (
    plot_border, plot_images, plot_query_cost, plot_score_triangle, plot_speed, plot_steps,
)
from active_learning.notebook import (
    check_parameters, moving_picture, show_figure, show_moving, show_saved, show_table, text_table,
)
from active_learning.notebook import explore
# 12. The command
from active_learning.cli.main import command, main

__all__ = [
    "__version__", "DATASETS", "DESCRIPTIONS", "read_docstrings", "Dataset", "Split", "load_dataset",
    "split_dataset", "take", "Round", "entropy", "least_confidence", "margin", "requires",
    "random_rows", "score_pool", "smallest_margin", "top_rows", "annealed_margin", "badge", "cluster_margin",
    "committee", "core_set", "density_margin", "diverse_margin", "power_margin", "typiclust", "CLASSIC",
    "RECOMMENDED", "STRATEGIES", "check_strategy", "pick_strategies", "NewtonLogisticRegression",
    "GraphSpreading", "CLASSIFIERS", "default_model", "fit", "make_model", "METRICS", "History", "run_loop",
    "checksum", "curves_of", "run_histories", "run_study", "area_under_curve", "areas", "bootstrap_interval",
    "by_split", "crossing_bounds", "final_scores", "labels_to_target", "mean_curve_crossings",
    "medians_to_target", "pseudo_median", "Saving", "paired_difference", "paired_saving", "summarise",
    "false_alarm_rate", "holm", "ranking", "saving_map", "smallest_saving_shown", "splits_to_show",
    "cut_rows", "run_parts", "describe", "effect", "listed", "finding", "format_cost", "format_labels",
    "format_percent", "format_saving", "format_share", "recommend", "results_table", "seed_meets",
    "check_claim", "check_gains", "contrast_labels", "saving_grid", "target_grid", "verdict", "worth",
    "advise", "below_majority", "describe_gains", "gains", "reachable", "atlas", "atlas_cells", "decide",
    "decision_table", "goals_of", "run_atlas", "run_levers", "wins_and_losses", "advice", "answer",
    "answer_elsewhere", "batch_finding", "bill", "describe_atlas", "describe_batches", "describe_levers",
    "describe_power", "describe_ranking", "format_range", "lever_finding", "bought_facts", "contrast",
    "hard_rows", "means_by_strategy", "MISSING", "Table", "write_table", "merge_labels", "load_table",
    "VectorScaler", "TextEncoder", "plan_study", "suggest",
    "forecast", "forecast_lines",
    "calibration_table", "coverage", "backtest_forecasts", "stop_table", "markdown_text", "printable",
    "color_of", "ink_of", "new_figure", "title", "plot_batch_price", "plot_cells", "plot_dots",
    "plot_intervals", "plot_labels_needed", "plot_learning_curves", "plot_one_run", "plot_paired_savings",
    "plot_reached_share", "plot_forecast", "plot_forecast_truth", "plot_border", "plot_images",
    "plot_query_cost", "plot_score_triangle", "plot_speed", "plot_steps", "check_parameters",
    "moving_picture", "show_figure", "show_moving", "show_saved", "show_table", "text_table", "explore",
    "command", "main",
]
# fmt: on

if __name__ == "__main__":
    raise SystemExit(command())
