"""Make histories at random that move an image in every way people do, and know what is the image's in each commit."""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.histories import Commit

Files = dict[str, str]
NAMES = ("Dockerfile", "environment.yml", "start", "postBuild", "conf/a.ini", "conf/b.ini", "apt.txt", "install.R")
ODD_NAMES = (
    "two words", "ünï", "n\u0308fd", "-dash", 'quo"te', "it's", "back\\slash", "new\nline", "tab\there", "\udcff.txt",
    ":(top)colon", "st*r?[s]", "#hash", "~tilde", "$(date)", "{brace}/in,side", "conf/odd name/ünï", "trailing ",
    "HEAD",
)  # fmt: skip
ODD_PLACES = (
    "two words/{}", "-dash{}", "~tilde{}", "ünï{}/bild", "a:b{}", "st*r{}", "#h{}", 'quo"te{}', "back\\{}", "HEAD/{}",
)  # fmt: skip
ODD_DATES = (
    "0 +0000", "-1 +0000", "-3600 +0100", "1800 -0100", "-2208988800 +0000", "4102444800 +1400", "253402300800 -1200",
    "99999999999999 +0000", "18446744073709551614 +0000", "1600000000 +0545", "1600000000 -0000", "1600000000 +9999",
    "1400000000 +0530",
)  # fmt: skip
SUBMODULE = re.compile(r"[0-9a-f]{40}")
LINK = "../link/"  # what the text of a symlink begins with
PEOPLE = ("Ada <ada@example.org>", "Zoë <zoë@example.org>", "x <>", "李 <li@example.org>", 'O\'B, "Q" <q@example.org>')


@dataclass(frozen=True)
class State:
    """What one commit holds. `image`: the paths of the files that are the image's."""

    commit: int
    files: Files
    image: frozenset[str]
    place: str


@dataclass
class History:
    """A history under construction; names of commits are c0, c1, ..."""

    chance: random.Random
    commits: list[Commit] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    serial: int = 0

    def text(self, what: str) -> str:
        """A file of twelve lines, of which the first changes with every edit."""
        self.serial += 1
        name = self.serial
        return "".join([f"{what} {name}\n", *(f"{what} line {what} {number}\n" for number in range(11))])

    def edited(self, text: str) -> str:
        """The same file with another first line: similar enough to be a rename of it."""
        self.serial += 1
        return f"edit {self.serial}\n" + text.split("\n", 1)[1]

    def commit(self, files: Files, image: frozenset[str], place: str, *above: State) -> State:
        """Commit these files on top of others."""
        number = len(self.commits)
        dates = [self.chance.choice(ODD_DATES) if self.chance.random() < 0.1 else "" for _ in range(2)]
        self.commits.append(Commit(
            f"c{number}", [f"c{state.commit}" for state in above], dict(files), author=self.chance.choice(PEOPLE),
            committer="Ada <ada@example.org>", modes=modes(files), authored=dates[0], committed=dates[1],
        ))  # fmt: skip
        self.states.append(State(number, dict(files), image, place))
        return self.states[-1]

    def moved(self, state: State, moves: dict[str, str], place: str) -> State:
        """Commit a state with some files under other paths."""
        files = {moves.get(path, path): text for path, text in state.files.items()}
        image = frozenset(moves.get(path, path) for path in state.image)
        return self.commit(files, image, place, state)

    def fresh(self) -> str:
        """A place that was never used."""
        self.serial += 1
        shapes = ODD_PLACES if self.chance.random() < 0.2 else ("images/i{}", "deployments/d{}/image", "p{}", "a/b{}/c")
        return self.chance.choice(shapes).format(self.serial)


def modes(files: Files) -> dict[str, str]:
    """The modes of what is no plain file: a submodule is the id of its commit, a symlink begins as all of ours do."""
    found = {path: "160000" for path, text in files.items() if SUBMODULE.fullmatch(text)}
    return found | {path: "120000" for path, text in files.items() if text.startswith(LINK)}


def plain(files: Files, paths: Iterable[str]) -> list[str]:
    """The paths of plain files, sorted."""
    odd = modes(files)
    return sorted(path for path in paths if path not in odd)


def to(path: str, old: str, new: str) -> str:
    """A file's path after its directory was moved."""
    return f"{new}/{path.removeprefix(old + '/')}"


def edit_image(history: History, state: State) -> State:
    path = history.chance.choice(plain(state.files, state.image))
    return history.commit({**state.files, path: history.edited(state.files[path])}, state.image, state.place, state)


def edit_other(history: History, state: State) -> State:
    path = history.chance.choice(plain(state.files, state.files.keys() - state.image))
    return history.commit({**state.files, path: history.edited(state.files[path])}, state.image, state.place, state)


