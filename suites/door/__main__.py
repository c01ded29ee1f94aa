"""`python -m fiducial`: the command line."""

from fiducial.suites.cli import main

if __name__ == "__main__":
    main()
