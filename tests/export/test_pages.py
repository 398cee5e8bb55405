"""Pages: complete, legible, nothing clipped, no legend on data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from kernlab.engine.contract.figure import Axis, Column, Figure, Line, Mark, Region, Sheet, Style
from kernlab.engine.contract.table import Table
from kernlab.export import Bundle, ExportError, page, save


def _composed(bundle: Bundle, **options: Any) -> Any:
    settings = {"width_mm": 178.0, "dpi": 100.0, "columns": 2} | options
    with page._house_style():
        canvas = page.compose(
            bundle.drawable(), bundle.tables, heading=(bundle.title, bundle.answer), **settings
        )
        canvas.figure.draw_without_rendering()
    return canvas.figure


def _boxes(figure: Any, artists: Any) -> list[Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    return [artist.get_window_extent(renderer) for artist in artists]


def _legend(figure: Any) -> list[Any]:
    return [text for text in figure.texts if (text.get_gid() or "").startswith("legend-")]


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_every_kind_of_item_is_drawn_without_a_warning(
    suffix: str, columns: int, bundle: Bundle, tmp_path: Path
) -> None:
    assert save(tmp_path / f"a{suffix}", bundle, columns=columns, dpi=72).stat().st_size > 10_000


@pytest.mark.parametrize(("width_mm", "columns"), [(178.0, 2), (85.0, 1), (178.0, 3)])
def test_legends_never_cover_axes(width_mm: float, columns: int, bundle: Bundle) -> None:
    figure = _composed(bundle, width_mm=width_mm, columns=columns)
    legend = _boxes(figure, _legend(figure))
    assert len(legend) == 9
    for axes in figure.axes:
        assert not [box for box in legend if box.overlaps(axes.bbox)]


@pytest.mark.parametrize(("width_mm", "columns"), [(178.0, 2), (85.0, 1), (178.0, 3)])
def test_nothing_is_clipped_and_no_texts_overlap(
    width_mm: float, columns: int, bundle: Bundle
) -> None:
    figure = _composed(bundle, width_mm=width_mm, columns=columns)
    ticks = [
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in axis.get_ticklabels()
        if label.get_text()
    ]
    boxes = _boxes(figure, [*figure.texts, *ticks])
    paper = figure.bbox
    for box in boxes:
        assert paper.x0 <= box.x0 and box.x1 <= paper.x1
        assert paper.y0 <= box.y0 and box.y1 <= paper.y1
    for place, box in enumerate(boxes):
        shrunk = box.shrunk(0.85, 0.85)
        assert not [
            other for other in boxes[place + 1 :] if shrunk.overlaps(other.shrunk(0.85, 0.85))
        ]


def test_figures_without_their_tables_are_left_out(bundle: Bundle) -> None:
    assert {axes.get_label() for axes in _composed(bundle).axes} == {
        "posterior", "error", "evidence", "evidence colours", "difference", "difference colours",
    }  # fmt: skip


def test_axes_align_and_keep_their_view(bundle: Bundle) -> None:
    axes = {axes.get_label(): axes for axes in _composed(bundle).axes}
    assert axes["posterior"].bbox.x0 == axes["error"].bbox.x0 == axes["evidence"].bbox.x0
    low, high = axes["evidence"].get_xlim()
    assert low == pytest.approx(-1 - 1 / 11) and high == pytest.approx(1 + 1 / 11)
    assert axes["difference"].images[0].get_clim() == (-5.0, 5.0)
    assert axes["difference"].images[0].get_array().mask.sum() == 1  # not computed: blank


def test_a_declared_view_is_kept(recipe: dict[str, object]) -> None:
    table = Table({"x": np.arange(1.0, 9.0), "y": np.arange(8.0)})
    figure = Figure(
        "a", "A", "V", Axis("x", log=True, view=(0.1, 1000)), Axis("y", view=(-1, 20)),
        (Line("t", "x", "y", Style("trace1")),),
    )  # fmt: skip
    drawn = _composed(Bundle(figures=(figure,), tables={"t": table}, recipe=recipe)).axes[0]
    assert drawn.get_xlim() == (-1.0, 3.0) and drawn.get_ylim() == (-1.0, 20.0)


def test_clouds_become_pixels_and_lines_keep_every_row(bundle: Bundle) -> None:
    axes = {axes.get_label(): axes for axes in _composed(bundle).axes}
    clouds = [line for line in axes["posterior"].lines if line.get_rasterized()]
    assert [line.get_xdata().size for line in clouds] == [6000]
    assert any(len(line.get_xdata()) == 300 for line in axes["posterior"].lines)


def test_pixels_follow_width_and_resolution(bundle: Bundle, tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(save(tmp_path / "a.png", bundle, figures=["error"], dpi=300)) as image:
        assert abs(image.size[0] - 85 / 25.4 * 300) <= 1
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_an_svg_is_xml_of_the_right_width(bundle: Bundle, tmp_path: Path) -> None:
    root = ElementTree.parse(save(tmp_path / "a.svg", bundle)).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.get("width", "").removesuffix("pt")) == pytest.approx(178 / 25.4 * 72)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_a_pdf_has_one_page_and_its_cross_references(bundle: Bundle, tmp_path: Path) -> None:
    raw = save(tmp_path / "a.pdf", bundle).read_bytes()
    assert raw.startswith(b"%PDF-1.") and raw.rstrip().endswith(b"%%EOF")
    assert raw.count(b"/Type /Page ") == 1 and b"CreationDate" not in raw
    start = int(raw.rsplit(b"startxref", 1)[1].split()[0])
    assert raw[start : start + 4] == b"xref"


def test_options_out_of_range_are_named(bundle: Bundle, tmp_path: Path) -> None:
    for options, words in (
        ({"dpi": 5}, "dpi is 5"),
        ({"dpi": float("nan")}, "dpi is nan"),
        ({"width_mm": 5000}, "width_mm is 5000"),
        ({"columns": 0}, "columns is 0"),
        ({"columns": 6}, "too many for width_mm"),
        ({"figures": ["nothing"]}, "no figure 'nothing'; allowed: posterior"),
        ({"figures": ["later"]}, "no figure to save yet"),
    ):
        with pytest.raises(ExportError, match=words):
            save(tmp_path / "a.png", bundle, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_odd_data_still_make_a_page(recipe: dict[str, object], tmp_path: Path) -> None:
    tables = {
        "empty": Table({"x": np.zeros(0), "y": np.zeros(0)}),
        "one": Table({"x": np.ones(1), "y": np.full(1, 1e-300)}),
        "nan": Table({"x": np.arange(3.0), "y": np.full(3, np.nan)}),
        "wild": Table({"x": np.array([0.0, -1.0, 1e300]), "y": np.array([np.inf, -1e300, 2.0])}),
        "tight": Table({"x": np.arange(3.0), "y": 1 + 1e-9 * np.arange(3)}),
    }
    figures = [
        Figure(
            f"{name}-{log}", "T $x_ \\frac$ 漢\x07", "V", Axis("x", log=log), Axis("y $", log=log),
            (
                Line(name, "x", "y", Style("trace1"), "a $ b", markers=True),
                Region(-1.0, 1.0, "gap"),
                Mark(x=0.0, label="zero"),
            ),
        )
        for name in tables
        for log in (False, True)
    ]  # fmt: skip
    bundle = Bundle(figures=figures, tables=tables, recipe=recipe)
    for suffix in (".png", ".svg", ".pdf"):
        save(tmp_path / f"a{suffix}", bundle, dpi=50)
    ElementTree.parse(tmp_path / "a.svg")


def test_a_wide_sheet_fits_its_page(recipe: dict[str, object]) -> None:
    names = [f"column {i}" for i in range(9)]
    table = Table({name: np.full(100, -1.234567e-9) for name in names})
    columns = tuple(Column(name, "A rather long heading") for name in names)
    sheet = Sheet("s", "Sheet", "V", "t", columns)
    bundle = Bundle(figures=(sheet,), tables={"t": table}, recipe=recipe)
    figure = _composed(bundle, width_mm=120.0)
    assert max(box.x1 for box in _boxes(figure, figure.texts)) <= figure.bbox.x1
    assert any("60 of 100 rows" in text.get_text() for text in figure.texts)


def test_importing_it_is_cheap_and_knows_no_qt_and_no_pyplot(tmp_path: Path) -> None:
    code = (
        "import sys, kernlab.export, kernlab.export.process\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import kernlab.export.page, numpy as np\n"
        "from kernlab.engine.contract.figure import *\n"
        "from kernlab.engine.contract.table import Table\n"
        "f = Figure('a', 'A', 'V', Axis('x'), Axis('y'), (Line('t', 'x', 'x', Style('text')),))\n"
        "b = kernlab.export.Bundle((f,), {'t': Table({'x': np.arange(3.)})}, {})\n"
        f"kernlab.export.save({str(tmp_path / 'a.pdf')!r}, b)\n"
        "loaded = ' '.join(sys.modules)\n"
        "assert 'pyplot' not in loaded and 'PySide6' not in loaded and 'scipy' not in loaded\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_the_settings_of_the_caller_neither_matter_nor_change(
    bundle: Bundle, tmp_path: Path
) -> None:
    import matplotlib

    plain = save(tmp_path / "a.svg", bundle, figures=["error"]).read_bytes()
    with matplotlib.rc_context({"lines.linewidth": 9, "text.color": "red", "font.size": 30}):
        before = dict(matplotlib.rcParams)
        assert save(tmp_path / "b.svg", bundle, figures=["error"]).read_bytes() == plain
        assert dict(matplotlib.rcParams) == before
