"""The options of the command and of its sub-commands, without a heavy import: --help answers at once.

Not here: what they ask for (commands, jobs), and the names that they list (_names).
"""

import argparse
import difflib
import shlex
import sys

from active_learning import __version__
from active_learning._names import CLASSIFIERS, DATASETS, METRICS, STRATEGIES
from active_learning._text import printable

PROG = "active-learning"
FORMATS = ("label-studio", "doccano", "jsonl")
COMMANDS = {
    "study": "would active learning have paid on the labels that are there?",
    "suggest": "which rows to label next",
    "add": "take answers that were filled in",
    "label": "label rows here, in the terminal, by keys",
    "score": "how good is the model now?",
    "forecast": "how many more labels, for what score?",
    "export": "the table with its labels, equal byte for byte but for these",
}


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """One line on stderr and exit code 2, without argparse's usage block."""
        self.exit(2, f"{self.prog}: error: {printable(message)}\n")

    def parse_known_args(self, args=None, namespace=None):
        """As in argparse, but a list of classes may begin with a dash: --classes -,cat,dog."""
        args = [*(sys.argv[1:] if args is None else args)]
        for i in range(len(args) - 1, 0, -1):
            if args[i - 1] == "--classes" and args[i][:1] == "-" and "," in args[i]:
                args[i - 1 : i + 1] = [f"--classes={args[i]}"]
        return super().parse_known_args(args, namespace)


EXAMPLES = """examples:
  active-learning                              digits, 90 %, 100 splits: the headline table
  active-learning --target-acc 0.95 --hold 3   a higher target, for three rounds in a row
  active-learning --splits 1                   the classic single-run table (an anecdote)
  active-learning --strategies margin,entropy --batch 20 --dataset wine
  active-learning --dataset openml:credit-g    a table of openml.org, downloaded once
  active-learning --strategies all             every rule there is (minutes)
  active-learning --classifier label_spreading --strategies margin,diverse_margin
  active-learning --json | python -m json.tool
your own table (CSV or Parquet; rows without a label are the pool), each with its own --help:
  active-learning study    my.csv --label-column y          would it save labels here?
  active-learning suggest  my.csv --label-column y -n 10    the rows to label next -> my.csv.next.csv
  active-learning add      my.csv my.csv.next.csv           the answers, filled in -> my.csv.labels.csv
  active-learning label    my.csv                           ask and answer in the terminal
  active-learning score    my.csv                           how good is the model now?
  active-learning forecast my.csv --target-acc 0.9          how many more labels?
  active-learning export   my.csv --output labelled.csv     the table with its labels
"""
JOB = """The table is never written to. Beside my.csv lie my.csv.labels.csv, the log of suggestions and
answers, and my.csv.job.json, which remembers the options on how the table is read; give these once.
"""


def parse(argv):
    """The parser in charge and what it made of the arguments; `command` is "" for the bundled data sets."""
    if argv and argv[0] in COMMANDS:
        return _parsed(command_parser(argv[0]), argv[0], argv[1:])
    parser = build_parser()
    if any(word == "--csv" or word.startswith("--csv=") for word in argv):
        parser.error(f"a table's work is done by sub-commands now; type {new_spelling(argv)}")
    return _parsed(parser, "", argv)


def _parsed(parser, command, argv):
    args, extra = parser.parse_known_args(argv)
    if extra:
        parser.error(misplaced(command, extra[0]))
    args.command = command
    return parser, args


