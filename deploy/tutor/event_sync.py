"""Tutor plugin: a worker for each room, in the image and with the settings of its host.

Copy it to the folder that ``tutor plugins printroot`` names; docs/how_to/deploy.md has the steps.
"""

from __future__ import annotations

from string import Template
from textwrap import indent
from typing import NamedTuple

from tutor import hooks

hooks.Filters.CONFIG_DEFAULTS.add_items(
    [
        # Of those whose host isn't enabled nothing is made.
        ("EVENT_SYNC_ROOMS", ["credentials_grades_sync", "discovery_course_run_sync"]),
        ("EVENT_SYNC_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        ("EVENT_SYNC_SCHEMA_REGISTRY_URL", "http://schema-registry:8081"),
        ("EVENT_SYNC_TOPIC_PREFIX", "dev"),  # Tutor's own
        # Tutor lets the LMS and Studio publish to Redis. This moves all that they publish.
        ("EVENT_SYNC_PUBLISH_TO_KAFKA", False),
        ("EVENT_SYNC_PORT", 9100),
        ("EVENT_SYNC_REPLICAS", 2),
        ("EVENT_SYNC_MEMORY_LIMIT", "1Gi"),
    ]
)


class Host(NamedTuple):
    """A service that a room runs in, as its Tutor plugin sets it up."""

    service: str
    room: str
    condition: str
    image: str
    manage: str
    settings: str
    settings_patch: str
    room_settings: str
    compose_volumes: tuple[str, ...]
    mounts: str
    config_maps: dict[str, str]

    def words(self) -> dict[str, str]:
        """Return what the templates say of the host."""
        volumes = [
            f"- name: {name}\n  configMap:\n    name: {config_map}"
            for name, config_map in self.config_maps.items()
        ]
        return self._asdict() | {
            "compose_volumes": indent("\n".join(f"- {v}" for v in self.compose_volumes), 4 * " "),
            "mounts": indent(self.mounts, 12 * " "),
            "volumes": indent("\n".join(volumes), 8 * " "),
        }


HOSTS = [
    Host(
        service="credentials",
        room="credentials_grades_sync",
        condition='"credentials" in PLUGINS',
        image="{{ CREDENTIALS_DOCKER_IMAGE }}",
        manage="./manage.py",
        settings="credentials.settings.tutor",
        settings_patch="credentials-settings-common",
        # The entry points of the package add the applications.
        room_settings="""\
EVENT_SYNC = {
    "DESTINATIONS": {"user-grades": "credentials_grades_sync.hosts.credentials.USER_GRADES"},
    "DESTINATION_OPTIONS": {"user-grades": {"SITES": ["{{ CREDENTIALS_HOST }}"]}},
}""",
        compose_volumes=(
            "../plugins/credentials/apps/credentials/settings"
            ":/openedx/credentials/credentials/settings/tutor:ro",
        ),
        mounts="""\
- mountPath: /openedx/credentials/credentials/settings/tutor/production.py
  name: settings
  subPath: production.py""",
        config_maps={"settings": "credentials-settings"},
    ),
    Host(
        service="discovery",
        room="discovery_course_run_sync",
        condition='"discovery" in PLUGINS',
        image="{{ DISCOVERY_DOCKER_IMAGE }}",
        manage="./manage.py",
        settings="course_discovery.settings.tutor",
        settings_patch="discovery-common-settings",
        room_settings="""\
INSTALLED_APPS = [*INSTALLED_APPS, "shared", "discovery_course_run_sync"]
EVENT_SYNC = {
    "DESTINATIONS": {"course-runs": "discovery_course_run_sync.hosts.discovery.COURSE_RUNS"},
    "DESTINATION_OPTIONS": {"course-runs": {"PARTNER": "openedx"}},
}""",
        compose_volumes=(
            "../plugins/discovery/apps/settings/tutor"
            ":/openedx/discovery/course_discovery/settings/tutor:ro",
            "../../data/discovery/media:/openedx/discovery/course_discovery/media",
        ),
        mounts="""\
- mountPath: /openedx/discovery/course_discovery/settings/tutor/production.py
  name: settings
  subPath: production.py""",
        config_maps={"settings": "discovery-settings"},
    ),
    Host(
        service="lms",
        room="enterprise_license_sync",
        condition="true",
        image="{{ DOCKER_IMAGE_OPENEDX }}",
        manage="./manage.py lms",
        settings="lms.envs.tutor",
        settings_patch="openedx-lms-common-settings",
        room_settings="""\
INSTALLED_APPS += ["shared", "enterprise_license_sync", "enterprise_license_sync.standalone"]
EVENT_SYNC = {
    "DESTINATIONS": {
        "subscription-plans": "enterprise_license_sync.hosts.lms.SUBSCRIPTION_PLANS",
        "licenses": "enterprise_license_sync.hosts.lms.LICENSES",
        "licensed-enrollments": "enterprise_license_sync.hosts.lms.LICENSED_ENROLLMENTS",
    },
    "GROUPS": {"enterprise_license_sync": "lms-licenses"},
}""",
        compose_volumes=(
            "../apps/openedx/settings/lms:/openedx/edx-platform/lms/envs/tutor:ro",
            "../apps/openedx/settings/cms:/openedx/edx-platform/cms/envs/tutor:ro",
            "../apps/openedx/config:/openedx/config:ro",
            "../../data/lms:/openedx/data",
            "../../data/openedx-media:/openedx/media",
            "../../data/openedx-media-private:/openedx/media-private",
        ),
        mounts="""\
- mountPath: /openedx/edx-platform/lms/envs/tutor/
  name: settings-lms
- mountPath: /openedx/edx-platform/cms/envs/tutor/
  name: settings-cms
- mountPath: /openedx/config
  name: config""",
        config_maps={
            "settings-lms": "openedx-settings-lms",
            "settings-cms": "openedx-settings-cms",
            "config": "openedx-config",
        },
    ),
]

BUS = """\
EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS = "{{ EVENT_SYNC_KAFKA_BOOTSTRAP_SERVERS }}"
EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL = "{{ EVENT_SYNC_SCHEMA_REGISTRY_URL }}"
EVENT_BUS_TOPIC_PREFIX = "{{ EVENT_SYNC_TOPIC_PREFIX }}\""""

SETTINGS = f"$room_settings\n{BUS}"

PUBLISHER = f"""\
{{% if EVENT_SYNC_PUBLISH_TO_KAFKA %}}
EVENT_BUS_PRODUCER = "edx_event_bus_kafka.create_producer"
{BUS}
{{% endif %}}"""

COMPOSE = """\
$service-event-sync:
  image: $image
  command: $manage run_consumers $room --port {{ EVENT_SYNC_PORT }}
  environment:
    SERVICE_VARIANT: $service
    DJANGO_SETTINGS_MODULE: $settings.production
  restart: unless-stopped
  stop_grace_period: 15s
  volumes:
$compose_volumes
  {% if RUN_MYSQL %}depends_on:
    - mysql{% endif %}"""

COMPOSE_DEV = """\
$service-event-sync:
  environment:
    DJANGO_SETTINGS_MODULE: $settings.development"""

KUBERNETES = """\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $service-event-sync
  labels:
    app.kubernetes.io/name: $service-event-sync
spec:
  replicas: {{ EVENT_SYNC_REPLICAS }}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  minReadySeconds: 20
  selector:
    matchLabels:
      app.kubernetes.io/name: $service-event-sync
  template:
    metadata:
      labels:
        app.kubernetes.io/name: $service-event-sync
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "{{ EVENT_SYNC_PORT }}"
        prometheus.io/path: /metrics
    spec:
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsUser: 1000
        runAsGroup: 1000
      containers:
        - name: worker
          image: $image
          command: ["sh", "-c"]
          args: ["exec $manage run_consumers $room --port {{ EVENT_SYNC_PORT }}"]
          env:
            - name: SERVICE_VARIANT
              value: $service
            - name: DJANGO_SETTINGS_MODULE
              value: $settings.production
          ports:
            - name: metrics
              containerPort: {{ EVENT_SYNC_PORT }}
          startupProbe:
            httpGet: {path: /livez, port: metrics}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 36
          livenessProbe:
            httpGet: {path: /livez, port: metrics}
            periodSeconds: 20
            timeoutSeconds: 10
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /readyz, port: metrics}
            periodSeconds: 30
            timeoutSeconds: 20
            failureThreshold: 2
          resources:
            requests: {cpu: 100m, memory: 256Mi}
            limits: {memory: "{{ EVENT_SYNC_MEMORY_LIMIT }}"}
          volumeMounts:
$mounts
          securityContext:
            allowPrivilegeEscalation: false
      volumes:
$volumes
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: $service-event-sync
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: $service-event-sync"""


def patch(name: str, template: str, host: Host) -> None:
    """Put a host's part of a patch there, if its room is wanted and the host is enabled."""
    wanted = f'"{host.room}" in EVENT_SYNC_ROOMS and {host.condition}'
    text = Template(template).substitute(host.words())
    hooks.Filters.ENV_PATCHES.add_item((name, f"{{% if {wanted} %}}\n{text}\n{{% endif %}}"))


hooks.Filters.ENV_PATCHES.add_item(("openedx-common-settings", PUBLISHER))
for each in HOSTS:
    patch(each.settings_patch, SETTINGS, each)
    patch("local-docker-compose-services", COMPOSE, each)
    patch("local-docker-compose-dev-services", COMPOSE_DEV, each)
    patch("k8s-deployments", KUBERNETES, each)
