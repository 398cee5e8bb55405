"""The first minute: three short hints in place, one after the other, at the very first start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kernlab import user_files
from kernlab.ui.actions import add_action
from kernlab.ui.panel import Panel
from kernlab.ui.theme import tag

if TYPE_CHECKING:
    from kernlab.ui.window import Window

AFTER = 900
"""Milliseconds after the first picture at which the first hint comes."""
FOLLOW = 150
"""Milliseconds between two looks where the thing hinted at is now."""
WIDTH = 268
GAP, EDGE, RING = 10, 8, 4


@dataclass(frozen=True)
class Hint:
    """What to point at in a panel, and what to say of it."""

    text: str
    target: Callable[[Panel], QWidget | None]


def _slider(panel: Panel) -> QWidget | None:
    controls = (panel.controls.control(field.name) for field in panel.controls.fields)
    usable = (control for control in controls if control.slider is not None)
    return next((control for control in usable if control.isEnabled()), None)


def _claims(panel: Panel) -> QWidget | None:
    return panel.claims.heading


def _exports(panel: Panel) -> QWidget | None:
    return panel.toolbar.exports.parentWidget()


HINTS: Sequence[Hint] = (
    Hint(
        "Drag me: every figure follows while you drag. Double-click for the default value.",
        _slider,
    ),
    Hint(
        "The claims: what the literature says, and whether it holds here, at these values.",
        _claims,
    ),
    Hint(
        "Export: figures and tables as files. Each carries its recipe and opens the same run.",
        _exports,
    ),
)


def best_place(size: QRect, target: QRect, window: QRect, figures: Sequence[QRect]) -> QRect:
    """Where a bubble goes: above its target, or else below, in the right column, or beside it.

    The first place inside the window that covers neither the target nor a figure; where there is
    none, the one that covers the least.
    """
    column = window.right() - size.width() - 2 * EDGE
    spots = [
        QPoint(target.left(), target.top() - GAP - size.height()),
        QPoint(target.left(), target.bottom() + GAP),
        QPoint(column, target.top()),
        QPoint(column, target.bottom() + GAP),
        QPoint(target.right() + GAP, target.top()),
        QPoint(target.left() - GAP - size.width(), target.top()),
        QPoint(window.left() + EDGE, window.bottom() - size.height() - EDGE),
        QPoint(window.left() + EDGE, window.top() + EDGE),
    ]
    room = window.adjusted(EDGE, EDGE, -EDGE, -EDGE)
    found = []
    for spot in spots:
        place = QRect(spot, size.size())
        place.moveLeft(max(room.left(), min(place.left(), room.right() - size.width())))
        place.moveTop(max(room.top(), min(place.top(), room.bottom() - size.height())))
        found.append(place)
    return min(found, key=lambda place: _shared(place, target, *figures))


def _shared(place: QRect, *others: QRect) -> int:
    parts = [place.intersected(other) for other in others]
    return sum(part.width() * part.height() for part in parts if not part.isEmpty())


class _Ring(QWidget):
    """An outline around what is hinted at; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)


class Bubble(QFrame):
    """One hint, with *Next* and *Skip*; it takes the focus only when it is tabbed to."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, objectName="message")
        self.setProperty("kind", "tell")
        self.setFixedWidth(WIDTH)
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.count = QLabel()
        tag(self.count, muted=True, small=True)
        self.next = QPushButton("Next")
        self.skip = QPushButton("Skip")
        tag(self.next, primary=True)
        self.skip.setFlat(True)
        self.skip.setAccessibleName("Skip the hints")
        self.next.setAccessibleName("Next hint")
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        for button in (self.skip, self.next):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 10, 10)
        column.addWidget(self.text)
        column.addLayout(row)

    def say(self, text: str, at: int, total: int) -> None:
        """Show a hint."""
        last = at == total - 1
        self.text.setText(text)
        self.count.setText(f"{at + 1} of {total}")
        self.next.setText("Done" if last else "Next")
        self.skip.setHidden(last)
        self.next.setAccessibleName("Close the hints" if last else "Next hint")
        self.setAccessibleName(f"Hint {at + 1} of {total}: {text}")
        self.resize(WIDTH, self.heightForWidth(WIDTH))


class Hints(QObject):
    """Shows the hints over a window, one after the other; nothing waits for them."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.at = -1
        self.ring = _Ring(window)
        self.bubble = Bubble(window)
        self.bubble.next.clicked.connect(self.advance)
        self.bubble.skip.clicked.connect(self.end)
        for widget in (self.ring, self.bubble):
            widget.hide()
        self._follow = QTimer(self)
        self._follow.setInterval(FOLLOW)
        self._follow.timeout.connect(self.place)

    @property
    def shown(self) -> bool:
        """Whether a hint is on screen, or about to be."""
        return self.at >= 0

    def start(self) -> None:
        """Show the hints from the first one on, and never again by themselves."""
        self._window.lane.call(lambda _: remember_seen())
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        self.at = -1
        self.advance()
        self._follow.start()

    def advance(self) -> None:
        """Show the next hint whose target is on screen; after the last one, none."""
        self.at += 1
        while self.at < len(HINTS) and self.target is None:
            self.at += 1
        if self.at >= len(HINTS):
            self.end()
            return
        self.bubble.say(HINTS[self.at].text, self.at, len(HINTS))
        self.place()

    def end(self) -> None:
        """Hide them."""
        self.at = -1
        self._follow.stop()
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.ring.hide()
        self.bubble.hide()

    @property
    def target(self) -> QWidget | None:
        """What the hint is about, where it is on screen."""
        found = HINTS[self.at].target(self._window.panel)
        return found if found is not None and found.isVisible() else None

    def place(self) -> None:
        """Put ring and bubble where the target is now."""
        target = self.target
        if target is None:
            self.ring.hide()
            self.bubble.hide()
            return
        around = self._rect(target).adjusted(-RING, -RING, RING, RING)
        # A target that is scrolled out of sight has no ring, but its bubble stays near.
        self.ring.setGeometry(around)
        self.ring.setVisible(not target.visibleRegion().isEmpty())
        figures = [self._rect(card) for card in self._window.panel.grid.cards if card.isVisible()]
        place = best_place(self.bubble.rect(), around, self._window.rect(), figures)
        self.bubble.setGeometry(place)
        self.bubble.show()
        self.ring.raise_()
        self.bubble.raise_()

    def _rect(self, widget: QWidget) -> QRect:
        return QRect(widget.mapTo(self._window, QPoint(0, 0)), widget.size())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape skips the hints, and does besides whatever else it does."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._window.isActiveWindow()
        ):
            self.end()
        return False


def seen_file() -> Path:
    """The file whose being there says that the hints have been shown."""
    return user_files.session_file().with_name("hints-seen")


def remember_seen() -> None:
    """Never show the hints by themselves again; where that cannot be kept, they come again."""
    try:
        path = seen_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return


def at_first_start(window: Window) -> None:
    """Show the hints after the first picture, where they have never been shown."""
    panel = window.stack.currentWidget()
    if not isinstance(panel, Panel) or seen_file().exists():
        return

    def pictured() -> None:
        panel.picture_shown.disconnect(pictured)
        QTimer.singleShot(AFTER, window, window.hints.start)

    panel.picture_shown.connect(pictured)


def add_to(panel: Panel, hints: Hints) -> None:
    """Let the user see the hints again."""
    tip = "What to drag, what the claims are, and how to export"
    menu = panel.toolbar.tools
    add_action(panel, "Show the hints again", hints.start, "Shift+F1", tip, menu=menu)
