"""132,400 rows with a text: `active-learning suggest` against TF-IDF, a fit, a scoring by hand. Run by hand.

    python tests/benchmarks/texts.py [--rows 132400] [--labels 200] [--pairs 3] [--table FILE LABEL TEXT]

By hand: pandas reads the file, TfidfVectorizer learns from the text column and LogisticRegression from the
labelled rows, predict_proba scores all others, the ten of smallest margin are shown. Both are commands of
their own, one after the other, on one thread; compared are seconds of the processor, user and system, and the
largest resident memory, each from the kernel's account of the process. Ours is run on a new job, and again
after the first ten rows were answered. Wanted: at most twice of both. Unix only.

A made table holds pseudo-words whose frequencies fall as in a language (Zipf), 5 to 30 a text, a few of them
commoner in one of three classes; two numbers, a category and an id. --table takes rows of a table of yours
instead, drawn with replacement, and puts two made words behind each text, so that texts differ.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

WANTED = 2.0
LETTERS = np.array([*"etaoinshrdlucmfwypvbgk"])


def made_words(n, rng):
    """n different words of 2 to 10 letters."""
    drawn = ("".join(rng.choice(LETTERS, 2 + rng.binomial(8, 0.4))) for _ in range(3 * n))
    return np.array([*dict.fromkeys(drawn)][:n], dtype=object)


def made_table(n_rows, rng, n_words=20_000):
    """A frame of texts that tell the class, numbers, a category, an id and a label."""
    words, label = made_words(n_words, rng), rng.choice(3, n_rows, p=[0.6, 0.25, 0.15])
    weights = 1 / np.arange(2, len(words) + 2)
    telling = rng.permutation(np.arange(20, 2000))[:900].reshape(3, 300)
    drawn = []
    for k in range(3):
        own = weights.copy()
        own[telling[k]] *= 4
        drawn.append(np.searchsorted(np.cumsum(own / own.sum()), rng.random(30 * n_rows)))
    lengths, texts = rng.integers(5, 31, n_rows), []
    for i, (k, length) in enumerate(zip(label, lengths, strict=True)):
        texts.append(" ".join(words[np.minimum(drawn[k][30 * i : 30 * i + length], len(words) - 1)]))
    numbers = rng.normal(size=(n_rows, 2)).round(3)
    frame = pd.DataFrame({"id": np.arange(n_rows) + 10**6, "text": texts, "length": lengths})
    frame["shares"], frame["age"] = numbers.T
    frame["place"] = np.array(["north", "south", "east", "west"])[rng.integers(4, size=n_rows)]
    return frame.assign(label=np.array(["neutral", "good", "bad"])[label])


def drawn_table(path, label, text, n_rows, rng):
    """A frame of rows of a file, drawn with replacement, two made words behind each text."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = frame.iloc[rng.integers(len(frame), size=n_rows)].reset_index(drop=True)
    words = made_words(5000, rng)
    more = [" ".join(pair) for pair in words[rng.integers(len(words), size=(n_rows, 2))]]
    frame[text] = frame[text] + " " + pd.Series(more)
    return frame.rename(columns={label: "label", text: "text"})


def write_table(path, n_rows, n_labels, given):
    """Write the table, all but n_labels of its labels empty, and the labels of all rows beside it."""
    rng = np.random.default_rng(0)
    frame = drawn_table(*given, n_rows, rng) if given else made_table(n_rows, rng)
    frame["label"].to_csv(f"{path}.truth", index=False)
    frame.loc[rng.permutation(n_rows)[n_labels:], "label"] = ""
    frame.to_csv(path, index=False)


def by_hand(path):
    """What a script of ten lines does."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    frame = pd.read_csv(path, keep_default_na=False)
    labeled = (frame["label"] != "").to_numpy()
    X = TfidfVectorizer().fit_transform(frame["text"])
    model = LogisticRegression(C=10, max_iter=1000).fit(X[labeled], frame["label"][labeled])
    best = np.sort(model.predict_proba(X[~labeled]), axis=1)
    print(frame[~labeled].iloc[np.argsort(best[:, -1] - best[:, -2])[:10]])


def cost(*command):
    """(seconds of the processor, GiB at the most) of a command."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    child = subprocess.Popen([sys.executable, *command], env=os.environ | one_thread, stdout=subprocess.PIPE)
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{command} failed: {said.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)


def answer(path):
    """Fill in the suggested rows, and add them to the log."""
    truth = pd.read_csv(f"{path}.truth", keep_default_na=False)["label"]
    rows = pd.read_csv(f"{path}.next.csv", dtype=str, keep_default_na=False)
    first = rows.columns[0]
    rows["label"] = truth[rows[first].astype(int)].to_numpy()
    rows.to_csv(f"{path}.next.csv", index=False)
    cost("-m", "active_learning.cli.main", "add", path, f"{path}.next.csv")


def suggest(path):
    return cost("-m", "active_learning.cli.main", "suggest", path, "--label-column", "label")


def one_pair(path):
    """{what was run: (seconds, GiB)}, by turns: by hand, a new job, its second round."""
    for file in Path(path).parent.glob(f"{Path(path).name}.*"):
        if file.suffix != ".truth":
            file.unlink()
    found = {"by hand": cost(__file__, "--by-hand", path), "new job": suggest(path)}
    answer(path)
    return found | {"second round": suggest(path)}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("rows", 132_400), ("labels", 200), ("pairs", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--table", nargs=3, metavar=("FILE", "LABEL", "TEXT"))
    parser.add_argument("--by-hand", help=argparse.SUPPRESS)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.by_hand or args.write:
        return (
            by_hand(args.by_hand)
            if args.by_hand
            else write_table(args.write, args.rows, args.labels, args.table)
        )
    with tempfile.TemporaryDirectory() as folder:
        path, given = str(Path(folder, "table.csv")), ["--table", *args.table] if args.table else []
        sizes = ["--rows", str(args.rows), "--labels", str(args.labels)]
        cost(__file__, "--write", path, *sizes, *given)  # by another process, whose memory is not this one's
        print(
            f"{args.rows:,} rows, {args.labels} labelled, {os.path.getsize(path) / 2**20:.0f} MiB", flush=True
        )
        ratios = []
        for number in range(1, args.pairs + 1):
            found = one_pair(path)
            costs = ", ".join(f"{name} {s:.1f} s {gib:.2f} GiB" for name, (s, gib) in found.items())
            hand, *ours = found.values()
            ratios.append([np.divide(each, hand) for each in ours])
            print(f"pair {number}: {costs}", flush=True)
        for name, (seconds, memory) in zip([*found][1:], np.median(ratios, axis=0), strict=True):
            print(
                f"{name}: {seconds:.2f} times the seconds, {memory:.2f} times the memory (wanted: {WANTED:g})"
            )


if __name__ == "__main__":
    main()
