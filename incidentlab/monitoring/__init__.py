"""Prometheus, Alertmanager and Grafana as the lab runs them: beside the app, on whichever engine that lives.

What they are told (rules, dashboards, routes) is the service's own, in ``service/monitoring``; only addresses and
intervals are the lab's.
"""
