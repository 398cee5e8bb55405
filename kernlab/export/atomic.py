"""Files that are either written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from kernlab.export.bundle import ExportError

_PART = ".kernlab-{pid}-{token}.part"
_full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_forbidden = {errno.EACCES, errno.EPERM, errno.EROFS}


def write(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file through a temporary one in the same folder, which then takes its place.

    Until then an existing file stays as it is. Devices and pipes are written to directly, for
    replacing one would destroy it.

    Args:
        path: the target; a symbolic link stays one.
        fill: writes the contents to the open file.

    Raises:
        ExportError: nothing was written; the message says why and what to do.
    """
    real = resolved(path)
    try:
        if real.exists() and not real.is_file():
            _write_to_device(real, fill)
        else:
            _replace(path, real, fill)
    except OSError as error:
        raise ExportError(f"{path} was not written: {_reason(error)}") from error


def resolved(path: Path) -> Path:
    """The file that a path leads to, after a look at whether it can be one at all.

    Raises:
        ExportError: its folder is missing or none, or it is itself a folder.
    """
    try:
        real = Path(os.path.realpath(path))
        _check_folder(path, real.parent)
        is_folder = real.is_dir()
    except ExportError:
        raise
    except ValueError as error:  # a null byte
        raise ExportError(f"{str(path)!r} was not written: {error}; choose another name") from error
    except OSError as error:
        raise ExportError(f"{path} was not written: {_reason(error)}") from error
    if is_folder:
        raise ExportError(f"{path} is a folder; choose the name of a file in it")
    return real


def _check_folder(path: Path, folder: Path) -> None:
    if folder.is_dir():
        return
    for ancestor in (folder, *folder.parents):
        if ancestor.exists() and not ancestor.is_dir():
            raise ExportError(
                f"{path} was not written: {ancestor} is a file, not a folder; choose another folder"
            )
    raise ExportError(
        f"{path} was not written: the folder {folder} does not exist; "
        "create it or choose another one"
    )


def _reason(error: OSError) -> str:
    if error.errno in _full:
        return "the disk is full; free some space or choose another folder"
    if error.errno in _forbidden:
        return "there is no permission to write there; choose another folder"
    if error.errno == errno.ENAMETOOLONG:
        return "its name is too long; choose a shorter one"
    return f"{error.strerror or error}; choose another folder or name"


def _write_to_device(real: Path, fill: Callable[[BinaryIO], object]) -> None:
    # Without O_NONBLOCK, opening a pipe that nobody reads would wait for ever.
    descriptor = os.open(real, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "wb") as file:
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        fill(file)


def _replace(path: Path, real: Path, fill: Callable[[BinaryIO], object]) -> None:
    mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else None
    if mode is not None and not os.access(real, os.W_OK):
        raise ExportError(f"{path} is write-protected; choose another name")
    name = _PART.format(pid=os.getpid(), token=secrets.token_hex(6))
    part = real.parent / name
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(part, flags, 0o666)  # the umask has its say, as with open()
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, real)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def sweep(path: Path, pid: int) -> None:
    """Remove what a process that was killed had left beside its target."""
    with contextlib.suppress(OSError, ValueError):
        folder = Path(os.path.realpath(path)).parent
        for part in folder.glob(_PART.format(pid=pid, token="*")):
            part.unlink()
