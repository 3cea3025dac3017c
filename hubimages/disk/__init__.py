"""Temporary directories, whole files and records: a run that is killed leaves no half, and the next one cleans up."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.disk.locks import FILE as FILE
    from hubimages.disk.locks import NO_LOCKS as NO_LOCKS
    from hubimages.disk.locks import remove_left as remove_left
    from hubimages.disk.places import written as written
    from hubimages.disk.records import facts as facts
    from hubimages.disk.records import left_record as left_record
    from hubimages.disk.records import record as record
    from hubimages.disk.temporary import folder as folder
    from hubimages.disk.temporary import in_memory as in_memory
    from hubimages.disk.temporary import remove as remove
    from hubimages.disk.temporary import temporary_directory as temporary_directory
    from hubimages.disk.temporary import unnamed_file as unnamed_file
    from hubimages.disk.whole_files import write_new as write_new
    from hubimages.disk.whole_files import write_whole as write_whole

# Imported when first used: a task pays only for the part that it runs.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "locks": ["FILE", "NO_LOCKS", "remove_left"],
        "places": ["written"],
        "records": ["facts", "left_record", "record"],
        "temporary": ["folder", "in_memory", "remove", "temporary_directory", "unnamed_file"],
        "whole_files": ["write_new", "write_whole"],
    },
)
