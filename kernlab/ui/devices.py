"""Which devices torch can compute on, asked in a process of its own: importing it takes seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future

LONGEST = 60.0
"""Seconds after which the question counts as unanswered."""
ASK = """
import json
try:
    import torch
except ImportError:
    print(json.dumps({"cuda": "torch is not installed", "mps": "torch is not installed"}))
else:
    no_cuda = "this torch is built without CUDA" if torch.version.cuda is None else "no GPU found"
    mps = torch.backends.mps
    no_mps = "needs macOS 12.3" if mps.is_built() else "only on Macs with Apple's processors"
    print(json.dumps({
        "cuda": "" if torch.cuda.is_available() else no_cuda,
        "mps": "" if mps.is_available() else no_mps,
    }))
"""
UNKNOWN = "torch did not answer"

_answer: Future[dict[str, str]] | None = None


def unavailable() -> Future[dict[str, str]]:
    """For `cuda` and `mps` why each is not available, or nothing; asked once a process."""
    global _answer
    if _answer is None:
        _answer = Future()
        threading.Thread(target=_ask, args=(_answer,), name="kernlab-devices", daemon=True).start()
    return _answer


def _ask(answer: Future[dict[str, str]]) -> None:
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-c", ASK],
            capture_output=True,
            timeout=LONGEST,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        found = json.loads(run.stdout)
        answer.set_result({name: str(found[name]) for name in ("cuda", "mps")})
    except Exception:
        answer.set_result({"cuda": UNKNOWN, "mps": UNKNOWN})
