"""What every store can fail with before it serves."""


class StoreStartupError(Exception):
    """A store cannot be opened; the message is one plain sentence for the operator."""
