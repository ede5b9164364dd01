"""Run `active-learning`: parse the options, print the answer, end with 0, 2 after bad input, or 1 if it died.

Nothing heavy is imported before the options are parsed. Not here: what is printed (commands).
"""

import os
import signal
import sys
import threading
import warnings
from contextlib import suppress

from active_learning._progress import wipe
from active_learning._text import printable
from active_learning._workers import clear_memory, kill_workers, start_trackers
from active_learning.cli.parser import parse


def main(argv=None):
    """Run the command.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        0. After bad input the process exits with 2, and with 1 if the work died.

    Examples
    --------
    >>> import al_helpers as al
    >>> al.main(["--dataset", "iris", "--target-acc", "90"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    return _answer(*parse(sys.argv[1:] if argv is None else argv))


def _answer(parser, args):
    """Print what the arguments ask for; an error is one line on stderr."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"sklearn\b")  # not of what the user did
            warnings.showwarning = lambda message, *_: _say(parser, message)
            answer = _report(args)
        _print(answer)
    except RuntimeError as error:
        parser.exit(1, f"{parser.prog}: error: {_one_line(error)}\n")
    except MemoryError:
        parser.error("out of memory; fewer --jobs need less, and so does a table with fewer rows or columns")
    except (ValueError, TypeError, ImportError, OSError) as error:
        parser.error(_one_line(error))
    return 0


def _report(args):
    """What the command prints; the imports are here, as --help and --version must not wait for them."""
    if args.command == "label":
        from active_learning.cli.label import label_in_terminal

        return label_in_terminal(args)
    if args.command:
        from active_learning.cli.jobs import report_job

        return report_job(args)
    from active_learning.cli.commands import report

    return report(args)


def _print(answer):
    """Print the answer; silence if its reader left, as with `| head`, and OSError if it cannot be written."""
    try:
        print(answer, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try again at its end
        if not isinstance(error, BrokenPipeError):
            raise OSError(f"the answer could not be printed: {error.strerror}") from None


def _say(parser, message):
    with suppress(OSError):  # as Python's own warnings: a full disk behind stderr ends no study
        print(f"{parser.prog}: {_one_line(message)}", file=sys.stderr)


def _one_line(message):
    return printable(" ".join(str(message).split()))


def command():
    """What `active-learning` runs: main, which Ctrl-C ends at once, with 130 and no traceback.

    The signal is blocked here, and so in the workers, which would print tracebacks.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # before numpy's threads, which inherit it
    _open_closed_streams()
    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may lack the letters of some class names
    parser, args = parse(sys.argv[1:])
    _keep_stdout()
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")  # joblib's, after a quick Ctrl-C
    _end_on_signals(getattr(args, "checkpoint", None))
    return _answer(parser, args)


def _open_closed_streams():
    """Let stdout and stderr lead nowhere if they are closed, as by `>&-`, and not to the next file opened."""
    for name in ("stdin", "stdout", "stderr"):  # the lowest number that is free is the next one given
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115, for good


def _keep_stdout():
    """Print to a copy of stdout that no worker inherits: joblib's print there if we end while they start."""
    number, settings = sys.stdout.fileno(), dict(encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    sys.stdout = open(os.dup(number), "w", **settings)  # noqa: SIM115, for good
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _end_on_signals(checkpoint):
    """End the process on Ctrl-C, SIGTERM or a closed terminal, whatever its other threads are waiting for.

    Python's own handlers run in the main thread, perhaps minutes later; so a thread waits for what the
    interpreter writes when a signal comes in, to whichever thread it comes.
    """
    ending = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
        ending.append(signal.SIGHUP)
    for number in ending:
        signal.signal(number, lambda *_: None)
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    threading.Thread(target=_wait_for_signal, args=(read_end, checkpoint), daemon=True).start()
    if hasattr(signal, "pthread_sigmask"):
        start_trackers()  # here, as they lift the block when they start (Python 3.11)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])


def _wait_for_signal(read_end, checkpoint):
    """End the process when a signal comes, and say what the checkpoint holds."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # in this thread alone
    number = os.read(read_end, 1)[0]
    try:
        wipe()
        if checkpoint is not None and os.path.exists(checkpoint):
            text = f"stopped; what is finished is kept in {checkpoint!r}: the same command goes on from there"
            print(text, file=sys.stderr, flush=True)
        kill_workers()
        clear_memory()
    finally:
        os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(command())
