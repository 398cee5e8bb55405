"""The command palette and the sheet of shortcuts, and the matching behind the palette."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence

from kernlab.engine import catalogue
from kernlab.ui.matching import LOOSE, Tier, folded, match
from kernlab.ui.palette import Palette

KEY, CTRL, SHIFT = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class TestMatching:
    @pytest.mark.parametrize(
        ("typed", "text", "tier", "matched"),
        [
            ("und", "Undo", Tier.PREFIX, "Und"),
            ("SET RI", "Set ridge α…", Tier.PREFIX, "Setri"),
            ("van", "Go to Vandermonde", Tier.WORDS, "Van"),
            ("gv", "Go to Vandermonde", Tier.WORDS, "GV"),
            ("go van", "Go to Vandermonde", Tier.WORDS, "GoVan"),
            ("nystrom", "Nyström, two variances", Tier.PREFIX, "Nyström"),
            ("derm", "Go to Vandermonde", Tier.INSIDE, "derm"),
            ("vdm", "Go to Vandermonde", Tier.LETTERS, "Vdm"),
            ("g2", "Claim G2: the kernel", Tier.WORDS, "G2"),
        ],
    )
    def test_kinds_of_match_and_their_letters(
        self, typed: str, text: str, tier: Tier, matched: str
    ) -> None:
        found = match(typed, text)
        assert found is not None
        assert found.tier == tier
        assert "".join(text[at] for at in found.places) == matched

    def test_what_is_missing_or_scattered_does_not_match(self) -> None:
        assert match("xyz", "Undo") is None
        assert match("odnu", "Undo") is None
        assert match("io", "sin" + LOOSE * 2 * "-" + "do") is None

    def test_nothing_typed_matches_everything(self) -> None:
        found = match("  ", "Undo")
        assert found is not None and found.places == ()

    @given(st.text("abc ", min_size=1, max_size=4), st.text("abc -", max_size=9))
    def test_a_match_is_the_best_of_all_alignments(self, typed: str, text: str) -> None:
        letters = typed.replace(" ", "")
        found = match(typed, text)
        every = [
            places
            for places in itertools.combinations(range(len(text)), len(letters))
            if all(text[at] == letter for at, letter in zip(places, letters, strict=True))
        ]
        if found is None:
            assert not every or any(p[-1] - p[0] >= LOOSE * len(letters) for p in every)
        elif letters:
            best = max(_points(places, text) for places in every)
            assert _points(found.places, text) == pytest.approx(best)
            assert found.score == pytest.approx(best)

    @given(st.text(max_size=12))
    def test_folding_keeps_every_letter_in_its_place(self, text: str) -> None:
        assert len(folded(text)) == len(text)


def _points(places: tuple[int, ...], text: str) -> float:
    """The points of an alignment, counted anew: 10 a word start, 8 a run, 0.1 a letter left out."""
    total, last = 0.0, -1
    for at in places:
        if last >= 0 and at == last + 1:
            total += 8
        else:
            total += 10 * (at == 0 or not text[at - 1].isalnum()) - 0.1 * (at - last - 1)
        last = at
    return total


@pytest.fixture
def palette(user: Any) -> Palette:
    user.quiet()
    user.qtbot.keyClick(user.window, KEY.Key_K, CTRL)
    opened: Palette = user.window.command_palette
    assert opened.isVisible() and opened.edit.hasFocus()
    return opened


def choose(user: Any, palette: Palette, typed: str) -> None:
    """Type into the palette and press Enter."""
    palette.edit.clear()
    user.qtbot.keyClicks(palette.edit, typed)
    user.qtbot.keyClick(palette.edit, KEY.Key_Return)


class TestPalette:
    def test_it_offers_every_action_and_every_part_of_the_panel(
        self, user: Any, palette: Palette
    ) -> None:
        panel, texts = user.panel, palette.texts
        actions = [*user.window.actions(), *panel.actions()]
        usable = [a.text() for a in actions if a.isEnabled() and a.isVisible() and a.text()]
        assert set(usable) <= set(texts)
        assert {f"Go to {catalogue.title(key)}" for key in catalogue.keys()} <= set(texts)
        assert {f"Show {view}" for view in panel.experiment.views} <= set(texts)
        assert {preset.title for preset in panel.experiment.presets} <= set(texts)
        assert "Set lengthscale σ…" in texts and "Set methods…" in texts
        assert "Enlarge Posterior mean and 95 % band" in texts
        assert [t for t in texts if t.startswith("Claim G2: ")]
        assert len(texts) == len(set(texts))

    def test_nothing_that_cannot_be_done_is_offered(self, user: Any, palette: Palette) -> None:
        off = [a.text() for a in user.panel.actions() if not a.isEnabled()]
        assert not set(off) & set(palette.texts)
        dimmed = [f for f in user.panel.controls.fields
                  if not user.panel.controls.control(f.name).isEnabled()]  # fmt: skip
        assert not [t for f in dimmed for t in palette.texts if t.startswith(f"Set {f.label}")]

    def test_a_name_without_its_value_still_finds_the_parameter(
        self, user: Any, palette: Palette
    ) -> None:
        user.qtbot.keyClicks(palette.edit, "lengthscale =")
        assert palette.texts[0] == "Set lengthscale σ…" and not palette.reason.isVisible()

    def test_where_nothing_is_found_it_says_so(self, user: Any, palette: Palette) -> None:
        user.qtbot.keyClicks(palette.edit, "foo=3")
        assert palette.texts == [] and palette.reason.text().startswith("Nothing is called that")
        palette.edit.clear()
        assert palette.texts and not palette.reason.isVisible()

    def test_enter_goes_to_a_panel(self, user: Any, palette: Palette) -> None:
        choose(user, palette, "vand")
        assert not palette.isVisible()
        assert user.panel.experiment.key == "vandermonde"
        user.wait(lambda: user.panel.pictured)

    def test_escape_closes_and_gives_the_focus_back(self, user: Any) -> None:
        editor = user.panel.controls.control("ridge").editor
        editor.setFocus()
        user.qtbot.keyClick(editor, KEY.Key_K, CTRL)
        opened = user.window.command_palette
        assert opened.edit.hasFocus()
        user.qtbot.keyClick(opened.edit, KEY.Key_Escape)
        assert not opened.isVisible() and editor.hasFocus()

    def test_a_click_beside_it_or_its_own_keys_close_it(self, user: Any, palette: Palette) -> None:
        user.qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(3, 500))
        assert not palette.isVisible()
        user.act("Command palette")
        user.qtbot.keyClick(palette.edit, KEY.Key_K, CTRL)
        assert not palette.isVisible()

    def test_the_arrows_move_and_the_mouse_chooses(self, user: Any, palette: Palette) -> None:
        user.qtbot.keyClicks(palette.edit, "show")
        rows = [text for text in palette.texts if text in ("Show Features", "Show Evidence")]
        assert rows == ["Show Features", "Show Evidence"]
        for step, key in ((1, KEY.Key_Down), (2, KEY.Key_Tab), (1, KEY.Key_Up), (0, KEY.Key_Up)):
            user.qtbot.keyClick(palette.edit, key)
            assert palette.list.currentIndex().row() == step
        user.qtbot.keyClick(palette.edit, KEY.Key_Up)
        assert palette.list.currentIndex().row() == len(palette.texts) - 1
        index = palette.found.index(palette.texts.index("Show Evidence"))
        spot = palette.list.visualRect(index).center()
        user.qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        assert not palette.isVisible() and user.panel.view == "Evidence"

    def test_what_was_done_last_comes_first(self, user: Any, palette: Palette) -> None:
        choose(user, palette, "show features")
        choose(user, palette, "show posterior")
        user.act("Command palette")
        assert palette.texts[:2] == ["Show Posterior", "Show Features"]

    @pytest.mark.parametrize(
        ("typed", "name", "value", "offered"),
        [
            ("ridge=1e-3", "ridge", 1e-3, "Set ridge to 0.001"),
            ("lengthscale 0.3", "lengthscale", 0.3, "Set lengthscale to 0.3 rad"),
            ("Gap width = 2", "gap_width", 2.0, "Set gap width to 2 rad"),
            ("set α 2·10⁻³", "ridge", 2e-3, "Set ridge to 0.002"),
            ("methods exact, halton", "methods", ("exact", "halton"), ""),
        ],
    )
    def test_a_value_is_set_as_it_is_typed(
        self, user: Any, palette: Palette, typed: str, name: str, value: Any, offered: str
    ) -> None:
        palette.edit.insert(typed)  # simulated keys know no Greek
        assert palette.texts[0] == offered or not offered
        user.qtbot.keyClick(palette.edit, KEY.Key_Return)
        assert user.value(name) == value
        assert user.panel.controls.control(name).value == value

    def test_a_value_that_is_not_allowed_is_explained(self, user: Any, palette: Palette) -> None:
        before = user.panel.parameters
        user.qtbot.keyClicks(palette.edit, "ridge=100")
        assert palette.reason.isVisible()
        assert palette.reason.text() == "ridge is 100.0; allowed: a number from 1e-08 to 10"
        user.qtbot.keyClick(palette.edit, KEY.Key_Return)
        assert palette.isVisible() and user.panel.parameters == before
        user.qtbot.keyClick(palette.edit, KEY.Key_Backspace)
        assert not palette.reason.isVisible() and palette.texts[0] == "Set ridge to 10"

    def test_a_parameter_is_brought_into_view(self, user: Any) -> None:
        user.panel.toolbar.side.setChecked(False)
        user.act("Command palette")
        choose(user, user.window.command_palette, "set seed")
        editor = user.panel.controls.control("seed").editor
        assert user.panel.side.isVisible()
        assert user.panel.controls.control("seed").isAncestorOf(user.window.focusWidget())
        user.wait(lambda: not editor.visibleRegion().isEmpty())

    def test_a_claim_is_opened_and_a_figure_enlarged(self, user: Any, palette: Palette) -> None:
        user.wait(lambda: user.panel.claims.cards)
        header = user.panel.claims.headers[user.panel.claims.cards["G2"].claim.verdict]
        header.click()
        palette.close_card()
        user.act("Command palette")
        choose(user, palette, "claim g2")
        card = user.panel.claims.cards["G2"]
        assert card.expanded and card.hasFocus() and card.isVisible()
        user.act("Command palette")
        choose(user, palette, "enlarge log evid")
        assert user.panel.view == "Evidence"
        assert user.panel.grid.enlarged == "map-log-evidence"

    def test_the_windows_own_shortcuts_rest_meanwhile(self, user: Any, palette: Palette) -> None:
        theme = user.window.theme.name
        user.qtbot.keyClick(palette.edit, KEY.Key_T, CTRL)
        user.qtbot.keyClick(palette.edit, KEY.Key_2, CTRL)
        assert (user.window.theme.name, user.panel.view) == (theme, "Posterior")
        assert palette.edit.text() == ""

    def test_it_follows_the_size_of_the_window(self, user: Any, palette: Palette) -> None:
        user.window.resize(820, 600)
        user.wait(lambda: palette.width() == user.window.width())
        assert palette.rect().contains(palette.card.geometry())


class TestSheet:
    def test_it_lists_the_keys_of_the_live_actions(self, user: Any) -> None:
        user.qtbot.keyClick(user.window, KEY.Key_Slash, CTRL)
        sheet = user.window.shortcut_sheet
        assert sheet.isVisible()
        listed = {keys for group in sheet.groups.values() for keys in group}
        native = QKeySequence.SequenceFormat.NativeText
        for action in (*user.window.actions(), *user.panel.actions()):
            if not action.shortcut().isEmpty() and action.isVisible():
                keys = "   ".join(key.toString(native) for key in action.shortcuts())
                assert (action.text(), keys) in listed
        assert {"Sliders and numbers", "Figures", "Window", "Gapped sine"} <= set(sheet.groups)
        user.qtbot.keyClick(sheet.area, KEY.Key_Escape)
        assert not sheet.isVisible()

    def test_tab_stays_inside_and_the_button_closes(self, user: Any) -> None:
        user.act("Keyboard shortcuts")
        sheet = user.window.shortcut_sheet
        seen = set()
        for _ in range(4):
            user.qtbot.keyClick(user.window.focusWidget(), KEY.Key_Tab)
            seen.add(user.window.focusWidget())
        assert seen == {sheet.close_button, sheet.area}
        user.qtbot.mouseClick(sheet.close_button, Qt.MouseButton.LeftButton)
        assert not sheet.isVisible()


class TestShortcuts:
    def test_panels_views_theme_and_column(self, user: Any) -> None:
        press = user.qtbot.keyClick
        user.quiet()
        press(user.window, KEY.Key_2, CTRL)
        assert user.panel.view == "Features"
        press(user.window, KEY.Key_F9)
        assert not user.panel.side.isVisible()
        press(user.window, KEY.Key_F9)
        assert user.panel.side.isVisible()
        press(user.window, KEY.Key_F, CTRL)
        assert user.panel.claims.search.hasFocus()
        press(user.window, KEY.Key_Tab, CTRL)
        assert user.panel.experiment.key == catalogue.keys()[1]
        press(user.window, KEY.Key_1, Qt.KeyboardModifier.AltModifier)
        assert user.panel.experiment.key == catalogue.keys()[0]
        press(user.window, KEY.Key_T, CTRL)
        assert user.window.theme.name == "dark"

    def test_escape_cancels_only_what_nothing_nearer_wants(self, user: Any) -> None:
        panel, press = user.panel, user.qtbot.keyClick
        user.enter("n", "1e7")
        panel.grid.enlarge("posterior")
        editor = panel.controls.control("ridge").editor
        editor.setFocus()
        user.qtbot.keyClicks(editor, "5")
        assert panel.toolbar.running
        press(editor, KEY.Key_Escape)  # the text
        assert not editor.isModified() and panel.grid.enlarged and panel.toolbar.running
        press(editor, KEY.Key_Escape)  # the enlarged figure
        assert not panel.grid.enlarged and panel.toolbar.running
        user.act("Command palette")
        press(user.window.command_palette.edit, KEY.Key_Escape)  # the palette
        assert panel.toolbar.running
        press(editor, KEY.Key_Escape)  # the run
        user.quiet()
        assert not panel.toolbar.running

    def test_run_and_cancel(self, user: Any) -> None:
        user.enter("n", "1e7")
        user.qtbot.keyClick(user.window, KEY.Key_Return, CTRL)
        user.quiet()
        user.qtbot.keyClick(user.window, KEY.Key_Return, CTRL)
        assert user.panel.toolbar.running


def test_each_panel_has_a_palette_of_its_own_parts(make_user: Callable[[], Any]) -> None:
    user = make_user()
    for key in catalogue.keys():
        panel = user.open(key)
        user.act("Command palette")
        texts = user.window.command_palette.texts
        for view in panel.experiment.views:
            assert f"Show {view}" in texts
        assert not [p.title for p in panel.experiment.presets if p.title not in texts]
        user.window.command_palette.close_card()
