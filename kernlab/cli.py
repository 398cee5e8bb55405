"""The command line: `kernlab`, `kernlab list`, `kernlab run`, `kernlab open`.

Flags, ranges and help come from the declaration of the experiment. Bad input ends with exit
status 2 and one sentence on standard error.
"""

from __future__ import annotations

import argparse
import difflib
import io
import json
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import kernlab
from kernlab import headless, user_presets
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract import text
from kernlab.engine.contract.experiment import Experiment
from kernlab.engine.contract.parameters import Field, fields_of, parse, shown

BAD_INPUT = 2
INTERRUPTED = 130

SUMMARY = """\
kernlab [EXPERIMENT]                open the window, on that panel
kernlab list [EXPERIMENT]           the experiments with their parameters and ranges
kernlab run EXPERIMENT [--PARAMETER VALUE ...] [--preset NAME] [--from FILE] [--out FILE ...]
                                    compute without a window (kernlab run EXPERIMENT --help)
kernlab open FILE [--headless]      restore the experiment that a figure or a CSV came from
kernlab --version
"""


class BadInput(ValueError):
    """What the user asked for cannot be done; the message is the sentence to print."""


class _Parser(argparse.ArgumentParser):
    """argparse that raises instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(message)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 2 for bad input, 130 when interrupted."""
    if argv is None:
        _speak_any_language()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (it lives until the process ends)
        return 0
    except MemoryError as error:
        return _refuse(f"not enough memory ({error}); choose a smaller problem")
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return _refuse(named + (error.strerror or str(error)))
    except ValueError as error:
        return _refuse(str(error))


def _speak_any_language() -> None:
    """A console that has no ρ shows a question mark; it is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def gui() -> int:
    """The window, without a terminal."""
    return main()


def _refuse(message: str) -> int:
    print("kernlab: " + " ".join(message.split()), file=sys.stderr)
    return BAD_INPUT


def _dispatch(arguments: list[str]) -> int:
    commands: dict[str, Callable[[list[str]], int]] = {
        "list": _list,
        "run": _run,
        "open": _open,
    }
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help", "help"):
        print(SUMMARY, end="")
        return 0
    if first == "--version":
        print(f"kernlab {kernlab.__version__}")
        return 0
    if first in commands:
        return commands[first](arguments[1:])
    if first.startswith("-"):
        raise BadInput(f"there is no option {shown(first)}; `kernlab --help` lists the commands")
    if len(arguments) > 1:
        raise BadInput(f"there is no command {shown(first)}; allowed: {', '.join(commands)}")
    known = (*commands, *catalogue.keys())
    if first and first not in known:
        near = difflib.get_close_matches(first, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadInput(
            f"there is no experiment or command {shown(first)}; allowed: {', '.join(known)}{hint}"
        )
    return _window(first or None, None)


# --- the window


def has_display() -> bool:
    """Whether a window can be shown (or is drawn offscreen on purpose)."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _window(experiment: str | None, recipe: recipes.Restored | None) -> int:
    if not has_display():
        raise BadInput("there is no display; `kernlab run EXPERIMENT` works without one")
    from kernlab.ui.app import run as show

    return show(experiment, recipe)


def _open(arguments: list[str]) -> int:
    parser = _Parser(prog="kernlab open", allow_abbrev=False)
    parser.add_argument("file", help="a PDF, SVG, PNG, CSV or ZIP that kernlab wrote")
    parser.add_argument("--headless", action="store_true", help="print the recipe, no window")
    given = parser.parse_args(arguments)
    if given.headless or not has_display():
        print(json.dumps(_recipe(given.file), indent=2, ensure_ascii=False))
        return 0
    return _window(None, headless.restore(given.file))


def _recipe(path: str) -> dict[str, Any]:
    from kernlab.export import read_recipe

    return read_recipe(path)


# --- list


def _list(arguments: list[str]) -> int:
    parser = _Parser(prog="kernlab list", allow_abbrev=False)
    parser.add_argument("experiment", nargs="*", help="only these")
    for key in parser.parse_args(arguments).experiment or catalogue.keys():
        experiment = catalogue.get(key)
        print(f"{key}: {experiment.title}\n{_wrapped(experiment.question, 2)}")
        for field in fields_of(experiment.Parameters):
            print(f"  {field.flag}\n{_wrapped(_help(field), 6)}")
        for preset in experiment.presets:
            print(f"  --preset {_quoted(preset.title)}\n{_wrapped(preset.look_at, 6)}")
        print()
    return 0


def _wrapped(sentence: str, indent: int) -> str:
    return textwrap.fill(sentence, 96, initial_indent=" " * indent, subsequent_indent=" " * indent)


def _quoted(title: str) -> str:
    return f'"{title}"' if " " in title else title


def _help(field: Field) -> str:
    unit = f" {field.span.unit}" if field.span and field.span.unit else ""
    default = f"default {_written(field.default)}{unit}" if field.default is not None else ""
    facts = "; ".join(fact for fact in (field.allowed, default) if fact)
    return f"{field.help.rstrip('.')} ({facts})".strip()


