"""Version of the program; it changes no result (each stage has its own `VERSION`)."""

__version__ = "0.1.0"
