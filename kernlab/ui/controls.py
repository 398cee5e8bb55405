"""The column of controls, made by one walk over the declaration of an experiment's parameters."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from kernlab.engine.contract.experiment import Landmark
from kernlab.engine.contract.parameters import Field, OnlyIf, check, fields_of
from kernlab.ui.choices import (
    SEGMENT_LETTERS,
    SEGMENTS,
    ComboControl,
    FileControl,
    FlagsControl,
    SegmentControl,
    SwitchControl,
)
from kernlab.ui.control import Control
from kernlab.ui.numeric import NumberControl
from kernlab.ui.sliders import SliderMark
from kernlab.ui.text_control import TextControl
from kernlab.ui.theme import tag


class Controls(QWidget):
    """One card a group of parameters, one control a parameter, in the order of the declaration.

    Signals:
        changed(name, moving): a parameter changed; `moving` while its slider is dragged, and
            once more without when it is let go. An empty name: several at once.
        file_requested(name): the user wants to choose the file of a data parameter.
        help_changed(text): the help of the control under the pointer, or nothing.
    """

    changed = Signal(str, bool)
    file_requested = Signal(str)
    help_changed = Signal(str)

    def __init__(self, parameters_type: type, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameters_type = parameters_type
        self.fields = fields_of(parameters_type)
        self._controls: dict[str, Control] = {}
        self._marks: dict[str, SliderMark] = {}
        self._landmarks: tuple[Landmark, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for title, fields in itertools.groupby(self.fields, key=lambda field: field.group):
            column.addWidget(self._card(title, list(fields)))
        self._dim()

    def _card(self, title: str, fields: list[Field]) -> QFrame:
        card = QFrame()
        tag(card, card=True)
        stack = QVBoxLayout(card)
        stack.setContentsMargins(12, 10, 12, 10)
        stack.setSpacing(6)
        if title:
            heading = QLabel(title)
            tag(heading, title=True)
            stack.addWidget(heading)
        for field in fields:
            stack.addWidget(self._add(field))
        return card

    def _add(self, field: Field) -> Control:
        control = control_for(field)
        control.changed.connect(lambda moving, name=field.name: self._on_changed(name, moving))
        control.hovered.connect(self.help_changed)
        if isinstance(control, FileControl):
            control.file_requested.connect(lambda name=field.name: self.file_requested.emit(name))
        self._controls[field.name] = control
        return control

    def _on_changed(self, name: str, moving: bool) -> None:
        self._dim()
        self.changed.emit(name, moving)

    def _dim(self) -> None:
        """Dim the controls that do not matter at the present values, and hide files."""
        for control in self._controls.values():
            condition = control.field.only_if
            if condition is not None:
                met = _met(condition, self._controls[condition.parameter].value)
                control.setEnabled(met)
                control.setVisible(met or control.field.kind != "data")

    # -- values -----------------------------------------------------------------------------

    def control(self, name: str) -> Control:
        """The control of a parameter.

        Raises:
            ValueError: there is no such parameter.
        """
        if name not in self._controls:
            raise ValueError(f"parameter is {name!r}; allowed: one of {', '.join(self._controls)}")
        return self._controls[name]

    def values(self) -> dict[str, Any]:
        """The last good value of each parameter, by name."""
        return {name: control.value for name, control in self._controls.items()}

    def parameters(self) -> Any:
        """The parameter set at these values.

        Raises:
            ValueError: the values do not go together; the sentence is for the user.
        """
        return self.parameters_type(**self.values())

    def set_value(self, name: str, value: Any) -> None:
        """Set one parameter; emits `changed` if it was another value.

        Raises:
            ValueError: there is no such parameter, or it does not allow the value.
        """
        if self.control(name).set_value(value):
            self._on_changed(name, False)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Set several parameters, all or none, with one `changed("", False)` at the end.

        Locked ones stay as they are.

        Raises:
            ValueError: as for :meth:`set_value`; nothing was changed.
        """
        checked = {
            name: check(self.control(name).field, item)
            for name, item in values.items()
            if not self.control(name).locked
        }
        for name, value in checked.items():
            self._controls[name].set_value(value)
        self._on_changed("", False)

    @property
    def locked(self) -> list[str]:
        """The parameters that are locked."""
        return [name for name, control in self._controls.items() if control.locked]

    def lock(self, names: Iterable[str]) -> None:
        """Lock these parameters, and unlock all others."""
        wanted = set(names)
        for name, control in self._controls.items():
            control.set_locked(name in wanted)

    # -- marks ------------------------------------------------------------------------------

    def mark(self, name: str, value: float, text: str) -> None:
        """Put a tick on a parameter's slider; it replaces the last one put so."""
        self._marks = {name: SliderMark(value, text)}
        self._show_marks()

    def clear_marks(self) -> None:
        """Take away what was marked; the experiment's landmarks stay."""
        self._marks = {}
        self._show_marks()

    def show_landmarks(self, landmarks: Sequence[Landmark]) -> None:
        """Put the experiment's own ticks on the sliders, in place of its last ones."""
        self._landmarks = tuple(landmarks)
        self._show_marks()

    def _show_marks(self) -> None:
        marks = {name: [mark] for name, mark in self._marks.items()}
        for one in self._landmarks:
            marks.setdefault(one.parameter, []).append(SliderMark(one.value, one.text))
        for name, control in self._controls.items():
            if isinstance(control, NumberControl):
                control.set_marks(tuple(marks.get(name, ())))


def _met(condition: OnlyIf, value: Any) -> bool:
    held = value if isinstance(value, tuple) else (value,)
    return any(str(item) in condition.values for item in held) or (
        isinstance(value, bool) and str(value).lower() in condition.values
    )


def control_for(field: Field) -> Control:
    """The control of a parameter, by its kind."""
    if field.kind in ("int", "float"):
        return NumberControl(field)
    if field.kind == "choice":
        letters = sum(len(text) for text in field.options.values())
        few = len(field.options) <= SEGMENTS and letters <= SEGMENT_LETTERS
        return SegmentControl(field) if few else ComboControl(field)
    kinds: dict[str, type[Control]] = {
        "bool": SwitchControl,
        "flags": FlagsControl,
        "text": TextControl,
        "data": FileControl,
    }
    return kinds[field.kind](field)
