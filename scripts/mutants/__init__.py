"""Would the tests notice a mistake? One line is broken on purpose, the tests run, and either they fail or the mistake got by.

`make mutants` does it for a sample of lines of `src/leadloop/scoring`, `learning`, `registry` and `experiments`:

1. every mistake that could be put there is listed (`operators.py`; the mistakes are Cosmic Ray's, a library for this), without
   those that say nothing about the tests (`matter.py`, each with its reason);
2. a sample of lines is drawn for each floor, one mistake a line, the same one for the same seed (`sample.py`);
3. the tests run once as they are. That they pass is checked, and which functions each test reaches is noted (`reach.py`);
4. each mistake is made in a copy of the checkout, and the tests that reach its line run there, those of its own file first
   (`choice.py`, `trial.py`). A test that fails has caught it, and so have tests that take many times their usual time;
5. results are kept as they come (`results.py`), so that a run that was stopped goes on where it was, and after new tests only
   the mistakes that got by are tried again. A table and the diffs of what got by are printed; under 85 % caught on any floor
   the exit code is 1.

A mistake that changes nothing anyone could see counts as not caught: no list of excuses is kept.

Cosmic Ray's own runner changes the checkout in place, one process at a time, and runs every test for every mutant; only its
operators are used. mutmut, the other well-kept library, forks a process that has imported the package, and with it Polars'
threads: a fork takes the locks along without the threads that hold them, and the child waits for ever. So each mutant here gets
a fresh process. Cosmic Ray lives in an environment of its own, `.build/mutants`; the tests run in the usual one.
"""
