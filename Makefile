# Everything a newcomer needs. `make test` sets up its own environment and passes from a clean clone.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: test nightly lint format generated bench clean

# Installs what is needed, builds the wheel, tests what was installed. PYSESSION_STRICT=1 turns a missing prerequisite
# (Node for the ajv comparison) from a reported skip into a failure.
test: lint
	$(BIN)/pytest -n 2 --dist worksteal $(PYTEST)

# An hour and more: 20,000 examples of every law, 200 kills of every store and server.
nightly: $(VENV)/installed
	PYSESSION_STORE_KILLS=200 HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -n 2 --dist worksteal $(PYTEST)

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/build_schemas.py --check
	$(BIN)/python tools/build_rule_docs.py --check
	$(BIN)/python tools/build_conversion_docs.py --check
	$(BIN)/python tools/build_protos.py --check

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generated: $(VENV)/installed
	$(BIN)/python tools/build_schemas.py
	$(BIN)/python tools/build_rule_docs.py
	$(BIN)/python tools/build_conversion_docs.py
	$(BIN)/python tools/build_protos.py

bench: $(VENV)/installed
	$(BIN)/python benchmarks/check.py
	$(BIN)/python benchmarks/command.py
	$(BIN)/python benchmarks/readers.py
	$(BIN)/python benchmarks/convert.py
	$(BIN)/python benchmarks/stores.py
	$(BIN)/python benchmarks/sessions.py
	$(BIN)/python benchmarks/protobuf.py
	$(BIN)/python benchmarks/exchange.py

# The package is installed as its users install it (not editable), so that the tests meet the wheel's files.
$(VENV)/installed: pyproject.toml hatch_build.py $(shell git ls-files pysession schema fixtures 2>/dev/null)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test --group lint --group bench
	rm -rf build/wheel
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir build/wheel .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps build/wheel/*.whl
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build/wheel/*.whl
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
