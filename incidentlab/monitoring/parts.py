"""The servers themselves: their images, their programs and how each is started."""

from collections.abc import Mapping

from incidentlab.engines._base import Companion

PROMETHEUS_IMAGE = "prom/prometheus:v2.53.4"
ALERTMANAGER_IMAGE = "prom/alertmanager:v0.27.0"
GRAFANA_IMAGE = "grafana/grafana:11.6.0"

PROMETHEUS, ALERTMANAGER, GRAFANA = "prometheus", "alertmanager", "grafana"
PROMETHEUS_PORT, ALERTMANAGER_PORT, GRAFANA_PORT = 9090, 9093, 3000


def prometheus(files: Mapping[str, str], wanted_port: int = 0) -> Companion:
    """Return Prometheus with its configuration, ``prometheus.yml`` among ``files``."""
    return Companion(
        PROMETHEUS,
        PROMETHEUS_IMAGE,
        ("prometheus",),
        "INCIDENTLAB_PROMETHEUS_BIN",
        (
            "--config.file={config}/prometheus.yml",
            "--storage.tsdb.path={data}/prometheus",
            "--storage.tsdb.retention.time=1d",
            "--web.listen-address={listen}",
            # A rule's `for:` is short here; the grace after a restart would be longer than the run.
            "--rules.alert.for-grace-period=1s",
        ),
        PROMETHEUS_PORT,
        files,
        wanted_port=wanted_port,
        mend=(
            "Install it: sudo apt-get install --no-install-recommends prometheus",
            "Or name its program: export INCIDENTLAB_PROMETHEUS_BIN=/path/to/prometheus",
        ),
    )


def alertmanager(files: Mapping[str, str], wanted_port: int = 0) -> Companion:
    """Return Alertmanager with its configuration, ``alertmanager.yml`` among ``files``."""
    return Companion(
        ALERTMANAGER,
        ALERTMANAGER_IMAGE,
        ("alertmanager", "prometheus-alertmanager"),
        "INCIDENTLAB_ALERTMANAGER_BIN",
        (
            "--config.file={config}/alertmanager.yml",
            "--storage.path={data}/alertmanager",
            "--web.listen-address={listen}",
            "--cluster.listen-address=",  # it is alone; a gossip port would be open to the network
        ),
        ALERTMANAGER_PORT,
        files,
        wanted_port=wanted_port,
        mend=(
            "Install it: sudo apt-get install --no-install-recommends prometheus-alertmanager",
            "Or name its program: export INCIDENTLAB_ALERTMANAGER_BIN=/path/to/alertmanager",
        ),
    )


def grafana(files: Mapping[str, str], password: str, wanted_port: int = 0) -> Companion:
    """Return Grafana with provisioning and dashboards among ``files``; nobody gets in without the password."""
    return Companion(
        GRAFANA,
        GRAFANA_IMAGE,
        (),
        "",
        (),
        GRAFANA_PORT,
        files,
        {
            "GF_SECURITY_ADMIN_USER": "admin",
            "GF_SECURITY_ADMIN_PASSWORD": password,
            "GF_PATHS_PROVISIONING": "/etc/incidentlab/provisioning",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_USERS_ALLOW_SIGN_UP": "false",
        },
        wanted_port,
    )
