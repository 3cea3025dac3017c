"""The answer to a registry's challenge: Basic, or a token for one scope that is used until the registry refuses it.

https://distribution.github.io/distribution/spec/auth/token/ and, for identity tokens,
https://distribution.github.io/distribution/spec/auth/oauth/
"""

from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from urllib.parse import urlencode, urlsplit, urlunsplit

from hubimages import json_text
from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.registry.hosts import is_loopback
from hubimages.registry.http.challenge import Challenge, challenges
from hubimages.registry.http.logins import Login
from hubimages.registry.http.transport import Response, Transport
from hubimages.registry.problems import LoginRefusedError, NameRefusedError

PULL, PUSH = "pull", "pull,push"
CLIENT = "hubimages"

FindLogin = Callable[[str, str], Login | None]  # of a host and the name of a repository
Scope = tuple[str, str, str]  # host, name, actions


class Authorizer:
    """Knows for every scope what to send; threads that need the same token wait for one of them to get it."""

    def __init__(self, transport: Transport, find_login: FindLogin) -> None:
        self._transport = transport
        self._find_login = find_login
        self._headers: dict[Scope, str] = {}
        self._logins: dict[tuple[str, str], Login | HubImagesError | None] = {}
        self._problems: dict[str, HubImagesError] = {}
        self._locks: dict[object, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def header(self, scope: Scope) -> str:
        """Return what the registry last accepted for the scope; empty if nothing yet."""
        return self._headers.get(scope, "")

    def problem(self, host: str) -> HubImagesError | None:
        """Why the login for a host was left out and its public images asked for instead; None where it was not."""
        return self._problems.get(host)

    def login(self, host: str, name: str) -> Login | None:
        """Return the login for a repository of a host. If finding it fails, raises the same error every time."""
        place = (host, name)
        with self._lock_of(("login", *place)):
            if place not in self._logins:
                try:
                    self._logins[place] = self._find_login(host, name)
                except HubImagesError as error:
                    self._logins[place] = error
        found = self._logins[place]
        if isinstance(found, HubImagesError):
            raise found
        return found

    def answer(self, scope: Scope, refused: Response, used: str) -> str:
        """Return what to send after a 401 to `used`; empty if there is nothing else to try.

        For pulling, a login that is not accepted or not to be had gives way to an anonymous token: public images are
        public. Raises LoginRefusedError, NoAnswerError, and what finding the login raises.
        """
        with self._lock_of(scope):
            current = self._headers.get(scope, "")
            if current and current != used:
                return current  # another thread was faster
            self._headers[scope] = new = self._new(scope, refused, used)
            return new

    def _new(self, scope: Scope, refused: Response, used: str) -> str:
        host, name, actions = scope
        offered = challenges(refused.headers.get("WWW-Authenticate", ""))
        bearer = next((each for each in offered if each.scheme == "bearer" and "realm" in each.parameters), None)
        try:
            login = self.login(host, name)
            if bearer is not None:
                return self._token(bearer, scope, login)
        except HubImagesError as error:
            if isinstance(error, NoAnswerError | NameRefusedError) or actions != PULL or bearer is None:
                raise
            anonymous = self._token(bearer, scope, None)
            if not anonymous:
                raise
            self._problems[host] = error
            return anonymous
        if login is None or not any(each.scheme == "basic" for each in offered):
            return ""
        if login.basic() == used:
            raise LoginRefusedError(f"{host} does not accept the login of {login.username}")
        return login.basic()

    def _token(self, bearer: Challenge, scope: Scope, login: Login | None) -> str:
        """Return a token from the registry's token service; empty if it gives an anonymous caller none."""
        host, name, actions = scope
        if login and login.registry_token:
            return f"Bearer {login.registry_token}"
        try:
            realm = urlsplit(bearer.parameters["realm"])
        except ValueError:
            raise NoAnswerError(f"{host} sends logins to {bearer.parameters['realm']!r}, which is no address") from None
        if realm.scheme != "https" and not (realm.scheme == "http" and is_loopback(realm.netloc)):
            raise NoAnswerError(f"{host} sends logins to {bearer.parameters['realm']!r}, which is not https: not sent")
        # the registry's own scope as well as ours, as containerd does: some (public.ecr.aws) have words of their own
        scopes = list(dict.fromkeys([*bearer.parameters.get("scope", "").split(), f"repository:{name}:{actions}"]))
        if actions == PULL:
            scopes = [each for each in scopes if not each.endswith(f":{PUSH}")]
        service = {"service": bearer.parameters["service"]} if "service" in bearer.parameters else {}
        headers = {"Accept": "application/json"}
        if login and login.identity_token:
            form = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": login.identity_token}
            body = urlencode({**form, **service, "scope": " ".join(scopes)}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            given = self._transport.send("POST", bearer.parameters["realm"], headers, body, secret=True)
        else:
            if login:
                headers["Authorization"] = login.basic()
            query = urlencode({**service, "scope": scopes}, doseq=True)
            address = urlunsplit(realm._replace(query="&".join(filter(None, (realm.query, query)))))
            given = self._transport.send("GET", address, headers)
        return self._read(given, host, login)

    def _read(self, given: Response, host: str, login: Login | None) -> str:
        if given.status == 400 and b"NAME_INVALID" in given.body:
            raise NameRefusedError(f"{host} does not accept this name")
        if given.status in (400, 401, 403) and login:
            who = login.username or "the identity token"
            raise LoginRefusedError(f"{host} does not accept the login of {who}")
        if given.status in (400, 401, 403, 404):
            return ""
        try:
            content = json_text.loads(given.body)
            token = content.get("token") or content.get("access_token")
        except (ValueError, AttributeError):
            token = None
        if given.status != 200 or not isinstance(token, str):
            raise NoAnswerError(f"no answer from {host}: its token service gave no token (status {given.status})")
        return f"Bearer {token}"

    def _lock_of(self, key: object) -> Lock:
        with self._lock:
            return self._locks[key]
