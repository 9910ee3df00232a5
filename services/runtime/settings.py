"""What the environment says, read once at the start of a process; a wrong value is said in full."""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from services.kernel.errors import Unavailable
from services.runtime.bus.security import (
    IN_THE_CLEAR,
    MECHANISMS,
    PROTOCOLS,
    Security,
    told_by_halves,
)
from services.runtime.service import SERVICES

_ADDRESS, _HTTP = "127.0.0.1:50051", "127.0.0.1:9464"


class Settings(NamedTuple):
    """Empty where the environment says nothing.

    `database` is the conninfo of a service's own role, `admin_database` of one that may make
    schemas and roles; `passwords` are those of the services' roles. `topics` is what the names of
    topics and groups begin with, for stacks that share brokers. `servers` says where each
    service's gRPC answers, `tls` is a folder with ca.pem, cert.pem and key.pem; `checkpoint_key`
    is a file with the key that signs the log. `access_log` is a folder for the lines that say who
    asked what; where it is not said they go to standard output. `shared_port` lets other processes
    listen at the same address, `reflection` tells callers which methods there are.
    `kafka_security` says how brokers are reached.
    """

    database: str = ""
    admin_database: str = ""
    passwords: Mapping[str, str] = {}
    kafka: str = ""
    kafka_security: Security = IN_THE_CLEAR
    partitions: int = 4
    replicas: int = 1
    topics: str = "zoneledger"
    listen: str = _ADDRESS
    http: str = _HTTP
    servers: Mapping[str, str] = {}
    tls: Path | None = None
    state: Path | None = None
    promised_seconds: float = 30.0
    session_timeout_seconds: float = 30.0
    collector: str = ""
    checkpoint_key: Path | None = None
    access_log: Path | None = None
    shared_port: bool = False
    reflection: bool = False

    def need(self, name: str) -> str:
        """The value of a setting that cannot be done without."""
        value: str = getattr(self, name)
        if not value:
            raise Unavailable(f"{VARIABLES[name]} is not set; see docs/operations.md")
        return value


# Each setting and where it stands in the environment.
VARIABLES = {
    "database": "ZONELEDGER_DATABASE",
    "admin_database": "ZONELEDGER_ADMIN_DATABASE",
    "kafka": "ZONELEDGER_KAFKA",
    "partitions": "ZONELEDGER_TOPIC_PARTITIONS",
    "replicas": "ZONELEDGER_TOPIC_REPLICAS",
    "topics": "ZONELEDGER_TOPIC_PREFIX",
    "listen": "ZONELEDGER_LISTEN",
    "http": "ZONELEDGER_HTTP",
    "servers": "ZONELEDGER_SERVERS",
    "tls": "ZONELEDGER_TLS",
    "state": "ZONELEDGER_STATE",
    "promised_seconds": "ZONELEDGER_PROMISED_SECONDS",
    "session_timeout_seconds": "ZONELEDGER_KAFKA_SESSION_SECONDS",
    "collector": "OTEL_EXPORTER_OTLP_ENDPOINT",
    "checkpoint_key": "ZONELEDGER_CHECKPOINT_KEY",
    "access_log": "ZONELEDGER_ACCESS_LOG",
    "shared_port": "ZONELEDGER_SHARED_PORT",
    "reflection": "ZONELEDGER_REFLECTION",
}
# How brokers are reached, part by part.
SECURITY = {
    "protocol": "ZONELEDGER_KAFKA_SECURITY",
    "ca": "ZONELEDGER_KAFKA_CA",
    "cert": "ZONELEDGER_KAFKA_CERT",
    "key": "ZONELEDGER_KAFKA_KEY",
    "user": "ZONELEDGER_KAFKA_USER",
    "password": "ZONELEDGER_KAFKA_PASSWORD",
    "mechanism": "ZONELEDGER_KAFKA_MECHANISM",
}
PASSWORDS = {service: f"ZONELEDGER_PASSWORD_{service.upper()}" for service in SERVICES}


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process; `Unavailable` where one cannot be read."""
    given = {
        name: environment[variable]
        for name, variable in VARIABLES.items()
        if environment.get(variable)
    }
    passwords = {
        service: environment[variable]
        for service, variable in PASSWORDS.items()
        if environment.get(variable)
    }
    read = {name: _read(name, value) for name, value in given.items()}
    return Settings(**read, passwords=passwords, kafka_security=_security(environment))


def servers(text: str) -> dict[str, str]:
    """`evaluation=HOST:PORT,incentive=HOST:PORT,...`, or one address for all."""
    if "=" not in text:
        return dict.fromkeys(SERVICES, text)
    named = dict(part.strip().partition("=")[::2] for part in text.split(","))
    if unknown := named.keys() - set(SERVICES):
        raise ValueError(f"there is no service {', '.join(sorted(unknown))}")
    return named


def _security(environment: Mapping[str, str]) -> Security:
    given: dict[str, Any] = {
        part: Path(environment[variable])
        if part in {"ca", "cert", "key"}
        else environment[variable]
        for part, variable in SECURITY.items()
        if environment.get(variable)
    }
    for part, known in (("protocol", PROTOCOLS), ("mechanism", MECHANISMS)):
        if part in given and given[part] not in known:
            raise Unavailable(
                f"{SECURITY[part]} is {given[part]!r}, which cannot be read: it is one of"
                f" {', '.join(known)}"
            )
    security = Security(**given)
    if wrong := told_by_halves(security):
        said = ", ".join(SECURITY[part] for part in given)
        raise Unavailable(f"{said or SECURITY['protocol']}: {wrong}; see docs/operations.md")
    return security


def _read(name: str, text: str) -> Any:
    try:
        match name:
            case "partitions" | "replicas":
                return _positive(int(text))
            case "promised_seconds" | "session_timeout_seconds":
                return _positive(float(text))
            case "shared_port" | "reflection":
                return _switch(text)
            case "servers":
                return servers(text)
            case "tls" | "state" | "checkpoint_key" | "access_log":
                return Path(text)
            case _:
                return text
    except ValueError as fault:
        raise Unavailable(
            f"{VARIABLES[name]} is {text!r}, which cannot be read: {fault}"
        ) from fault


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("it is on or off")
    return text == "on"


def _positive(number: float) -> float:
    if not math.isfinite(number) or number <= 0:
        raise ValueError("it must be a number above 0")
    return number
