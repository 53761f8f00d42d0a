"""What the service counts about itself, for Prometheus: requests, uploads, errors, jobs. Never about anybody.

Labels are words of a closed set (a route's template, a code, an outcome), so that neither a caller nor a file can make
new ones up. What is best read at the moment somebody looks (the depth of a queue) is handed in with `watch`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    exposition,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

MEDIA_TYPE = exposition.CONTENT_TYPE_PLAIN_0_0_4

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Reading = Callable[[], Mapping[str, float]]


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self, *, version: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Answers by route and status", "method", "route", "status")
        self._seconds = Histogram(
            "crampwatch_request_seconds",
            "Time to answer, by route",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "crampwatch_ingest_seconds",
            "Time that a file took, by stage",
            ("stage",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._uploads = self._counter("uploads", "Activities and files by what became of them", "outcome")
        self._refusals = self._counter("parse_errors", "Files that were refused, by code", "code")
        self._bugs = self._counter("bugs", "Exceptions that nothing foresaw: mistakes of ours")
        self._keys = self._counter("refused_keys", "Calls without a valid key, by why", "why")
        self._limited = self._counter("rate_limited", "Calls refused as too many, by which limit", "limit")
        build = Info("crampwatch_build", "What is running", registry=self._registry)
        build.info({"version": version})
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"crampwatch_{name}", meaning, labels, registry=self._registry)

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One answer; a method that HTTP does not know counts as `other`."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def outcome(self, outcome: str, *, code: str | None = None) -> None:
        """One activity or file of an upload; `code` where it was refused."""
        self._uploads.labels(outcome).inc()
        if code is not None:
            self._refusals.labels(code).inc()

    @contextmanager
    def stage(self, stage: str) -> Iterator[None]:
        """A block that is one stage of a file's way: `unpack`, `parse`, `examine`, `put_away` or `store`."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self._stages.labels(stage).observe(time.perf_counter() - began_s)

    def bug(self) -> None:
        """One exception that nothing foresaw."""
        self._bugs.inc()

    def refused_key(self, why: str) -> None:
        """One call without a valid key: `missing`, `mistyped` or `unknown`."""
        self._keys.labels(why).inc()

    def limited(self, limit: str) -> None:
        """One call too many, for the limit of that name."""
        self._limited.labels(limit).inc()

    def watch(self, name: str, meaning: str, *, label: str, reading: Reading) -> None:
        """Nothing; from now on each look asks `reading` for the values of a gauge, by the words of its label."""
        self._registry.register(_Watched(f"crampwatch_{name}", meaning, label, reading))

    def listen(self, host: str, port: int) -> Callable[[], None]:
        """Answer on this address with everything, from a thread of its own; what is returned ends that.

        For a process that has no server otherwise. Raises OSError where the address is taken.
        """
        server, thread = start_http_server(port, host, registry=self._registry)

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return end

    def exposed(self) -> bytes:
        """Everything in Prometheus' text format."""
        return exposition.generate_latest(self._registry)


class _Watched(Collector):
    def __init__(self, name: str, meaning: str, label: str, reading: Reading) -> None:
        self._named = (name, meaning)
        self._label = label
        self._reading = reading

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily(*self._named, labels=[self._label])]

    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily(*self._named, labels=[self._label])
        for word, value in self._reading().items():
            gauge.add_metric([word], value)
        yield gauge
