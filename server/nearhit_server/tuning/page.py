"""A tuning as a page that needs nothing from anywhere else."""

from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from nearhit_server.tuning import wording
from nearhit_server.tuning.plots import curves_svg
from nearhit_server.tuning.report import cells
from nearhit_server.tuning.tune import Tuning

_TEMPLATE: Final = "page.html.j2"


def page_of(tuning: Tuning) -> str:
    """The tuning as HTML. Raises ModuleNotFoundError without matplotlib."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = resources.files(__package__).joinpath(_TEMPLATE).read_text()
    return environment.from_string(template).render(
        tuning=tuning,
        heading=wording.heading(tuning),
        recommended=wording.recommended,
        borne=wording.borne,
        warnings=list(wording.warnings(tuning)),
        notes=list(wording.notes(tuning)),
        cells=cells,
        plots=Markup(curves_svg(tuning)),
    )
