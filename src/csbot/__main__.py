"""``python -m csbot``: the same as the command ``csbot``."""

from csbot.cli.main import main

if __name__ == "__main__":
    main()
