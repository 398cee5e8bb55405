"""The report that a failure's button copies: enough to repeat it elsewhere."""

from __future__ import annotations

import json
import platform
from typing import Any

import numpy as np
import PySide6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

import kernlab
from kernlab.engine import catalogue
from kernlab.engine.contract.recipe import restore
from kernlab.ui.report import report

LEFT = Qt.MouseButton.LeftButton


def recipe_in(text: str) -> Any:
    return json.loads(text[text.index("\n{") : text.rindex("\n}") + 2])


def test_it_holds_sentence_details_recipe_and_surroundings() -> None:
    parameters = catalogue.get("gapped-sine").Parameters(n=777, ridge=3e-7)
    text = report("It failed.", "Traceback\n  here\n", ("gapped-sine", parameters))
    assert text.startswith("It failed.\n\nTraceback\n  here\n\n{")
    restored = restore(recipe_in(text), type(parameters))
    assert type(parameters)(**restored.parameters) == parameters
    last = text[text.rindex("}") :]
    for part in (PySide6.__version__, np.__version__, platform.python_version(), "threads: blas"):
        assert part in last


def test_own_data_are_named_but_not_copied() -> None:
    own = kernlab.own_data({"x": np.arange(50.0), "y": np.arange(50.0)}, "/data/own.csv")
    parameters = catalogue.get("gapped-sine").Parameters(dataset="file", data_file=own)
    text = report("It failed.", "", ("gapped-sine", parameters))
    assert recipe_in(text)["parameters"]["data_file"] == {
        "path": "/data/own.csv",
        "sha256": own.sha256,
    }


def test_without_a_panel_there_is_no_recipe() -> None:
    text = report("It failed.", "Traceback")
    assert "{" not in text and "Qt " in text


def test_the_panels_button_copies_it_with_the_parameters_that_failed(user: Any) -> None:
    user.panel.set_parameters({"n": 50, "domain": 1.0, "gap_width": 12.0})
    user.wait(lambda: "the gap leaves 0 of 50 points" in user.message)
    user.qtbot.mouseClick(user.panel.message._copy, LEFT)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("the gap leaves 0 of 50 points") and "Traceback" in text
    assert recipe_in(text)["parameters"]["gap_width"] == 12.0
