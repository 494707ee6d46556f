"""The version, on the lowest floor: the command line and the User-Agent say it."""

__version__ = "0.1.0"
