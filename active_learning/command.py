"""`active-learning`: read the options, print the answer, end with 0, 2 after bad input, 1 if it died.

Nothing heavy is imported before the options are known to be good.
"""

import os
import signal
import sys
import threading
import warnings
from multiprocessing import resource_tracker

from active_learning.options import build_parser


def main(argv=None):
    """Run the command.

    argv: list of arguments; None for those of the process
    returns: 0; exits with 2 after bad input, and with 1 if the work died
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(f"{parser.prog}: {message}", file=sys.stderr)
            from active_learning.answers import report  # here, as --help and --version must not wait for it

            print(report(args))
        sys.stdout.flush()
    except RuntimeError as error:
        parser.exit(1, f"{parser.prog}: error: {error}\n")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, as with `| head`
    except MemoryError:
        parser.error("out of memory; give a part of the table's rows, or only the columns to learn from")
    except (ValueError, TypeError, ImportError, OSError) as error:
        parser.error(" ".join(str(error).split()))
    return 0


def command():
    """What `active-learning` runs: main, which Ctrl-C ends at once, with 130 and no traceback.

    The signal is blocked here, and so in the workers, which would print tracebacks; a thread waits for it.
    """
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")  # joblib's, after a quick Ctrl-C
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        resource_tracker.ensure_running()  # lifts the block when it starts (Python 3.11), so it starts first
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        threading.Thread(target=_end_on_interrupt, daemon=True).start()
    return main()


def _end_on_interrupt():
    signal.sigwait([signal.SIGINT])
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor(kill_workers=True)  # joblib's pool, whose workers do not hear the signal
    os._exit(130)


if __name__ == "__main__":
    sys.exit(command())
