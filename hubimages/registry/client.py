"""Ask registries about images: whether one exists, which tags it has.

Every question returns its answer or raises: NotThereError if the registry says that the image does not exist,
HiddenError if it needs a login or another one, LoginRefusedError if it does not accept the login, NoAnswerError if the
question stays open. `lookup` asks about many images at once.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from threading import Lock
from types import TracebackType
from typing import IO, Any, cast
from urllib.parse import urljoin, urlsplit

from hubimages import json_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.image_ref import DIGEST, TAG, ImageRef
from hubimages.registry.hosts import base_address
from hubimages.registry.http.blob import BUFFER, Blob
from hubimages.registry.http.logins import StoredLogins
from hubimages.registry.http.tokens import PULL, Authorizer, FindLogin
from hubimages.registry.http.transport import Limits, Response, Transport
from hubimages.registry.problems import HiddenError, NameRefusedError, NotThereError

# https://github.com/opencontainers/image-spec/blob/main/media-types.md
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = ", ".join(INDEXES + MANIFESTS)
API_VERSION = "Docker-Distribution-Api-Version"
PAGE = 1000  # tags on one page
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema, and cosign's with a suffix
ATTACHED = re.compile(r"sha256-[0-9a-f]{64}(\.|$)")
# RFC 8288: <address>; name="value"; name=value, <address> ...
LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[^=;,\s]+(?:\s*=\s*(?:"[^"]*"|[^";,\s]*))?)*)')
REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^";,\s]*))', re.IGNORECASE)


class Registries:
    """All registries, over connections that are kept open. `with Registries() as registries:` closes them at the end.

    Logins come from Docker's and podman's files, read only when a registry asks for one. `Registries.anonymous()`
    sees what everybody sees. All methods are thread-safe.
    """

    def __init__(self, find_login: FindLogin | None = None, *, limits: Limits | None = None) -> None:
        self.transport = Transport(limits)
        self.authorizer = Authorizer(self.transport, find_login or StoredLogins())
        self._kept: dict[tuple[str, str], Response] = {}
        self._greetings: dict[str, Response] = {}
        self._lock = Lock()

    @classmethod
    def anonymous(cls, *, limits: Limits | None = None) -> "Registries":
        """Return registries as seen without a login, for example by a node of a cluster."""
        return cls(lambda host, name: None, limits=limits)

    def __enter__(self) -> "Registries":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.transport.close()

    def digest(self, image: ImageRef) -> str:
        """Return the digest (sha256:...) of the image, found by its digest or else its tag. The cache is not used."""
        path = f"manifests/{version(image)}"
        answer = self.ask("HEAD", image, path, accept=ACCEPT)
        digest = answer.headers.get("Docker-Content-Digest", "")
        if DIGEST.fullmatch(digest):
            return digest
        manifest = self.ask("GET", image, path, accept=ACCEPT)  # not every registry sends the digest for a HEAD
        _object(manifest, image)
        return "sha256:" + hashlib.sha256(manifest.body).hexdigest()

    def tags(self, image: ImageRef) -> list[str]:
        """Return all tags of the image's repository, from all pages, in the registry's order.

        Tags that list or hold what is attached to an image (`sha256-...`) are left out.
        """
        found: dict[str, None] = {}
        seen: set[str] = set()
        path = f"tags/list?n={PAGE}"
        while path:
            if path in seen:
                raise NoAnswerError(f"no answer from {image.host}: its list of tags never ends")
            seen.add(path)
            page = self.get(image, path)
            listed = _object(page, image).get("tags") or []
            if not isinstance(listed, list) or not all(isinstance(tag, str) for tag in listed):
                raise NoAnswerError(f"no answer from {image.host}: its list of tags cannot be read")
            found.update(dict.fromkeys(tag for tag in listed if TAG.fullmatch(tag)))  # no other can be asked for
            path = _next_page(page, image)
        return [tag for tag in found if not ATTACHED.match(tag)]

    def get(self, image: ImageRef, path: str, *, accept: str = "application/json") -> Response:
        """Return the answer to a GET; the registry does not resend what is unchanged since the last time (`ETag`)."""
        kept = self._kept.get((path, image.repository))
        condition = {"If-None-Match": kept.headers["ETag"]} if kept else {}
        answer = self.ask("GET", image, path, accept=accept, headers=condition)
        if answer.status == 304 and kept:
            return kept
        if answer.headers.get("ETag"):
            self._kept[path, image.repository] = answer
        return answer

    def ask(
        self,
        method: str,
        image: ImageRef,
        path: str,
        *,
        actions: str = PULL,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        unread: bool = False,
    ) -> Response:
        """Return the answer (200 or 304) to a request below the repository's address. Raises as the module says."""
        sent = {"Accept": accept, **(headers or {})}
        answer = self.exchange(method, image, path, actions=actions, headers=sent, unread=unread)
        if answer.status == 200 or (answer.status == 304 and headers):
            return answer
        said = complaint(answer)
        what = f"{image.repository} {said}".strip()
        if answer.status in (401, 403):
            why = [str(each) for each in (said, self.authorizer.problem(image.host)) if each]
            hidden = f"{image.host} does not show {image} without a login that may see it"
            raise HiddenError("; ".join([hidden, *why]))
        if answer.status == 404:
            self.check_is_registry(image.host, answer)
            raise NotThereError(f"{image.host} has no {image if path.startswith('manifests/') else image.repository}")
        if answer.status == 400 and ("NAME_INVALID" in said or "TAG_INVALID" in said):
            raise NameRefusedError(f"{image.host} does not accept the name {what}")
        raise NoAnswerError(f"no answer from {image.host} that can be used: status {answer.status} for {what}")

    @contextmanager
    def blob(self, image: ImageRef, digest: str, size: int) -> Iterator[IO[bytes]]:
        """Yield a blob of the image as it comes; what is left is read at the end, and the whole checked by its digest.

        Raises as the module says, and NoAnswerError if the registry sends other content, or more than `size` bytes.
        """
        headers = {"Accept-Encoding": "identity"}
        answer = self.ask("GET", image, f"blobs/{digest}", headers=headers, unread=True)
        assert answer.unread is not None
        blob = Blob(answer.unread, image.host, digest, size, self.transport.limits)
        try:
            with BufferedReader(blob, BUFFER) as content:
                yield cast("IO[bytes]", content)
                blob.read_rest(cast("IO[bytes]", content))
        finally:
            answer.unread.close()

    def exchange(
        self,
        method: str,
        image: ImageRef,
        path: str,
        *,
        actions: str = PULL,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        unread: bool = False,
    ) -> Response:
        """Return the last answer to a request, whatever its status. Answers the registry's challenge if it can."""
        address = urljoin(f"{base_address(image.host)}/v2/{image.name}/", path)
        scope = (image.host, image.name, actions)
        used = self.authorizer.header(scope)
        for _ in range(2):
            authorization = {"Authorization": used} if used else {}
            answer = self.transport.send(method, address, {**(headers or {}), **authorization}, body, unread=unread)
            # a challenge of the host that a redirect led to asks for a login that is not its own
            if answer.status != 401 or urlsplit(answer.address).netloc != urlsplit(address).netloc:
                break
            new = self.authorizer.answer(scope, answer, used)
            if not new or new == used:
                break
            used = new
        return answer

    def check_is_registry(self, host: str, answer: Response | None = None) -> None:
        """Raise NoAnswerError unless the host is a registry: a 404 from another server says nothing about images."""
        if answer is not None and answer.headers.get(API_VERSION):
            return
        greeting = self.greeting(host)
        signs = API_VERSION in greeting.headers or "WWW-Authenticate" in greeting.headers or _is_json(greeting)
        if greeting.status not in (200, 401, 403) or not signs:
            raise NoAnswerError(f"no answer from {host}: it does not answer as a registry does")

    def greeting(self, host: str) -> Response:
        """Return a registry's answer to /v2/ without a login. Each registry is asked once."""
        with self._lock:
            known = self._greetings.get(host)
        if known is None:
            known = self.transport.send("GET", f"{base_address(host)}/v2/", {"Accept": "application/json"})
            with self._lock:
                self._greetings[host] = known
        return known


