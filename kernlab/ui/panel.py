"""One panel, whatever the experiment: figures in the centre, controls and claims on the right.

Everything here is derived from the experiment's declaration; no experiment has a line of its
own in the window.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.breaks import Break
from kernlab.engine.contract.claim import NOT_MEASURED, Claim, Preset
from kernlab.engine.contract.drawing import Drawing, DrawnSheet
from kernlab.engine.contract.experiment import CLAIMS, Experiment
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.sweep import Plan
from kernlab.engine.contract.text import number
from kernlab.ui import control_menu, formulas, locks
from kernlab.ui.actions import add_action
from kernlab.ui.animation import Animator
from kernlab.ui.animation_bar import AnimationBar
from kernlab.ui.answer import Answer
from kernlab.ui.cards import FigureCard, FigureGrid, SheetCard
from kernlab.ui.claims import ClaimList
from kernlab.ui.control_menu import Provider
from kernlab.ui.controls import Controls
from kernlab.ui.errands import Errands
from kernlab.ui.help import Help
from kernlab.ui.jobs import Failed, Finished, Held, Lane, Mail, Request, Status
from kernlab.ui.memory import Keeper
from kernlab.ui.message import Message
from kernlab.ui.own_presets import OwnPresets
from kernlab.ui.pinning import PIN, Pinning
from kernlab.ui.side import Side
from kernlab.ui.step_mode import StepMode
from kernlab.ui.sweep import Sweeping
from kernlab.ui.toolbar import Toolbar
from kernlab.ui.undo import Undo

REST = 120
"""Milliseconds without a change after which the full run starts."""
CLAIMS_REST = 1000
"""Milliseconds of rest after which the window measures what only the claims need."""
VALUE, RUN, SEARCH, EXPORT = "value", "run", "search", "export"
"""What a message is about, so that it goes when it is no longer so."""
STALE = 0.25
"""Seconds that a figure may lag behind before it is dimmed."""


class Panel(QWidget):
    """An experiment in the window.

    Signals:
        parameters_changed(moving): there is a new parameter set; `moving` while a slider is
            dragged.
        status_changed: the note, the fraction or the precision of the panel's run changed.
        file_requested(field): the user wants to choose a file for a data parameter.
        picture_shown(seconds): a picture of the newest parameters is on screen, that long
            after they changed.
        finished(Finished), failed(Failed), errand_failed(Failed): a run has ended.
        cancelled: what runs is about to be cancelled.
        held(note): a stepwise run made a step and waits for the next.
    """

    parameters_changed = Signal(bool)
    status_changed = Signal()
    file_requested = Signal(str)
    picture_shown = Signal(float)
    finished = Signal(object)
    failed = Signal(object)
    errand_failed = Signal(object)
    cancelled = Signal()
    held = Signal(str)

    def __init__(self, experiment: Experiment, lane: Lane, roles: Mapping[str, str]) -> None:
        super().__init__()
        self.experiment = experiment
        self.lane = lane
        self.serial = 0
        self.status: Status | None = None
        self.moving = False
        self._roles = dict(roles)
        self._changed_at = time.perf_counter()
        self._pictured = -1
        self._shown: dict[str, int] = {}
        self._complete: dict[str, int] = {}
        self._errands = Errands(experiment.key, lane)
        self._running = False
        self._answered = -1
        self._collected: Callable[[Finished], None] | None = None
        self._search: tuple[str, str] | None = None
        self.scales: dict[tuple[str, str], bool] = {}
        self._cards: dict[str, FigureCard | SheetCard] = {}
        self._late: dict[str, str] = {}
        self.parameters = experiment.Parameters()
        self.memory: dict[str, Keeper] = {}
        self.menu_providers: list[Provider] = []
        locks.wire(self)
        self._build()
        self._next = self._timer(0, self._take_figures)
        self._rest = self._timer(REST, self._run_full)
        self._claims_rest = self._timer(CLAIMS_REST, self._run_claims)
        self._fill_view()
        self.undo = Undo(self)
        self.own_presets = OwnPresets(self)
        self.formulas = formulas.add_to(self)
        self.help = Help(self)
        self.sweeping = Sweeping(self, self._roles)

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    # -- widgets ----------------------------------------------------------------------------

    def _build(self) -> None:
        self.toolbar = Toolbar(self.experiment)
        for preset in self.experiment.presets:
            self.toolbar.presets.addAction(self.preset_action(preset))
        self.toolbar.run_pressed.connect(self.run_or_cancel)
        self.toolbar.side_toggled.connect(lambda shown: self.side.setVisible(shown))
        self.answer = Answer()
        self.message = Message(lambda: (self.experiment.key, self.parameters))
        self.tabs = QTabBar(objectName="views", drawBase=False, expanding=False)
        self.tabs.setAccessibleName("Views")
        for view in self.experiment.views:
            self.tabs.addTab(view)
        self.tabs.currentChanged.connect(lambda _: self._change_view())
        if len(self.experiment.views) < 2:  # to show it here would open a window of its own
            self.tabs.hide()
        self.grid = FigureGrid()
        centre = QVBoxLayout()
        centre.setContentsMargins(16, 12, 8, 8)
        centre.setSpacing(8)
        self.pins = Pinning(self, self._errands, self._roles)
        for widget in (self.toolbar, self.answer, self.message, self.tabs, self.pins.bar):
            centre.addWidget(widget)
        centre.addWidget(self.grid, 1)
        self.centre = centre
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(centre, 1)
        layout.addWidget(self._side())
        control_menu.wire(self)
        self.animator = Animator(self)
        self.animation_bar = AnimationBar(self.animator)
        centre.insertWidget(centre.indexOf(self.grid), self.animation_bar)
        if getattr(self.experiment, "iterative", False):
            self.step_mode = StepMode(self)

    def preset_action(self, preset: Preset) -> QAction:
        """What loads a preset."""
        return add_action(
            self, preset.title, lambda: self.load_preset(preset), tip=preset.look_at
        )

    def _side(self) -> Side:
        self.controls = Controls(self.experiment.Parameters)
        self.controls.changed.connect(self._on_changed)
        self.controls.file_requested.connect(self.file_requested)
        self.claims = ClaimList()
        self.claims.break_requested.connect(self._on_break_requested)
        self.claims.preset_requested.connect(self._load_titled)
        self.claims.measure_requested.connect(self._run_claims)
        self.claims.highlight_requested.connect(self._highlight)
        self.side = Side(self.controls, self.claims)
        return self.side

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint the figures in the colours of another theme."""
        self._roles = dict(roles)
        self.pins.set_roles(self._roles)
        self.sweeping.set_roles(self._roles)
        for card in self._cards.values():
            card.set_roles(self._roles)

    # -- views and cards --------------------------------------------------------------------

    @property
    def view(self) -> str:
        return self.experiment.views[max(0, self.tabs.currentIndex())]

    def _fill_view(self) -> None:
        """Show the cards of the chosen view, in the order in which the experiment lists them."""
        listed = [figure for figure in self._listed() if figure.view == self.view]
        keys = [self._card(f, isinstance(f, Sheet)) for f in listed]
        late = [key for key, view in self._late.items() if view == self.view and key not in keys]
        cards = [self._cards[key] for key in [*keys, *late]]
        if cards != list(self.grid.cards):
            self.grid.set_cards(cards)

    def _listed(self) -> Sequence[Figure | Sheet]:
        """The experiment's figures before anything is computed."""
        try:
            return self.experiment.figures(self.parameters, {})
        except Exception as error:
            details = "".join(traceback.format_exception(error))
            self.message.fail(f"The figures cannot be listed: {error}", details)
            return ()

    def _card(self, figure: Figure | Sheet | Drawing | DrawnSheet, sheet: bool) -> str:
        """The key of a figure, whose card is made where there is none yet."""
        if figure.key not in self._cards:
            kind = SheetCard if sheet else FigureCard
            self._cards[figure.key] = self._new_card(kind, figure.key, figure.title)
        return figure.key

    def _new_card(self, kind: Any, key: str, title: str) -> FigureCard | SheetCard:
        card: FigureCard | SheetCard = kind(key, title, self._roles)
        if isinstance(card, FigureCard):
            card.enlarge_requested.connect(self.grid.enlarge)
            card.clicked.connect(self._on_figure_clicked)
            card.scale_requested.connect(self._on_scale_requested)
        return card

    def _change_view(self) -> None:
        self._fill_view()
        if self._complete.get(self.view) != self.serial:
            self._submit("full")
        self.pins.complete()

    def _on_scale_requested(self, key: str, axis: str, log: bool) -> None:
        self.scales[key, axis] = log
        self._submit("full")

    def _highlight(self, key: str) -> None:
        for figure in self._listed():
            if figure.key == key and figure.view != self.view:
                self.tabs.setCurrentIndex(self.experiment.views.index(figure.view))
        for name, card in self._cards.items():
            if isinstance(card, FigureCard):
                card.highlight(name == key)

    # -- parameters -------------------------------------------------------------------------

    def start(self) -> None:
        """Compute the first picture."""
        self._fill_view()
        self._apply(moving=False)

    def set_parameters(self, values: Mapping[str, Any]) -> None:
        """Take over parameters; those that are not named, or are locked, keep their values."""
        now = self.controls.values()
        self.controls.set_values({**now, **values})
        kept = [n for n in self.controls.locked if n in values and values[n] != now[n]]
        if kept:
            self.message.tell(f"{', '.join(kept)} stayed as before: locked.")

    def _load_titled(self, title: str) -> None:
        self.load_preset(next(item for item in self.experiment.presets if item.title == title))

    def load_preset(self, preset: Preset) -> None:
        """Load a preset over the defaults and say what to look at."""
        self.set_parameters({**vars(self.experiment.Parameters()), **preset.parameters})
        locked = self.controls.locked
        stayed = f" ({', '.join(locked)} stayed as before: locked.)" if locked else ""
        self.message.tell(f"{preset.title}: {preset.look_at}{stayed}")

    def _on_changed(self, name: str, moving: bool) -> None:
        self._apply(moving)

    def _apply(self, moving: bool) -> None:
        try:
            self.parameters = self.controls.parameters()
        except ValueError as error:
            self.message.warn(str(error), VALUE)
            return
        self.message.settle(VALUE)
        self.moving = moving
        self.serial += 1
        self._changed_at = time.perf_counter()
        if "search" in self._errands:
            self.message.settle(SEARCH)
        self._errands.cancel("search", "answer")
        self._search = None
        self.parameters_changed.emit(moving)
        self.claims.set_outdated(bool(self.claims.cards))
        self._claims_rest.stop()
        self._submit("coarse")
        if moving:
            self._rest.stop()
        else:
            self._rest.start()

    def _on_figure_clicked(self, key: str, x: float, y: float) -> None:
        clicks = [f.click for f in self._listed() if isinstance(f, Figure) and f.key == key]
        click = clicks[0] if clicks else None
        if click:
            self.controls.set_values(
                {
                    **self.controls.values(),
                    click[0]: self._clamp(click[0], x),
                    click[1]: self._clamp(click[1], y),
                }
            )

    def _clamp(self, name: str, value: float) -> float | int:
        """A value from a picture: no more digits than a click can mean, within the range."""
        field = self.controls.control(name).field
        value = float(f"{value:.3e}")
        if field.span:
            value = min(max(value, field.span.low), field.span.high)
        return round(value) if field.kind == "int" else value

    # -- runs -------------------------------------------------------------------------------

    def _request(self, fidelity: Any, views: tuple[str, ...], **more: Any) -> Request:
        return Request(
            self.experiment.key,
            self.serial,
            self.experiment,
            self.parameters,
            fidelity,
            views,
            scales=tuple((key, axis, log) for (key, axis), log in self.scales.items()),
            **more,
        )

    def _submit(self, fidelity: Any) -> None:
        self.lane.submit(self._request(fidelity, (self.view,)))
        self._set_running()

    def _set_running(self) -> None:
        self._running = True
        self.toolbar.set_running(True)
        self._show_waiting("computing…")

    def _show_waiting(self, text: str) -> None:
        for card in self._cards.values():
            card.set_waiting(text)

    def _run_full(self) -> None:
        self._submit("full")

    def refine(self) -> None:
        """Compute the picture that there would be at rest, also while a slider moves."""
        self.moving = False
        self._submit("full")

    def run_stepwise(self) -> None:
        """Run in full once more, from the start, and stand still after each step with tables."""
        self._rest.stop()
        self._claims_rest.stop()
        others = [view for view in self.experiment.views if view != self.view]
        self.lane.submit(self._request("full", (self.view, *others), stepwise=True))
        self._set_running()

    def advance(self, *, to_end: bool = False) -> bool:
        """Let the stepwise run make its next step, or go on to its end; False where none is."""
        goes_on = self.lane.advance(self.experiment.key, to_end=to_end)
        if goes_on:
            self._set_running()
        return goes_on

    def show_note(self, note: str) -> None:
        """Say in the status line what the panel is at, while nothing runs."""
        self._set_idle(note)

    def _run_claims(self) -> None:
        self.lane.submit(self._request("full", (CLAIMS,), purpose="claims"))
        self._set_running()

    def collect(self, done: Callable[[Finished], None]) -> None:
        """Run all views to the end, then call back with everything that they made.

        It is an errand: changes of parameters meanwhile do not concern it.
        """
        self._collected = done
        views = (*self.experiment.views, CLAIMS)
        self._send("export", self._request("full", views, purpose="collect"))

    def _send(self, errand: str, request: Request) -> None:
        self._errands.send(errand, request)
        self.toolbar.set_running(True)
        if not self._running:
            self._set_idle("")

    def send_sweep(self, plan: Plan) -> None:
        """Sweep from the current parameters, as an errand."""
        self._send("sweep", self._request("full", (), purpose="sweep", plan=plan))

    def drop_sweep(self) -> None:
        """Stop the sweep."""
        self._errands.cancel("sweep")
        if not self._running:
            self._set_idle("cancelled")

    @property
    def pictured(self) -> bool:
        """Whether a picture has been shown yet."""
        return self._pictured >= 0

    @property
    def collecting(self) -> bool:
        """Whether an export is being computed."""
        return "export" in self._errands

    def run_or_cancel(self) -> None:
        """Cancel what runs, or run again where nothing does."""
        if self.toolbar.running:
            self.cancelled.emit()
            self._rest.stop()
            self._claims_rest.stop()
            self.lane.cancel(self.experiment.key)
            for topic, kind in ((EXPORT, "export"), (SEARCH, "search")):
                if kind in self._errands:
                    self.message.settle(topic)
            self.pins.cancel()
            self.sweeping.cancel()
            self._errands.cancel("export", "search", "answer")
            self._set_idle("cancelled")
        else:
            self._submit("full")

    def _on_break_requested(self, claim: str) -> None:
        """Ask which parameter to search, in a menu at the pointer."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addSection(f"{claim}: search over")
        for field in self.controls.fields:
            if field.span and field.name != "seed":
                action = menu.addAction(f"{field.label} {field.symbol}".strip())
                action.triggered.connect(lambda _=False, n=field.name: self.find_break(claim, n))
        menu.popup(QCursor.pos())

    def find_break(self, claim: str, parameter: str) -> None:
        """Search the value of a parameter at which a claim's verdict flips; mark its slider."""
        self._search = (claim, parameter)
        self.controls.clear_marks()
        more = {"purpose": "break", "claim": claim, "parameter": parameter}
        self._send("search", self._request("full", (CLAIMS,), **more))
        name = parameter.replace("_", " ")
        self.message.tell(f"Looking for the {name} at which {claim} flips …", topic=SEARCH)

    # -- news from the lane -----------------------------------------------------------------

    def poll(self) -> None:
        """Take what the lane has made; called by the window's timer."""
        self._take_figures()
        mail = self.lane.mailbox.take_rest(self.experiment.key)
        if mail is not None:
            current = mail.status is not None and mail.status.serial == self.serial
            if current and self._running:
                self.status = mail.status
                self.status_changed.emit()
            if mail.answer is not None:
                self._show_answer(*mail.answer)
            if mail.claims is not None and mail.claims[0] == self.serial:
                self._show_claims(mail.claims[1])
            if mail.formulas is not None and mail.formulas[0] == self.serial:
                self.formulas.show_formulas(mail.formulas[1])
            for event in mail.events:
                if isinstance(event, Held):
                    self._on_held(event)
                elif isinstance(event, Finished):
                    self._on_finished(event)
                else:
                    self._on_failed(event)
        self.poll_errands()
        self._dim()

    def poll_errands(self) -> None:
        """Take what the lane has made besides the picture; also while another panel is shown."""
        self.pins.poll()
        for errand in self._errands.news():
            self._on_errand(errand)

    def _show_claims(self, claims: Sequence[Claim]) -> None:
        """Show verdicts once they are measured; the first ones also while they are not."""
        waiting = all(claim.reason == NOT_MEASURED for claim in claims)
        if waiting and self.claims.cards:
            return
        self.claims.set_claims(claims)
        self.claims.set_outdated(False)

    def _take_figures(self) -> None:
        """Hand one figure to its card; the lane goes on once all that came are painted.

        One at a time: each is painted before the next, so that no stall is longer than one paint.
        """
        news = self.lane.mailbox.take_figure(self.experiment.key)
        if news is not None:
            self._show(*news)
            self._next.start()
        elif not self._next.isActive():
            self.lane.seen(self.experiment.key)

    def _show(self, serial: int, drawing: Drawing | DrawnSheet) -> None:
        if drawing.key not in self._cards:  # one that the experiment lists once it has tables
            self._late[self._card(drawing, isinstance(drawing, DrawnSheet))] = drawing.view
            self._fill_view()
        card = self._cards[drawing.key]
        if serial < self._shown.get(drawing.key, -1):
            return
        self.pins.show(card, serial, drawing, keep_view=self.moving)
        card.set_stale(False)
        self._shown[drawing.key] = serial
        if serial == self.serial and self._pictured < serial:
            self._pictured = serial
            self.picture_shown.emit(time.perf_counter() - self._changed_at)

    def _dim(self) -> None:
        """Dim what has lagged behind the parameters for a while; it stays on screen."""
        if time.perf_counter() - self._changed_at < STALE:
            return
        for key, card in self._cards.items():
            card.set_stale(self._shown.get(key, self.serial) < self.serial)
        self.answer.set_stale(self._answered < self.serial)

    def _on_finished(self, event: Finished) -> None:
        request = event.request
        if request.serial != self.serial:
            return
        if request.fidelity == "coarse":
            return
        if request.purpose == "show":
            self.message.settle(RUN)
            self._complete[request.views[0]] = request.serial
            self._fill_view()
            self._claims_rest.start()
            if self._answered != self.serial:  # another view's tables hold the answer
                first = self.experiment.views[:1]
                self._errands.send("answer", self._request("full", first, purpose="collect"))
        self._set_idle("")
        self.finished.emit(event)

    def _on_failed(self, event: Failed) -> None:
        if event.request.serial == self.serial:
            if event.refused:
                self.message.warn(event.message, RUN)
            else:
                self.message.fail(event.message, event.details, RUN)
            self._set_idle("not started" if event.refused else "failed")
            self.failed.emit(event)

    def _on_held(self, event: Held) -> None:
        if event.request.serial == self.serial:
            self._complete.update(dict.fromkeys(event.request.views, self.serial))
            self._set_idle(event.note)
            self.held.emit(event.note)

    def _on_errand(self, mail: Mail) -> None:
        """News of an errand. What it says of claims is left aside: it knows less of them."""
        self.sweeping.take(mail)
        if mail.status is not None and not self._running:
            self.status = mail.status
            self.status_changed.emit()
        if mail.found is not None:
            self._on_found(mail.found)
        for event in mail.events:
            if isinstance(event, Held):
                continue  # no errand is stepwise
            self._on_errand_done(event)
            if not self._running:
                self._set_idle("")
            ended = self.finished if isinstance(event, Finished) else self.errand_failed
            ended.emit(event)

    def _on_errand_done(self, event: Finished | Failed) -> None:
        request = event.request
        kind = request.panel.rpartition("/")[2]
        if kind == PIN:
            self.pins.on_done(event)
        elif isinstance(event, Failed) and kind == "search":
            self.message.warn(event.message, SEARCH)
        elif isinstance(event, Failed) and kind == "export" and event.refused:
            self.message.warn(f"Nothing was exported: {event.message}", EXPORT)
        elif isinstance(event, Failed) and kind == "export":
            self.message.fail(f"Nothing was exported: {event.message}", event.details, EXPORT)
        elif isinstance(event, Finished) and event.collected is not None:
            if kind == "answer" and request.serial == self.serial:
                self._show_answer(request.serial, event.collected.answer)
            elif kind == "export" and self._collected is not None:
                done, self._collected = self._collected, None
                done(event)

    def _show_answer(self, serial: int, answer: str) -> None:
        self._answered = serial
        self.answer.show_answer(answer, moving=self.moving)

    def _on_found(self, found: Break) -> None:
        if self._search is None:
            return
        claim, parameter = self._search
        text = f"{claim} flips at {number(found.value, 4)}"
        self.controls.mark(parameter, found.value, text)
        if found.final:
            before, after = found.verdicts
            name = parameter.replace("_", " ")
            self.message.tell(
                f"{claim} {before} for {name} up to {number(found.low, 5)} "
                f"and {after} from {number(found.high, 5)}.",
                topic=SEARCH,
            )

    def _set_idle(self, note: str) -> None:
        precision = self.status.precision if self.status else ""
        self._running = False
        doing = self._errands.doing
        fraction = 0.0 if doing else None
        self.status = Status(self.serial, fraction, note or doing, precision, time.perf_counter())
        self.toolbar.set_running(bool(self._errands))
        self._show_waiting("not computed")
        self.status_changed.emit()
