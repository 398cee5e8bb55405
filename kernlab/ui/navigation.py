"""The list of panels on the left, with the theme and the preferences below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QPushButton, QVBoxLayout

from kernlab.engine import catalogue

NARROW = 1180
"""Window width in pixels below which it shows icons only."""
WIDTH, NARROW_WIDTH = 172, 56


class Navigation(QFrame):
    """One entry for each experiment; the panel on screen has its entry checked.

    Signals:
        entered(key): the user wants to see an experiment.
    """

    entered = Signal(str)

    def __init__(self) -> None:
        super().__init__(objectName="navigation")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 12, 8, 8)
        column.setSpacing(4)
        self.brand = QLabel("kernlab", objectName="brand", indent=12)
        column.addWidget(self.brand)
        column.addSpacing(8)
        group = QButtonGroup(self, exclusive=True)
        self.entries: dict[str, QPushButton] = {}
        for key in catalogue.keys():
            entry = self._button(catalogue.title(key), catalogue.title(key))
            entry.setCheckable(True)
            entry.clicked.connect(lambda _=False, k=key: self.entered.emit(k))
            group.addButton(entry)
            column.addWidget(entry)
            self.entries[key] = entry
        column.addStretch(1)
        self.theme_button = self._button("Switch between the light and the dark theme")
        self.preferences_button = self._button("Preferences", "Preferences (Ctrl+,)")
        column.addWidget(self.theme_button)
        column.addWidget(self.preferences_button)

    def _button(self, name: str, tip: str = "") -> QPushButton:
        button: QPushButton = QPushButton(objectName="entry")
        button.setAccessibleName(name)
        button.setToolTip(tip)
        return button

    def fit(self, room: int, scale: float, theme: str) -> None:
        """Write the entries as there is room for them.

        Args:
            room: the width of the window.
            scale: how much larger than usual the text is.
            theme: the one on screen.
        """
        narrow = room < NARROW * scale
        self.setFixedWidth(round((NARROW_WIDTH if narrow else WIDTH) * scale))
        self.brand.setText("k" if narrow else "kernlab")
        for key, entry in self.entries.items():
            icon = catalogue.icon(key)
            entry.setText(icon if narrow else f"{icon}   {catalogue.title(key)}")
        other = "Dark theme" if theme == "light" else "Light theme"
        self.theme_button.setText("◐" if narrow else f"◐   {other}")
        self.theme_button.setToolTip(other)
        self.preferences_button.setText("⚙" if narrow else "⚙   Preferences")
