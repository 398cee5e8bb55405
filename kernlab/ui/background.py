"""What happens where the user does not look: in hidden panels, or while another window is used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer

from kernlab.ui.desktop import LongJobs
from kernlab.ui.mailbox import Event, Failed, Finished, Held, Stopped
from kernlab.ui.notices import Notice, Notices
from kernlab.ui.panel import Panel

LOOK = 250
"""Milliseconds between two looks at what runs in hidden panels have come to."""
RUNS = {
    "show": "The figures are computed",
    "break": "The search for a flip has ended",
    "sweep": "The sweep has ended",
}
"""What is said of a long run that has ended, by its purpose."""
STOPPED = "stopped: timing needs the lane to itself"
"""What is said of a run that measured times until another panel computed."""


class Background(QObject):
    """Makes notices of what hidden panels say, and tells the desktop of long runs that end.

    Args:
        parent: the window.
        current: the panel on screen, or None.
        notices: where hidden panels are heard, and what is brief in any of them.
        jobs: told of every run that ends.
    """

    def __init__(
        self,
        parent: QObject,
        current: Callable[[], Panel | None],
        notices: Notices,
        jobs: LongJobs,
    ) -> None:
        super().__init__(parent)
        self._current = current
        self._notices = notices
        self._jobs = jobs
        self._panels: list[Panel] = []
        self._known: dict[Panel, Event] = {}
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK)

    def watch(self, panel: Panel) -> None:
        """Listen to a panel from now on."""
        self._panels.append(panel)
        panel.message.told.connect(partial(self._on_told, panel))
        panel.message.passed.connect(partial(self._on_passed, panel))
        panel.finished.connect(partial(self._on_ended, panel))
        panel.failed.connect(partial(self._on_ended, panel))
        panel.errand_failed.connect(partial(self._on_ended, panel))

    def _on_told(self, panel: Panel, kind: str, text: str, details: str) -> None:
        """A panel says something in its message, which nobody sees while it is hidden."""
        if panel is not self._current():
            self._notice(panel, kind, text, details, panel.message.topic)

    def _on_passed(self, panel: Panel, text: str, topic: str) -> None:
        """A panel has something brief to say."""
        self._notice(panel, "tell", text, "", topic or text)

    def _notice(self, panel: Panel, kind: str, text: str, details: str, topic: str) -> None:
        subject = (panel.experiment.key, panel.parameters)
        where = "" if panel is self._current() else f"{panel.experiment.title}: "
        notice = Notice(kind, f"{where}{text}", details, subject)
        self._notices.show_notice(notice, f"{panel.experiment.key}/{topic}" if topic else "")

    def _look(self) -> None:
        """See what the runs of hidden panels have come to; their mail stays where it is."""
        for panel in self._panels:
            if panel is self._current():
                continue
            event = panel.lane.mailbox.last_event(panel.experiment.key)
            if event is None or isinstance(event, Held) or event is self._known.get(panel):
                continue
            if isinstance(event, Stopped):
                self._on_stopped(panel, event)
                continue
            self._on_ended(panel, event)
            if isinstance(event, Failed) and event.request.serial == panel.serial:
                kind = "inconclusive" if event.refused else "fails"
                details = "" if event.refused else event.details
                self._notice(panel, kind, event.message, details, "run")

    def _on_stopped(self, panel: Panel, event: Stopped) -> None:
        """The lane let a hidden panel's run go; its figures keep what they have."""
        self._known[panel] = event
        if panel.runs.is_asked(event.request):
            panel.runs.show_note(STOPPED if event.request.alone else "stopped")
            if event.request.alone:
                text = f"The run was {STOPPED}; it begins anew once the panel is shown."
                self._notice(panel, "tell", text, "", "run")

    def _on_ended(self, panel: Panel, event: Finished | Failed) -> None:
        if event is self._known.get(panel):
            return
        self._known[panel] = event
        done = RUNS.get(event.request.purpose)
        if done is None or event.request.fidelity != "full":
            return
        text = event.message if isinstance(event, Failed) else done
        self._jobs.took(event.seconds, panel.experiment.title, text)
