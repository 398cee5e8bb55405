"""The command palette: whatever the window can do, found by a few letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QPainter,
    QPalette,
    QTextCharFormat,
    QTextLayout,
)
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from kernlab.ui.matching import match
from kernlab.ui.offers import Offer, assignments, offers
from kernlab.ui.overlay import EDGE, Overlay
from kernlab.ui.theme import tag

if TYPE_CHECKING:
    from kernlab.ui.window import Window

WIDTH = 640
TOP = 72
"""Pixels between the palette and the upper edge of the window, where there is room."""
ROWS = 11
RECENT = 8
"""How many offers are remembered as recent ones."""
NOTHING = "Nothing is called that: no action, preset, parameter, claim or figure."
TINT = 0.1
"""Opacity of the accent behind the chosen line; half of it under the pointer."""

Index = QModelIndex | QPersistentModelIndex
Row = tuple[Offer, tuple[int, ...]]
_role = QPalette.ColorRole


class Found(QAbstractListModel):
    """The offers that match, best first, with the places of the matched letters."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_rows(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        offer = self.rows[index.row()][0]
        if role == Qt.ItemDataRole.DisplayRole:
            return offer.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (offer.text, offer.kind, offer.shortcut)))
        return None


class Line(QStyledItemDelegate):
    """Paints an offer: matched letters emphasised, its kind and shortcut on the right."""

    PAD = 12

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        metrics = option.fontMetrics
        return QSize(100, metrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, Found)
        offer, places = model.rows[index.row()]
        box: QRect = option.rect
        colors: QPalette = option.palette
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            tint = QColor(colors.color(_role.Highlight))
            tint.setAlphaF(TINT if chosen else TINT / 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tint)
            painter.drawRoundedRect(QRectF(box).adjusted(4, 1, -4, -1), 5, 5)
        room = box.adjusted(self.PAD, 0, -self.PAD, 0)
        font: QFont = option.font
        painter.setFont(font)
        painter.setPen(colors.color(_role.PlaceholderText))
        aside = "   ".join(filter(None, (offer.kind, offer.shortcut)))
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, flags, aside)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(aside) - 16)
        self._write(painter, room, colors, offer.text, places)
        painter.restore()

    def _write(
        self, painter: QPainter, room: QRect, colors: QPalette, text: str, places: Sequence[int]
    ) -> None:
        end = Qt.TextElideMode.ElideRight
        shown = painter.fontMetrics().elidedText(text, end, room.width() - 4)
        kept = len(shown) - 1 if shown != text else len(text)
        layout = QTextLayout(shown, painter.font())
        layout.setFormats([_emphasis(at, colors) for at in places if at < kept])
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(10 * room.width())
        layout.endLayout()
        painter.setPen(colors.color(_role.WindowText))
        top = room.top() + (room.height() - line.height()) / 2
        layout.draw(painter, QPointF(room.left(), top))


def _emphasis(at: int, colors: QPalette) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    look = QTextCharFormat()
    look.setForeground(colors.color(_role.Highlight))
    look.setFontWeight(QFont.Weight.Bold)
    made.start, made.length, made.format = at, 1, look
    return made


class Palette(Overlay):
    """Type, choose, Enter.

    Attributes:
        recent: kind and text of what was done last through the palette, newest first.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window, "Command palette")
        self.window_below: Window = window
        self.recent: list[tuple[str, str]] = []
        self._offers: list[Offer] = []
        self.edit = QLineEdit(
            placeholderText="Type what to do, or a parameter and its value", objectName="palette"
        )
        self.edit.setAccessibleName("What to do")
        self.edit.textChanged.connect(self._search)
        self.edit.installEventFilter(self)
        self.reason = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.reason.setMargin(14)
        self.found = Found(self)
        self.list = QListView(uniformItemSizes=True, mouseTracking=True)
        self.list.setObjectName("offers")
        self.list.setAccessibleName("What can be done")
        self.list.setModel(self.found)
        self.list.setItemDelegate(Line(self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self.run)
        for widget in (self.edit, self.reason, self.list):
            self.column.addWidget(widget)

    def open(self) -> None:
        """Ask the window anew what it can do, and show it."""
        self._offers = offers(self.window_below, self.window_below.panel)
        self.edit.clear()
        self._search("")
        super().open()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def texts(self) -> list[str]:
        """What is listed."""
        return [offer.text for offer, _ in self.found.rows]

    # -- searching --------------------------------------------------------------------------

    def _search(self, typed: str) -> None:
        values, reason = assignments(typed, self.window_below.panel)
        rows: list[Row] = [(offer, ()) for offer in values]
        self.found.show_rows(rows + self._ranked(typed.rstrip(" =:")))
        tag(self.reason, message="fails" if reason else "", muted=not reason)
        if not reason and not self.found.rows:
            reason = NOTHING
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.list.setCurrentIndex(self.found.index(0))
        self.list.setVisible(bool(self.found.rows))
        self.place()

    def _ranked(self, typed: str) -> list[Row]:
        """The offers that match: better kinds of match first, then recent ones, then points."""
        scored = []
        for offer in self._offers:
            met = match(typed, offer.text)
            if met is not None:
                key = (-met.tier, self._age(offer), -met.score)
                scored.append((key, (offer, met.places)))
        scored.sort(key=lambda pair: pair[0])
        return [row for _, row in scored]

    def _age(self, offer: Offer) -> int:
        key = (offer.kind, offer.text)
        return self.recent.index(key) if key in self.recent else len(self.recent)

    # -- doing ------------------------------------------------------------------------------

    def run(self, index: Index) -> None:
        """Close, then do what stands in a line."""
        if not index.isValid():
            return
        offer = self.found.rows[index.row()][0]
        key = (offer.kind, offer.text)
        if offer.lasting:
            self.recent = [key, *(other for other in self.recent if other != key)][:RECENT]
        self.close_card()
        offer.run()

    def _move(self, lines: int) -> None:
        count = len(self.found.rows)
        if count:
            now = self.list.currentIndex().row()
            at = (now + lines) % count if abs(lines) == 1 else min(max(now + lines, 0), count - 1)
            self.list.setCurrentIndex(self.found.index(at))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._on_key(event)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        """Whether a key was the list's and not the line edit's."""
        keys = Qt.Key
        lines = {
            keys.Key_Down: 1, keys.Key_Tab: 1, keys.Key_Up: -1, keys.Key_Backtab: -1,
            keys.Key_PageDown: ROWS, keys.Key_PageUp: -ROWS,
        }  # fmt: skip
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in lines:
            self._move(lines[Qt.Key(event.key())])
        elif event.key() in (keys.Key_Return, keys.Key_Enter):
            self.run(self.list.currentIndex())
        elif control and event.key() == keys.Key_K:
            self.close_card()
        else:
            return False
        return True

    def place(self) -> None:
        room = self.window_below.rect()
        width = min(WIDTH, room.width() - 2 * EDGE)
        row = self.list.sizeHintForRow(0) if self.found.rows else 0
        self.list.setFixedHeight(min(ROWS, len(self.found.rows)) * row + 8)
        self.card.setFixedWidth(width)
        self.card.adjustSize()
        top = min(TOP, max(EDGE, (room.height() - self.card.height()) // 2))
        self.card.move((room.width() - width) // 2, top)
