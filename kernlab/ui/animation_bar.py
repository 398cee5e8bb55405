"""The bar above the figures while a slider plays or is recorded; hidden otherwise."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QWidget,
)

from kernlab.engine.contract.parameters import Field
from kernlab.ui.animation import MODES, SPEEDS, Animator
from kernlab.ui.choices import Combo
from kernlab.ui.control import value_text
from kernlab.ui.numeric import NumberEditor
from kernlab.ui.theme import tag

Glyph = Literal["play", "pause", "stop", "record"]
EDITOR_WIDTH = 78


class GlyphButton(QAbstractButton):
    """A sign of a tape recorder."""

    def __init__(self, glyph: Glyph, name: str) -> None:
        super().__init__()
        self.setFixedSize(28, 28)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_glyph(glyph, name)

    def set_glyph(self, glyph: Glyph, name: str) -> None:
        """Show another sign, and say what it means now."""
        self.glyph = glyph
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role, colors = QPalette.ColorRole, self.palette()
        painter.translate(14, 14)
        lit = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(colors.color(role.Highlight if lit else role.Mid), 1))
        painter.setBrush(colors.color(role.Base))
        painter.drawRoundedRect(QRectF(-13, -13, 26, 26), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        red = self.glyph == "record"
        painter.setBrush(colors.color(role.BrightText if red else role.WindowText))
        if self.glyph == "play":
            painter.drawPolygon(QPolygonF([QPointF(-4, -6), QPointF(6, 0), QPointF(-4, 6)]))
        elif self.glyph == "pause":
            painter.drawRect(QRectF(-5, -5.5, 3.5, 11))
            painter.drawRect(QRectF(1.5, -5.5, 3.5, 11))
        elif self.glyph == "stop":
            painter.drawRect(QRectF(-5, -5, 10, 10))
        else:
            painter.drawEllipse(QPointF(0, 0), 5.5, 5.5)


class AnimationBar(QFrame):
    """Chooses what plays, between which values and how; or says how far a recording is.

    Signals:
        record_pressed: what is chosen is to be recorded.
        cancel_pressed: the recording is to be given up.
    """

    record_pressed = Signal()
    cancel_pressed = Signal()

    def __init__(self, animator: Animator) -> None:
        super().__init__(objectName="card")
        self.animator = animator
        self._names: list[str] = []
        self._recording = False
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._player())
        self._pages.addWidget(self._recorder())
        self.setFixedHeight(40)
        animator.changed.connect(self._show)
        self.hide()

    def _player(self) -> QWidget:
        self.name = Combo()
        self.name.setAccessibleName("Parameter that moves")
        self.name.setMinimumContentsLength(4)
        self.name.activated.connect(lambda at: self.animator.choose(self._names[at]))
        self._ends = QHBoxLayout()
        self._ends.setSpacing(4)
        self.start: NumberEditor | None = None
        self.end: NumberEditor | None = None
        self.play = GlyphButton("play", "Play")
        self.play.clicked.connect(self._play_or_pause)
        self.stop = GlyphButton("stop", "Stop (Escape)")
        self.stop.clicked.connect(self.animator.stop)
        self.record = GlyphButton("record", "Record as GIF…")
        self.record.clicked.connect(self.record_pressed)
        self.speed = self._combo("Seconds for one sweep", [f"{s} s" for s in SPEEDS])
        self.speed.activated.connect(lambda at: self.animator.set_seconds(SPEEDS[at]))
        self.mode = self._combo("What comes at the end", [*MODES])
        self.mode.activated.connect(lambda at: self.animator.set_mode(MODES[at]))
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self.name, 1)
        row.addLayout(self._ends)
        for widget in (self.speed, self.mode, self.record, self.stop):
            row.addWidget(widget)
        return page

    def _combo(self, name: str, texts: list[str]) -> Combo:
        combo = Combo()
        combo.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
        combo.setMinimumContentsLength(0)
        combo.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        combo.addItems(texts)
        return combo

    def _recorder(self) -> QWidget:
        self.note = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.progress = QProgressBar(textVisible=False)
        self.progress.setFixedHeight(6)
        self.progress.setAccessibleName("Pictures recorded")
        self.cancel = QPushButton("Cancel recording")
        self.cancel.clicked.connect(self.cancel_pressed)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(self.note)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel)
        return page

    # -- what is shown ----------------------------------------------------------------------

    def show_recording(self, note: str, done: int, total: int) -> None:
        """Say how far a recording is."""
        self._recording = True
        self.note.setText(note)
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self._pages.setCurrentIndex(1)
        self.show()

    def end_recording(self) -> None:
        """Show what plays again, or nothing."""
        self._recording = False
        self._pages.setCurrentIndex(0)
        self._show()

    def _show(self) -> None:
        animator = self.animator
        shown = animator.shown or self._recording
        if not shown and self._has_focus():
            self._give_focus_back()
        if animator.shown:
            self._show_names()
            self._show_ends()
            known = animator.seconds in SPEEDS
            self.speed.setCurrentIndex(SPEEDS.index(animator.seconds) if known else -1)
            self.mode.setCurrentIndex(MODES.index(animator.mode))
            if animator.playing:
                self.play.set_glyph("pause", "Pause")
            else:
                self.play.set_glyph("play", "Play")
        self.setVisible(shown)

    def _play_or_pause(self) -> None:
        if self.animator.playing:
            self.animator.pause()
        else:
            self.animator.play()

    def _has_focus(self) -> bool:
        focus = self.window().focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def _give_focus_back(self) -> None:
        """Nothing that is hidden keeps the focus: the slider that was played gets it."""
        slider = self.animator.panel.controls.control(self.animator.name).slider
        if slider is not None:
            slider.setFocus()

    def _show_names(self) -> None:
        controls, names = self.animator.panel.controls, self.animator.names()
        if self.animator.name not in names:
            names = [self.animator.name, *names]
        if names != self._names:
            self._names = names
            with QSignalBlocker(self.name):
                self.name.clear()
                self.name.addItems([controls.control(name).field.label for name in names])
        self.name.setCurrentIndex(names.index(self.animator.name))

    def _show_ends(self) -> None:
        sweep = self.animator.sweep(self.animator.name)
        if self.start is None or self.start.field.name != sweep.field.name:
            self._new_editors(sweep.field)
        for editor, share in ((self.start, 0.0), (self.end, 1.0)):
            assert editor is not None
            editor.show_text(value_text(sweep.field, sweep.value(share)))

    def _new_editors(self, field: Field) -> None:
        """Editors of the ends that read the chosen parameter's values."""
        while (item := self._ends.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.start = self._editor(field, "First value")
        self.end = self._editor(field, "Last value")
        self.start.typed.connect(lambda value: self._set_ends(start=value))
        self.end.typed.connect(lambda value: self._set_ends(end=value))
        between = QLabel("to")
        tag(between, muted=True)
        for widget in (self.start, between, self.end):
            self._ends.addWidget(widget)

    def _editor(self, field: Field, name: str) -> NumberEditor:
        editor = NumberEditor(field)
        editor.setAccessibleName(f"{name} of {field.label}")
        editor.setToolTip(f"{name} of the animation")
        editor.setFixedWidth(EDITOR_WIDTH)
        editor.refused.connect(self._refuse)
        return editor

    def _refuse(self, reason: str) -> None:
        if reason:
            self.animator.panel.message.warn(reason)

    def _set_ends(self, start: float | None = None, end: float | None = None) -> None:
        sweep = self.animator.sweep(self.animator.name)
        self.animator.set_ends(
            self.animator.name,
            sweep.start if start is None else start,
            sweep.end if end is None else end,
        )
