# The front door. `make demo` and `make test` do all their own set-up on a fresh Debian 12, as root or with sudo.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-test build build-test bench bench-store manners compare nation demo test faults tidy format lint clean

PRESET ?= release
BUILD := build/$(PRESET)
LIANJIE := $(BUILD)/bin/lianjie
PYTHON := .venv/bin/python
CONFIGURE := cmake --preset $(PRESET) --log-level=NOTICE >/dev/null

help:  ## Says what there is to make
	@awk -F ':.*## +' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Installs what building needs (Debian packages, .venv)
	@scripts/install.sh build
	@scripts/venv.sh build

setup-test: setup
	@scripts/install.sh test
	@scripts/venv.sh test
	@scripts/python_client.sh
	@scripts/buf.sh

build: setup  ## Builds the `lianjie` binary
	@$(CONFIGURE) -DLIANJIE_BUILD_TESTS=OFF
	@cmake --build $(BUILD) --target lianjie

build-test: setup-test
	@$(CONFIGURE) -DLIANJIE_BUILD_TESTS=ON
	@cmake --build $(BUILD)

bench: setup-test  ## Builds and runs the micro benchmarks
	@$(CONFIGURE) -DLIANJIE_BUILD_BENCHMARKS=ON
	@cmake --build $(BUILD) --target micro_benchmarks
	@$(BUILD)/bin/micro_benchmarks

bench-store: setup-test  ## Measures the store beside the machine's own limits (LINKS=10000000)
	@$(CONFIGURE) -DLIANJIE_BUILD_BENCHMARKS=ON
	@cmake --build $(BUILD) --target store_benchmark lianjie
	@rm -rf $(BUILD)/store_benchmark
	@$(BUILD)/bin/store_benchmark $(BUILD)/store_benchmark $(LINKS)
	@$(PYTHON) benchmarks/store/import_benchmark.py $(LIANJIE) $(BUILD)/store_benchmark $(LINKS)

manners: setup-test  ## Memory estimates against peaks, cancellation and progress of every analysis (MANNERS="--households 400000")
	@$(CONFIGURE) -DLIANJIE_BUILD_BENCHMARKS=ON
	@cmake --build $(BUILD) --target manners_benchmark
	@$(BUILD)/bin/manners_benchmark $(MANNERS)

# The whole of it writes its tables into docs/benchmarks.md; a choice of graphs, kernels or peers is only printed.
COMPARE_CHOICE = $(if $(GRAPHS),--graphs "$(GRAPHS)") $(if $(KERNELS),--kernels "$(KERNELS)") $(if $(PEERS),--peers "$(PEERS)")
COMPARE_OPTIONS = $(if $(RUNS),--runs $(RUNS)) $(if $(LIMIT),--limit $(LIMIT)) $(if $(SLOWER),--slower $(SLOWER))
COMPARE_PAGE = $(if $(strip $(COMPARE_CHOICE)),,--page docs/benchmarks.md --plot docs/compare.svg)

compare: setup  ## Runs all kernels beside other libraries (GRAPHS=, KERNELS=, PEERS=, RUNS=, LIMIT=), or beside revision BASE=
	@scripts/venv.sh compare
	@$(CONFIGURE) -DLIANJIE_BUILD_TESTS=OFF
	@cmake --build $(BUILD) --target compare_engine compare_boost compare_graphs
	@.venv-compare/bin/python benchmarks/compare/$(if $(BASE),regression.py --base "$(BASE)",compare.py $(COMPARE_PAGE)) $(COMPARE_CHOICE) \
	  $(COMPARE_OPTIONS) $(BUILD)/bin build/compare

nation: setup-test  ## Measures a whole nation beside the machine's limits (HOUSEHOLDS=30000000, CALLS=10000, LIMIT= seconds a question's calls; KEEP=1 leaves its files)
	@$(CONFIGURE) -DLIANJIE_BUILD_BENCHMARKS=ON
	@cmake --build $(BUILD) --target nation_kernels lianjie
	@rm -rf $(BUILD)/nation
	@$(PYTHON) benchmarks/nation/nation.py $(LIANJIE) $(BUILD)/bin/nation_kernels $(BUILD)/nation \
	  --households $(or $(HOUSEHOLDS),30000000) --calls $(or $(CALLS),10000) $(if $(LIMIT),--seconds $(LIMIT)) --out $(BUILD)/nation.md $(if $(KEEP),--keep)

demo: build  ## Generates a county, imports it and shows the answers
	@LIANJIE=$(LIANJIE) clients/cli/demo.sh

test: build-test  ## Builds and runs every test; the last line has the counts
	@PRESET=$(PRESET) scripts/test.sh

faults: build-test  ## Breaks stores in many ways and counts what is lost; LONG=1 is the long form, FAULTS="--seed 2 --kills 50" more
	@LIANJIE_BUILD_DIR=$(CURDIR)/$(BUILD) $(PYTHON) tests/faults/campaign.py $(if $(LONG),--long) $(FAULTS)

tidy: setup-test  ## Runs the rules of the house alone: includes, lengths, format, links
	@$(PYTHON) -m pytest -q tests/tidy

format: setup-test  ## Formats the C++ and the protos in place
	@git ls-files -z --cached --others --exclude-standard '*.cc' '*.h' | xargs -0r clang-format -i
	@scripts/buf.sh format --write proto

lint: setup-test  ## Runs clang-tidy over the C++; slow
	@cmake --preset dev --log-level=NOTICE >/dev/null
	@cmake --build build/dev --target lianjie_proto lianjie_storage_proto
	@scripts/lint.sh build/dev

clean:  ## Removes all that was built (not .venv)
	@rm -rf build
