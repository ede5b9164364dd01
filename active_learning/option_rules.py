"""Which options of the command go together, and whose values can work at all, before any work is done.

Not here: what the options are (options), or what they ask for (answers).
"""

from active_learning.checks import check_choice, check_integer, check_target
from active_learning.classifiers import CLASSIFIERS
from active_learning.loop import METRICS

# Options that mean nothing without a table
OF_A_TABLE = (
    "label_column",
    "id_column",
    "drop",
    "features",
    "suggest",
    "strategy",
    "labels",
    "unlabeled",
    "skip",
    "no_header",
    "relabel",
    "forecast",
)


def check_options(args):
    """Raise ValueError for options that do not go together, or whose values cannot work."""
    if args.csv is None:
        used = [name for name in OF_A_TABLE if getattr(args, name)]
        if used:
            raise ValueError(f"--{used[0].replace('_', '-')} needs --csv, the table that it is about")
    elif args.label_column is None or args.dataset is not None:
        raise ValueError("--csv needs --label-column, the column of the labels, and no --dataset")
    _check_forecast(args)
    if args.labels is not None and args.suggest is None and args.output is None and not args.forecast:
        raise ValueError("--labels needs --output, the file for the merged table, or --suggest or --forecast")
    if args.output is not None and args.labels is None and args.suggest is None:
        raise ValueError("--output goes with --suggest or --labels")
    if args.relabel and args.labels is None:
        raise ValueError("--relabel goes with --labels, the file of the newer labels")
    if args.spreadsheet_safe and (args.suggest is None or args.output is None):
        raise ValueError(
            "--spreadsheet-safe goes with --suggest and --output, the file to open in a spreadsheet"
        )
    asked = args.labels is not None or args.suggest is not None or args.forecast
    if args.checkpoint is not None and asked:
        raise ValueError("--checkpoint is for a study; --suggest, --labels and --forecast run none")
    if args.target_acc is not None:
        check_target(args.target_acc)
    check_choice("metric", args.metric, METRICS)
    check_choice("classifier", args.classifier, CLASSIFIERS)
    check_integer("hold", args.hold, 1)


def _check_forecast(args):
    """Raise ValueError for options that do not go with a forecast, or with the one of a suggestion."""
    if args.forecast and (args.suggest is not None or args.metric != "accuracy"):
        raise ValueError(
            "--forecast is about accuracy, and goes neither with another --metric nor with --suggest"
        )
    if args.suggest is not None and args.target_acc is not None and args.metric != "accuracy":
        raise ValueError(
            f"--target-acc with --suggest is an accuracy, and goes not with --metric {args.metric}"
        )
    if args.forecast and args.output is not None:
        raise ValueError("--forecast writes no file: leave --output out")
