# Everything runs in .venv: `dvc` and the stages' `python` must be on PATH, or dvc's queue hangs without a word.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONUTF8 := 1
export KILLS FILLS FILES WORLDS

# The interpreter that .venv is made with. A name on PATH may still not run (pyenv's shims), so each is tried: the first
# that will do, else the first that runs at all, which tools/bootstrap.py then tells what is wrong with.
names  := .venv/bin/python python3 python3.11 python3.12 python3.13 python3.14 python
usable := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
runs   := import sys; sys.exit(sys.version_info < (3, 6))
PYTHON ?= $(shell \
    for code in '$(usable)' '$(runs)'; do for name in $(names); do \
        if "$$name" -c "$$code" 2>/dev/null; then echo "$$name"; exit; fi; \
    done; done)

.PHONY: help setup repro verify demo plots publish sweep test soak bench lint types format clean

help:  ## list the targets
	@echo "usage: make TARGET [ARGS=...] [PYTHON=...]"
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup:  ## make .venv with all that is needed; does nothing when it is up to date
	@python="$(PYTHON)"; \
	if ! "$$python" -c '$(runs)' 2>/dev/null; then \
	    echo "Set-up failed: no Python 3 runs as '$${python:-python3}'; install Python 3.11 or newer," \
	        "or name one: make setup PYTHON=..." >&2; \
	    exit 1; \
	fi; \
	"$$python" tools/bootstrap.py

repro: setup  ## run what is out of date, JOBS=n stages at once, ARGS="STAGE ..." for some
	@python tools/repro.py $(if $(JOBS),--jobs $(JOBS)) $(if $(THREADS),--threads $(THREADS)) $(ARGS)

verify: setup  ## compare what lies here after `make repro` with what is committed
	@python tools/verify.py $(ARGS)

demo: setup  ## a small run of everything, in the folder demo, within 90 s
	@python -m tools.demo

plots: setup  ## `dvc plots` draws without a network from now on in this clone
	@python tools/plots.py

publish: setup  ## the page as a site, in the folder site, with its commit; SITE=https://... for links to it
	@dvc status report | grep -q "up to date" || { echo "The page is out of date: make repro, or dvc pull." >&2; exit 1; }
	@SITE="$(SITE)" python tools/publish.py site

sweep: setup  ## run SWEEP=sweeps/NAME.yaml, one table and one figure; JOBS=n experiments at once
	@python -m jepatlas.sweeps $(SWEEP) $(if $(JOBS),--workers $(JOBS)) $(if $(THREADS),--threads $(THREADS)) $(ARGS)

test: setup  ## run the tests, on all cores, the slow ones with ARGS="-m slow"
	@python -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder $(ARGS)

soak: setup  ## what takes hours: kills, full disks, random parameters and worlds; KILLS=n FILLS=n FILES=n WORLDS=n
	@python -m pytest -m soak --capture=no $(ARGS)

bench: setup  ## measure speed against naive references
	@python -m benchmarks.run $(ARGS)

lint: setup  ## check style and who imports whom
	@ruff check .
	@ruff format --check .
	@lint-imports --no-logo

types: setup  ## check types
	@mypy

format: setup  ## format the code
	@ruff check --fix .
	@ruff format .

clean:  ## remove .venv
	rm -rf .venv
