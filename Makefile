# Everything a person runs here. `make help` lists it.
# Needs a Python from 3.11 to 3.14 and nothing else; another than the first found: make test PYTHON=python3.12

SHELL := /bin/sh
PYTHON ?=
export PYTHON
bin := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-mlflow test-crash test-starts test-loop test-reload test-requests mutants world lint style types imports docs bench bench-accuracy bench-text bench-serving peers mlflow lock environment clean test-experiments bench-experiment bench-exposures oracles test-sync bench-loop loop test-explored bench-nightly bench-cluster bench-training bentoml bench-actions recommender test-recommender screenshots test-dashboard bench-pages

help: ## List what there is to run.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

demo: environment ## Train the packaged playbooks on synthetic worlds and hold their scores against the truth; three minutes.
	$(bin)/leadloop demo

test: environment ## Run every test, the examples in docstrings and docs included, on all cores.
	$(bin)/python -m pytest -n auto --dist worksteal

test-long: environment ## Run the tests that repeat things often, and properties with more examples; ten minutes.
	$(bin)/python -m pytest -n auto --dist worksteal -m long
	TEST_EXAMPLES=300 TEST_WORLDS=400 $(bin)/python -m pytest -n auto tests/properties tests/learning/leakage -m "not large and not world"

test-mlflow: environment mlflow ## Run the tests against a real MLflow server alone; `make test` has them too, once `make mlflow` was run.
	$(bin)/python -m pytest tests/flows/test_mlflow_serving.py

test-crash: environment ## Kill the service, workers, promotions and the store's writers 200 times each, and end the service; KILLS=N for another number.
	TEST_KILLS=$(or $(KILLS),200) $(bin)/python -m pytest -s -m "not large and not world" tests/store/test_kills.py tests/registry/test_kills.py tests/flows/work/test_jobs.py tests/api/test_kills.py tests/api/test_experiment_kills.py tests/api/test_rollouts.py tests/flows/enrich/test_enrich.py tests/flows/sync/test_kills.py tests/ingest/test_signatures.py tests/api/topics/test_hooks.py

test-starts: environment ## Kill promotions and rollbacks 500 times on each database; every start after a kill must find a valid version; STARTS=N for another number.
	TEST_KILLS=$(or $(STARTS),500) $(bin)/python -m pytest -s -m "long or not long" tests/registry/test_kills.py

test-loop: environment ## Kill the loop at every step 100 times, and poison 20 trainings of each kind; KILLS=N and WORLDS=N for others.
	TEST_LOOP_KILLS=$(or $(KILLS),100) $(bin)/python -m pytest -s -m "long or not long" tests/flows/loop/test_kills.py
	TEST_POISON=$(or $(WORLDS),20) $(bin)/python -m pytest -m "long or not long" tests/flows/loop/test_poison.py

test-explored: environment ## Learn with and without exploring leads in worlds where only high scores are worked; two minutes.
	$(bin)/python -m pytest -s -m long tests/flows/training/test_weighing.py

test-reload: environment ## Change the version in service 200 times while 100,000 requests are answered; RELOADS=N and REQUESTS=N for others.
	TEST_RELOADS=$(or $(RELOADS),200) TEST_RELOAD_REQUESTS=$(or $(REQUESTS),100000) $(bin)/python -m pytest -s tests/api/test_reloads.py

test-sync: environment ## Kill syncs and enrichments 50 times each, forge 5,000 webhooks, and fetch 500 calls at Fellow's own pace; KILLS=N and FORGED=N for others.
	TEST_KILLS=$(or $(KILLS),50) $(bin)/python -m pytest -s tests/flows/sync/test_kills.py tests/flows/enrich/test_enrich.py
	TEST_MUTATIONS=$(or $(FORGED),5000) $(bin)/python -m pytest -s tests/ingest/test_signatures.py tests/api/topics/test_hooks.py
	$(bin)/python -m pytest -s -m long tests/flows/sync/test_end_to_end.py

test-dashboard: environment ## Click through the dashboard in a real Chromium: every page, by day and night, wide and narrow, and 60 hostile texts.
	$(bin)/python -m pytest -s -m "long or not long" tests/dashboard

test-requests: environment ## Ask the service 10,000 times, made from its own document; REQUESTS=N for another number.
	TEST_REQUESTS=$$(( $(or $(REQUESTS),10000) / 4 )) $(bin)/python -m pytest -s tests/contracts/test_any_request.py

test-recommender: environment recommender ## Train the recommender's network and hold its graph, SavedModel and results against Keras; minutes.
	PYTHONPATH=src .build/recommender/bin/python -m pytest -s -m "long or not long" tests/recommend

test-experiments: environment ## Hold what the statistics promise against thousands of experiments whose truth is known; five minutes.
	$(bin)/python -m pytest -s -m "long or not long" tests/experiments/test_proofs.py tests/experiments/test_simulated_world.py

mutants: environment ## Break 40 lines of a floor on purpose, one at a time, and see whether the tests notice; MUTANTS=N, SEED=N and WORKERS=N for others.
	@sh scripts/apart.sh mutants
	.build/mutants/bin/python -m scripts.mutants --number $(or $(MUTANTS),40) --seed $(or $(SEED),1) --workers $(or $(WORKERS),1)

