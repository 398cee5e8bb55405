"""Files that the user saves: where they go, and what became of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from kernlab.ui.message import BRIEFLY, Message


def ask_target(parent: QWidget, title: str, name: str, kinds: str) -> Path | None:
    """Ask for a file, with the suffix of the chosen kind where none is typed; None: cancelled.

    Args:
        name: what it is called, in the home folder, unless another name is typed.
        kinds: in Qt's words, such as `PDF (*.pdf);;SVG (*.svg)`.
    """
    path, kind = QFileDialog.getSaveFileName(parent, title, str(Path.home() / name), kinds)
    if not path:
        return None
    kind = kind or kinds.partition(";;")[0]
    target = Path(path)
    return target if target.suffix else target.with_suffix(kind[kind.rindex("*.") + 1 : -1])


def tell_outcome(
    message: Message, path: Path, error: BaseException | None, topic: str = ""
) -> None:
    """Say that a file is saved, or why it is not."""
    if error is None:
        message.tell(f"Saved {path}.", BRIEFLY, topic)
    elif isinstance(error, ValueError):
        message.warn(str(error), topic)
    else:
        details = "\n".join([repr(error), *getattr(error, "__notes__", ())])
        message.fail(f"{path.name} was not saved: {error}", details, topic)
