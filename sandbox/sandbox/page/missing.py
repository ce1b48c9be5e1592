"""What an address leads to when there is nothing."""


class MissingError(LookupError):
    """What the address names is not there: one line for a person."""
