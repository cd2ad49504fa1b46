"""The whole program with real kernels. Usage: run.py DEV_PROGRAM RELEASE_PROGRAM [TEST...]

DEV_PROGRAM (with sanitizers) runs the behaviour tests, RELEASE_PROGRAM the long ones.
"""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent

if __name__ == "__main__":
    dev, release = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])
    names = sys.argv[3:]
    sys.path.insert(0, str(HERE))
    import e2e

    e2e.DEV, e2e.RELEASE = dev, release
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names, e2e) if names else loader.loadTestsFromModule(e2e)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
