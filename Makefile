# make run     creates .venv, installs, starts the application (without a display: see below)
# make test    the same environment with the test tools, then the whole test suite, offscreen
# make lint    ruff and mypy
#
# PYTHON=python3.12    another interpreter
# JOBS=4               test processes at once; 2 by default
# PIP_ARGS="..."       further arguments to pip, such as where torch's CPU build comes from

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PIP_ARGS ?=
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
OUT := kernlab-out
PIP := $(BIN)/python -m pip --disable-pip-version-check install -q $(PIP_ARGS) -c constraints.txt

# Shared library and the Debian package that brings it. Qt loads the first group always, the
# second one for a window on X11.
QT_LIBRARIES := libEGL.so.1:libegl1 libGL.so.1:libgl1 libxkbcommon.so.0:libxkbcommon0 \
  libfontconfig.so.1:libfontconfig1 libdbus-1.so.3:libdbus-1-3 \
  libgthread-2.0.so.0:libglib2.0-0 libX11.so.6:libx11-6
X11_LIBRARIES := libxkbcommon-x11.so.0:libxkbcommon-x11-0 libxcb-cursor.so.0:libxcb-cursor0 \
  libxcb-icccm.so.4:libxcb-icccm4 libxcb-util.so.1:libxcb-util1 libxcb-image.so.0:libxcb-image0 \
  libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-randr.so.0:libxcb-randr0 \
  libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0 \
  libxcb-xkb.so.1:libxcb-xkb1 libX11-xcb.so.1:libx11-xcb1

# On Linux a window needs a display server to talk to; elsewhere it is always there.
DISPLAY_FOUND := $(if $(filter Linux,$(shell uname -s)),$(DISPLAY)$(WAYLAND_DISPLAY),yes)

.PHONY: run test lint soak screenshots clean system python

run: system $(VENV)/.installed
ifneq ($(DISPLAY_FOUND),)
	$(BIN)/kernlab
else
	@echo "There is no display: computing every panel at its defaults instead."
	@mkdir -p $(OUT)
	@for panel in $$($(BIN)/python -c 'import kernlab; print(*kernlab.experiments())'); do \
	  echo "== $$panel"; \
	  $(BIN)/kernlab run $$panel --out $(OUT)/$$panel.pdf $(OUT)/$$panel.png \
	    $(OUT)/$$panel.csv $(OUT)/$$panel.zip \
	    || { echo "make run: the panel $$panel failed" >&2; exit 1; }; \
	done
	@echo "Figures (PDF, PNG) and data (CSV, all tables in the ZIP) are in $(CURDIR)/$(OUT)"
endif

test: system $(VENV)/.tested
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/.linted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: system $(VENV)/.tested
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks.soak

screenshots: system $(VENV)/.installed
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m kernlab.ui.screenshots

clean:
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# --- the environment; a stamp for each set of packages, so that a second start is immediate

$(VENV)/bin/python:
	@$(MAKE) python
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "make: no environment could be created" >&2; exit 1; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing kernlab and what it needs (some minutes the first time)"
	@$(PIP) -e . || { echo "make: installing kernlab failed, see above" >&2; exit 1; }
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "Installing the test tools"
	@$(PIP) -e '.[test]' || { echo "make: installing the test tools failed, see above" >&2; exit 1; }
	@touch $@

$(VENV)/.linted: $(VENV)/.installed
	@echo "Installing ruff and mypy"
	@$(PIP) -e '.[dev]' || { echo "make: installing ruff and mypy failed, see above" >&2; exit 1; }
	@touch $@

# --- what the system has to bring; on Debian missing packages are installed where that is allowed

define install
  if [ ! -f /etc/debian_version ]; then \
    echo "make: please install what provides:$$missing" >&2; exit 1; \
  elif [ "$$(id -u)" = 0 ]; then as_root=; \
  elif sudo -n true 2>/dev/null; then as_root=sudo; \
  else \
    echo "make: system packages are missing; run this, then make again:" >&2; \
    echo "  sudo apt-get install -y$$missing" >&2; exit 1; \
  fi; \
  echo "Installing system packages:$$missing"; \
  { $$as_root apt-get update -qq && \
    $$as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } \
  || { echo "make: apt-get could not install:$$missing" >&2; exit 1; }
endef

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than Python 3.11; use make PYTHON=python3.12" >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then missing=" python3-venv"; $(install); fi

ifeq ($(shell uname -s),Linux)
system:
	@known=$$(PATH=$$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null || true); missing=; \
	for library in $(QT_LIBRARIES) $(if $(DISPLAY_FOUND),$(X11_LIBRARIES)); do \
	  case "$$known" in *"$${library%%:*} "*) ;; *) missing="$$missing $${library##*:}";; esac; \
	done; \
	if [ -n "$$missing" ] && [ -n "$$known" ]; then $(install); fi
else
system:
endif
