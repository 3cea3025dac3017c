"""Every kind is found, under its name; and what is no secret is not."""

import pytest

pytest.importorskip("detect_secrets")

from hubimages.scanning.engines.blob import examine
from hubimages.scanning.engines.plugins import NEEDS, kind, plugins
from hubimages.scanning.engines.text import Engine
from tests.scanning.specimens import LINES, OWN, private_key, word

SALT = b"salt"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return plugins()


def kinds(content: bytes, name: str, *engines: Engine) -> list[tuple[str, int]]:
    return [(hit.kind, hit.line) for hit in examine(content, name, SALT, engines).hits]


@pytest.mark.parametrize("which", LINES)
def test_each_plugin_of_detect_secrets_finds_its_kind_in_the_middle_of_a_text(which: str, engine: Engine) -> None:
    name, line = LINES[which]
    before = "An image for the course.\n" * 40
    text = f"{before}{line}\n{before}"
    found = {hit.kind for hit in engine_hits(text, name, engine)}
    assert which in found
    assert {hit.line for hit in engine_hits(text, name, engine)} == {41}
    assert kinds(text.encode(), name, engine)[0][1] == 41


def engine_hits(text: str, name: str, engine: Engine):  # type: ignore[no-untyped-def]
    from hubimages.scanning.engines.text import Text

    return list(engine(Text(text, name, SALT)))


def test_there_is_a_specimen_for_every_plugin_in_use() -> None:
    from detect_secrets.settings import get_plugins, transient_settings

    with transient_settings({"plugins_used": [{"name": name} for name in NEEDS], "filters_used": []}):
        assert {kind(plugin) for plugin in get_plugins()} == set(LINES)


@pytest.mark.parametrize("which", OWN)
def test_each_kind_of_our_own_is_found_without_any_scanner(which: str) -> None:
    name, text = OWN[which]
    assert which in [one for one, _ in kinds(text.encode(), name)]


@pytest.mark.parametrize("name", ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP "])
def test_every_form_of_private_key_is_found_and_a_word_about_one_is_not(name: str) -> None:
    key = private_key(name).replace("PRIVATE KEY-", "PRIVATE KEY BLOCK-") if name == "PGP " else private_key(name)
    assert kinds(f"a\n{key}".encode(), "key.txt") == [("private-key", 2)]
    assert kinds(f'{{"private_key": "{key}"}}'.replace("\n", "\\n").encode(), "sa.json") == [("private-key", 1)]
    assert kinds(b"Paste it after -----BEGIN RSA PRIVATE KEY----- and save\n", "README.md") == []


NO_SECRETS = [
    ("values.yaml", "secretName: user-etc-gitconfig"),
    ("hubploy.yaml", "service_key: gke-key.json"),
    ("values.yaml", "existingSecret: hub-existing-secret"),
    ("values.yaml", "client_secret: null"),
    ("values.yaml", 'password: "{{ .Values.password }}"'),
    ("values.yaml", "secretToken: <output of openssl rand>"),
    ("start.sh", 'export PGPASSWORD="${PGPASSWORD}"'),
    ("start.sh", "PASSWORD=$(cat /run/secrets/password)"),
    ("config.py", 'c.Authenticator.client_secret = os.environ["CLIENT_SECRET"]'),
    ("config.py", 'password = getpass("Password: ")'),
    ("config.py", 'client_secret = Unicode("", config=True)'),
    ("README.md", "The secret: never commit one."),
    ("environment.yml", "  - pip:\n    - keyring==25.1\n    - jupyterhub-tmpauthenticator"),
    ("conda-lock.yml", f"    sha256: {word(64, '0123456789abcdef')}"),
    ("Dockerfile", f"FROM quay.io/pangeo/base@sha256:{word(64, '0123456789abcdef')}"),
    ("notebook.ipynb", '"image/png": "iVBORw0KGgo' + word(3000) + '"'),
    ("a.yaml", "GH_SCOPED_CREDS_CLIENT_ID: Iv1.f79b4903c7ea2847"),
    ("AUTHORS", "\n".join(f"Ada <ada{n}@uni{n}.edu>" for n in range(30))),
    ("a.txt", "\n".join(f"user{n}@example.org" for n in range(30))),
]


@pytest.mark.parametrize(("name", "text"), NO_SECRETS, ids=lambda one: str(one)[:30])
def test_what_is_no_secret_is_not_found(name: str, text: str, engine: Engine) -> None:
    assert kinds(text.encode(), name, engine) == []


def test_a_table_with_student_ids_is_a_roster_without_any_address() -> None:
    rows = "".join(f"Lovelace {n},303{n:05},101\n" for n in range(20))
    assert kinds(f"Student,SIS User ID,Section\n{rows}".encode(), "grades.csv") == [("people", 1)]
    assert kinds(f"station,lat,lon\n{rows}".encode(), "stations.csv") == []


def test_a_workbook_is_read_and_a_text_of_windows_too(engine: Engine) -> None:
    import io
    import zipfile

    cells = "".join(f"<si><t>s{n}@berkeley.edu</t></si>" for n in range(12))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst>{cells}</sst>")
    assert kinds(file.getvalue(), "Roster.xlsx") == [("people", 1)]
    assert kinds(f"x\r\n{LINES['slack-token'][1]}\r\n".encode("utf-16"), "a.ps1", engine) == [("slack-token", 2)]


def test_a_private_key_in_a_binary_file_is_found(engine: Engine) -> None:
    assert kinds(b"\0\1\2" + private_key().encode(), "keystore.bin", engine) == [("private-key", 1)]


def test_a_line_of_a_megabyte_is_searched_to_its_end(engine: Engine) -> None:
    line = "x = 1; " * 150_000 + LINES["stripe-access-key"][1]
    assert kinds(line.encode(), "min.js", engine) == [("stripe-access-key", 1)]


def test_lines_of_the_pragma_of_detect_secrets_are_left_out(engine: Engine) -> None:
    line = LINES["secret-keyword"][1]
    assert kinds(f"{line}  # pragma: allowlist secret\n".encode(), "a.py", engine) == []
    assert kinds(f"{line}\n".encode(), "a.py", engine) == [("secret-keyword", 1)]


def test_the_plugins_find_on_chosen_lines_what_they_find_on_every_line() -> None:
    from detect_secrets.settings import get_plugins, transient_settings

    lines = [f"{line} {number}" for number in range(3) for _, line in LINES.values()]
    lines += [f"İ{line}" for _, line in LINES.values()]  # its lower case has two characters
    text = "\n".join(lines)
    with transient_settings({"plugins_used": [{"name": name} for name in NEEDS], "filters_used": []}):
        every = {
            (kind(plugin), number)
            for plugin in get_plugins()
            for number, line in enumerate(lines, 1)
            if plugin.analyze_line(filename="a.txt", line=line, line_number=number)
        }
    chosen = {(hit.kind, hit.line) for hit in engine_hits(text, "a.txt", plugins())}
    missing = {one for one in every - chosen if one[0] != "secret-keyword"}  # judged by us, too
    assert missing == set()
    assert len(every) > 80
