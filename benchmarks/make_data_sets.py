"""Write the small data sets of the least-squares panel to `resources/data/`.

    python -m benchmarks.make_data_sets

Diabetes, breast cancer and digits are taken from scikit-learn, Longley's table stands here.
Origin and licence of each are in `resources/data/README.md`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "data"

LONGLEY_NAMES = ("employed", "deflator", "gnp", "unemployed", "armed forces", "population", "year")
LONGLEY = """\
60323  83.0 234289 2356 1590 107608 1947
61122  88.5 259426 2325 1456 108632 1948
60171  88.2 258054 3682 1616 109773 1949
61187  89.5 284599 3351 1650 110929 1950
63221  96.2 328975 2099 3099 112075 1951
63639  98.1 346999 1932 3594 113270 1952
64989  99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962
"""


def main() -> None:
    """Write four `.npz` files, each with `features`, `target` and `names`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    diabetes = load_diabetes(scaled=False)
    save("diabetes", diabetes.data, diabetes.target, diabetes.feature_names)
    cancer = load_breast_cancer()
    save("breast-cancer", cancer.data, cancer.target.astype(np.uint8), cancer.feature_names)
    digits = load_digits()
    pixels = digits.data.astype(np.uint8)
    save("digits", pixels, digits.target.astype(np.uint8), digits.feature_names)
    table = np.array([row.split() for row in LONGLEY.splitlines()], dtype=float)
    save("longley", table[:, 1:], table[:, 0], LONGLEY_NAMES[1:])


def save(name: str, features: object, target: object, names: object) -> None:
    """One data set; small integers stay small."""
    path = FOLDER / f"{name}.npz"
    np.savez_compressed(
        path,
        features=np.asarray(features),
        target=np.asarray(target),
        names=np.asarray(list(map(str, names))),  # type: ignore[call-overload]
    )
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
