"""The model with a row for each text, where nearhit packs several into one.

    python -m benchmarks.padded_model FOLDER

converts it into FOLDER. In a process of its own, since tracing warns of much that is well.
"""

import subprocess
import sys
from pathlib import Path

from nearhit_server.encoders.local.converted_model import FACTS_FILE, GRAPH_FILE
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.openvino_runtime import OpenVinoRuntime
from nearhit_server.encoders.model_files import DEFAULT_MODEL, locate


def padded_model(folder: Path) -> OpenVinoRuntime:
    """Convert the default model the plain way, by way of `folder`, and load it."""
    command = (sys.executable, "-m", "benchmarks.padded_model", str(folder))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return OpenVinoRuntime(folder / GRAPH_FILE, ModelFacts.load(folder / FACTS_FILE))


def main() -> None:
    """Convert."""
    import openvino
    import torch

    from nearhit_server.encoders.local.torch_runtime import facts_of, load_model
    from nearhit_server.encoders.local.traced_forms import PaddedForm

    folder = Path(sys.argv[1])
    model = load_model(locate(DEFAULT_MODEL), device="cpu")
    facts_of(model).save(folder / FACTS_FILE)
    form = PaddedForm(model)
    shape = openvino.PartialShape([-1, -1])
    with torch.inference_mode():
        graph = openvino.convert_model(
            form,
            example_input=form.example,
            input=[(name, shape, openvino.Type.i64) for name in form.example],
        )
    openvino.save_model(graph, folder / GRAPH_FILE, compress_to_fp16=True)


if __name__ == "__main__":
    main()
