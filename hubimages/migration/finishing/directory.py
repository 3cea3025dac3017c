"""Remove an image directory, and leave a note that says where it went."""

from hubimages.errors import RefusedError
from hubimages.repository.file_edit import FileEdit, text_of
from hubimages.repository.git import Repo, TreeEntry

NOTE = "README.md"
LINK, SUBMODULE = "120000", "160000"


def files_in(repo: Repo, directory: str) -> list[TreeEntry]:
    """Return the files of a directory at HEAD, with paths from the top; none where it is not there."""
    entries = repo.list_tree(f"HEAD:{directory}", recursive=True) if is_there(repo, directory) else []
    return [TreeEntry(one.mode, one.name, f"{directory}/{one.path}") for one in entries]


def is_there(repo: Repo, directory: str) -> bool:
    """Return True if HEAD has the directory."""
    ((_, kind, _),) = repo.batch_check([f"HEAD:{directory}"])
    return kind == "tree"


def ever_was(repo: Repo, directory: str) -> bool:
    """Return True if a commit up to HEAD has something in the directory."""
    return bool(repo.text("log", "-1", "--format=%H", "HEAD", "--", directory))


def has_image(files: list[TreeEntry], directory: str) -> bool:
    """Return True unless only the note is left."""
    return any(one.path != f"{directory}/{NOTE}" for one in files)


def removal(repo: Repo, files: list[TreeEntry], directory: str, note: str) -> list[FileEdit]:
    """Return the edits that remove the files and write the note. Raises RefusedError for what no edit can remove."""
    assert repo.work_tree is not None
    others = [one.path for one in files if one.mode in (LINK, SUBMODULE)]
    if others:
        raise RefusedError(
            f"{', '.join(others)} is a link or a submodule, which this task does not remove. Remove it first: "
            f"git rm {others[0]}, and commit"
        )
    edits = [
        FileEdit(one.path, text_of(repo.work_tree, one.path), None)
        for one in files
        if one.path != f"{directory}/{NOTE}"
    ]
    return [*edits, FileEdit(f"{directory}/{NOTE}", text_of(repo.work_tree, f"{directory}/{NOTE}"), note)]
