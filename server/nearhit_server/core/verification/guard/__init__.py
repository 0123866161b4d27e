"""Rules that refuse a candidate: the prompts differ in something that an embedding blurs.

Words are English ones; digits, identifiers, quotations and emoji are seen in any language.
"""

from nearhit_server.core.verification.guard.conflict import Conflict, ConflictKind
from nearhit_server.core.verification.guard.finding import find_conflict

__all__ = ["Conflict", "ConflictKind", "find_conflict"]
