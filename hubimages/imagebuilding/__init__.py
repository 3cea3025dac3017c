"""Hubs on which users build images: make one, check one, preview one."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.imagebuilding.chart_repository import REPOSITORIES as REPOSITORIES
    from hubimages.imagebuilding.charts import ChartSources as ChartSources
    from hubimages.imagebuilding.check.all_hubs import building_hubs as building_hubs
    from hubimages.imagebuilding.check.all_hubs import check_hubs as check_hubs
    from hubimages.imagebuilding.check.report import as_json as as_json
    from hubimages.imagebuilding.check.report import as_text as as_text
    from hubimages.imagebuilding.hubs import find_hub as find_hub
    from hubimages.imagebuilding.hubs import plain_hub as plain_hub
    from hubimages.imagebuilding.new.answers import from_terminal as from_terminal
    from hubimages.imagebuilding.new.answers import given_answers as given_answers
    from hubimages.imagebuilding.new.make_hub import Where as Where
    from hubimages.imagebuilding.new.make_hub import make_hub as make_hub
    from hubimages.imagebuilding.preview.options import Options as Options
    from hubimages.imagebuilding.preview.show_form import form_of_hub as form_of_hub
    from hubimages.imagebuilding.preview.show_form import root_of as root_of
    from hubimages.imagebuilding.preview.show_form import running as running

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "chart_repository": ["REPOSITORIES"],
        "charts": ["ChartSources"],
        "check.all_hubs": ["building_hubs", "check_hubs"],
        "check.report": ["as_json", "as_text"],
        "hubs": ["find_hub", "plain_hub"],
        "new.answers": ["from_terminal", "given_answers"],
        "new.make_hub": ["Where", "make_hub"],
        "preview.show_form": ["form_of_hub", "root_of", "running"],
        "preview.options": ["Options"],
    },
)
