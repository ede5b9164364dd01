"""The command's options, without a heavy import, so that --help answers at once.

Not here: which options go together (commands), and the names that they list (_names).
"""

import argparse
import sys

from active_learning import __version__
from active_learning._names import CLASSIFIERS, DATASETS, METRICS, STRATEGIES
from active_learning._text import printable


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
your own table (CSV or Parquet; rows without a label are the pool):
  active-learning --csv my.csv --label-column y                  would it save labels here?
  active-learning --csv my.csv --label-column y --classifier extra_trees
  active-learning --csv my.csv --label-column y --forecast       how many more labels, for what score?
  active-learning --csv my.csv --label-column y --suggest 10 --output next.csv
                                                                 the rows to label next, to fill in
  active-learning --csv my.csv --label-column y --features vectors.npy --suggest 10
                                                                 images, sounds or texts encoded elsewhere
  active-learning --csv my.csv --label-column y --labels next.csv --output merged.csv
"""


def build_parser():
    """The command's options."""
    parser = _Parser(
        prog="active-learning",
        description="How many labels does active learning save? Prints the labels-to-target table.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_study_options(parser.add_argument)
    _add_table_options(parser.add_argument)
    _add_reading_options(parser.add_argument)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _add_study_options(add):
    add("--dataset", metavar="NAME", help=f"{', '.join(DATASETS)}, or openml:NAME (default digits)")
    add("--target-acc", type=float, metavar="ACC", help="in (0, 1] (default 0.9; --csv: from the data)")
    every = f"all, or some of {', '.join(STRATEGIES)} (default {', '.join(STRATEGIES[:5])})"
    add("--strategies", nargs="+", metavar="NAME", help=every)
    classifiers = f"{', '.join(CLASSIFIERS)} (default {CLASSIFIERS[0]})"
    add("--classifier", default=CLASSIFIERS[0], metavar="NAME", help=classifiers)
    add("--batch", type=int, metavar="N", help="labels queried a round (default 10; --csv: from the data)")
    add("--budget", type=int, metavar="N", help="labels in all, seed included (default 300; --csv: likewise)")
    add("--metric", default="accuracy", metavar="NAME", help=f"{' or '.join(METRICS)} (default accuracy)")
    add("--splits", type=int, default=100, metavar="N", help="random splits (default 100)")
    add("--seed", type=int, default=0, metavar="N", help="seed of all randomness (default 0)")
    add("--hold", type=int, default=1, metavar="N", help="consecutive rounds at the target (default 1)")
    add("--jobs", type=int, default=-1, metavar="N", help="processes (default -1: one a core)")


def _add_table_options(add):
    keep = "keep each finished run of the study in FILE, at once; the same command goes on from it"
    add("--checkpoint", metavar="FILE", help=keep)
    add("--csv", metavar="FILE", help="measure your own table: .csv, .csv.gz or .parquet")
    add("--label-column", metavar="NAME", help="its column of labels; an empty one puts the row in the pool")
    add("--id-column", metavar="NAME", help="its column that names the rows (default: row numbers from 0)")
    add("--drop", nargs="+", default=[], metavar="NAME", help="columns not to learn from")
    add(
        "--keep",
        nargs="+",
        default=[],
        metavar="NAME",
        help="columns to learn from, though they know the label",
    )
    vectors = "learn from these vectors, rows in the table's order: .npy, .parquet or .csv"
    add("--features", metavar="FILE", help=vectors)
    add("--forecast", action="store_true", help="how many more labels does the target need?")
    add("--suggest", type=int, metavar="N", help="say which N rows of the pool to label next")
    suggesting = "rule that suggests (default diverse_margin; for one row margin)"
    add("--strategy", metavar="NAME", help=suggesting)
    add("--labels", metavar="FILE", help="merge this filled-in file of suggestions")
    add("--output", metavar="FILE", help="write the suggestions, or the merged table, to a new CSV file")
    add("--force", action="store_true", help="let --output replace a file (never one that was read)")


def _add_reading_options(add):
    add("--unlabeled", nargs="+", default=[], metavar="VALUE", help="labels that mean none, such as NA")
    add("--skip", nargs="+", default=[], metavar="VALUE", help="labels whose rows are left out: broken, say")
    add(
        "--classes",
        nargs="+",
        default=[],
        metavar="NAME",
        help="labels that are classes, whatever they look like",
    )
    add("--no-header", action="store_true", help="the first row is data; columns are named 1, 2, 3, ...")
    add("--relabel", action="store_true", help="let --labels change labels that the table has")
    add("--spreadsheet-safe", action="store_true", help="escape formulas in the file of suggestions")
