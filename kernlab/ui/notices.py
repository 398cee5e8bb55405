"""Notices: what is said without being asked and without being in the way.

A small stack of toasts in the lower right of the figures, for what is not about the present
state of the panel on screen; what is, stays in the panel's own message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kernlab.ui import report
from kernlab.ui.actions import add_action
from kernlab.ui.notice_list import NoticeList

MOST = 3
"""Toasts that are shown at the same time."""
KEPT = 50
"""Notices that the history holds."""
SECONDS = 6.0
"""For which a toast stays, unless it is a failure, or the pointer or the focus is on it."""
WIDTH, EDGE, GAP, DETAILS = 360, 16, 8, 120
"""Pixels: of a toast, to the edge of the figures, between two, and the height of details."""


@dataclass(frozen=True)
class Notice:
    """What was said. `kind` is `tell`, `inconclusive` (a warning) or `fails`."""

    kind: str
    text: str
    details: str = ""
    subject: report.Subject | None = None
    at: datetime = field(default_factory=datetime.now)

    def copy_report(self) -> None:
        """Put everything that is known of it on the clipboard."""
        report.copy(self.text, self.details, self.subject)


class Toast(QFrame):
    """One notice on screen."""

    closed = Signal(object)
    resized = Signal()

    def __init__(self, notice: Notice, seconds: float) -> None:
        super().__init__(objectName="message")
        self.notice = notice
        self.setProperty("kind", notice.kind)
        self.setAccessibleName("Notice")
        self.setAccessibleDescription(notice.text)
        self.text = QLabel(notice.text, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.dismiss = self._button("×", "Dismiss", self.close_toast)
        self.details = QPlainTextEdit(notice.details, readOnly=True)
        self.details.setFixedHeight(DETAILS)
        self.details.setAccessibleName("Details of the notice")
        self.details.hide()
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(round(1000 * seconds))
        self._fade.timeout.connect(self.close_toast)
        self._arrange()
        self._rest()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        row.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(row)
        if self.notice.details:
            more = QHBoxLayout()
            more.addStretch(1)
            self.more = self._button("Details", "Details", self._toggle)
            self.copy = self._button("Copy report", "Copy report", self.notice.copy_report)
            more.addWidget(self.more)
            more.addWidget(self.copy)
            column.addWidget(self.details)
            column.addLayout(more)

    def _button(self, text: str, name: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, flat=True)
        button.setObjectName("small")
        button.setAccessibleName(f"{name} (notice)")
        button.setToolTip(name if text == "×" else "")
        button.clicked.connect(lambda _=False: slot())
        button.installEventFilter(self)
        return button

    def _toggle(self) -> None:
        self.details.setVisible(self.details.isHidden())
        self.resized.emit()

    def close_toast(self) -> None:
        """Go; the history keeps what was said."""
        self._fade.stop()
        self.closed.emit(self)

    def _rest(self) -> None:
        """Count down, unless it is a failure, which waits for a person."""
        if self.notice.kind != "fails":
            self._fade.start()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._fade.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._rest()
        super().leaveEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            self._fade.stop() if event.gotFocus() else self._rest()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_toast()
            event.accept()
        else:
            super().keyPressEvent(event)


class Notices(QWidget):
    """The toasts of a window, the newest at the bottom, and the history of the last ones.

    Args:
        window: its actions show the history and lead to the newest toast.
        area: the widget of the figures over which toasts may lie, or None.
        seconds: for which a toast stays.
    """

    def __init__(
        self, window: QMainWindow, area: Callable[[], QWidget | None], seconds: float = SECONDS
    ) -> None:
        self._centre = window.centralWidget() or window
        super().__init__(self._centre)
        self._window = window
        self._area = area
        self._watched: set[QWidget] = set()
        self._before: QWidget | None = None
        self.seconds = seconds
        self.toasts: list[Toast] = []
        self.keys: dict[str, Toast] = {}
        self.history: deque[Notice] = deque(maxlen=KEPT)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._list: NoticeList | None = None
        self.hide()
        window.installEventFilter(self)
        add_action(
            window, "Show notices", self.show_history, "Ctrl+Shift+N", "What was said lately"
        )
        add_action(window, "Go to the newest notice", self.enter, "F6")

    # -- saying something -------------------------------------------------------------------

    def tell(self, text: str, subject: report.Subject | None = None, key: str = "") -> None:
        """Say something that went as it should."""
        self.show_notice(Notice("tell", text, "", subject), key)

    def warn(self, text: str, subject: report.Subject | None = None, key: str = "") -> None:
        """Say what is not possible and what to do."""
        self.show_notice(Notice("inconclusive", text, "", subject), key)

    def fail(
        self, text: str, details: str, subject: report.Subject | None = None, key: str = ""
    ) -> None:
        """Say what failed; it stays until it is dismissed."""
        self.show_notice(Notice("fails", text, details, subject), key)

    def show_notice(self, notice: Notice, key: str = "") -> None:
        """Show a toast; it takes the place of the last one of the same key."""
        self.history.append(notice)
        if key in self.keys:
            self._close(self.keys[key])
        toast = Toast(notice, self.seconds)
        toast.closed.connect(self._close)
        toast.resized.connect(self.place)
        if key:
            self.keys[key] = toast
        self.toasts.append(toast)
        self._column.addWidget(toast)
        if len(self.toasts) > MOST:
            self._close(self._least())
        self.place()
        if self._list is not None:
            self._list.fill(self.history)

    def _least(self) -> Toast:
        """The oldest toast that is no failure, or, of failures only, the oldest one."""
        return next((t for t in self.toasts if t.notice.kind != "fails"), self.toasts[0])

    def _close(self, toast: Toast) -> None:
        if toast not in self.toasts:
            return
        focused = toast.isAncestorOf(focus) if (focus := self._window.focusWidget()) else False
        self.toasts.remove(toast)
        self.keys = {key: other for key, other in self.keys.items() if other is not toast}
        self._column.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        self.place()
        if focused:
            self._leave()

    # -- where it is ------------------------------------------------------------------------

    def place(self) -> None:
        """Put the toasts into the lower right of the figures, as many as have room."""
        if not self.toasts:
            self.hide()
            return
        space = self._space()
        width = min(WIDTH, space.width())
        for toast in self.toasts:
            toast.setFixedWidth(width)
            toast.show()
        for toast in self.toasts[:-1]:  # the newest is shown in any case
            if self._height(width) > space.height():
                toast.hide()
        height = self._height(width)
        self.setGeometry(space.right() + 1 - width, space.bottom() + 1 - height, width, height)
        self.show()  # only now, or a pointer elsewhere would seem to be on a toast for good
        self.raise_()

    def _height(self, width: int) -> int:
        self._column.invalidate()
        return self._column.totalHeightForWidth(width)

    def _space(self) -> QRect:
        """Where toasts may lie, in the coordinates of the window's central widget."""
        area = self._area() or self._centre
        if area not in self._watched:
            self._watched.add(area)
            area.installEventFilter(self)
        corner = area.mapTo(self._centre, area.rect().topLeft())
        return QRect(corner, area.size()).adjusted(EDGE, EDGE, -EDGE, -EDGE)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        moved = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show)
        if self.toasts and event.type() in moved:
            QTimer.singleShot(0, self, self.place)
        return False

    # -- keyboard and history ---------------------------------------------------------------

    def enter(self) -> None:
        """Give the focus to the newest toast, or show the history where there is none."""
        if not self.toasts:
            self.show_history()
            return
        focus = self._window.focusWidget()
        if focus is None or not self.isAncestorOf(focus):
            self._before = focus
        self.toasts[-1].dismiss.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _leave(self) -> None:
        """Give the focus to the next toast, or back to where it was."""
        before, self._before = self._before, None
        if self.toasts:
            self._before = before
            self.toasts[-1].dismiss.setFocus(Qt.FocusReason.OtherFocusReason)
        elif before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_history(self) -> None:
        """Show the last notices in a list beside the window."""
        if self._list is None:
            self._list = NoticeList(self._window)
        self._list.fill(self.history)
        self._list.show()
        self._list.raise_()
        self._list.activateWindow()
