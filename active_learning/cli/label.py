"""Label rows in a terminal: what `active-learning label` shows and asks, one key per answer.

It prints line after line and moves no cursor, so that it works in any window, over ssh and read aloud. Not
here: what an answer does (labelling.session), how a row becomes lines (labelling.showing).
"""

import os
import sys
from contextlib import contextmanager

from active_learning._text import printable
from active_learning._validation import check_target
from active_learning.labelling.session import Session
from active_learning.labelling.showing import (
    ACTIONS,
    MOST_KEYS,
    class_keys,
    fault_line,
    matches,
    split_cells,
    text_lines_of,
)
from active_learning.labelling_cell import review_lines
from active_learning.tables.job import DEFAULTS
from active_learning.tables.labels import class_names

SHOWN = 9  # classes that a search shows
NO_TERMINAL = "label asks in a terminal, and this is none; suggest and add do the same by file"
CLOSED = "\x04"  # what a closed terminal reads as


def label_in_terminal(args):
    """Ask for labels until the person stops; returns the last lines to print."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ValueError(NO_TERMINAL)
    if args.target_acc is not None:
        check_target(args.target_acc)
    said = {name: getattr(args, name, None) for name in DEFAULTS}
    said["classes"] = said["classes"] and class_names(said["classes"])
    session = Session(args.table, n=args.n, who=args.who, random_state=args.seed, by=args.by, **said)
    asked = Terminal(session, args.target_acc)
    print("\n".join([*asked.new_notes(), _keys_line()]))
    while asked.go_on():
        pass
    return f"Saved in {printable(session.log.path.name)}: {asked.answers} answers of this session."


def _keys_line():
    return "keys: " + ", ".join(f"{key} {name}" for key, name in ACTIONS.items())


class Terminal:
    """What is on the screen and what keys do."""

    def __init__(self, session, target=None):
        self.session, self.target, self.answers, self._notes = session, target, 0, []

    def new_notes(self):
        """The session's notes that were not among those before."""
        before, self._notes = self._notes, self.session.notes
        return [printable(note) for note in self._notes if note not in before]

    def go_on(self):
        """Show what is current, and do what a key says; False if the person stops."""
        done = self.session.current is None
        print("\n".join([*self.new_notes(), *(self._done_lines() if done else self._row_lines())]))
        print("> ", end="", flush=True)
        key = read_key()
        print(printable(key), flush=True)
        if key in ("q", "\x03", CLOSED):
            return False
        try:
            self._do(key, done)
        except (ValueError, OSError, UnicodeError) as error:
            print(fault_line(error))
        return True

    def _row_lines(self):
        session = self.session
        short, long = split_cells(session.cells(session.current))
        lines = ["", f"--- row {session.at + 1} of {len(session.rows)}, {session.progress[0]} saved ---"]
        for name, cell in long.items():
            lines += [f"{printable(name)}:", *(f"  {line}" for line in text_lines_of(cell))]
        lines += [f"{printable(name)}: {printable(cell)}" for name, cell in short.items()]
        event, label = session.given.get(session.current, ("", ""))
        lines += [f"you said: {printable(label or event)}"] if event else []
        return [*lines, f"{printable(session.table.label_column)}? {self._choices()}"]

    def _choices(self):
        classes = self.session.classes
        keys = "  ".join(f"[{key}] {printable(name)}" for key, name in class_keys(classes).items())
        more = len(classes) - MOST_KEYS
        return keys + f"  [/] search {more} more" * (more > 0)

    def _done_lines(self):
        done, n = self.session.progress
        return ["", f"{done} of {n} rows are done, and saved.  [n] next rows  [c] score  [z] undo  [q] quit"]

    def _do(self, key, done):
        session, action = self.session, ACTIONS.get(key)
        keys = {} if done else class_keys(session.classes)
        if key in keys:
            self._answer(keys[key])
        elif action in ("skip", "unsure"):
            getattr(session, action)()
            self.answers += 1
        elif action in ("undo", "back", "forward"):
            getattr(session, action)()
            self.answers = max(self.answers - (action == "undo"), 0)
        elif action == "guesses":
            print("  ".join(f"{printable(name)} {p:.0%}" for name, p in session.guesses()) or "no model yet")
        elif key == "/" and not done:
            self._search()
        elif action == "add class":
            self._add()
        elif done and key in ("n", "\r", "\n"):
            print("looking for the next rows ...", flush=True)
            session.next_batch()
        elif done and key == "c":
            print("\n".join(map(printable, review_lines(session, self.target))))
        else:
            print(_keys_line())

    def _answer(self, label):
        self.session.answer(label)
        self.answers += 1

    def _search(self):
        found = matches(self.session.classes, ask("search: "))[:SHOWN]
        if not found:
            print("no class holds that; [a] adds one")
            return
        print("  ".join(f"[{i}] {printable(name)}" for i, name in enumerate(found, 1)), flush=True)
        key = read_key()
        if key.isascii() and key.isdigit() and 1 <= int(key) <= len(found):
            self._answer(found[int(key) - 1])

    def _add(self):
        name = ask("new class: ")
        if like := self.session.add_class(name):
            print(
                f"{printable(name)} nearly equals {printable(like)}. Is it another class? [y/n]", flush=True
            )
            if read_key() == "y":
                self.session.add_class(name, sure=True)


def ask(prompt):
    """A line that is typed."""
    print(prompt, end="", flush=True)
    return sys.stdin.readline().strip()


def read_key():
    """The key that is pressed next; "" for keys that are not letters, such as arrows, and for what is pasted.

    Keys pressed before are dropped: they were not about what is on the screen now.
    """
    if os.name == "nt":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
        return msvcrt.getwch().lower()
    with _keys_at_once(sys.stdin.fileno()) as number:
        pressed = os.read(number, 1024)
    key = pressed.decode(errors="replace").lower()
    return CLOSED if not key else key if len(key) == 1 else ""


@contextmanager
def _keys_at_once(number):
    """Have a terminal give each key as it is pressed, Ctrl-C among them, which would leave it so."""
    import termios

    before = termios.tcgetattr(number)
    after = [*before[:3], before[3] & ~(termios.ICANON | termios.ECHO | termios.ISIG), *before[4:]]
    termios.tcsetattr(number, termios.TCSAFLUSH, after)
    try:
        yield number
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
