"""The theme: one table of roles, made into a palette and a stylesheet.

Widgets never name a colour. They say what they are, by a dynamic property (see :func:`tag`) or
by their object name:

=====================  ==========================================================================
``card``               a surface with a hairline and 8 px corners
``title``              the heading of a card; as an object name, of a whole panel
``muted``, ``small``   quieter text; smaller text
``verdict``            ``holds``, ``fails``, ``inconclusive``: text on its tint
``message``            ``holds``, ``fails``, ``inconclusive``: text in that colour
``invalid``            a line edit whose text is not allowed
``link``, ``segment``  a button that reads as text; one of a row of choices
``primary``            the one button that is meant
=====================  ==========================================================================

Painted widgets read the palette: `Highlight` is the accent, `HighlightedText` the text on it,
`Base` the surface, `Mid` the hairline, `PlaceholderText` muted text, `BrightText` what fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from kernlab import assets

FONT_SIZE = 13
"""Pixels of the body text where the user has no other preference."""


@dataclass(frozen=True)
class Theme:
    """A theme's name and its colours by role, as `#RRGGBB`."""

    name: str
    roles: Mapping[str, str]

    def color(self, role: str) -> QColor:
        """The colour of a role.

        Raises:
            ValueError: there is no such role.
        """
        if role not in self.roles:
            raise ValueError(f"role is {role!r}; allowed: one of {', '.join(self.roles)}")
        return QColor(self.roles[role])

    def blend(self, role: str, over: str, share: float) -> QColor:
        """A role laid over another one at an opacity of `share`."""
        top, below = self.color(role), self.color(over)
        return QColor.fromRgbF(
            *(share * a + (1 - share) * b for a, b in zip(_rgb(top), _rgb(below), strict=True))
        )


def _rgb(color: QColor) -> tuple[float, float, float]:
    return color.redF(), color.greenF(), color.blueF()


def load(name: str) -> Theme:
    """The shipped theme `light` or `dark`; a ValueError for any other name."""
    return Theme(name, assets.roles(name))


def apply(app: QApplication, theme: Theme, font_size: int = FONT_SIZE) -> None:
    """Dress the whole application; may be called again at any time.

    The palette is explicit, because a colour scheme alone does nothing on some platforms.
    """
    app.setStyle("Fusion")
    app.setFont(body_font(font_size))
    app.setPalette(palette(theme))
    app.setStyleSheet(stylesheet(theme, font_size))


def body_font(size: int) -> QFont:
    """Inter where it is installed, else the system's font."""
    installed = "Inter" in QFontDatabase.families()
    font = (
        QFont("Inter")
        if installed
        else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    )
    font.setPixelSize(size)
    return font


