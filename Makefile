# Two commands do everything: `make demo` and `make test`. Each builds its own environment first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test verify bench lock clean

.venv/ready: requirements.lock setup.cfg pyproject.toml
	@echo "Installing into .venv, two or three minutes ..."
	@$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: .venv/ready  ## run the synthetic town and open its page
	$(BIN)/plateprint run smallville --out runs/smallville
	$(BIN)/plateprint report runs/smallville --out runs/smallville.html

test: .venv/ready  ## lint, types and tests; under 10 minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 -m "not verify"

verify: .venv/ready  ## the slow statistical checks, under 20 minutes; writes docs/validation.md
	$(BIN)/python -m pytest -m verify

bench: .venv/ready  ## the speed claims, each as a ratio measured in one run
	$(BIN)/python bench/draw.py
	$(BIN)/python bench/measure.py
	$(BIN)/python bench/matching.py

lock:  ## renew requirements.lock (needs uv)
	uv pip compile setup.cfg --all-extras --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock

clean:
	rm -rf .venv runs build dist *.egg-info
