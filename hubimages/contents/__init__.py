"""Read which packages an image contains, from their metadata. Nothing of the image is run or written to disk."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.contents.cache import Cache as Cache
    from hubimages.contents.cache import folder as folder
    from hubimages.contents.comparison import Change as Change
    from hubimages.contents.comparison import Comparison as Comparison
    from hubimages.contents.comparison import ImageComparison as ImageComparison
    from hubimages.contents.comparison import compare as compare
    from hubimages.contents.comparison import compare_facts as compare_facts
    from hubimages.contents.engine import read_local_image as read_local_image
    from hubimages.contents.facts import Facts as Facts
    from hubimages.contents.facts import LayerSize as LayerSize
    from hubimages.contents.gathering import gather as gather
    from hubimages.contents.image import Contents as Contents
    from hubimages.contents.image import read_saved_image as read_saved_image
    from hubimages.contents.markdown import comparison_as_markdown as comparison_as_markdown
    from hubimages.contents.package import Package as Package
    from hubimages.contents.page.html import write_comparison as write_comparison
    from hubimages.contents.page.html import write_contents as write_contents
    from hubimages.contents.reading import Reader as Reader
    from hubimages.contents.reading import read_images as read_images
    from hubimages.contents.recalling import gather_asking as gather_asking
    from hubimages.contents.recalling import remembered as remembered
    from hubimages.contents.report import comparison_as_object as comparison_as_object
    from hubimages.contents.report import comparison_as_text as comparison_as_text
    from hubimages.contents.report import contents_as_lines as contents_as_lines
    from hubimages.contents.report import contents_summary as contents_summary
    from hubimages.contents.report import facts_as_json as facts_as_json
    from hubimages.contents.report import facts_summary as facts_summary
    from hubimages.contents.report import images_as_json as images_as_json
    from hubimages.contents.report import images_as_text as images_as_text
    from hubimages.contents.sbom.recording import attach_contents as attach_contents
    from hubimages.contents.sbom.write import as_cyclonedx as as_cyclonedx
    from hubimages.contents.search.images import Found as Found
    from hubimages.contents.search.images import Searched as Searched
    from hubimages.contents.search.images import search_cache as search_cache
    from hubimages.contents.search.images import search_images as search_images
    from hubimages.contents.search.wanted import Wanted as Wanted
    from hubimages.contents.version_order import order as order

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cache": ["Cache", "folder"],
        "comparison": ["Change", "Comparison", "ImageComparison", "compare", "compare_facts"],
        "engine": ["read_local_image"],
        "facts": ["Facts", "LayerSize"],
        "gathering": ["gather"],
        "image": ["Contents", "read_saved_image"],
        "markdown": ["comparison_as_markdown"],
        "package": ["Package"],
        "page.html": ["write_comparison", "write_contents"],
        "reading": ["Reader", "read_images"],
        "recalling": ["gather_asking", "remembered"],
        "report": [
            "comparison_as_object",
            "comparison_as_text",
            "contents_as_lines",
            "contents_summary",
            "facts_as_json",
            "facts_summary",
            "images_as_json",
            "images_as_text",
        ],
        "sbom.recording": ["attach_contents"],
        "sbom.write": ["as_cyclonedx"],
        "search.images": ["Found", "Searched", "search_cache", "search_images"],
        "search.wanted": ["Wanted"],
        "version_order": ["order"],
    },
)