def tabular_font() -> QFont:
    """The widget's own font, with figures of equal width; nothing else of it is fixed."""
    font = QFont()
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def tag(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties that the stylesheet selects by, and restyle only on a change."""
    changed = [name for name, value in properties.items() if widget.property(name) != value]
    for name in changed:
        widget.setProperty(name, properties[name])
    if changed:
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)


def palette(theme: Theme) -> QPalette:
    """Every palette role that Fusion and the painted widgets read."""
    role = QPalette.ColorRole
    table = {
        "background": (role.Window,),
        "surface": (role.Base, role.Button),
        "raised": (role.AlternateBase, role.ToolTipBase, role.Light, role.Midlight),
        "line": (role.Mid, role.Dark),
        "grid": (role.Shadow,),
        "text": (role.WindowText, role.Text, role.ButtonText, role.ToolTipText),
        "muted": (role.PlaceholderText,),
        "accent": (role.Highlight, role.Accent, role.Link),
        "on-accent": (role.HighlightedText,),
        "fails": (role.BrightText,),
        "trace4": (role.LinkVisited,),
    }
    result = QPalette()
    for name, targets in table.items():
        for target in targets:
            result.setColor(target, theme.color(name))
    off = QPalette.ColorGroup.Disabled
    dimmed = theme.blend("muted", "surface", 0.6)
    for target in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        result.setColor(off, target, dimmed)
    for target in (role.Highlight, role.Accent):
        result.setColor(off, target, theme.blend("muted", "surface", 0.35))
    result.setColor(off, role.HighlightedText, theme.color("surface"))
    return result


def stylesheet(theme: Theme, font_size: int = FONT_SIZE) -> str:
    """The one stylesheet of the application."""
    values = {name.replace("-", "_"): value for name, value in theme.roles.items()}
    values |= {
        "dimmed": theme.blend("muted", "surface", 0.6).name(),
        "hover": theme.blend("text", "surface", 0.05).name(),
        "pressed": theme.blend("text", "surface", 0.10).name(),
        "outline": theme.blend("muted", "surface", 0.55).name(),
        "strong": theme.blend("text", "accent", 0.18).name(),
        "accent_tint": theme.blend("accent", "surface", 0.08).name(),
        "small": f"{round(font_size * 12 / 13)}px",
        "tiny": f"{round(font_size * 11 / 13)}px",
        "large": f"{round(font_size * 20 / 13)}px",
        "brand": f"{round(font_size * 16 / 13)}px",
    }
    verdicts = "".join(
        _verdict.substitute(
            verdict=verdict,
            color=theme.roles[verdict],
            tint=theme.roles[f"{verdict}-tint"],
            tiny=values["tiny"],
        )
        for verdict in ("holds", "fails", "inconclusive")
    )
    return _sheet.substitute(values) + verdicts


_verdict = Template("""
QLabel[verdict="$verdict"] {
    color: $color; background: $tint; border-radius: 9px; padding: 2px 8px;
    font-size: $tiny; font-weight: 600;
}
QLabel[message="$verdict"] { color: $color; }
QFrame#message[kind="$verdict"] { background: $tint; border: 1px solid $color; }
QFrame#message[kind="$verdict"] QLabel { color: $color; }
""")

_sheet = Template("""
QToolTip {
    color: $text; background: $raised; border: 1px solid $grid; padding: 4px 6px;
}
QMainWindow, QDialog { background: $background; }

#card, QFrame[card="true"], QFrame#message {
    background: $surface; border: 1px solid $line; border-radius: 8px;
}
QFrame#message[kind="tell"] { background: $accent_tint; border-color: $accent; }
#navigation { background: $surface; border: none; border-right: 1px solid $line; }
#status { background: $background; border: none; border-top: 1px solid $line; }
#brand { font-size: $brand; font-weight: 600; padding: 4px 0; }
QLabel#title { font-size: $large; font-weight: 600; }
QLabel[title="true"] { font-weight: 600; }
#muted, *[muted="true"] { color: $muted; }
#muted:disabled, *[muted="true"]:disabled { color: $dimmed; }
QLabel#small, QLabel[small="true"] { font-size: $small; }
QLabel[message="fails"] { font-size: $small; }

