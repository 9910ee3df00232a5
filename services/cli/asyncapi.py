"""The topics as an AsyncAPI 3 document: made from the contract and from the settings.

Nothing in it is written twice: the events are those of the services, the schemas are cut out of the
.proto files; topics, brokers and partitions are those of the installation that it is made in.
"""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import yaml
from google.protobuf.message import Message

from services.cli.cloud_event import example, headers, narrowed
from services.cli.event_titles import title
from services.cli.proto_text import alone
from services.kernel.decision import event_type
from services.runtime.bus.envelope import topic_of
from services.runtime.bus.security import Security, has_login, has_tls
from services.runtime.service import SERVICES, Service, load
from services.runtime.settings import Settings
from services.runtime.topics import KEPT_FOR_EVER

_ABOUT = """\
What the services of Zoneledger tell each other over Kafka: every event of a service's log, in order
for each unit, kept for ever. 各服务通过Kafka相互通报的全部事件。

Whoever reads a topic sees everything, also what was not published. An agency watches instead, with
EventService.WatchEvents over gRPC, and gets what it may see: docs/agencies.md.

A record may come twice: ce_sequence says so. Kafka never is the truth: what it does not bring is in
the log of the service, LogService.ListDecisions.
"""
_SERVICES = {
    "evaluation": "Units and their ratings. 评估",
    "incentive": "What a rating earns. 激励",
    "financing": "What a rating earns at the bank. 融资",
}
_PROTOBUF = "application/vnd.google.protobuf;version=3"
_UNNAMED = "localhost:9092"
_NUMBERS = ("retention.ms", "retention.bytes", "max.message.bytes")
_LOGINS = {"SCRAM-SHA-512": "scramSha512", "SCRAM-SHA-256": "scramSha256", "PLAIN": "plain"}


def document(here: Settings) -> dict[str, Any]:
    """The document of the installation that these are the settings of."""
    services = [load(name) for name in SERVICES]
    return {
        "asyncapi": "3.1.0",
        "id": "urn:zoneledger:events",
        "info": {
            "title": "Zoneledger: events 事件",
            "version": version("zoneledger"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
            "tags": [{"name": name, "description": said} for name, said in _SERVICES.items()],
        },
        "defaultContentType": "application/protobuf",
        "servers": _servers(here),
        "channels": {service.name: _channel(service, here) for service in services},
        "operations": dict(_operations(services, here)),
        "components": {
            "schemas": {"headers": headers()},
            "securitySchemes": _security_schemes(here.kafka_security),
        },
    }


def as_yaml(value: dict[str, Any]) -> str:
    """`value` as YAML for people: in its own order, long texts as blocks."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, said: str) -> yaml.ScalarNode:
        style = "|" if "\n" in said else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", said, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)


def _servers(here: Settings) -> dict[str, Any]:
    security = here.kafka_security
    broker: dict[str, Any] = {
        "protocol": "kafka-secure" if has_tls(security) else "kafka",
        "description": f"Reached by {security.protocol}.",
    }
    if schemes := _security_schemes(security):
        broker["security"] = [{"$ref": f"#/components/securitySchemes/{each}"} for each in schemes]
    hosts = (here.kafka or _UNNAMED).split(",")
    return {f"kafka{number}": {"host": host} | broker for number, host in enumerate(hosts, 1)}


def _security_schemes(security: Security) -> dict[str, Any]:
    if has_login(security):
        return {"login": {"type": _LOGINS[security.mechanism]}}
    if security.cert:
        return {"certificate": {"type": "X509"}}
    return {}


def _channel(service: Service, here: Settings) -> dict[str, Any]:
    topic = topic_of(service.name, here.topics)
    configuration = {
        name: [value] if name == "cleanup.policy" else int(value)
        for name, value in KEPT_FOR_EVER.items()
    }
    return {
        "address": topic,
        "title": f"Events of {service.name}",
        "description": _SERVICES[service.name],
        "messages": {
            event_type(event): _message(service, event) for event in service.events.values()
        },
        "tags": [{"name": service.name}],
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": here.partitions,
                "replicas": here.replicas,
                "topicConfiguration": configuration,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(service: Service, event: type[Message]) -> dict[str, Any]:
    kind = event_type(event)
    name = event.DESCRIPTOR.full_name
    said = {
        "ce_source": f"/zoneledger/{service.name}",
        "ce_type": kind,
        "ce_dataschema": f"type.googleapis.com/{name}",
    }
    return {
        "name": kind,
        "title": title(kind),
        "contentType": "application/protobuf",
        "headers": narrowed(said),
        "payload": {"schemaFormat": _PROTOBUF, "schema": alone(event.DESCRIPTOR)},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "tags": [{"name": service.name}],
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "description": "The same as ce_subject: the events of a unit keep their order.",
                },
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [{"name": "headers", "headers": example(said)}],
        "x-protobuf-message": name,
    }


def _operations(services: list[Service], here: Settings) -> Iterator[tuple[str, Any]]:
    for service in services:
        yield (
            f"{service.name}Tells",
            {
                "action": "send",
                "channel": {"$ref": f"#/channels/{service.name}"},
                "title": f"{service.name} tells what happened",
                "tags": [{"name": service.name}],
            },
        )
        for source in map(load, service.listens_to):
            heard = [event_type(each) for each in service.heard if each in source.events.values()]
            yield (
                f"{service.name}Hears{source.name.capitalize()}",
                _hearing(service, source, heard, here),
            )


def _hearing(service: Service, source: Service, heard: list[str], here: Settings) -> dict[str, Any]:
    group = {"type": "string", "const": f"{here.topics}-{service.name}"}
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{source.name}"},
        "title": f"{service.name} hears {source.name}",
        "messages": [{"$ref": f"#/channels/{source.name}/messages/{each}"} for each in heard],
        "tags": [{"name": service.name}],
        "bindings": {"kafka": {"groupId": group, "bindingVersion": "0.5.0"}},
    }
