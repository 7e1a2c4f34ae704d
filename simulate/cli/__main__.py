"""Run the command line as `python -m simulate.cli`."""

from simulate.cli import main

if __name__ == "__main__":
    main()
