"""Run the command-line interface with ``python -m eegcli``."""

from eegcli.cli.main import main

if __name__ == "__main__":
    main()
