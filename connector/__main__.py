"""`trellis`, also `python -m connector`."""

import sys


def main() -> None:
    """Run the command line; `--version` answers before anything heavy is imported."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from connector import __version__

        sys.stdout.write(f"trellis {__version__}\n")
        return
    from connector.cli import run

    run()


if __name__ == "__main__":
    main()
