"""Sweep from the window: one quantity over the values of one parameter, streaming.

It runs as an errand on the lane, in the time that nothing else needs, and goes on while the
figures are shown again. The page is built when it is first opened.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.drawing import Drawing, draw
from kernlab.engine.contract.figure import Figure
from kernlab.engine.contract.parameters import fields_of
from kernlab.engine.contract.quantity import Quantity, quantities
from kernlab.engine.contract.sweep import (
    MOST_REPEATS,
    RUNS,
    TABLE,
    Plan,
    check_plan,
    figure,
    held,
    recipe,
    refusals,
)
from kernlab.engine.contract.sweep_values import default_values, parse_values, write_values
from kernlab.engine.contract.table import Table
from kernlab.export import Bundle
from kernlab.threads import thread_counts
from kernlab.ui.actions import add_action
from kernlab.ui.mailbox import Failed, Finished, Mail
from kernlab.ui.requests import rescaled
from kernlab.ui.saving import ask_target
from kernlab.ui.sweep_card import SweepPage

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

KIND = "sweep"
"""The kind of errand."""
PAUSE = 250
"""Milliseconds after a key press until the form is read again."""
MOST_SHOWN = 12
KINDS = (
    "PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;Medians, CSV (*.csv);;All runs, CSV in a ZIP (*.zip)"
)


class Sweeping(QObject):
    """The sweep of a panel: its page, what runs, and what has come of it.

    Signals:
        export_requested(path, bundle): the user wants it in a file.
    """

    export_requested = Signal(object, object)

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._page: SweepPage | None = None
        self._touched = ""
        self._known: dict[str, Quantity] = {}
        self._plan: Plan | None = None
        self._parameters: Any = None
        self._tables: Mapping[str, Table] = {}
        self._scales: dict[tuple[str, str], bool] = {}
        self._started = 0.0
        self._running = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._describe)
        tip = "Measure one number over the values of a parameter: medians with quartiles"
        menu = panel.toolbar.tools
        add_action(panel, "Sweep…", self.toggle, "Ctrl+Shift+S", tip, menu=menu)
        panel.controls.changed.connect(self._on_touched)
        panel.parameters_changed.connect(self._on_parameters)
        panel.finished.connect(lambda _: self._offer())
        panel.tabs.currentChanged.connect(lambda _: self.close())
        panel.claims.highlight_requested.connect(lambda _: self.close())
        panel.roles_changed.connect(self._set_roles)
        panel.runs.add_errand(KIND, self)

    # -- page -------------------------------------------------------------------------------

    @property
    def shown(self) -> bool:
        """Whether the page stands in the place of the figures."""
        return self._page is not None and not self._page.isHidden()

    def toggle(self) -> None:
        """Open the page, or go back to the figures."""
        if self.shown:
            self.close()
        else:
            self.open()

    def open(self) -> SweepPage:
        """Show the page in the place of the figures."""
        page = self._page or self._build()
        self._panel.grid.hide()
        self._panel.tabs.hide()
        page.show()
        self._offer()
        self._on_parameters(False)
        page.values.setFocus()
        return page

    def close(self) -> None:
        """Show the figures again; a sweep that runs goes on."""
        if self._page is not None and self.shown:
            self._page.hide()
            self._panel.grid.show()
            self._panel.tabs.setVisible(self._panel.tabs.count() > 1)

    def _set_roles(self, roles: Mapping[str, str]) -> None:
        if self._page is not None:
            self._page.card.set_roles(roles)

    def _build(self) -> SweepPage:
        panel = self._panel
        fields = [f for f in fields_of(panel.experiment.Parameters) if f.sweepable]
        self._page = page = SweepPage(fields, panel.roles)
        numeric = [field.name for field in fields if field.span]
        page.choose_parameter(self._touched or next(iter(numeric), fields[0].name))
        page.parameter_chosen.connect(self._on_chosen)
        page.changed.connect(self._pause.start)
        page.entered.connect(self._on_entered)
        page.longer.toggled.connect(lambda _: self._forget())
        page.start.clicked.connect(lambda _=False: self._start_or_cancel())
        page.export.clicked.connect(lambda _=False: self._choose_file())
        page.export.setEnabled(False)
        page.back.clicked.connect(lambda _=False: self.close())
        page.card.scale_requested.connect(self._on_scale)
        if "seed" not in panel.controls.values():
            page.repeats.setText("1")
        self._on_chosen()
        panel.centre.addWidget(page, 1)
        return page

    def _on_chosen(self) -> None:
        page = self._page
        assert page is not None
        page.values.setText(default_values(page.field, self._here(page.field.name)))
        self._describe()

    def _on_entered(self) -> None:
        """Read the form now, and start where nothing is wrong with it."""
        assert self._page is not None
        self._pause.stop()
        self._describe()
        self._page.start.click()

    def _here(self, name: str) -> Any:
        return getattr(self._panel.parameters, name)

    # -- what the form says -----------------------------------------------------------------

    def _forget(self) -> None:
        self._known = {}
        self._offer()

    def _offer(self) -> None:
        """List what the panel's runs have shown to be measurable."""
        page, panel = self._page, self._panel
        if page is None or not self.shown or self._running:
            return
        tables = panel.lane.known(panel.experiment.key)
        try:
            found = quantities(
                panel.experiment, panel.parameters, tables, longer=page.longer.isChecked()
            )
        except Exception as error:
            page.say(f"The quantities cannot be listed: {error}", "fails")
            return
        known = {key: q for key, q in self._known.items() if q.table not in tables}
        known |= {quantity.key: quantity for quantity in found}
        if known != self._known:
            self._known = known
            page.offer(list(known.values()), self._favourite())
            if self._plan is None:
                self._describe()

    def _favourite(self) -> str:
        """What is measured unless another is chosen: a number of a claim that fails here."""
        cards = self._panel.claims.cards.values()
        failing = [c.claim.id for c in cards if c.claim.verdict == "fails"]
        numbers = [c.claim.id for c in cards if isinstance(c.claim.measured, float)]
        return next((key for key in [*failing, *numbers] if key in numbers), "")

    def _read(self) -> Plan:
        """The plan in the form; a ValueError says what is wrong with it."""
        page = self._page
        assert page is not None
        if page.measured is None:
            raise ValueError("nothing to measure is known yet; let the panel's run finish")
        text = page.repeats.text().strip()
        if not text.isdecimal():
            raise ValueError(
                f"repeats is {text!r}; allowed: a whole number from 1 to {MOST_REPEATS}"
            )
        values = parse_values(page.field, page.values.text())
        plan = Plan(page.field.name, values, int(text), page.measured)
        check_plan(self._panel.experiment, self._panel.parameters, plan)
        return plan

    def _describe(self) -> None:
        """Say what the form asks for, or what is wrong with it."""
        page = self._page
        if page is None or self._running:
            return
        try:
            plan = self._read()
        except ValueError as error:
            page.say(str(error), "fails" if page.measured else "")
            page.start.setEnabled(False)
            return
        page.start.setEnabled(True)
        shown = write_values(page.field, plan.values[:MOST_SHOWN])
        more = " …" if len(plan.values) > MOST_SHOWN else ""
        page.say(f"{_runs(plan)}: {shown}{more}")
        self._tell_held(self._plan or plan)

    def _tell_held(self, plan: Plan) -> None:
        """Say what the figure's sweep held fixed, or what the first one would."""
        assert self._page is not None
        experiment, now = self._panel.experiment, self._panel.parameters
        made = now if self._plan is None else self._parameters
        text = held(experiment, made, plan)
        moved = text != held(experiment, now, plan)
        since = " The controls have moved since; a new sweep starts from them." if moved else ""
        self._page.fixed.setText(f"Held fixed: {text}.{since}")

    def _on_touched(self, name: str, _moving: bool) -> None:
        self._touched = name

    def _on_parameters(self, moving: bool) -> None:
        """Keep the mark of the current value, and what a sweep from here would hold fixed."""
        if moving or not self.shown:
            return
        self._draw()
        if self._plan is None:
            self._pause.start()
        else:
            self._tell_held(self._plan)

    # -- runs -------------------------------------------------------------------------------

    def _start_or_cancel(self) -> None:
        if self._running:
            self.cancel()
        else:
            self.start()

    def start(self) -> None:
        """Sweep what the form asks for, from the panel's parameters."""
        page = self._page
        assert page is not None
        try:
            plan = self._read()
        except ValueError as error:
            page.say(str(error), "fails")
            return
        self._plan, self._tables, self._parameters = plan, {}, self._panel.parameters
        self._started = time.perf_counter()
        self._set_running(True)
        page.bar.setValue(0)
        page.export.setEnabled(False)
        page.say(f"{_runs(plan)} to do …")
        self._tell_held(plan)
        runs = self._panel.runs
        runs.send(KIND, runs.request("full", (), purpose="sweep", plan=plan))

    def cancel(self) -> None:
        """Stop the sweep; what has been measured stays."""
        if self._running:
            self._panel.runs.drop(KIND)
            self._set_running(False)
            self._tell_end("Cancelled after")

    def _set_running(self, running: bool) -> None:
        self._running = running
        if self._page is not None:
            self._page.show_running(running)

    def take(self, mail: Mail) -> None:
        """Take what the lane has made of the sweep."""
        if mail.swept is not None and mail.swept[0] is self._plan and self._running:
            self._tables = mail.swept[1]
            self._draw()
            self._tell_progress()
        if mail.end is not None and self._running and mail.end.request.plan is self._plan:
            self._end(mail.end)

    def _end(self, event: Finished | Failed) -> None:
        assert self._page is not None
        self._set_running(False)
        if isinstance(event, Failed):
            self._page.say(event.message, "fails")
            self._panel.message.fail(f"The sweep stopped: {event.message}", event.details)
        else:
            self._tell_end("Done:")

    @property
    def _done(self) -> int:
        return len(self._tables[RUNS]) if RUNS in self._tables else 0

    def _tell_progress(self) -> None:
        assert self._page is not None and self._plan is not None
        total = len(self._plan.values) * self._plan.repeats
        share = self._done / total
        left = (time.perf_counter() - self._started) * (1 / share - 1)
        soon = f", about {left:.0f} s left" if left >= 1.5 else ""
        self._page.bar.setValue(round(1000 * share))
        self._page.say(f"{self._done} of {total} runs{soon}")
        self._page.export.setEnabled(True)

    def _tell_end(self, words: str) -> None:
        assert self._page is not None
        seconds = time.perf_counter() - self._started
        refused = refusals(self._tables)
        gaps = f"{len(refused)} value{'s' * (len(refused) != 1)} refused"
        why = f" {gaps}: {next(iter(refused.values()))}." if refused else ""
        runs = f"{self._done} run{'s' * (self._done != 1)}"
        self._page.say(f"{words} {runs} in {seconds:.1f} s.{why}", "inconclusive" if why else "")

    # -- figure and files -------------------------------------------------------------------

    def _figure(self, here: Any = None) -> Figure:
        assert self._plan is not None
        scales = tuple((key, axis, log) for (key, axis), log in self._scales.items())
        made = rescaled(figure(self._panel.experiment, self._plan, self._tables, here), scales)
        assert isinstance(made, Figure)
        return made

    def _draw(self) -> None:
        if self._page is None or self._plan is None or TABLE not in self._tables:
            return
        drawing = draw(self._figure(self._here(self._plan.parameter)), self._tables)
        assert isinstance(drawing, Drawing)
        self._page.card.show_drawing(drawing)

    def _on_scale(self, key: str, axis: str, log: bool) -> None:
        self._scales[key, axis] = log
        self._draw()

    def bundle(self) -> Bundle:
        """What an export needs: the figure, both tables, and the recipe with the sweep inside."""
        panel, plan = self._panel, self._plan
        assert plan is not None
        made = recipes.make(panel.experiment.key, self._parameters, thread_counts())
        return Bundle(
            title=f"{panel.experiment.title}: sweep",
            answer=f"Held fixed: {held(panel.experiment, self._parameters, plan)}.",
            figures=(self._figure(),),
            tables=self._tables,
            recipe={**made, "sweep": recipe(plan)},
            order=(TABLE, RUNS),
        )

    def _choose_file(self) -> None:
        name = f"{self._panel.experiment.key}-sweep"
        target = ask_target(self._panel, "Export the sweep", name, KINDS)
        if target is not None:
            self.export_requested.emit(target, self.bundle())


def _runs(plan: Plan) -> str:
    count, runs = len(plan.values), len(plan.values) * plan.repeats
    return f"{count} value{'s' * (count != 1)}, {runs} run{'s' * (runs != 1)}"
