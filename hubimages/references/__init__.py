"""Which hubs run which image: find the references, check them, point hubs at another tag."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.references.change.bump import Accepted as Accepted
    from hubimages.references.change.bump import nothing_to_do as nothing_to_do
    from hubimages.references.change.bump import plan_bump as plan_bump
    from hubimages.references.change.delivering import Shown as Shown
    from hubimages.references.change.delivering import delivery_of as delivery_of
    from hubimages.references.change.delivering import finish as finish
    from hubimages.references.change.move import Move as Move
    from hubimages.references.change.move import plan_moves as plan_moves
    from hubimages.references.change.plan import TagPlan as TagPlan
    from hubimages.references.change.point import nothing_to_point as nothing_to_point
    from hubimages.references.change.point import plan_point as plan_point
    from hubimages.references.change.promote import nothing_to_promote as nothing_to_promote
    from hubimages.references.change.promote import plan_promotion as plan_promotion
    from hubimages.references.change.retag import Target as Target
    from hubimages.references.change.retag import edits_in_turn as edits_in_turn
    from hubimages.references.change.roll_back import plan_roll_back as plan_roll_back
    from hubimages.references.check.changed import changed_since as changed_since
    from hubimages.references.check.offline import ReferencesReport as ReferencesReport
    from hubimages.references.check.online import check_images as check_images
    from hubimages.references.find.scan import find_references as find_references
    from hubimages.references.find.scan import some_references as some_references
    from hubimages.references.first_reference import note_of_first_reference as note_of_first_reference
    from hubimages.references.listing import as_json as as_json
    from hubimages.references.listing import as_lines as as_lines
    from hubimages.references.listing import summary as summary
    from hubimages.references.packages.search import search_packages as search_packages
    from hubimages.references.page.html import contents_of as contents_of
    from hubimages.references.page.html import write_page as write_page
    from hubimages.references.reference import Form as Form
    from hubimages.references.reference import Inventory as Inventory
    from hubimages.references.reference import NotRead as NotRead
    from hubimages.references.reference import Place as Place
    from hubimages.references.reference import Reference as Reference
    from hubimages.references.reference import is_hub as is_hub
    from hubimages.references.reference import is_user_image as is_user_image
    from hubimages.references.selection import Selection as Selection
    from hubimages.references.selection import files_from as files_from
    from hubimages.references.table import as_table as as_table
    from hubimages.references.tag_format import Formats as Formats
    from hubimages.references.tag_format import Kind as Kind
    from hubimages.references.tag_format import is_moving as is_moving
    from hubimages.references.tags.expiry import RetentionRule as RetentionRule
    from hubimages.references.tags.report import list_tags as list_tags

# Imported when first used: a task pays only for the part of the job that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "change.bump": ["Accepted", "nothing_to_do", "plan_bump"],
        "change.delivering": ["Shown", "delivery_of", "finish"],
        "change.move": ["Move", "plan_moves"],
        "change.plan": ["TagPlan"],
        "change.point": ["nothing_to_point", "plan_point"],
        "change.promote": ["nothing_to_promote", "plan_promotion"],
        "change.retag": ["Target", "edits_in_turn"],
        "change.roll_back": ["plan_roll_back"],
        "check.changed": ["changed_since"],
        "check.online": ["check_images"],
        "check.offline": ["ReferencesReport"],
        "find.scan": ["find_references", "some_references"],
        "first_reference": ["note_of_first_reference"],
        "listing": ["as_json", "as_lines", "summary"],
        "packages.search": ["search_packages"],
        "page.html": ["contents_of", "write_page"],
        "reference": ["Form", "Inventory", "NotRead", "Place", "Reference", "is_hub", "is_user_image"],
        "selection": ["Selection", "files_from"],
        "table": ["as_table"],
        "tag_format": ["Formats", "Kind", "is_moving"],
        "tags.expiry": ["RetentionRule"],
        "tags.report": ["list_tags"],
    },
)
