"""The command line: parse, build settings, call the stage, render. The only folder that prints."""
