# Two commands do everything: `make demo` (light install, no torch) and `make test` (full install, all checks).
PYTHON ?= python3
PIP_FLAGS ?= --disable-pip-version-check -q
DEMO = .venv-demo
TEST = .venv

.PHONY: demo test lint bench clean

$(DEMO)/.ready: requirements-light.txt pyproject.toml
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install $(PIP_FLAGS) -r requirements-light.txt
	$(DEMO)/bin/python -m pip install $(PIP_FLAGS) --no-deps -e .
	$(DEMO)/bin/python -m compileall -q src  # as pip does: where PYTHONDONTWRITEBYTECODE is set, each start would compile it again
	touch $@

$(TEST)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST)
	$(TEST)/bin/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[dev]'
	$(TEST)/bin/python -m compileall -q src
	touch $@

demo: $(DEMO)/.ready
	$(DEMO)/bin/csbot demo --data data --out var/demo-kb

test: $(TEST)/.ready lint
	$(TEST)/bin/python -m pytest

lint: $(TEST)/.ready
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check src tests benchmarks
	$(TEST)/bin/mypy

bench: $(TEST)/.ready
	$(TEST)/bin/python benchmarks/speed.py --out benchmarks/results/speed.json
	$(TEST)/bin/python benchmarks/orders.py --out benchmarks/results/orders.json

clean:
	rm -rf $(DEMO) $(TEST) var build dist .pytest_cache .mypy_cache .ruff_cache
