"""Whether the server can do its work, as everybody who asks is told."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Health:
    """What calls need, and whether it is there now. False for all until the server has begun."""

    store: bool = False
    model: bool = False
    draining: bool = False
    """The server is on its way out: it finishes what it has, and wants no more."""

    @property
    def ready(self) -> bool:
        """Whether calls should be sent here."""
        return self.store and self.model and not self.draining
