# make run: install what is needed and open the app (for a class: make run ARGS=--class).
# make test: install what the tests need, and run them all.
# Both install again only when the requirements change.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check lint types plotly translations browser pictures bench constraints audit long verify release clean

run: $(VENV)/run.stamp
	$(BIN)/python -m spiral_lab $(ARGS)

test: $(VENV)/test.stamp browser lint
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder

# For work on the code: linters, types and the quick tests.
check: $(VENV)/test.stamp lint
	$(BIN)/python -m pytest --numprocesses logical -m "not slow and not browser"

lint: $(VENV)/test.stamp types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The types of the charts' JavaScript; without Node it is not checked here, but in CI.
types:
	@if command -v npm >/dev/null; then \
	  test node_modules/.package-lock.json -nt package-lock.json || npm ci --silent --no-audit --no-fund; \
	  node_modules/.bin/tsc --project tsconfig.json; \
	else \
	  echo "npm is absent: the types of the charts' JavaScript are not checked"; test -z "$$CI"; \
	fi

# Gathers the texts of the code into the catalogues and compiles them; says what is not translated yet.
translations: $(VENV)/test.stamp
	$(BIN)/python -m tests.support.catalogue

$(VENV)/bin/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Spiral Lab needs Python 3.11 or newer, this is ' + sys.version)"
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/test.stamp: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@ $(VENV)/run.stamp

# The charts' part of Plotly, as npm has it: after another version in package.json.
plotly:
	npm install --silent --no-audit --no-fund
	cp node_modules/plotly.js-cartesian-dist-min/plotly-cartesian.min.js node_modules/plotly.js-cartesian-dist-min/LICENSE server/http/vendor/

# The browser of the tests: the system's Chromium if there is one, else Debian's, else Playwright's own.
browser: $(VENV)/test.stamp
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || $(BIN)/python tests/browser/install.py

# The README's pictures, made from the running app.
pictures: $(VENV)/test.stamp browser
	$(BIN)/python -m docs.pictures

# The core beside the plain code and its peers, in an environment of its own.
bench: .venv-bench/stamp
	.venv-bench/bin/python -m benchmarks.core

.venv-bench/stamp: requirements-bench.txt
	$(PYTHON) -m venv .venv-bench
	for peer in $$(sed 's/#.*//' requirements-bench.txt); do \
	  .venv-bench/bin/python -m pip install --quiet "$$peer" || echo "absent: $$peer"; \
	done
	touch $@

# Exact versions of all that requirements.txt brings, for the image.
constraints:
	$(PYTHON) -m venv --clear .venv-constraints
	.venv-constraints/bin/python -m pip install --quiet --requirement requirements.txt
	(sed -n '/^#/p' constraints.txt; .venv-constraints/bin/python -m pip freeze) > constraints.new
	mv constraints.new constraints.txt

# Known weaknesses of those versions, from the public lists of advisories.
audit:
	test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install --quiet pip-audit; }
	.venv-audit/bin/pip-audit --strict --no-deps --requirement constraints.txt

# What takes too long for each run of the tests: kill -9 twenty times, 10 000 random cases a kind, 1 000 malformed messages, 2 000 sessions.
long: $(VENV)/test.stamp
	SPIRAL_LAB_KILLS=20 $(BIN)/python -m pytest tests/server/test_faults.py
	SPIRAL_LAB_FUZZ=10000 $(BIN)/python -m pytest tests -k fuzz --ignore tests/browser --ignore tests/server --numprocesses logical
	SPIRAL_LAB_FUZZ=1000 $(BIN)/python -m pytest tests/server -k fuzz
	SPIRAL_LAB_BURSTS=200 SPIRAL_LAB_LONG=1 $(BIN)/python -m pytest tests/browser -k "bursts or words_of_charts or everything_follows"
	$(BIN)/python -m benchmarks.soak

# Figures, judgements and claims against independent code and over fresh random numbers: about a quarter of an hour. Writes docs/verify.md.
verify: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks.verify

# What is given to others, in dist/: the package, checked, tried as installed, and the list of its parts with their exact versions.
# At last the rest of the suite, as the sdist has it, tests the files that the wheel has.
release: $(VENV)/test.stamp browser .venv-release/stamp
	rm -rf dist .venv-parts
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 app.py spiral_core spiral_lab server pages
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin app.py spiral_core spiral_lab server pages
	.venv-release/bin/python -m build
	.venv-release/bin/twine check --strict dist/*
	$(PYTHON) -m venv --without-pip .venv-parts
	.venv-release/bin/python -m pip --python .venv-parts/bin/python install --quiet --constraint constraints.txt dist/*.whl
	.venv-release/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file dist/spiral-lab.cdx.json .venv-parts/bin/python
	SPIRAL_LAB_DIST=dist $(BIN)/python -m pytest tests/test_package.py
	rm -rf .released && mkdir .released
	tar -xzf dist/*.tar.gz -C .released --strip-components 1
	cd .released && rm -r app.py pages server spiral_core spiral_lab .streamlit && ../$(BIN)/python -m zipfile -e ../dist/*.whl .
	cd .released/spiral_lab && mv app.py pages server .streamlit ..
	cd .released && ../$(BIN)/python -m pytest --numprocesses logical --dist loadfile --no-loadscope-reorder --ignore tests/test_package.py
	rm -rf .released

.venv-release/stamp:
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet "build>=1.3,<2" "twine>=6,<8" "cyclonedx-bom>=7,<8"
	touch $@

clean:
	rm -rf $(VENV) node_modules .venv-bench .venv-constraints .venv-audit .venv-release .venv-parts .released dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
