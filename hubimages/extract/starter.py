"""Answer the template's question what an image is built from, as `adopt-image-repo` does, from the image's tree."""

from hubimages import template
from hubimages.extract.sources.source import Source

FILE, DIRECTORY = "100", "040000"  # how their modes begin


def starter_of(source: Source, tree: str) -> dict[str, str]:
    """Return the answer; none where the tree holds no image. Fetches the files that tell, where the source lacks them.

    Raises what a remote answers.
    """
    scratch = source.scratch
    blobs: dict[str, str] = {}
    for entry in scratch.list_tree(tree):
        if entry.mode.startswith(FILE):
            blobs[entry.path] = entry.name
        elif entry.mode == DIRECTORY and f"{entry.path}/" in template.BINDER:
            inside = [inner for inner in scratch.list_tree(entry.name) if inner.mode.startswith(FILE)]
            blobs |= {f"{entry.path}/{inner.path}": inner.name for inner in inside}
    folder = template.image_directory(blobs)
    if folder is None:
        return {}
    read = [path for path in (f"{folder}{name}" for name in template.READ) if path in blobs]
    source.load_blobs(blobs[path] for path in read)
    contents = scratch.contents([blobs[path] for path in read])
    texts = {path: content.decode(errors="replace") for path, content in zip(read, contents, strict=True)}
    return {"starter": template.nearest_starter({**dict.fromkeys(blobs, ""), **texts}, folder).answer}
