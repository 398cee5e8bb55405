"""The search for the value of a parameter at which the verdict of a claim flips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from kernlab.engine.contract.breaks import Break
from kernlab.engine.contract.experiment import CLAIMS
from kernlab.engine.contract.text import number
from kernlab.ui.mailbox import Failed, Mail
from kernlab.ui.requests import Request

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

SEARCH = "search"
"""The kind of errand, and what a message is about."""


class BreakSearch(QObject):
    """Searches from the current parameters; a change of them puts an end to it."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._wanted: Request | None = None
        panel.runs.add_errand(SEARCH, self)
        panel.claims.break_requested.connect(self._ask)
        panel.parameters_changed.connect(lambda _: self._forget())

    def _ask(self, claim: str) -> None:
        """Ask which parameter to search, in a menu at the pointer."""
        panel = self._panel
        menu = QMenu(panel)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addSection(f"{claim}: search over")
        for field in panel.controls.fields:
            if field.span and field.name != "seed":
                action = menu.addAction(f"{field.label} {field.symbol}".strip())
                action.triggered.connect(lambda _=False, n=field.name: self.find(claim, n))
        menu.popup(QCursor.pos())

    def find(self, claim: str, parameter: str) -> None:
        """Search the value of a parameter at which a claim's verdict flips; mark its slider."""
        panel, runs = self._panel, self._panel.runs
        panel.controls.clear_marks()
        request = runs.request("full", (CLAIMS,), purpose="break", claim=claim, parameter=parameter)
        self._wanted = request
        runs.send(SEARCH, request)
        name = parameter.replace("_", " ")
        panel.message.tell(f"Looking for the {name} at which {claim} flips …", topic=SEARCH)

    def take(self, mail: Mail) -> None:
        """Show what has been found so far."""
        wanted, news = self._wanted, mail.found
        if wanted is not None and news is not None and news[0].number == wanted.number:
            self._show(wanted.claim, wanted.parameter, news[1])
        if isinstance(mail.end, Failed):
            self._panel.message.warn(mail.end.message, SEARCH)

    def _show(self, claim: str, parameter: str, found: Break) -> None:
        text = f"{claim} flips at {number(found.value, 4)}"
        self._panel.controls.mark(parameter, found.value, text)
        if found.final:
            before, after = found.verdicts
            name = parameter.replace("_", " ")
            self._panel.message.tell(
                f"{claim} {before} for {name} up to {number(found.low, 5)} "
                f"and {after} from {number(found.high, 5)}.",
                topic=SEARCH,
            )

    def cancel(self) -> None:
        """Stop searching."""
        if SEARCH in self._panel.runs.errands:
            self._panel.message.settle(SEARCH)
            self._panel.runs.errands.cancel(SEARCH)

    def _forget(self) -> None:
        self.cancel()
        self._wanted = None
