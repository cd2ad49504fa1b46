"""The kernel nbkatib. Usage: run.py DEV_PROGRAM RELEASE_PROGRAM [TEST...]

DEV_PROGRAM (with sanitizers) runs the behaviour tests, RELEASE_PROGRAM those that measure time and memory.
"""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent / "jupyter")]
    import house

    house.DEV, house.RELEASE = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])
    import test_channels
    import test_conformance
    import test_console
    import test_install
    import test_language
    import test_verbs

    modules = (test_channels, test_conformance, test_console, test_install, test_language, test_verbs)
    loader = unittest.TestLoader()
    names = sys.argv[3:]
    suites = [loader.loadTestsFromName(name) for name in names] if names else [loader.loadTestsFromModule(m) for m in modules]
    result = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(suites))
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
