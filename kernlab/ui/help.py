"""The help of a panel: its page, made from the declaration, in a window of its own."""

from __future__ import annotations

import traceback
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from kernlab.engine.contract.help import Entry, Page, Section, page_of
from kernlab.ui.actions import add_action

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

WIDTH, HEIGHT = 640, 760
RESTYLED = (
    QEvent.Type.PaletteChange,
    QEvent.Type.FontChange,
    QEvent.Type.StyleChange,
    QEvent.Type.ApplicationPaletteChange,
)


class HelpWindow(QDialog):
    """A page to read beside the panel; it blocks nothing, and Escape closes it."""

    def __init__(self, page: Page, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._colors: tuple[str, ...] = ()
        self.setWindowTitle(f"Help: {page.title} – kernlab")
        self.setModal(False)
        self.browser = QTextBrowser(openLinks=False)
        self.browser.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.browser.setAccessibleName(f"Help: {page.title}")
        self.browser.document().setDocumentMargin(20)
        self.browser.anchorClicked.connect(
            lambda link: self.browser.scrollToAnchor(link.fragment())
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(self.browser)
        room = parent.window().size() if parent is not None else self.maximumSize()
        self.resize(min(WIDTH, room.width()), min(HEIGHT, room.height()))
        self._render()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in RESTYLED:
            self._render()

    def _render(self) -> None:
        """Write the page in the colours of the theme, and stay where the reader was."""
        role, colors = QPalette.ColorRole, self.palette()
        found = [colors.color(r).name() for r in (role.PlaceholderText, role.Link, role.Mid)]
        size = self.fontInfo().pixelSize()
        now = (*found, colors.color(role.WindowText).name(), str(size))
        if now == self._colors:
            return
        self._colors = now
        muted, link, line = found
        bar = self.browser.verticalScrollBar()
        place = bar.value()
        self.browser.document().setDefaultStyleSheet(
            f"h1 {{ font-size: {round(1.5 * size)}px; font-weight: 600; margin: 0 }}"
            f"h2 {{ font-size: {round(1.15 * size)}px; font-weight: 600; margin-top: 22px }}"
            f".muted {{ color: {muted} }} a {{ color: {link}; text-decoration: none }}"
            f".name {{ font-weight: 600 }} hr {{ color: {line} }}"
            "p { margin: 4px 0 } td { padding: 1px 12px 1px 0 }"
        )
        self.browser.setHtml(as_html(self._page))
        bar.setValue(place)


def as_html(page: Page) -> str:
    """The page with classes for what is quiet and what is a name."""
    contents = " · ".join(
        f'<a href="#{at}">{escape(section.title)}</a>' for at, section in enumerate(page.sections)
    )
    body = "".join(_section(at, section) for at, section in enumerate(page.sections))
    return (
        f"<h1>{escape(page.title)}</h1><p class='muted'>{escape(page.question)}</p>"
        f"<p>{contents}</p>{body}"
    )


def _section(at: int, section: Section) -> str:
    paragraphs = "".join(f"<p>{_text(text)}</p>" for text in section.paragraphs)
    entries = "".join(_entry(entry) for entry in section.entries)
    return f'<h2><a name="{at}"></a>{escape(section.title)}</h2>{paragraphs}{entries}'


def _entry(entry: Entry) -> str:
    rows = "".join(
        f"<tr><td class='muted'>{escape(caption)}</td><td>{_text(text)}</td></tr>"
        for caption, text in entry.facts
    )
    if not (entry.text or rows):
        return f"<p>{_text(entry.name)}</p>"
    name = f"<span class='name'>{_text(entry.name)}</span>"
    text = f"<br>{_text(entry.text)}" if entry.text else ""
    table = f"<table cellspacing='0'>{rows}</table>" if rows else ""
    return f"<p style='margin-top: 12px'>{name}{text}</p>{table}"


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")


class Help:
    """Opens the help of a panel, which is made when it is first asked for."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self.window: HelpWindow | None = None
        tip = "What this panel shows and means"
        add_action(panel, "Help", self.open, "F1", tip, menu=panel.toolbar.tools)

    def open(self) -> None:
        """Show the page, or bring it to the front."""
        panel = self._panel
        if self.window is None:
            try:
                page = page_of(panel.experiment)
            except Exception as error:
                details = "".join(traceback.format_exception(error))
                panel.message.fail(f"The help page cannot be made: {error}", details)
                return
            self.window = HelpWindow(page, panel)
            self.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