def version(image: ImageRef) -> str:
    """Return the image's digest, or else its tag. Raises BadInputError if it has neither."""
    if not (image.digest or image.tag):
        raise BadInputError(f"{image} has neither a tag nor a digest. Write {image}:TAG")
    return image.digest or image.tag


def complaint(answer: Response) -> str:
    """Return the code and message of a registry's error in one line; empty if it has none."""
    try:
        first = json_text.loads(answer.body)["errors"][0]
        return " ".join(f"({first.get('code', '')}: {first.get('message', '')})".split())
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _object(answer: Response, image: ImageRef) -> dict[str, Any]:
    """Return the JSON object of an answer."""
    try:
        content = json_text.loads(answer.body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise NoAnswerError(f"no answer from {image.host} for {image} that can be read: it is no JSON object")
    return content


def _is_json(answer: Response) -> bool:
    try:
        return isinstance(json_text.loads(answer.body), dict)
    except ValueError:
        return False


def _next_page(page: Response, image: ImageRef) -> str:
    """Return path and query of the next page (RFC 8288), on the same host; empty for the last page."""
    for link in LINK.finditer(page.headers.get("Link", "")):
        relation = REL.search(link[2])
        if relation and "next" in (relation[1] or relation[2] or "").lower().split():
            try:
                following = urlsplit(urljoin(page.address, link[1]))
            except ValueError:
                raise NoAnswerError(f"no answer from {image.host}: the next page of its list has no address") from None
            break
    else:
        return ""
    if following.netloc != urlsplit(page.address).netloc:
        raise NoAnswerError(
            f"no answer from {image.host}: its list of tags continues on another host, {following.netloc}"
        )
    return f"{following.path}?{following.query}"
