"""The command line: one command per file, each parses, calls a plain function and prints."""
