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
        words.append("--" + name.replace("_", "-"))
        if isinstance(value, tuple):
            words.append(",".join(value))
        elif isinstance(value, bool):
            words.append("true" if value else "false")
        else:
            words.append(str(value))
    words += ["--out", f"{key}.pdf", f"{key}.csv"]
    return shlex.join(words)
