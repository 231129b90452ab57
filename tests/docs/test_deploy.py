"""The configurations in deploy/: no line and no header joins an address to a ballot."""

import re
from pathlib import Path
from typing import Any

import pytest

from psephos.server.board import LARGEST_BALLOT, LARGEST_NOTE, LARGEST_UPLOAD
from psephos.server.files import Files
from psephos.server.relay import LARGEST_BALLOT as RELAYED

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = {
    "nginx.conf": ["/ballot", "/cosignatures", "/entry", "/errors/", "/gossip", "/health"],
    "nginx-relay.conf": ["/ballot", "/errors/", "/health"],
}
"""Which requests each passes on."""
CADDY = {"Caddyfile": ["64KB", "256KB", "256MB"], "Caddyfile-relay": ["64KB"]}
"""How large the bodies are that each lets through."""
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent", "Referer", "Cookie")


def text_of(name: str) -> str:
    """A configuration without its comments."""
    lines = (DEPLOY / name).read_text(encoding="utf-8").split("\n")
    return "\n".join(line for line in lines if not line.strip().startswith("#"))


def directives(name: str) -> list[str]:
    """The directives of nginx, each in one line."""
    return [" ".join(one.split()) for one in re.split(r"[;{}]", text_of(name)) if one.strip()]


@pytest.mark.parametrize("name", NGINX)
def test_nginx_writes_no_log(name: str) -> None:
    """In no server and in no place; and no format of one is defined."""
    found = directives(name)
    servers = found.count("server")
    assert servers == 2
    assert [one for one in found if one.startswith("access_log")] == ["access_log off"] * servers
    assert [one for one in found if one.startswith("error_log")] == ["error_log /dev/null crit"] * servers
    assert not [
        one for one in found if re.match(r"log_format|mirror|limit_req|limit_conn|geo|map|proxy_cache|perl|js_", one)
    ]


@pytest.mark.parametrize("name", NGINX)
def test_nginx_passes_no_address_on(name: str) -> None:
    """Every header that names a client is emptied, and the address is in no other."""
    found = directives("nginx-proxy.conf")
    for header in FORWARDED:
        assert f'proxy_set_header {header} ""' in found
    text = text_of(name) + text_of("nginx-proxy.conf")
    assert not re.search(r"\$(remote|proxy_add|realip|http_|connection|request_id|binary|proxy_protocol)", text)
    ours = text.replace("$host$request_uri", "").replace("proxy_set_header Host $host", "")
    assert "$" not in re.sub(r"\)\??\$ \{", "", ours)  # where a regular expression ends
    passed = re.findall(r"location =? ?(\S+)\s*\{[^}]*proxy_pass [^}]*psephos-proxy", text_of(name))
    assert sorted(passed) == NGINX[name]
    assert len(passed) == text_of(name).count("proxy_pass")


def test_nginx_lets_through_what_the_server_reads() -> None:
    """The limits of the two are the same, and a ballot never lies in a file."""
    assert LARGEST_BALLOT == RELAYED == 64 << 10
    for name in NGINX:
        assert re.search(r"client_max_body_size\s+64k;", text_of(name))
        assert re.search(r"client_body_buffer_size 64k;", text_of(name))
    text = text_of("nginx.conf")
    assert LARGEST_NOTE == 256 << 10
    assert LARGEST_UPLOAD == 256 << 20
    assert text.count("client_max_body_size 256k;") == 2
    assert text.count("client_max_body_size 256m; proxy_request_buffering off;") == 1


@pytest.mark.parametrize("name", CADDY)
def test_caddy_writes_no_log_and_passes_no_address_on(name: str) -> None:
    """No site has a log, the loggers that name clients are left out, every header that names one is removed."""
    text = text_of(name)
    assert re.findall(r"^\s*(log\b.*)", text, re.MULTILINE) == ["log default {"]
    (excluded,) = re.findall(r"exclude (.*)", text)
    assert {"http.log.error", "http.log.access", "http.handlers.reverse_proxy"} <= set(excluded.split())
    for header in (*FORWARDED, "X-Forwarded-Host", "X-Forwarded-Proto"):
        assert f"header_up -{header}\n" in text
    assert not re.search(r"\{(http\.request\.)?(remote|client_ip|header)|output|trusted_proxies|log_append", text)
    assert re.findall(r"max_size (\S+)", text) == CADDY[name]


UNITS = {
    "psephos-server": "psephos-server serve /var/lib/psephos-server --listen 127.0.0.1:7370",
    "psephos-witness": "psephos-witness serve /var/lib/psephos-witness --listen 127.0.0.1:7380",
    "psephos-relay": "psephos observer relay https://board.example/2026 --home /var/lib/psephos-observer"
    " --listen 127.0.0.1:7390",
}


@pytest.mark.parametrize("name", UNITS)
def test_unit_runs_with_no_more_rights_than_it_needs(name: str) -> None:
    """No root, no other files, no core dumps with keys in them; a refusal is not tried again and again."""
    settings: dict[str, list[str]] = {}
    for line in text_of(f"{name}.service").split("\n"):
        key, separator, value = line.partition("=")
        if separator:
            settings.setdefault(key, []).append(value)
    (home,) = re.findall(r"/var/lib/(\S+)", UNITS[name])
    for key, value in {
        "ExecStart": f"/opt/psephos/bin/{UNITS[name]}",
        "User": home,
        "StateDirectory": home,
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "RestrictSUIDSGID": "yes",
        "LimitCORE": "0",
        "RestartPreventExitStatus": "1 2",
        "StandardError": "journal",
    }.items():
        assert settings[key] == [value]
    assert "ReadWritePaths" not in settings


def test_proxies_serve_every_static_file() -> None:
    """Whatever the server itself serves from the folder, they do."""
    files = {route.path.split("/")[1] for route in Files(Path(), Any).routes()}  # type: ignore[arg-type]
    nginx, caddy = text_of("nginx.conf"), text_of("Caddyfile")
    for name in files:
        first = name.partition(".")[0]
        assert re.search(rf"location .*\b{first}\b", nginx), name
        assert f"/{name}" in caddy, name
