"""Build into the wheel, and the source distribution, the address and commit that they come from."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = {"wheel": "hubimages/template/source/", "sdist": ""}


class RecordOrigin(BuildHookInterface[Any]):
    """Adds origin.json, which hubimages/template/origin.py reads."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the record. An editable installation has none: git is asked when it runs."""
        if version == "editable":
            return
        namespace: dict[str, Any] = {"__name__": "hubimages_origin"}
        file = Path(self.root, "hubimages/template/origin.py")
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), namespace)
        self.folder = tempfile.TemporaryDirectory(prefix="hubimages-build-")
        record = Path(self.folder.name, namespace["RECORDED"])
        record.write_text(json.dumps(asdict(namespace["find_origin"](Path(self.root)))) + "\n", encoding="utf-8")
        build_data["force_include"][str(record)] = FOLDERS[self.target_name] + record.name

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written."""
        if version != "editable":
            self.folder.cleanup()
