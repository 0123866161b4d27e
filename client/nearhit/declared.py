"""Makes a client's method look like the operation that declares it."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_args

MethodT = TypeVar("MethodT", bound=Callable[..., Any])


def declared_by(
    operation: Callable[..., Any], returns: Callable[[Any], Any]
) -> Callable[[MethodT], MethodT]:
    """Gives a method its operation's name, docstring and signature, for help() and IDEs.

    `returns` makes the annotation of what the method returns from that of what the
    operation returns, as Hit | Miss from Call[Hit | Miss].
    """

    def decorate(method: MethodT) -> MethodT:
        # Python names it so in complaints about arguments, and callers know only the client.
        operation.__qualname__ = operation.__name__
        signature = inspect.signature(operation)
        method.__name__ = operation.__name__
        method.__doc__ = operation.__doc__
        returned = returns(signature.return_annotation)
        # inspect.signature reads it; a function's type does not know the attribute.
        vars(method)["__signature__"] = signature.replace(return_annotation=returned)
        return method

    return decorate


def parameter_of(annotation: Any) -> Any:
    """The X of an annotation Call[X]."""
    (parameter,) = get_args(annotation)
    return parameter
