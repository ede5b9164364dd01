"""Small tables, curves and texts that several test files share."""

import numpy as np
import pandas as pd

from active_learning.cli.main import main

MIXED = pd.DataFrame(
    {
        "id": [f"00{i}" for i in range(40)],
        "size": np.r_[np.nan, np.arange(39) % 13 + 0.5],
        "colour": (["red", "green", "blue", None] * 10),
        "round": [True, False] * 20,
    }
)


def mixed_table(labels=("yes", "no"), n_labeled=20):
    """Return the mixed frame with labels that follow `size`, empty from row n_labeled on."""
    label = np.where(MIXED["size"].fillna(0) > 6, *[np.array([value], dtype=object) for value in labels])
    return MIXED.assign(label=np.where(np.arange(40) < n_labeled, label, None))


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


INF = np.inf


def make_curves(runs):
    """Curves from {strategy: [accuracies of split 0, of split 1, ...]}, at 20, 30, 40, ... labels."""
    frames = [
        pd.DataFrame(
            {"strategy": name, "split": i, "n_labels": 20 + 10 * np.arange(len(run)), "accuracy": run}
        )
        for name, splits in runs.items()
        for i, run in enumerate(splits)
    ]
    return pd.concat(frames, ignore_index=True)


def needing(**labels):
    """Curves to 60 labels in which each run first reaches 0.9 at the labels given, inf = never."""
    grid = 20 + 10 * np.arange(5)
    return make_curves({name: [np.where(grid >= n, 0.9, 0.5) for n in each] for name, each in labels.items()})


def study(n, seed=0, gain=0.3, spread=0.3):
    """(needed, reference): n splits in which a rule needs exp(-gain) times as many labels."""
    rng = np.random.default_rng(seed)
    reference = rng.lognormal(4.8, 0.25, n)
    return reference * np.exp(-gain + spread * rng.standard_normal(n)), reference


def step_curves(needed, budget=100):
    """Curves of steps: a run is at 0.5 until it has bought `needed` labels, and at 0.9 from then on."""
    rounds = np.arange(10, budget + 1, 10)
    rows = [
        (rule, split, n, 0.9 if n >= labels else 0.5)
        for rule, runs in needed.items()
        for split, labels in enumerate(runs)
        for n in rounds
    ]
    return pd.DataFrame(rows, columns=["strategy", "split", "n_labels", "accuracy"])


WORDS = {  # eight words a script, the first four said by one class and the last four by the other
    "Cyrillic": ["деньги", "приз", "бесплатно", "срочно", "обед", "дома", "завтра", "спасибо"],
    "Arabic": ["جائزة", "مجانا", "نقود", "عاجل", "غداء", "البيت", "غدا", "شكرا"],
    "Hangul": ["상금", "무료", "현금", "긴급", "점심", "집에", "내일", "고마워"],
    "Greek, in capitals": ["ΔΩΡΕΑΝ", "ΒΡΑΒΕΙΟ", "ΧΡΗΜΑΤΑ", "ΤΩΡΑ", "ΓΕΥΜΑ", "ΣΠΙΤΙ", "ΑΥΡΙΟ", "ΕΥΧΑΡΙΣΤΩ"],
    "Chinese": ["中奖", "免费", "现金", "马上", "午饭", "回家", "明天", "谢谢"],
    "Thai": ["รางวัล", "ฟรี", "เงินสด", "ด่วน", "อาหาร", "บ้าน", "พรุ่งนี้", "ขอบคุณ"],
    "emoji": ["💰💰", "🎁🎁", "🏆🏆", "⏰⏰", "🍲🍲", "🏠🏠", "🌅🌅", "🙏🙏"],
}


def said_in(words, n=120, together=" ", seed=0):
    """Texts of four words, three of which are those of their class, and their classes 0 and 1."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    own = [[*rng.choice(words[4 * k : 4 * k + 4], 3), rng.choice(words)] for k in y]
    return [together.join(rng.permutation(each)) for each in own], y


# a quick run of the command
QUICK = ["--dataset", "iris", "--splits", "3", "--budget", "30", "--jobs", "1"]


def run(capsys, *options):
    """(exit code, stdout, stderr) of the command in this process."""
    try:
        code = main([str(option) for option in options])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def run_quick(capsys, *options):
    """As run, on iris with three splits."""
    return run(capsys, *QUICK, *options)