def add_file(history: History, state: State) -> State:
    odd = history.chance.choice(ODD_NAMES)
    path = f"{state.place}/{history.chance.choice((f'added{history.serial}', odd))}"
    if path in state.files:
        return edit_image(history, state)
    files = {**state.files, path: history.text("image")}
    return history.commit(files, state.image | {path}, state.place, state)


def move(history: History, state: State) -> State:
    new = history.fresh()
    return history.moved(state, {path: to(path, state.place, new) for path in state.image}, new)


def move_and_edit(history: History, state: State) -> State:
    new = history.fresh()
    path = history.chance.choice(plain(state.files, state.image))
    files = {**state.files, path: history.edited(state.files[path])}
    moves = {path: to(path, state.place, new) for path in state.image}
    image = frozenset(moves[path] for path in state.image)
    return history.commit({moves.get(path, path): text for path, text in files.items()}, image, new, state)


def move_deeper(history: History, state: State) -> State:
    new = f"{state.place}/in{history.serial}"
    return history.moved(state, {path: to(path, state.place, new) for path in state.image}, new)


def move_higher(history: History, state: State) -> State:
    above = state.place.rpartition("/")[0]
    if not above or any(path.startswith(above + "/") and path not in state.image for path in state.files):
        return move(history, state)
    return history.moved(state, {path: to(path, state.place, above) for path in state.image}, above)


def move_one_by_one(history: History, state: State) -> State:
    new = history.fresh()
    for path in sorted(state.image):
        state = history.moved(state, {path: to(path, state.place, new)}, state.place)
        if history.chance.random() < 0.3:
            state = edit_image(history, state)
    return State(state.commit, state.files, state.image, new)


def move_onto_placeholder(history: History, state: State) -> State:
    new = history.fresh()
    state = history.commit({**state.files, f"{new}/README.md": history.text("note")}, state.image, state.place, state)
    state = edit_image(history, state)
    return history.moved(state, {path: to(path, state.place, new) for path in state.image}, new)


def swap(history: History, state: State) -> State:
    other = history.fresh()
    files = {**state.files, **{f"{other}/{name}": history.text("another") for name in NAMES[:4]}}
    state = history.commit(files, state.image, state.place, state)
    state = edit_image(history, state)
    there = {path: to(path, state.place, other) for path in state.image}
    back = {f"{other}/{name}": f"{state.place}/{name}" for name in NAMES[:4]}
    return history.moved(state, {**there, **back}, other)


def leave_strangers(history: History, state: State) -> State:
    files = {**state.files, **{f"{state.place}/secrets/s{n}.yaml": history.text("SECRET") for n in range(9)}}
    state = history.commit(files, state.image, state.place, state)
    secret = f"{state.place}/secrets/s1.yaml"
    files = {**state.files, secret: history.edited(state.files[secret])}
    state = history.commit(files, state.image, state.place, state)
    state = edit_image(history, state)
    return move(history, state)


def copy_then_remove(history: History, state: State) -> State:
    new = history.fresh()
    old = state.image
    image = frozenset(to(path, state.place, new) for path in old)
    files = {**state.files, **{to(path, state.place, new): state.files[path] for path in old}}
    state = edit_other(history, history.commit(files, image, new, state))
    return history.commit({path: text for path, text in state.files.items() if path not in old}, image, new, state)


def remove_then_add(history: History, state: State) -> State:
    new = history.fresh()
    old = {path: state.files[path] for path in state.image}
    rest = {path: text for path, text in state.files.items() if path not in old}
    gone = edit_other(history, history.commit(rest, frozenset(), state.place, state))
    back = {to(path, state.place, new): text for path, text in old.items()}
    return history.commit({**gone.files, **back}, frozenset(back), new, gone)


def branch(history: History, state: State) -> State:
    side = state
    for _ in range(history.chance.randint(1, 3)):
        side = history.chance.choice((edit_image, edit_other, add_file))(history, side)
    main = history.chance.choice((edit_other, move))(history, state)
    moves = {path: to(path, state.place, main.place) for path in side.image}
    files = {**{path: text for path, text in main.files.items() if path not in main.image}}
    for path, text in side.files.items():
        if path in side.image:
            files[moves[path]] = text
        elif path not in main.files or main.files[path] == state.files.get(path):
            files[path] = text
    image = frozenset(moves.values())
    return history.commit(files, image, main.place, *history.chance.sample((main, side), 2))


