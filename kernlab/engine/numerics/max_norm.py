"""Entrywise approximation by matrices of low rank: the smallest largest error.

`low_rank` looks for L R of rank r with a small max|F - L R|, `certify` proves how small it can be
at best, `alternating_projections` is the published algorithm, `truncated_svd` and
`gaussian_sketch` are what one would take otherwise. Tensors are in `tensor_train`. The functions
named `*_in_steps` do the same a few milliseconds at a time.

Source: S. Budzinskiy, When big data actually are low-rank, or entrywise approximation of certain
function-generated matrices; the lower bound and the descent are not in it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.alternating_projections import project
from kernlab.engine.numerics.function_matrices import (
    FUNCTIONS,
    POINTS,
    SAMPLINGS,
    TENSOR_FUNCTIONS,
    function_matrix,
    function_tensor,
    random_generator,
)
from kernlab.engine.numerics.max_norm_bounds import (
    Bracket,
    Certificate,
    certificate,
    error_bound,
    factorization_norm,
    gaussian_limit_bound,
    rank_bound,
    singular_values,
    tail_bound,
    welch_bound,
)
from kernlab.engine.numerics.max_norm_descent import EXPONENTS, descend, schedule
from kernlab.engine.numerics.tensor_chain import Array
from kernlab.engine.numerics.tensor_train import (
    TensorTrain,
    tensor_alternating_projections,
    tensor_alternating_projections_in_steps,
    tensor_train,
    tensor_train_in_steps,
)
from kernlab.engine.numerics.weight_space import require_count, require_positive

__all__ = [
    "FUNCTIONS",
    "POINTS",
    "SAMPLINGS",
    "TENSOR_FUNCTIONS",
    "Bracket",
    "Certificate",
    "LowRank",
    "Progress",
    "TensorTrain",
    "alternating_projections",
    "alternating_projections_in_steps",
    "certify",
    "certify_in_steps",
    "constant_error",
    "error_bound",
    "factorization_norm",
    "function_matrix",
    "function_tensor",
    "gaussian_limit_bound",
    "gaussian_sketch",
    "low_rank",
    "low_rank_in_steps",
    "rank_bound",
    "tail_bound",
    "tensor_alternating_projections",
    "tensor_alternating_projections_in_steps",
    "tensor_train",
    "tensor_train_in_steps",
    "truncated_svd",
    "welch_bound",
]
