"""Each floor stands on floors below it only: no arrow back up, no circle, nothing heavy early."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import kernlab

ROOT = Path(kernlab.__file__).parent
QT = ("PySide6", "shiboken6", "pyqtgraph", "superqt", "qtpy")
DRAWING = ("matplotlib", "mpl_toolkits")

# Floor, what it may import of kernlab (longest prefix decides), what else it may not import.
FLOORS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "kernlab.engine.contract": (("kernlab.engine.contract",), QT + DRAWING),
    "kernlab.engine.numerics": (("kernlab.engine.numerics", "kernlab.assets"), QT + DRAWING),
    "kernlab.engine.experiments": (
        (
            "kernlab.engine.contract",
            "kernlab.engine.numerics",
            "kernlab.engine.experiments",
            "kernlab.assets",
            "kernlab.threads",
        ),
        QT + DRAWING,
    ),
    "kernlab.engine": (("kernlab.engine",), QT + DRAWING),
    "kernlab.threads": ((), QT + DRAWING),
    "kernlab.assets": ((), QT + DRAWING),
    "kernlab.data_files": (("kernlab.engine.contract", "kernlab.data_files"), QT + DRAWING),
    "kernlab.user_files": (("kernlab.export",), QT + DRAWING),
    "kernlab.user_presets": (("kernlab.user_files", "kernlab.engine.contract"), QT + DRAWING),
    "kernlab.export": (
        ("kernlab.engine.contract", "kernlab.export", "kernlab.data_files", "kernlab.assets"),
        (*QT, "matplotlib.pyplot"),
    ),
    "kernlab.headless": (
        (
            "kernlab.engine.contract",
            "kernlab.engine.catalogue",
            "kernlab.export",
            "kernlab.data_files",
            "kernlab.threads",
        ),
        QT + DRAWING,
    ),
    "kernlab.ui": (
        (
            "kernlab.engine.contract",
            "kernlab.engine.catalogue",
            "kernlab.export",
            "kernlab.data_files",
            "kernlab.assets",
            "kernlab.threads",
            "kernlab.user_files",
            "kernlab.user_presets",
            "kernlab.ui",
        ),
        ("matplotlib.pyplot", "scipy", "numba", "torch"),
    ),
}
ROOFS = ("kernlab", "kernlab.cli", "kernlab.__main__")
HEAVY = ("torch", "matplotlib", "scipy.stats", "scipy.optimize", "numba", "PySide6")


def _modules() -> dict[str, Path]:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _names(module: str, node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        package = module.split(".")
        if MODULES[module].name != "__init__.py":
            package = package[:-1]
        parents = package[: len(package) - node.level + 1]
        base = ".".join([*parents, *([base] if base else [])])
    # `from package import module` is an arrow to the module, not to the package.
    names = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in MODULES else base for name in names]


def _imports(module: str, *, at_import: bool = False) -> set[str]:
    """What a module imports: anywhere, or only while it is imported itself."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    nodes: list[ast.AST] = list(tree.body) if at_import else list(ast.walk(tree))
    return {name for node in nodes for name in _names(module, node)}


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _floor(module: str) -> str:
    return max((floor for floor in FLOORS if _within(module, floor)), key=len, default="")


def test_every_module_stands_on_a_known_floor() -> None:
    homeless = [name for name in MODULES if name not in ROOFS and not _floor(name)]
    assert homeless == []


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name not in ROOFS))
def test_no_floor_reaches_up(module: str) -> None:
    allowed, forbidden = FLOORS[_floor(module)]
    imported = _imports(module)
    own = [name for name in imported if _within(name, "kernlab")]
    up = [name for name in own if not any(_within(name, floor) for floor in allowed)]
    strange = [name for name in imported if any(_within(name, other) for other in forbidden)]
    assert (up, strange) == ([], [])


def test_no_circle() -> None:
    arrows = {name: {n for n in _imports(name, at_import=True) if n in MODULES} for name in MODULES}
    # The package re-exports lazily; that module of it are imported "from kernlab" is no arrow.
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        for other in sorted(arrows[name] - {name}):
            walk(other, (*path, name))
        done.add(name)

    for name in sorted(MODULES):
        walk(name, ())


def _printed(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.mark.parametrize(
    "statement", ["import kernlab", "import kernlab.engine.catalogue", "import kernlab.headless"]
)
def test_import_is_cheap(statement: str) -> None:
    code = f"{statement}; import sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    assert _printed(code) == ""


def test_export_comes_without_qt_and_matplotlib() -> None:
    code = "import kernlab.export, sys; print({'matplotlib', 'PySide6'} & set(sys.modules))"
    assert _printed(code) == "set()"


def test_importing_kernlab_first_gives_blas_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in kernlab.threads.VARIABLES:  # set in this process by kernlab itself
        monkeypatch.delenv(variable, raising=False)
    code = "import kernlab.threads as threads; print(threads.thread_counts()['blas'])"
    assert _printed(code) == "1"


def test_a_users_own_number_of_blas_threads_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    code = "import kernlab, os; print(os.environ['OPENBLAS_NUM_THREADS'])"
    assert _printed(code) == "2"