def criss_cross(history: History, state: State) -> State:
    one, two = edit_image(history, state), edit_other(history, state)
    files = {**one.files, **{path: text for path, text in two.files.items() if text != state.files.get(path)}}
    left = history.commit(files, state.image, state.place, one, two)
    right = history.commit(files, state.image, state.place, two, one)
    return edit_image(history, history.commit(files, state.image, state.place, left, right))


def exchange_and_edit(history: History, state: State) -> State:
    """Two directories change places, and every file of both is edited in the same commit."""
    other = history.fresh()
    names = [path.removeprefix(state.place + "/") for path in plain(state.files, state.image)]
    files = {**state.files, **{f"{other}/{name}": history.text("another") for name in names}}
    state = edit_image(history, history.commit(files, state.image, state.place, state))
    files = {path: text for path, text in state.files.items() if path not in state.image}
    for name in names:
        mine, theirs = state.files[f"{state.place}/{name}"], state.files[f"{other}/{name}"]
        files |= {f"{other}/{name}": history.edited(mine), f"{state.place}/{name}": history.edited(theirs)}
    rest = {path: to(path, state.place, other) for path in state.image}
    files |= {rest[path]: state.files[path] for path in modes(state.files) if path in state.image}
    return history.commit(files, frozenset(rest.values()), other, state)


def add_submodule(history: History, state: State) -> State:
    history.serial += 1
    path = f"{state.place}/sub{history.serial}"
    files = {**state.files, path: f"{history.serial:040x}"}
    if history.chance.random() < 0.5:
        entry = f'[submodule "{path}"]\n\tpath = {path}\n\turl = https://example.org/{history.serial}.git\n'
        files[".gitmodules"] = files.get(".gitmodules", "") + entry
    return history.commit(files, state.image | {path}, state.place, state)


def update_submodule(history: History, state: State) -> State:
    """Another commit of a submodule; a new submodule where there is none."""
    subs = sorted(path for path in state.image if SUBMODULE.fullmatch(state.files[path]))
    if not subs:
        return add_submodule(history, state)
    history.serial += 1
    files = {**state.files, history.chance.choice(subs): f"{history.serial:040x}"}
    return history.commit(files, state.image, state.place, state)


def add_symlink(history: History, state: State) -> State:
    history.serial += 1
    path = f"{state.place}/link{history.serial}"
    files = {**state.files, path: f"{LINK}{history.serial}"}
    return history.commit(files, state.image | {path}, state.place, state)


STEPS: tuple[Callable[[History, State], State], ...] = (
    edit_image, edit_image, edit_other, add_file, move, move_and_edit, move_deeper, move_higher, move_one_by_one,
    move_onto_placeholder, swap, leave_strangers, copy_then_remove, remove_then_add, branch, criss_cross,
    add_submodule, update_submodule, add_symlink, exchange_and_edit,
)  # fmt: skip


def generate(seed: int) -> History:
    """A history of some steps, which begins in a directory or as a repository that was merged in."""
    history = History(random.Random(seed))
    host = {f"other/o{number}": history.text("other") for number in range(3)}
    names = history.chance.sample(NAMES, history.chance.randint(3, len(NAMES)))
    place = history.fresh()
    image = {f"{place}/{name}": history.text("image") for name in names}
    if history.chance.random() < 0.25:
        state = merged_in(history, host, image, place)
    else:
        begun = history.commit(host, frozenset(), place)
        state = history.commit({**host, **image}, frozenset(image), place, begun)
    for _ in range(history.chance.randint(2, 7)):
        step = history.chance.choice(STEPS)
        history.kinds.append(step.__name__)
        state = step(history, state)
    state = edit_image(history, state)
    if state.commit != len(history.commits) - 1:
        raise AssertionError("main is at the last commit")
    return history


def merged_in(history: History, host: Files, image: Files, place: str) -> State:
    """An image's own repository, merged into a directory of the host, and an update of it."""
    history.kinds.append("merged_in")

    def top(files: Files) -> Files:
        return {path.removeprefix(place + "/"): text for path, text in files.items()}

    begun = history.commit(host, frozenset(), place)
    own = history.commit(top(image), frozenset(top(image)), "")
    path = history.chance.choice(sorted(image))
    image = {**image, path: history.edited(image[path])}
    own = history.commit(top(image), frozenset(top(image)), "", own)
    state = history.commit({**host, **image}, frozenset(image), place, *history.chance.sample((begun, own), 2))
    state = edit_other(history, state)
    if history.chance.random() < 0.5:
        path = history.chance.choice(sorted(image))
        image = {**image, path: history.edited(image[path])}
        own = history.commit(top(image), frozenset(top(image)), "", own)
        state = history.commit({**state.files, **image}, frozenset(image), place, state, own)
    return state
