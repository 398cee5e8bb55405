"""One panel, whatever the experiment: figures in the centre, controls and claims on the right.

Everything here is derived from the experiment's declaration; no experiment has a line of its
own in the window. The panel holds the parameters; its figures are in :mod:`kernlab.ui.views`,
its runs in :mod:`kernlab.ui.runs`, and each further habit is an object that is given the panel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kernlab.engine.contract.claim import Preset
from kernlab.engine.contract.experiment import Experiment
from kernlab.ui import control_menu, formulas, locks
from kernlab.ui.actions import add_action
from kernlab.ui.animation import Animator
from kernlab.ui.animation_bar import AnimationBar
from kernlab.ui.answer import Answer
from kernlab.ui.answering import Answering
from kernlab.ui.break_search import BreakSearch
from kernlab.ui.claims import ClaimList
from kernlab.ui.collecting import Collecting
from kernlab.ui.control_menu import Provider
from kernlab.ui.controls import Controls
from kernlab.ui.help import Help
from kernlab.ui.jobs import Lane
from kernlab.ui.keeper import Keeper
from kernlab.ui.mailbox import Status
from kernlab.ui.message import Message
from kernlab.ui.own_presets import OwnPresets
from kernlab.ui.pinning import Pinning
from kernlab.ui.runs import Runs
from kernlab.ui.side import Side
from kernlab.ui.step_mode import StepMode
from kernlab.ui.sweep import Sweeping
from kernlab.ui.toolbar import Toolbar
from kernlab.ui.undo import Undo
from kernlab.ui.views import Views

VALUE, PRESET = "value", "preset"
"""What messages about a value that is not allowed, and about a preset, are about."""


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
        roles_changed(roles): another theme has other colours.

    Attributes:
        parameters: those of now; `serial` counts their changes, the last one at `changed_at`.
        moving: whether a slider is dragged.
        roles: the colours of the theme.
        memory: what the session keeps besides the parameters, by name.
        menu_providers: what fills the menu of a control.
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
    roles_changed = Signal(object)

    def __init__(self, experiment: Experiment, lane: Lane, roles: Mapping[str, str]) -> None:
        super().__init__()
        self.experiment = experiment
        self.lane = lane
        self.roles = dict(roles)
        self.parameters = experiment.Parameters()
        self.serial = 0
        self.changed_at = time.perf_counter()
        self.moving = False
        self.memory: dict[str, Keeper] = {}
        self.menu_providers: list[Provider] = []
        self._build()
        self._add_habits()
        self.views.fill()

    def _build(self) -> None:
        """The widgets, then what shows figures on them, then what computes."""
        self.toolbar = Toolbar(self.experiment)
        self.answer = Answer()
        self.message = Message(lambda: (self.experiment.key, self.parameters))
        self.controls = Controls(self.experiment.Parameters)
        self.claims = ClaimList()
        self.side = Side(self.controls, self.claims)
        self.views = Views(self)
        self.tabs, self.grid = self.views.tabs, self.views.grid
        self.centre = QVBoxLayout()
        self.centre.setContentsMargins(16, 12, 8, 8)
        self.centre.setSpacing(8)
        for widget in (self.toolbar, self.answer, self.message, self.tabs):
            self.centre.addWidget(widget)
        self.centre.addWidget(self.grid, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.centre, 1)
        layout.addWidget(self.side)
        if len(self.experiment.views) < 2:
            self.tabs.hide()
        self.runs = Runs(self)
        self.toolbar.side_toggled.connect(self.side.setVisible)
        self.controls.changed.connect(self._on_changed)
        self.controls.file_requested.connect(self.file_requested)
        self.claims.preset_requested.connect(self._load_titled)
        self.claims.highlight_requested.connect(self.views.highlight)

    def _add_habits(self) -> None:
        """What every panel can do, in the order of its menus; each is given the built panel."""
        self.toolbar.presets.addActions([self.preset_action(p) for p in self.experiment.presets])
        self.answering = Answering(self)
        self.collecting = Collecting(self)
        self.break_search = BreakSearch(self)
        locks.wire(self)
        control_menu.wire(self)
        self.pins = Pinning(self)
        self.animator = Animator(self)
        self.animation_bar = AnimationBar(self.animator)
        for bar in (self.pins.bar, self.animation_bar):
            self.centre.insertWidget(self.centre.indexOf(self.grid), bar)
        if getattr(self.experiment, "iterative", False):
            self.step_mode = StepMode(self)
        self.undo = Undo(self)
        self.own_presets = OwnPresets(self)
        self.formulas = formulas.add_to(self)
        self.help = Help(self)
        self.sweeping = Sweeping(self)

    def preset_action(self, preset: Preset) -> QAction:
        """What loads a preset."""
        return add_action(self, preset.title, lambda: self.load_preset(preset), tip=preset.look_at)

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint the figures in the colours of another theme."""
        self.roles = dict(roles)
        self.views.set_roles(self.roles)
        self.roles_changed.emit(self.roles)

    # -- what others ask most ---------------------------------------------------------------

    @property
    def view(self) -> str:
        """The view on screen."""
        return self.views.current

    @property
    def pictured(self) -> bool:
        """Whether a picture has been shown yet."""
        return self.views.pictured >= 0

    @property
    def status(self) -> Status | None:
        """What the status line says of the panel."""
        return self.runs.status

    def run_or_cancel(self) -> None:
        """Cancel what runs, or run again where nothing does."""
        self.runs.run_or_cancel()

    # -- parameters -------------------------------------------------------------------------

    def start(self) -> None:
        """Compute the first picture."""
        self.views.fill()
        self._apply(moving=False)

    def set_parameters(self, values: Mapping[str, Any]) -> None:
        """Take over parameters; those that are not named, or are locked, keep their values."""
        now = self.controls.values()
        self.message.settle(PRESET)
        self.controls.set_values({**now, **values})
        kept = [n for n in self.controls.locked if n in values and values[n] != now[n]]
        if kept:
            self.message.tell(f"{', '.join(kept)} stayed as before: locked.", topic=PRESET)

    def _load_titled(self, title: str) -> None:
        self.load_preset(next(item for item in self.experiment.presets if item.title == title))

    def load_preset(self, preset: Preset) -> None:
        """Load a preset over the defaults and say what to look at."""
        self.set_parameters({**vars(self.experiment.Parameters()), **preset.parameters})
        locked = self.controls.locked
        stayed = f" ({', '.join(locked)} stayed as before: locked.)" if locked else ""
        self.message.tell(f"{preset.title}: {preset.look_at}{stayed}", topic=PRESET)

    def _on_changed(self, _name: str, moving: bool) -> None:
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
        self.changed_at = time.perf_counter()
        self.parameters_changed.emit(moving)
        self.claims.set_outdated(bool(self.claims.cards))
        self.runs.change(moving)
