"""Mends for what runs in Kubernetes or OpenShift, by what the log shows of them."""

import pytest

from incidentlab import causes
from incidentlab.causes._cluster import Pod, Service, pod_of, service
from incidentlab.model.diagnosis import Finding
from incidentlab.testing import app_log, evidence


@pytest.mark.parametrize(
    ("call", "pod"),
    [
        ("$ kubectl logs -n stock pg-0", Pod("kubectl", "pg-0", "stock", "statefulset/pg")),
        ("$ kubectl -n stock logs pg-0 --tail=9", Pod("kubectl", "pg-0", "stock", "statefulset/pg")),
        ("# oc logs pg-6f5d8c7f4b-9k2tq --previous", Pod("oc", "pg-6f5d8c7f4b-9k2tq", "", "deployment/pg")),
        ("kubectl logs --namespace=stock pg | tail", Pod("kubectl", "pg", "stock")),
        ("kubectl logs -c db deploy/pg", Pod("kubectl", "pg")),
        ("kubectl get pods", None),
        ("kubectl logs 'unclosed", None),
        ("see kubectl logs pg-0", None),
    ],
)
def test_whose_log_it_is_stands_above_it(call: str, pod: Pod | None) -> None:
    facts = evidence(app_log(f"{call}\nFATAL:  something"))
    assert pod_of(facts, facts.logs[-1]) == pod


def test_the_nearest_call_above_is_the_one() -> None:
    facts = evidence(app_log("$ kubectl logs pg-0\nFATAL:  something\n$ kubectl logs api-1\nready"))
    found = pod_of(facts, facts.logs[1])
    assert found is not None
    assert found.name == "pg-0"


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("pg-rw.stock.svc.cluster.local", Service("pg-rw", "stock")),
        ("pg.stock.svc", Service("pg", "stock")),
        ("pg.stock.example.com", None),
        ("db", None),
    ],
)
def test_a_service_of_a_cluster_is_known_by_its_name(host: str, found: Service | None) -> None:
    assert service(host) == found


def test_a_clusters_name_is_looked_up_in_the_cluster() -> None:
    text = "dial tcp: lookup pg-rw.stock.svc.cluster.local on 10.96.0.10:53: no such host (postgres)"
    found = causes.get("host-not-found").find(evidence(app_log(f"ERROR: failed to connect to `user=app`: {text}")))
    assert isinstance(found, Finding)
    mends = "\n".join(one.text for one in found.mend)
    assert "kubectl get services,endpoints --namespace stock" in mends
    assert "compose" not in mends


def test_a_pods_damaged_files_are_saved_without_compose() -> None:
    log = (
        "$ kubectl logs ledger-0 -n bank\n"
        "2026-01-02 03:04:05.700 UTC [29] PANIC:  could not locate a valid checkpoint record\n"
        "2026-01-02 03:04:05.900 UTC [1] LOG:  aborting startup due to startup process failure"
    )
    found = causes.get("data-corruption").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    assert found.mend[0].text == "kubectl scale statefulset/ledger --replicas=0 --namespace bank"
    assert not any("docker" in one.text for one in found.mend)


def test_a_pods_volume_gets_a_group_and_not_a_named_volume() -> None:
    log = (
        "$ oc logs pg-6f5d8c7f4b-9k2tq -n desk\n"
        'initdb: error: could not change permissions of directory "/var/lib/postgresql/data": Operation not permitted'
    )
    found = causes.get("data-directory-incompatible").find(evidence(app_log(log)))
    assert isinstance(found, Finding)
    mends = "\n".join(one.text for one in found.mend)
    assert "fsGroup" in mends
    assert "--namespace desk" in mends
    assert "compose" not in mends
