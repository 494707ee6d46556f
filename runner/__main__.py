"""The command `runner`, which `python -m runner` is as well."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Starts it; Ctrl-C before there is anything to stop ends it without a word."""
    try:
        from runner.cli import main as start
    except (KeyboardInterrupt, RuntimeError) as error:
        # Within the body of a class Python 3.11 wraps it.
        if isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__, KeyboardInterrupt):
            sys.exit(130)
        raise
    start()


if __name__ == "__main__":
    main()
