"""Messages of programs and engines that could not have the port they wanted."""

import re

from incidentlab.model.cause import Sign

# The system's EADDRINUSE, in glibc's words and in musl's ("Address in use", on Alpine), as asyncio, gunicorn, nginx,
# Node, Go, Ruby, Rust, Java, Erlang, .NET and PostgreSQL print it; Django, Flask and Spring in their own words; Docker,
# Docker Desktop on Windows, podman and Kubernetes for a published port.
TAKEN = Sign(
    name="port-taken",
    pattern=re.compile(
        r"[Aa]ddress already in use|[Aa]ddress in use(?=\s{0,4}(?:[\n\"'),(\]]|\Z))"
        r"|EADDRINUSE|\bAddrInUse\b|eaddrinuse|[Pp]ort is already allocated"
        r"|[Pp]orts are not available"
        r"|Connection in use: \(|[Pp]ort '?\d{1,5}'? (?:is|was) (?:already )?in use|[Pp]ort is already in use"
        r"|port is already in use|[Oo]nly one usage of each socket address|[Ff]ailed to bind (?:host )?port\b"
        r"|didn't have free ports for the requested pod ports|host port is already (?:in use|allocated)"
    ),
    literals=(
        "ddress already in use", "ddress in use", "AddrInUse",
        "EADDRINUSE", "eaddrinuse", "ort is already allocated", "orts are not available",
        "Connection in use: (", "in use", "nly one usage of each socket address", "ailed to bind ",
        "free ports for the requested pod ports",
    ),
    examples=(
        "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
        "[2026-01-01 10:00:00 +0000] [7] [ERROR] Connection in use: ('0.0.0.0', 8000)",
        'Error: Os { code: 98, kind: AddrInUse, message: "Address in use" }',
        "[Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address in use",
        "Error: listen EADDRINUSE: address already in use :::3000",
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "Error: That port is already in use.",
        "Port 5000 is in use by another program. Either identify and stop that program, or start the server elsewhere.",
        "Web server failed to start. Port 8080 was already in use.",
        "Failed to start Ranch listener in :ranch_tcp (tcp), reason: :eaddrinuse (address already in use)",
        'LOG:  could not bind IPv4 address "0.0.0.0": Address already in use',
        "Bind for 0.0.0.0:5432 failed: port is already allocated",
        "Ports are not available: exposing port TCP 0.0.0.0:5432 -> 0.0.0.0:0: listen tcp 0.0.0.0:5432: bind: Only one "
        "usage of each socket address (protocol/network address/port) is normally permitted.",
        "failed to bind host port 0.0.0.0:5432/tcp: address already in use",
        "Error: rootlessport listen tcp 0.0.0.0:5432: bind: address already in use",
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    ),
)  # fmt: skip
SIGNS = (TAKEN,)

# Words by which an engine that publishes a port on the host says so: it does not try again.
BY_ENGINE = re.compile(
    r"\bport is already allocated\b|\bports are not available\b|\bexternal connectivity\b|\buserland proxy\b"
    r"|\bCannot start service\b|\bError response from daemon\b|\bhost port\b|\brootlessport\b|\brequested pod ports\b",
    re.IGNORECASE,
)
