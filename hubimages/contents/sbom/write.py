"""Write what an image contains as a CycloneDX document, https://cyclonedx.org/docs/1.6/json/"""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from hubimages import systems
from hubimages.contents.facts import Facts
from hubimages.contents.package import Package
from hubimages.contents.sbom.properties import CONTENTS, FORM, PREFIX
from hubimages.contents.sbom.purl import purl
from hubimages.errors import NotInstalledError

SPACE = uuid.UUID("3d0c5a9e-5d0f-4b53-8a55-2c3b1d1c9d10")  # of the serial numbers


def as_cyclonedx(facts: Facts) -> str:
    """Return the document: one component for each package, and what else is known as properties.

    The same image gives the same bytes. Raises NotInstalledError without the library of the extra.
    """
    try:
        from cyclonedx.contrib.license.factories import LicenseFactory
        from cyclonedx.model import Property
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
        from packageurl import PackageURL
    except ImportError:
        raise NotInstalledError(f"cyclonedx-python-lib is not installed: {systems.install_line('contents')}") from None

    licences = LicenseFactory()

    def properties(values: Mapping[str, str]) -> list[Property]:
        return [Property(name=f"{PREFIX}{name}", value=value) for name, value in values.items() if value]

    def component(package: Package, number: int, *, of_conda: bool) -> Component:
        name = purl(package)
        return Component(
            type=ComponentType.LIBRARY,
            name=package.name,
            version=package.version,
            purl=PackageURL.from_string(name),
            bom_ref=f"{name}#{number}",
            licenses=[licences.make_from_string(package.licence)] if package.licence else [],
            properties=properties(
                {
                    "kind": package.kind,
                    "build": package.build,
                    "place": package.place,
                    "size": str(package.size or ""),
                    "of-conda": "true" if of_conda else "",
                }
            ),
        )

    both = [(each, False) for each in facts.contents.packages] + [(each, True) for each in facts.contents.of_conda]
    image = Component(
        type=ComponentType.CONTAINER,
        name=facts.name.partition("@")[0],
        version=facts.digest or "unknown",
        bom_ref="image",
        properties=properties(dict(of_image(facts))),
    )
    bom = Bom(
        components=[component(each, number, of_conda=of_conda) for number, (each, of_conda) in enumerate(both)],
        metadata=BomMetaData(component=image),
        serial_number=uuid.uuid5(SPACE, facts.digest or facts.name),
    )
    bom.register_dependency(image, bom.components)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    written["metadata"].pop("timestamp", None)  # when the image was made is a property
    for part in ("components", "dependencies"):
        written[part] = sorted(written.get(part, []), key=lambda each: str(each.get("bom-ref") or each.get("ref")))
    for each in written["dependencies"]:
        each.get("dependsOn", []).sort()
    return json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def of_image(facts: Facts) -> Iterator[tuple[str, Any]]:
    """Yield what is known about the image besides its packages."""
    yield CONTENTS, FORM
    yield "digest", facts.digest
    yield "platform", facts.platform
    yield "created", facts.created
    yield "user", facts.user
    yield "environment", json.dumps(dict(facts.environment), ensure_ascii=False)
    yield "layers", json.dumps([[each.digest, each.size, each.unpacked] for each in facts.layers])