def _written(value: Any) -> str:
    """A default as one would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    return ",".join(value) if isinstance(value, tuple) else str(value)


# --- run


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(SUMMARY, end="")
        print(f"\nexperiments: {', '.join(catalogue.keys())}")
        return 0
    experiment = catalogue.get(arguments[0])
    parser = _run_parser(experiment)
    given = vars(parser.parse_args(_joined(arguments[1:], experiment)))
    out = [Path(name) for name in given["out"] or ()]
    _check_targets(out)
    parameters = _parameters(experiment, given)
    result = _computed(experiment, parameters)
    for path in out:
        result.save(path)
    print(result.answer)
    print(_claims_table(result))
    return 0


def _run_parser(experiment: Experiment) -> _Parser:
    parser = _Parser(
        prog=f"kernlab run {experiment.key}",
        usage="%(prog)s [--PARAMETER VALUE ...] [--preset NAME] [--from FILE] [--out FILE ...]",
        description=experiment.question.replace("%", "%%"),
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    presets = ", ".join(_quoted(preset.title) for preset in experiment.presets) or "none"
    parser.add_argument("--from", metavar="FILE", help="start from the recipe inside this file")
    parser.add_argument(
        "--preset", metavar="NAME", help=f"start from a preset: {presets}".replace("%", "%%")
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        nargs="+",
        help="write .pdf .svg .png .csv .zip .json",
        default=None,
    )
    metavars = {"data": "FILE", "text": "TEXT"}
    group = parser.add_argument_group("parameters, which override --preset and --from")
    for field in fields_of(experiment.Parameters):
        switch = field.kind == "bool"  # `--intercept` alone switches it on
        group.add_argument(
            field.flag,
            dest=_dest(field),
            metavar="yes|no" if switch else metavars.get(field.kind, "VALUE"),
            help=_help(field).replace("%", "%%"),
            nargs="?" if switch else None,
            const="yes" if switch else None,
        )
    return parser


def _dest(field: Field) -> str:
    """Where argparse keeps the value: never under the name of an option of our own."""
    return "parameter " + field.name


def _joined(arguments: list[str], experiment: Experiment) -> list[str]:
    """`--center -1e-3` as `--center=-1e-3`: argparse takes such a value for an option."""
    flags = {field.flag for field in fields_of(experiment.Parameters)}
    joined: list[str] = []
    for argument in arguments:
        starts_value = argument[:1] == "-" and not argument.startswith("--") and argument != "-h"
        if joined and joined[-1] in flags and starts_value:
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def _parameters(experiment: Experiment, given: dict[str, Any]) -> Any:
    """Defaults, then the recipe, then the preset, then the flags."""
    fields = {field.name: field for field in fields_of(experiment.Parameters)}
    flags = {
        name: value if field.kind == "data" else parse(field, value)
        for name, field in fields.items()
        if (value := given.get(_dest(field))) is not None
    }
    values: dict[str, Any] = {}
    if "from" in given:
        values |= _restored(experiment, given["from"], flags)
    if "preset" in given:
        values |= _preset(experiment, given["preset"])
    return headless.build(experiment, values | flags)


def _restored(experiment: Experiment, path: str, flags: dict[str, Any]) -> dict[str, Any]:
    recipe = _recipe(path)
    if recipe["experiment"] != experiment.key:
        raise BadInput(f"{path} comes from {shown(recipe['experiment'])}, not {experiment.key}")
    values, warnings = recipes.read_values(recipe, experiment.Parameters)
    for field in fields_of(experiment.Parameters):
        asked = recipe["parameters"].get(field.name)
        if field.kind == "data" and asked and field.name not in {**values, **flags}:
            raise BadInput(f"{path} does not hold its {field.name}; add {field.flag} FILE")
    for warning in warnings:
        print(f"kernlab: {path}: {warning}", file=sys.stderr)
    return values


def _preset(experiment: Experiment, name: str) -> dict[str, Any]:
    own, problems = user_presets.load(experiment.key, experiment.Parameters)
    for problem in problems:
        print(f"kernlab: {problem}", file=sys.stderr)
    presets = (*own, *experiment.presets)
    found = {preset.title.lower(): preset for preset in presets}
    if name.lower() not in found:
        titles = ", ".join(_quoted(preset.title) for preset in presets) or "none"
        raise BadInput(f"preset is {shown(name)}; allowed: {titles}")
    return dict(found[name.lower()].parameters)


def _check_targets(paths: Sequence[Path]) -> None:
    """Refuse before the computation what could not be written after it."""
    from kernlab.export import SUFFIXES, allowed_for

    for path in paths:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; choose the name of a file in it")
        if path.suffix.lower() not in SUFFIXES and not path.is_char_device():
            allowed = allowed_for(path.suffix)
            raise BadInput(f"{path} ends in {path.suffix or 'nothing'!r}; allowed: {allowed}")
        if not path.parent.is_dir():
            raise BadInput(f"{path}: {path.parent} is not a folder; choose another one")


def _computed(experiment: Experiment, parameters: Any) -> headless.Result:
    views = headless.all_views(experiment)
    talks = sys.stderr.isatty()
    for step in headless.run_steps(experiment, parameters, "full", views):
        if talks:
            share = "" if step.fraction is None else f"{step.fraction:4.0%} "
            print(f"\r\x1b[K{share}{step.note[:70]}", end="", file=sys.stderr, flush=True)
    if talks:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return step.result


def _claims_table(result: headless.Result) -> str:
    rows = [("claim", "verdict", "predicted", "measured", "reason")]
    for claim in result.claims:
        predicted, measured = text.number(claim.predicted), text.number(claim.measured)
        rows.append((claim.id, claim.verdict, predicted, measured, claim.reason))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ("  ".join([*map(str.ljust, row, widths), row[4]]).rstrip() for row in rows)
    return "\n".join(lines) if len(rows) > 1 else ""


if __name__ == "__main__":
    sys.exit(main())
