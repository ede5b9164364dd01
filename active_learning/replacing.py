"""A file that appears under its name whole or not at all, whatever happens to the program or the machine.

It is written beside its place as `.active-learning-*.partial`. A killed program leaves that file, and the
next one that writes to the folder removes it; deleting it by hand does no harm.
"""

import errno
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where a file left by a killed program stays until it is deleted by hand
    fcntl = None


def check_output(path, sources, force):
    """Raise ValueError or FileExistsError if no CSV file may be written at that path."""
    path = os.fspath(path)
    if not path.lower().endswith(".csv"):
        raise ValueError(f"the output is a CSV file, so its name must end in .csv, got {path!r}")
    if any(os.path.exists(file) and os.path.samefile(path, file) for file in sources if os.path.exists(path)):
        raise FileExistsError(errno.EEXIST, "an input is never written to; choose another name", path)
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise FileExistsError(errno.EEXIST, "this is a device or a pipe, which no file replaces", path)
    if os.path.exists(path) and not force:
        raise FileExistsError(errno.EEXIST, "the file exists; choose another name or force it", path)


@contextmanager
def replacing(path, sources, force):
    """A file to write bytes to, which takes its name when it is whole and on the disk.

    raises: OSError, with nothing written and nothing lost
    """
    target = Path(os.path.realpath(path))
    temporary = None
    try:
        _remove_stale(target.parent)
        file, temporary = _create(target.parent)
        with file:
            _take_mode(temporary, target)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # Windows renames no open file
            check_output(path, sources, force)  # another program may have taken the name meanwhile
            _rename(temporary, target, force)
        _sync(target.parent)
    except OSError as error:
        told = OSError(error.errno, error.strerror, os.fspath(path))  # the temporary name would mean nothing
        raise told from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _create(folder):
    """A new file, open and locked for as long as it is written, and its path."""
    while True:
        path = folder / f".active-learning-{secrets.token_hex(8)}.partial"
        file = open(path, "xb")  # noqa: SIM115, the caller closes it
        if fcntl is None:
            return file, path
        with suppress(BlockingIOError):  # another program takes it for stale just now
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():  # or did before it was locked
                return file, path
        file.close()


def _remove_stale(folder):
    """Remove what killed programs left in a folder: the files that nobody holds a lock on."""
    for path in folder.glob(".active-learning-*.partial") if fcntl else ():
        with suppress(OSError), open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _take_mode(path, target):
    """Give a file the owner and the permissions of the one that it will replace."""
    with suppress(FileNotFoundError):
        status = target.stat()
        with suppress(OSError, AttributeError):  # only some may give a file away
            os.chown(path, status.st_uid, status.st_gid)
        path.chmod(stat.S_IMODE(status.st_mode))


def _rename(temporary, target, force):
    """Give a file its name; without force, only if nobody has it, as a link finds out in the same instant."""
    if force:
        os.replace(temporary, target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        os.replace(temporary, target)


def _sync(folder):
    """Have the folder's entries on the disk too, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
