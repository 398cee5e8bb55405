"""A run as code that reproduces it: a Python script, or a command."""

from __future__ import annotations

import shlex
from typing import Any

from kernlab.engine.contract.parameters import OwnData, fields_of


def changed(parameters: Any) -> dict[str, Any]:
    """The parameters that differ from their defaults, in order."""
    values = {}
    for field in fields_of(type(parameters)):
        value = getattr(parameters, field.name)
        if value != field.default:
            values[field.name] = value.path if isinstance(value, OwnData) else value
    return values


def as_python(key: str, parameters: Any) -> str:
    """A short script on the public API that makes the same result and saves its figures."""
    arguments = "".join(f",\n    {name}={value!r}" for name, value in changed(parameters).items())
    call = f'result = kernlab.run(\n    "{key}"{arguments},\n)'
    return (
        "import kernlab\n\n"
        f"{call}\n"
        "print(result.answer)\n"
        "for claim in result.claims:\n"
        '    print(claim.id, claim.verdict, claim.reason, sep="\\t")\n'
        f'result.save("{key}.pdf")\n'
        f'result.save("{key}.csv")\n'
    )


def as_command(key: str, parameters: Any) -> str:
    """The command line that makes the same result."""
    words = ["kernlab", "run", key]
    for name, value in changed(parameters).items():
        flag = "--" + name.replace("_", "-")
        text = _typed(value)
        words += [f"{flag}={text}"] if text.startswith("--") else [flag, text]
    words += ["--out", f"{key}.pdf", f"{key}.csv"]
    return shlex.join(words)


def _typed(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