QPushButton, QToolButton {
    color: $text; background: $surface; border: 1px solid $line; border-radius: 6px;
    padding: 4px 10px;
}
QPushButton:hover, QToolButton:hover { background: $hover; border-color: $grid; }
QPushButton:pressed, QToolButton:pressed { background: $pressed; }
QPushButton:checked, QToolButton:checked {
    color: $accent; background: $accent_tint; border-color: $accent;
}
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 3px 9px; }
QPushButton:disabled, QToolButton:disabled { color: $dimmed; background: $background; }
QPushButton::menu-indicator, QToolButton::menu-indicator {
    image: none; width: 0px; height: 0px; margin-left: 16px; border-left: 4px solid $surface;
    border-right: 4px solid $surface; border-top: 4px solid $muted;
    subcontrol-origin: padding; subcontrol-position: right center; right: 8px;
}
QPushButton[primary="true"] { color: $on_accent; background: $accent; border-color: $accent; }
QPushButton[primary="true"]:hover { background: $strong; }
QPushButton[primary="true"]:focus { border: 2px solid $text; }
QPushButton[primary="true"]:disabled {
    color: $surface; background: $outline; border-color: $outline;
}
QPushButton[flat="true"], QToolButton[autoRaise="true"] {
    background: transparent; border-color: transparent;
}
QPushButton[flat="true"]:hover, QToolButton[autoRaise="true"]:hover { background: $hover; }
QPushButton[flat="true"]:focus, QToolButton[autoRaise="true"]:focus { border-color: $accent; }
QPushButton#small:focus { padding: 0px 5px; }
QPushButton#small { padding: 1px 6px; font-size: $small; }
QPushButton[link="true"] {
    color: $accent; background: transparent; border: 1px solid transparent; border-radius: 4px;
    padding: 1px 2px; text-align: left;
}
QPushButton[link="true"][small="true"] { font-size: $small; }
QPushButton[link="true"]:hover { text-decoration: underline; background: transparent; }
QPushButton[link="true"]:focus { border-color: $accent; padding: 0px 1px; }
QPushButton[link="true"]:disabled { color: $dimmed; background: transparent; }
QPushButton[link="true"][muted="true"] { color: $muted; }
QPushButton[segment="true"] {
    background: $background; border-color: transparent; border-radius: 5px; padding: 3px 6px;
    color: $muted;
}
QPushButton[segment="true"]:hover { color: $text; background: $hover; }
QPushButton[segment="true"]:checked {
    color: $accent; background: $surface; border-color: $grid; font-weight: 600;
}
QPushButton[segment="true"]:focus { border-color: $accent; padding: 2px 5px; }
QPushButton[segment="true"]:disabled { color: $dimmed; }
#segments { background: $background; border: 1px solid $line; border-radius: 6px; }
QPushButton#entry {
    background: transparent; border-color: transparent; padding: 8px 12px; text-align: left;
}
QPushButton#entry:hover { background: $hover; }
QPushButton#entry:checked { color: $accent; background: $accent_tint; }
QPushButton#entry:focus { border-color: $accent; padding: 7px 11px; }

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox {
    color: $text; background: $surface; border: 1px solid $line; border-radius: 6px;
    padding: 2px 5px; selection-color: $on_accent; selection-background-color: $accent;
}
QLineEdit:hover, QComboBox:hover { border-color: $outline; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus {
    border: 2px solid $accent; padding: 1px 4px;
}
QLineEdit:disabled, QComboBox:disabled { color: $dimmed; background: $background; }
QLineEdit[invalid="true"] { border: 1px solid $fails; }
QLineEdit[invalid="true"]:focus { border: 2px solid $fails; }
QComboBox { padding: 4px 8px; }
QComboBox:focus { padding: 3px 7px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow {
    image: none; width: 0; height: 0; border-left: 4px solid $surface;
    border-right: 4px solid $surface; border-top: 4px solid $muted;
}
QComboBox QAbstractItemView, QMenu {
    color: $text; background: $raised; border: 1px solid $grid; padding: 4px;
    selection-color: $accent; selection-background-color: $accent_tint; outline: none;
}
QComboBox QAbstractItemView::item { padding: 4px 8px; min-height: 20px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { color: $accent; background: $accent_tint; }
QMenu::item:disabled { color: $dimmed; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QTabBar { background: transparent; }
QTabBar::tab {
    color: $muted; background: transparent; border: none; border-bottom: 2px solid transparent;
    padding: 5px 2px; margin-right: 16px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $accent; border-bottom-color: $accent; }
QTabBar::tab:selected:focus {
    color: $accent; background: $accent_tint; border: 2px solid $accent; padding: 3px 0px 5px 0px;
}

QProgressBar { background: $line; border: none; border-radius: 3px; color: $text; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QScrollArea, #side { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $grid; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $outline; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QTableView {
    background: $surface; border: none; gridline-color: $line; alternate-background-color: $raised;
}
QHeaderView::section {
    color: $muted; background: $surface; border: none; border-bottom: 1px solid $line;
    padding: 4px 8px;
}
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $line; }

#claim { border: 1px solid transparent; border-radius: 6px; background: transparent; }
#claim:hover { background: $raised; border-color: $line; }
#claim[expanded="true"] { background: $raised; border-color: $line; }
#claim:focus { border: 2px solid $accent; }

#overlay { background: $raised; border: 1px solid $grid; border-radius: 10px; }
#palette {
    background: transparent; border: none; border-bottom: 1px solid $line; border-radius: 0;
    padding: 12px 14px; font-size: $brand;
}
#palette:focus { border: none; border-bottom: 2px solid $accent; }
#offers { background: transparent; border: none; padding: 4px 0; }
""")
