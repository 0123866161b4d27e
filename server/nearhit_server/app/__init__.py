"""The composition root: the only place that knows every adapter."""

from nearhit_server.app.preparing import prepare_models
from nearhit_server.app.root import StartupError, open_application, serve_until_stopped

__all__ = ["StartupError", "open_application", "prepare_models", "serve_until_stopped"]