world: environment ## Train the packaged playbooks on simulated worlds of full size and compare them with the truth; takes minutes.
	$(bin)/python -m pytest -m world -s tests/leadloop_playbooks

lint: style types imports ## Check style, types and that each floor imports only floors below.

style: environment ## Check style and formatting alone (ruff).
	$(bin)/ruff check .
	$(bin)/ruff format --check .

types: environment ## Check types alone (mypy, strict).
	$(bin)/mypy

imports: environment ## Check the floors alone (import-linter).
	$(bin)/lint-imports

docs: environment ## Build the documentation into site/; a broken link or an outdated reference fails.
	$(bin)/python scripts/write_reference.py --check
	NO_MKDOCS_2_WARNING=1 $(bin)/mkdocs build --strict

bench: environment ## Time features, models, files, the service and training beside their limits and peers: one table; KEEP=1 keeps it.
	-@sh scripts/apart.sh mlflow || echo "MLflow's environment cannot be made here: it is left out" >&2
	-@sh scripts/apart.sh bentoml || echo "BentoML's environment cannot be made here: it is left out" >&2
	$(bin)/python -m benchmarks.speed $(if $(KEEP),--keep)

bench-nightly: environment ## The same, kept in benchmarks/history; fails where a ratio is a fifth worse than in the last runs here.
	-@sh scripts/apart.sh mlflow || echo "MLflow's environment cannot be made here: it is left out" >&2
	-@sh scripts/apart.sh bentoml || echo "BentoML's environment cannot be made here: it is left out" >&2
	$(bin)/python -m benchmarks.speed --nightly

bench-training: environment ## Draft and train on real public data sets and print quality, time and memory; absent data are skipped.
	$(bin)/python -m benchmarks.main_job

bench-accuracy: environment ## Compare LeadLoop with other tools on the same leads; WRITE=1 puts the tables into docs/benchmarks.md.
	$(bin)/python -m benchmarks.accuracy $(if $(WRITE),--write)

bench-text: environment ## Time how texts are read: one note, and many, beside other ways to find phrases.
	$(bin)/python -m benchmarks.text

bench-experiment: environment ## Read Hillstrom's e-mail experiment and evaluate policies on it; WRITE=1 puts the tables into docs/benchmarks.md.
	$(bin)/python -m benchmarks.experiment $(if $(WRITE),--write)
loop: environment ## Play 26 simulated weeks with the loop in 20 worlds that change; goes on where it was stopped; SEEDS=N, WRITE=1.
	$(bin)/python -m benchmarks.play .build/loop $(or $(SEEDS),20) $(if $(WRITE),--write)

bench-actions: environment recommender ## Let the recommender's competitors learn from public logs and a synthetic world; WRITE=1 puts the tables into docs/benchmarks.md.
	PYTHONPATH=src .build/recommender/bin/python -m benchmarks.actions $(if $(WRITE),--write) $(if $(PART),--part $(PART))

bench-loop: environment ## Measure what outcomes that are fed back between trainings gain on the bank leads; minutes the first time.
	$(bin)/python -m benchmarks.recalibration .build/recalibration

bench-pages: environment ## Time what each page of the dashboard asks, with 100,000 leads and a million scores, on SQLite and PostgreSQL.
	$(bin)/python -m benchmarks.pages

bench-serving: environment ## Time the service over HTTP beside a route that only echoes, and MLflow's server where there is one.
	$(bin)/python -m benchmarks.serving

screenshots: environment ## Take the pictures of the dashboard that the docs show, in a real browser (Chromium); ten minutes.
	$(bin)/python -m scripts.screenshots

bench-cluster: environment ## Score five million leads with one process, two, and Dask with one worker and two; LEADS=N for others.
	$(bin)/python -m benchmarks.cluster --leads $(or $(LEADS),5000000)

bench-exposures: environment ## Time how a million exposures are read, on SQLite and on PostgreSQL, and how a unit gets its arm.
	$(bin)/python -m benchmarks.exposures

peers: ## Make .build/peers with FLAML and AutoGluon, which bench-accuracy else leaves out.
	sh scripts/uv.sh venv --quiet --clear --python "$$(sh scripts/python.sh)" .build/peers
	sh scripts/uv.sh pip install --quiet --only-binary :all: --python .build/peers/bin/python -r benchmarks/accuracy/peers.txt

mlflow: ## Make .build/mlflow: MLflow's own server, beside what scoring needs, for the tests of logged runs.
	@sh scripts/apart.sh mlflow

bentoml: ## Make .build/bentoml: BentoML's server, beside what scoring needs, to time ours beside it.
	@sh scripts/apart.sh bentoml

recommender: ## Make .build/recommender: Keras and TensorFlow beside what training needs, too much for everybody's environment.
	@sh scripts/apart.sh recommender

oracles: ## Ask gbstats, statsmodels and SciPy anew what tests/experiments holds ours against; three minutes, and Python 3.11.
	@PYTHON=$${PYTHON:-python3.11} sh scripts/apart.sh oracles
	.build/oracles/bin/python -m scripts.oracles

lock: ## Pin every package anew, with hashes, for all platforms and Pythons; UPGRADE=1 takes the newest releases.
	@sh scripts/lock.sh

environment: ## Make .venv from the locked packages, if it is not there and right already.
	@sh scripts/environment.sh

clean: ## Remove everything that these commands made here.
	rm -rf .venv .build site dist leadloop-demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
