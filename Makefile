# The everyday commands. `make help` lists them.

.SILENT:
MINUTES ?= 10
SHARD ?= 0/20
.PHONY: help setup libtorch data install search test test-export test-report docs torture torture-pools fuzz mutants bench bench-train wheel clean

help: ## list these commands
	sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
		printf 'make %-12s %s\n' "$$name" "$$text"; \
	done

setup: ## bring libtorch and the data
	.make/setup.sh libtorch data

libtorch: ## bring libtorch into .libtorch
	.make/setup.sh libtorch

data: ## bring Fashion-MNIST
	.make/setup.sh data

install: libtorch ## build optimised and put epnas and epnas-worker on the PATH, into ~/.cargo/bin
	cargo install --locked --path .

wheel: libtorch ## build a wheel of both programs for environments with PyTorch, in target/wheels
	.make/wheel.sh

search: setup ## search on Fashion-MNIST and show what was found
	cargo build
	cargo run --quiet --bin epnas -- run specs/fashion-mnist.yaml

test: ## check format and lints, run all tests
	.make/prerequisites.sh rustfmt clippy git kill
	.make/setup.sh libtorch data
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo test

test-export: libtorch ## export 240 random networks and load them with onnx, onnxruntime and PyTorch (some minutes)
	.make/export.sh

test-report: setup ## open reports in a real Chromium and read event files with TensorBoard (some minutes)
	CARGO_TARGET_DIR=target cargo build
	.make/report.sh

docs: ## build the pages of docs/ as a book, in target/book
	command -v mdbook >/dev/null 2>&1 || { echo 'docs: mdBook is missing; install it with: cargo install --locked mdbook' >&2; exit 1; }
	mdbook build docs

torture: libtorch ## kill a small search hundreds of times and compare its results (about ten minutes)
	cargo test --test main torture -- --ignored --nocapture

torture-pools: libtorch ## lose slots of launched pools hundreds of times, over ssh, Slurm and Ray where they are installed (half an hour)
	cargo test --test main pools:: -- --ignored --nocapture --test-threads 1

fuzz: ## fuzz all that reads what others wrote, MINUTES=10 for each of seven targets
	.make/fuzz.sh $(MINUTES)

mutants: ## change one place of the code at a time and see which changes no test notices; SHARD=0/20 is every 20th (an hour)
	command -v cargo-mutants >/dev/null 2>&1 || cargo install --locked cargo-mutants
	cargo mutants --workspace --no-shuffle --sharding round-robin --shard $(SHARD)

bench: setup ## searches of images against networks written by hand and random search (days; goes on where it was stopped)
	cargo bench --profile dev --bench search

bench-train: libtorch ## train the same networks with the worker and with PyTorch, by turns (about a quarter of an hour)
	.make/peer.sh
	cargo bench --profile dev --bench train -- --compile

clean: ## remove what was built, libtorch and PyTorch; data, results and the cache stay
	cargo clean
	rm -rf .libtorch .libtorch.partial .libtorch.lock .bench .bench.partial .export .export.partial
