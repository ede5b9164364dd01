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
from active_learning.data import DATASETS, Dataset, Split, load_dataset, split_dataset
from active_learning.matrices import take

# 2. Query rules: scores, what a rule may look at, rules for single rows and for batches, the registry
from active_learning.rules import (
    Round, entropy, highest, least_confidence, margin, needs, random_rows, score_pool, smallest_margin,
    top_rows,
)
from active_learning.batch_rules import (
    annealed_margin, badge, cluster_margin, committee, core_set, density_margin, diverse_margin, power_margin,
    typiclust,
)
from active_learning.strategies import CLASSIC, RECOMMENDED, STRATEGIES, check_strategy, pick_strategies

# 3. The loop: the classifiers; fit, score the test set, query, label, repeat
from active_learning.newton import NewtonLogisticRegression
from active_learning.graph import GraphSpreading
from active_learning.classifiers import CLASSIFIERS, CappedNeighbors, default_model, fit, make_model
from active_learning.loop import METRICS, History, run_loop

# 4. The study: every rule over many paired splits, in parallel
from active_learning.study import checksum, curves_of, run_histories, run_study

# 5. Measures: labels to target, savings, intervals, areas
from active_learning.measures import (
    area_under_curve, areas, bootstrap_interval, by_split, false_alarm_rate, final_scores, labels_saved,
    labels_to_target, medians_to_target, saving_interval, share_saved, summarise,
)

# 6. Words: the results table, and sentences made from its numbers
from active_learning.wording import (
    check_claim, check_gains, contrast_labels, describe, finding, format_cost, format_labels, format_percent,
    format_saving, recommend, results_table, saving_grid, target_grid, verdict, worth,
)

# 7. Why: what a rule bought
from active_learning.mechanism import bought_facts, contrast, hard_rows, means_by_strategy

# 8. A reader's own table: read it, measure on it, ask for labels, merge them, write it back
from active_learning.tables import MISSING, Table, merge_labels, write_table
from active_learning.features import load_table
from active_learning.labelling import plan_study, study_sizes, suggest, table_model

# 9. How many more labels, and when to stop
from active_learning.forecast import forecast
from active_learning.forecast_wording import forecast_lines
from active_learning.stopping import (
    STOP_RULES, choose_threshold, replay_stops, stop_signals, summarise_stops, watch,
)

# 10. Figures, and how they and the tables are shown
from active_learning.style import color_of, ink_of, label_lines, new_figure, title
from active_learning.plots import (
    plot_batch_price, plot_cells, plot_dots, plot_intervals, plot_labels_needed, plot_learning_curves,
    plot_one_run, plot_paired_savings, plot_reached_share,
)
from active_learning.forecast_plots import plot_forecast, plot_forecast_truth
from active_learning.pictures import (
    plot_images, plot_plane, plot_queries, plot_query_cost, plot_score_triangle, plot_speed, plot_steps,
)
from active_learning.display import show_figure, show_saved, show_table, text_table

# 11. The command
from active_learning.command import command, main

__all__ = [
    "__version__",
    "DATASETS", "Dataset", "Split", "load_dataset", "split_dataset", "take",
    "Round", "entropy", "highest", "least_confidence", "margin", "needs", "random_rows", "score_pool",
    "smallest_margin", "top_rows", "annealed_margin", "badge", "cluster_margin", "committee", "core_set",
    "density_margin", "diverse_margin", "power_margin", "typiclust", "CLASSIC", "RECOMMENDED", "STRATEGIES",
    "check_strategy", "pick_strategies",
    "NewtonLogisticRegression", "GraphSpreading", "CLASSIFIERS", "CappedNeighbors", "default_model", "fit",
    "make_model", "METRICS", "History", "run_loop",
    "checksum", "curves_of", "run_histories", "run_study",
    "area_under_curve", "areas", "bootstrap_interval", "by_split", "false_alarm_rate", "final_scores",
    "labels_saved", "labels_to_target", "medians_to_target", "saving_interval", "share_saved", "summarise",
    "check_claim", "check_gains", "contrast_labels", "describe", "finding", "format_cost", "format_labels",
    "format_percent", "format_saving", "recommend", "results_table", "saving_grid", "target_grid", "verdict",
    "worth",
    "bought_facts", "contrast", "hard_rows", "means_by_strategy",
    "MISSING", "Table", "merge_labels", "write_table", "load_table", "plan_study", "study_sizes", "suggest",
    "table_model",
    "forecast", "forecast_lines", "STOP_RULES", "choose_threshold", "replay_stops", "stop_signals",
    "summarise_stops", "watch",
    "plot_forecast", "plot_forecast_truth", "color_of", "ink_of", "label_lines", "new_figure", "title", "plot_batch_price", "plot_cells", "plot_dots",
    "plot_intervals", "plot_labels_needed", "plot_learning_curves", "plot_one_run", "plot_paired_savings",
    "plot_reached_share", "plot_images", "plot_plane", "plot_queries", "plot_query_cost",
    "plot_score_triangle", "plot_speed", "plot_steps", "show_figure", "show_saved", "show_table",
    "text_table",
    "command", "main",
]
# fmt: on

if __name__ == "__main__":
    raise SystemExit(command())
