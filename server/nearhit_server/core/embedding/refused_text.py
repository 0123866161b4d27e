"""What an encoder raises when it is a text that is wrong, and not the model."""


class RefusedTextError(Exception):
    """The model refuses a batch for one of its texts, or more, and would refuse it again.

    Passes between an encoder and the batching stage.
    """
