"""Runs the tests of the program like unittest.main(), and reports to ctest what could not be tested here."""

import sys
import unittest

SKIPPED_CODE = 77  # SKIP_RETURN_CODE of the tests in CMake


def run(arguments=None):
    """Exit code: 1 if a test fails; SKIPPED_CODE if one is skipped for want of a program or a right, with a reason that
    begins with SKIPPED."""
    argv = None if arguments is None else [sys.argv[0], *arguments]
    result = unittest.main(module="__main__", argv=argv, verbosity=2, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if any(reason.startswith("SKIPPED") for _, reason in result.skipped):
        sys.exit(SKIPPED_CODE)
    sys.exit(0 if result.testsRun else 5)
