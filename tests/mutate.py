"""Would the tests notice a fault? Mutants of the rooms, and which of them the tests kill.

    python tests/mutate.py [--sample 300] [--seed 0] [--rooms rules loop ...] [--lines rules:40 ...]

A mutant is a copy of the tree with one small fault in a room that computes: `<` turned into `<=`, a `+` into
a `-`, a keyword argument left out, a call replaced by its argument. First every test of the fast suite runs
once, alone, to learn which functions it enters and if it passes. A mutant then meets the tests that enter its
function, in this process or another, those of its room first. It is killed when one fails, or when they take
five times as long as they should. Notebooks and the slow suite do not run.

Mutants that change nothing a caller can see are listed in tests/mutants.md, each with why. The share killed
is of the others.
"""

import argparse
import ast
import contextlib
import functools
import importlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
# fmt: off
ROOMS = [  # from data to measures, tables and features
    "checks", "matrices", "data", "rules", "clusters", "batch_rules", "strategies", "newton", "graph",
    "classifiers", "representation", "loop", "jobs", "fingerprints", "checkpoint", "study", "parts",
    "measures", "ranks", "savings", "trust", "encoding", "cutting", "reading", "doubts", "labels", "tables",
    "replacing", "writing", "merging", "classes", "texts", "cells", "columns", "vectors", "features",
    "labelling", "suggesting",
]
# fmt: on
LEFT_OUT = ("test_house.py", "test_readme.py", "test_notebooks.py")  # which read the source, not what it does

# Mutants --------------------------------------------------------------------------------------------------

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COMBINE = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


