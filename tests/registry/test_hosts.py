"""Which host serves a registry, with or without TLS, and under which keys its login may be."""

import pytest

from hubimages.registry.hosts import base_address, host_in, is_loopback


@pytest.mark.parametrize("host", [
    "localhost", "LocalHost:5000", "127.0.0.1", "127.0.0.1:5000", "127.255.1.2", "[::1]", "[::1]:5000",
])  # fmt: skip
def test_this_machine_needs_no_tls(host: str) -> None:
    assert is_loopback(host)
    assert base_address(host) == f"http://{host}"


@pytest.mark.parametrize("host", [
    "quay.io", "quay.io:443", "localhost.example", "127.0.0.1.example:80", "128.0.0.1", "[::2]", "[::2]:1", "5000",
])  # fmt: skip
def test_every_other_host_does(host: str) -> None:
    assert not is_loopback(host)
    assert base_address(host) == f"https://{host}"


def test_docker_hub_is_served_by_another_host() -> None:
    assert base_address("docker.io") == "https://registry-1.docker.io"


def test_a_login_is_no_part_of_a_host_whatever_is_in_it() -> None:
    assert host_in("https://me@our.org:pass@word@host.example:5000/index.yaml") == "host.example:5000"
    assert host_in("https://host.example/a@b") == "host.example"
