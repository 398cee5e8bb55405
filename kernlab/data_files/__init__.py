"""Files of the user's own data: read, checked and hashed, or refused in one sentence."""

from __future__ import annotations

import os

from kernlab.data_files.arrays import read_arrays
from kernlab.data_files.columns import read_columns
from kernlab.data_files.matrices import read_matrix
from kernlab.data_files.numbers import checked_size
from kernlab.engine.contract.parameters import Field, OwnData

__all__ = ["checked_size", "read_arrays", "read_columns", "read_matrix", "read_own_data"]


def read_own_data(path: str | os.PathLike[str], field: Field) -> OwnData:
    """Read what a parameter asks for: named columns, a matrix, or named arrays.

    Raises:
        ValueError: one sentence that names the file and, where it can, the line and column.
    """
    if field.arrays:
        return read_arrays(path, field)
    return read_matrix(path, field) if field.matrix else read_columns(path, field)