def is_text(node):
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def faults(node):
    """Yield what may stand in a node's place, as nodes or texts."""
    fields = {name: getattr(node, name) for name in node._fields}
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        yield ast.Compare(node.left, [COMPARE[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in COMBINE and not is_text(node.left):
        yield ast.BinOp(node.left, COMBINE[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield ast.Constant(node.value + 1 if isinstance(node.value, int) else node.value * 2 or 1.0)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "pass"
    elif isinstance(node, ast.Call):
        for i in range(len(node.keywords)):
            yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])
        if len(node.args) == 1 and not is_text(node.args[0]) and not isinstance(node.args[0], ast.Starred):
            yield node.args[0]
    elif isinstance(node, (ast.If, ast.While)):
        yield ast.UnaryOp(ast.Not(), fields["test"])


def places(tree, within=""):
    """Yield (function or "", node) of all that may be mutated: no text, no message of an error."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.JoinedStr, ast.Raise)):
            continue
        name = within
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and "(" not in within:
            name = f"{within.rstrip('.')}.{node.name}".lstrip(".")
            name += "." if isinstance(node, ast.ClassDef) else "("  # what is in a function belongs to it
        yield name.rstrip("(") if name.endswith("(") else "", node
        yield from places(node, name)


def mutants(room):
    """All mutants of a room: dicts of function, line, span in the text, what stands there, what instead."""
    text = (ROOT / "active_learning" / f"{room}.py").read_text()
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for function, node in places(ast.parse(text)):
        for fault in faults(node):
            spot = node.test if isinstance(node, (ast.If, ast.While)) else node
            at = starts[spot.lineno - 1] + spot.col_offset, starts[spot.end_lineno - 1] + spot.end_col_offset
            new = fault if isinstance(fault, str) else ast.unparse(ast.fix_missing_locations(fault))
            new = new if isinstance(fault, (str, ast.Constant)) else f"({new})"
            old = " ".join(text.encode()[slice(*at)].decode().split())
            found.append(dict(room=room, function=function, line=spot.lineno, at=at, old=old, new=new))
    return [m for m in found if m["old"] != m["new"]]


def mutated(text, mutant):
    """The room's text with the fault in it, all other lines where they were."""
    raw, (start, end) = text.encode(), mutant["at"]
    lost = raw[start:end].count(b"\n")
    tail = raw[end:].split(b"\n", 1)
    return b"".join([raw[:start], mutant["new"].encode(), tail[0], b"\n" * (lost + 1), *tail[1:]]).decode()


# Tests, in children of a process that has imported what is heavy, but no room -----------------------------

# Every Python that a test starts reads this first: it notes the functions of the rooms that it enters
SPY = """
import os, sys, threading

TOLD, ROOMS, SEEN = os.environ.get("MUTATE_TOLD"), os.environ.get("MUTATE_ROOMS"), set()

def look(frame, event, argument):
    code = frame.f_code
    if code not in SEEN and code.co_filename.startswith(ROOMS):
        SEEN.add(code)
        name = os.path.basename(code.co_filename)[:-2] + code.co_qualname.split(".<locals>")[0]
        with open(TOLD, "a") as file:
            file.write(name + "\\n")

def spy():
    SEEN.clear()
    threading.settrace(look)
    sys.settrace(look)

if TOLD:
    spy()
"""


class Watcher:
    """A pytest plugin: each test in a process of its own, which tells what it enters and how it went."""

    def __init__(self, copy):
        self.told, self.entered = copy / "told.jsonl", copy / "entered"
        os.environ |= {"MUTATE_TOLD": str(self.entered), "MUTATE_ROOMS": str(copy / "active_learning")}
        (copy / "sitecustomize.py").write_text(SPY)

    def pytest_sessionstart(self):
        self.look = {}
        exec(SPY, self.look)

    def names(self):
        sys.settrace(None)
        return sorted(set(self.entered.read_text().split())) if self.entered.exists() else []

    def pytest_collection_finish(self):
        copy = str(self.told.parent)
        theirs = [name for name, m in sys.modules.items() if copy not in str(getattr(m, "__file__", copy))]
        self.tell(test="", functions=self.names(), modules=theirs)

    def tell(self, **facts):
        with self.told.open("a") as file:
            file.write(json.dumps(facts) + "\n")

    def pytest_runtest_protocol(self, item, nextitem):
        child = os.fork()
        if child == 0:
            self.entered.write_text("")
            self.look["spy"]()
            began, reports = time.perf_counter(), runtestprotocol(item, log=False, nextitem=None)
            passed = all(report.outcome == "passed" for report in reports)
            took = time.perf_counter() - began
            self.tell(test=item.nodeid, seconds=took, passed=passed, functions=self.names())
            os._exit(0)
        os.waitpid(child, 0)
        return True


class Chosen:
    """A pytest plugin: only these tests, in this order; the first that fails is told."""

    def __init__(self, order, copy):
        self.order, self.copy = {test: i for i, test in enumerate(order)}, copy

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order), key=lambda i: self.order[i.nodeid]
        )

    def pytest_runtest_logreport(self, report):
        if report.failed:
            (self.copy / "killer").write_text(report.nodeid)


def in_child(work, seconds):
    """Run work() in a child, silent, with all its children ended after it: its exit code, or None if late."""
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        code = 70
        try:
            code = int(work())
        finally:
            os._exit(code)
    deadline, code = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            break
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if code is None:
        os.waitpid(child, 0)
    return code


def run_pytest(copy, plugin, *arguments):
    os.chdir(copy)
    sys.path[:0] = [str(copy), str(copy / "tests")]
    return pytest.main(["-q", "-x", "-p", "no:cacheprovider", *arguments], plugins=[plugin])


def learn(copy, kept):
    """(tests, entered when they are collected): what each test of the fast suite enters, if it passes."""
    if kept is None or not kept.exists():
        ignored = [f"--ignore=tests/{name}" for name in LEFT_OUT]
        in_child(lambda: run_pytest(copy, Watcher(copy), "tests", *ignored), 3600)
        shutil.copy(copy / "told.jsonl", kept or copy / "kept")
        (copy / "sitecustomize.py").unlink()
    told = [json.loads(line) for line in (kept or copy / "kept").read_text().splitlines()]
    for test in told:
        if test["test"] and not test["passed"]:
            print(f"left out, it does not pass: {test['test']}")
    for name in told[0].get("modules", ()):  # once for all mutants
        with contextlib.suppress(ImportError), warnings.catch_warnings(action="ignore"):
            importlib.import_module(name)
    return [test for test in told if test["test"] and test["passed"]], set(told[0]["functions"])


def tests_for(mutant, tests, always, most):
    """The tests that can kill the mutant, those of its room and others, the fast first; `most` seconds."""
    function = f"{mutant['room']}.{mutant['function']}"
    everywhere = not mutant["function"] or function in always
    chosen = [test for test in tests if everywhere or function in test["functions"]]
    chosen.sort(key=lambda test: (function not in test["functions"], test["seconds"]))
    own = [test for test in chosen if test["test"].startswith(f"tests/test_{mutant['room']}.py")]
    left, others = most - sum(test["seconds"] for test in own), [test for test in chosen if test not in own]
    spent = itertools.accumulate(test["seconds"] for test in others)
    return own, [test for test, seconds in zip(others, spent, strict=True) if seconds <= left]


def try_mutant(copy, mutant, stages):
    """(what killed the mutant or "", seconds); stages: lists of tests."""
    path, killer = copy / "active_learning" / f"{mutant['room']}.py", copy / "killer"
    text, began, by = path.read_text(), time.monotonic(), ""
    killer.unlink(missing_ok=True)
    path.write_text(mutated(text, mutant))
    for chosen in stages:
        if chosen and not by:
            files = sorted({test["test"].split("::")[0] for test in chosen})
            plugin = Chosen([test["test"] for test in chosen], copy)
            patience = 60 + 5 * sum(test["seconds"] for test in chosen)
            code = in_child(functools.partial(run_pytest, copy, plugin, "--assert=plain", *files), patience)
            by = "time" if code is None else "" if code in (0, 5) else f"exit {code}"  # 5: there is no test
            by = killer.read_text() if killer.exists() else by
    path.write_text(text)
    return by, time.monotonic() - began


# The sample, and what is said about it --------------------------------------------------------------------


def in_words(mutant):
    """One line for people and for tests/mutants.md."""
    return f"{mutant['room']}.{mutant['function']}: {mutant['old']} -> {mutant['new']}"


def judged_equivalent():
    """The mutants that tests/mutants.md says change nothing: in_words(), in backquotes."""
    path = Path(__file__).with_name("mutants.md")
    rows = [line.split("`") for line in path.read_text().splitlines() if line.startswith("| equivalent")]
    return {row[1].replace("\\|", "|") for row in rows}  # a bar in a cell of a table is written so


def choose(args):
    every = [mutant for room in args.rooms for mutant in mutants(room)]
    if args.lines:
        return [m for m in every if f"{m['room']}:{m['line']}" in args.lines]
    return random.Random(args.seed).sample(every, min(args.sample, len(every)))


def report(tried, equivalent):
    """Print a table per room, the survivors, and the share killed of those that change something."""
    count = Counter((m["room"], bool(m["by"]), in_words(m) in equivalent) for m in tried)
    print(f"\n{'room':15} mutants killed equivalent survived")
    for room in dict.fromkeys(m["room"] for m in tried):
        killed = count[room, True, False] + count[room, True, True]
        same, alive = count[room, False, True], count[room, False, False]
        print(f"{room:15} {killed + same + alive:7} {killed:6} {same:10} {alive:8}")
    alive = [m for m in tried if not m["by"] and in_words(m) not in equivalent]
    for m in sorted(alive, key=lambda m: (m["room"], m["line"])):
        print(f"active_learning/{m['room']}.py:{m['line']}  {in_words(m)}")
    killed = sum(bool(m["by"]) for m in tried)
    all_told = killed + len(alive)
    print(f"{killed} of the {all_told} that change something were killed: {killed / max(all_told, 1):.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rooms", nargs="+", default=ROOMS)
    parser.add_argument("--lines", nargs="+", metavar="ROOM:LINE", help="all mutants of these lines")
    parser.add_argument(
        "--map", type=Path, metavar="FILE", help="keep here which test enters what, for reuse"
    )
    parser.add_argument("--most", type=float, default=1e9, help="seconds of tests a mutant, at the most")
    args = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MPLBACKEND="Agg")
    sys.dont_write_bytecode = True  # a room and its mutant may have one size and one second
    chosen, equivalent = choose(args), judged_equivalent()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "tree")
        leave = shutil.ignore_patterns(".git", "__pycache__", ".hypothesis", ".ruff_cache", ".pytest_cache")
        shutil.copytree(ROOT, copy, ignore=leave)
        os.environ.update(PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1")
        began = time.monotonic()
        tests, always = learn(copy, args.map)
        print(f"{len(tests)} tests looked at in {time.monotonic() - began:.0f} s", flush=True)
        for i, mutant in enumerate(chosen, 1):
            mutant["by"], seconds = try_mutant(copy, mutant, tests_for(mutant, tests, always, args.most))
            how = f"killed by {mutant['by']}" if mutant["by"] else "SURVIVED"
            print(f"{i}/{len(chosen)} {seconds:.0f} s {in_words(mutant)}  {how}", flush=True)
    report(chosen, equivalent)


if __name__ == "__main__":
    main()