def build_parser():
    """The options for the bundled data sets."""
    parser = _Parser(
        prog=PROG,
        description="How many labels does active learning save? Prints the labels-to-target table.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dataset", metavar="NAME", help=f"{', '.join(DATASETS)}, or openml:NAME (default digits)")
    _add_study_options(add, "default 0.9", "default 10", "default 300")
    _add_classifier(add, CLASSIFIERS[0], CLASSIFIERS[0])
    add("--verbose", action="store_true", help="print all notes, not only those that matter most")
    add("--json", action="store_true", help="print one JSON object and nothing else")
    add("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def command_parser(command):
    """The options of a sub-command."""
    parser = _Parser(
        prog=f"{PROG} {command}",
        description=f"{COMMANDS[command][0].upper()}{COMMANDS[command][1:]}",
        epilog=JOB,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("table", metavar="TABLE", help=".csv, .tsv, .jsonl, .json, .xlsx or .parquet")
    OPTIONS[command](add)
    _add_reading_options(add, learns=command not in ("add", "export"))
    if command != "label":
        add("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


def _add_study_options(add, target, batch, budget):
    add("--target-acc", type=float, metavar="ACC", help=f"in (0, 1] ({target})")
    every = f"all, or some of {', '.join(STRATEGIES)} (default {', '.join(STRATEGIES[:5])})"
    add("--strategies", nargs="+", metavar="NAME", help=every)
    add("--batch", type=int, metavar="N", help=f"labels queried a round ({batch})")
    add("--budget", type=int, metavar="N", help=f"labels in all, seed included ({budget})")
    add("--metric", default="accuracy", metavar="NAME", help=f"{' or '.join(METRICS)} (default accuracy)")
    add("--splits", type=int, default=100, metavar="N", help="random splits (default 100)")
    _add_seed(add)
    add("--hold", type=int, default=1, metavar="N", help="consecutive rounds at the target (default 1)")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default -1: one a core)")
    keep = "keep each finished run of the study in FILE, at once; the same command goes on from it"
    add("--checkpoint", metavar="FILE", help=keep)


def _add_classifier(add, default, shown):
    add("--classifier", default=default, metavar="NAME", help=f"{', '.join(CLASSIFIERS)} (default {shown})")


def _add_seed(add):
    add("--seed", type=int, default=0, metavar="N", help="seed of all randomness (default 0)")


def _add_forecast_metric(add):
    names = "accuracy or balanced_accuracy"
    add("--metric", default="accuracy", metavar="NAME", help=f"{names}, what is forecast (default accuracy)")


def _add_job_classifier(add):
    _add_classifier(add, None, "auto: chosen at 50 and at 200 labels")


def _add_study(add):
    _add_study_options(add, *["default: from the data"] * 3)
    _add_job_classifier(add)


def _add_suggest(add):
    add("-n", type=int, default=10, metavar="N", help="rows (default 10)")
    add("--output", metavar="FILE", help="where to write them (default TABLE.next.csv)")
    add("--strategy", metavar="NAME", help="rule (default diverse_margin; margin for 3 rows or fewer)")
    share = "share of rows drawn at random and kept from the rule, to score the model honestly (default 0.2)"
    share += "; it costs 1.2 points of accuracy at 100 labels on average over ten data sets "
    share += "(from 0.1 to 5.1)"
    add("--audit-share", type=float, metavar="SHARE", help=share)
    add("--only-audit", action="store_true", help="draw such rows alone")
    add("--target-acc", type=float, metavar="ACC", help="say how many batches it is away")
    _add_forecast_metric(add)
    add("--spreadsheet-safe", action="store_true", help="escape formulas in the file")
    tools = "write what this tool imports; add reads its export"
    add("--format", choices=FORMATS, help=tools)
    add(
        "--predictions",
        action="store_true",
        help="with the model's guesses, for the tool to show (they sway)",
    )
    _add_job_classifier(add)
    _add_seed(add)


def _add_add(add):
    add("answers", metavar="FILE", help="the rows to label, filled in")
    add("--who", default="", metavar="NAME", help="whose answers they are")
    add("--relabel", action="store_true", help="let them change earlier labels")


def _add_label(add):
    add("-n", type=int, default=10, metavar="N", help="rows a batch (default 10)")
    who = "whose answers they are; people with a name each are shown different rows"
    add("--who", default="", metavar="NAME", help=who)
    add("--target-acc", type=float, metavar="ACC", help="the accuracy at which you would stop")
    _add_job_classifier(add)
    _add_seed(add)


def _add_score(add):
    add("--within", type=float, metavar="POINTS", help="how many random rows give +- POINTS (of 100)?")
    _add_job_classifier(add)
    _add_seed(add)


def _add_forecast(add):
    add("--target-acc", type=float, metavar="ACC", help="in (0, 1] (default: from the data)")
    _add_forecast_metric(add)
    _add_job_classifier(add)
    _add_seed(add)


def _add_export(add):
    add("--output", required=True, metavar="FILE", help="a new file: .csv, .tsv, .jsonl, .json or .xlsx")
    add("--force", action="store_true", help="replace it (never a file that was read)")


OPTIONS = {
    "study": _add_study,
    "suggest": _add_suggest,
    "add": _add_add,
    "label": _add_label,
    "score": _add_score,
    "forecast": _add_forecast,
    "export": _add_export,
}


def _add_reading_options(add, learns):
    add("--label-column", metavar="NAME", help="the column of labels; an empty one puts the row in the pool")
    add("--classes", nargs="+", metavar="NAME", help="labels that are classes, whatever they look like")
    add("--id-column", metavar="NAME", help="its column that names the rows (default: row numbers from 0)")
    add("--unlabeled", nargs="+", metavar="VALUE", help="labels that mean none, such as NA")
    add("--skip", nargs="+", metavar="VALUE", help="labels whose rows are left out: broken, say")
    add("--no-header", action="store_true", default=None, help="the first row is data; columns are 1, 2, ...")
    add("--quoting", metavar="HOW", help="none: quotes in a CSV file are plain characters (remembered)")
    add("--verbose", action="store_true", help="print all notes, not only those that matter most")
    add("--by", metavar="NAME", help="where people disagree: majority, or whose answer counts")
    if learns:
        add("--drop", nargs="+", metavar="NAME", help="columns not to learn from")
        add("--keep", nargs="+", metavar="NAME", help="columns to learn from, though they know the label")
        vectors = "learn from these vectors, paired by id if there are ids: .npy, .parquet or .csv"
        add("--features", metavar="FILE", help=vectors)
        of = "a column that says what a row is of, a patient, say: whole groups are tested"
        add("--group-column", metavar="NAME", help=of)
        add("--time-column", metavar="NAME", help="a column of times: later rows are tested than learnt from")
        given = "random: the table's own labels were drawn at random (said once)"
        add("--given", choices=["random"], help=given)


def misplaced(command, word):
    """A sentence on an argument that a command does not take, naming the one that was meant."""
    name = word.split("=")[0]
    if not name.startswith("-"):
        return f"unrecognized argument: {word}"
    takers = [other for other in COMMANDS if name in _options_of(command_parser(other))]
    if not command and takers:
        return f"{name} goes with a table: type {PROG} {takers[0]} TABLE {name} ..."
    if meant := MEANT.get(name):
        return f"{name} is not an option of {command or PROG}; type {PROG} {meant}"
    if takers:
        return f"{name} is not an option of {command}, but of {' and '.join(takers)}"
    own = _options_of(command_parser(command) if command else build_parser())
    close = difflib.get_close_matches(name, own, n=1)
    return f"unrecognized argument: {word}" + "".join(f"; did you mean {other}?" for other in close)


# What replaces an option of the old command
MEANT = {
    "--csv": "study TABLE",
    "--suggest": "suggest TABLE -n N",
    "--labels": "add TABLE FILE",
    "--forecast": "forecast TABLE",
    "--dataset": "--dataset NAME without a sub-command",
}


def _options_of(parser):
    return [option for action in parser._actions for option in action.option_strings]


def new_spelling(argv):
    """The sub-command that does what the options of the old command asked for."""
    old = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for name in ("--csv", "--suggest", "--output", "--labels", "--label-column"):
        old.add_argument(name, default="")
    old.add_argument("--forecast", action="store_true")
    try:
        args, others = old.parse_known_args(argv)
    except argparse.ArgumentError:
        return f"{PROG} study TABLE --label-column NAME"
    label = ["--label-column", args.label_column] if args.label_column else []
    output = ["--output", args.output] if args.output else []
    words = ["study", args.csv, *label, *others]
    if args.labels:
        words = ["add", args.csv, args.labels, *label, *others]
    elif args.suggest:
        words = ["suggest", args.csv, *label, "-n", args.suggest, *output, *others]
    elif args.forecast:
        words = ["forecast", args.csv, *label, *others]
    typed = shlex.join([PROG, *words])
    if args.labels and output:
        typed += f", and {shlex.join([PROG, 'export', args.csv, *output])} when the table is wanted"
    return typed
