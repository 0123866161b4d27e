"""Parts that many tests share. The model and the server are real."""

import os

# Before anything imports the model libraries: tests never ask a model hub.
os.environ["HF_HUB_OFFLINE"] = "1"
