"""Which changes make of an entry another answer."""

from nearhit_server.core.entries import EntryChange


def changes_content(change: EntryChange) -> bool:
    """Whether a change is of more than the lifetime, so that what was reported of the entry is no
    longer held against it."""
    fields = (change.prompt, change.response, change.attributes, change.metadata)
    return any(field is not None for field in fields)
