"""What a server counts, and the Prometheus endpoint that shows it. Numbers only: no text of any item gets here.

Counting is a few dictionary updates an item and is left out where nobody listens.
"""

from __future__ import annotations

import bisect
import collections
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from reward_service.errors import ServerStartError
from reward_service.types import ScoredItem

if TYPE_CHECKING:
    from reward_service.engine import Engine

_ITEM_BUCKETS_US = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
_CALL_BUCKETS_S = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class Histogram:
    """Counts by upper bound, and the sum."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect.bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self, unit: float) -> list[tuple[str, float]]:
        """(upper bound in seconds, values up to it), as Prometheus wants them; `unit` is seconds per unit of value."""
        edges = [*(f"{bound * unit:g}" for bound in self.bounds), "+Inf"]
        sums: list[float] = []
        for count in self.counts:
            sums.append(count + (sums[-1] if sums else 0))
        return list(zip(edges, sums, strict=True))


class ServerCounts:
    """Calls and items since the start."""

    def __init__(self) -> None:
        self.calls: collections.Counter[tuple[str, str]] = collections.Counter()
        self.verdicts: collections.Counter[tuple[str, str, str]] = collections.Counter()
        self.item_time_us = Histogram(_ITEM_BUCKETS_US)
        self.call_time_s = Histogram(_CALL_BUCKETS_S)
        self.pending = 0

    def count_call(self, method: str, code: str, seconds: float) -> None:
        """Count one call that ended."""
        self.calls[(method, code)] += 1
        self.call_time_s.add(seconds)

    def count_items(self, scored: Iterable[ScoredItem]) -> None:
        """Count items that were settled."""
        for item in scored:
            self.item_time_us.add(item.elapsed_us)
            for verdict in item.verdicts:
                self.verdicts[(verdict.verifier, verdict.status.name, item.tier.name)] += 1


class _Collector:
    """Prometheus asks it at every scrape; it reads the counts where they are kept."""

    def __init__(self, counts: ServerCounts, engine: Engine) -> None:
        self._counts = counts
        self._engine = engine

    def collect(self) -> Iterator[Any]:
        """prometheus_client's hook."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        counts, pool = self._counts, self._engine.pool
        calls = CounterMetricFamily("reward_calls", "Calls that ended.", labels=["method", "code"])
        for call_labels, number in counts.calls.copy().items():
            calls.add_metric(call_labels, number)
        verdicts = CounterMetricFamily("reward_verdicts", "Verdicts given.", labels=["verifier", "status", "tier"])
        for verdict_labels, number in counts.verdicts.copy().items():
            verdicts.add_metric(verdict_labels, number)
        yield calls
        yield verdicts
        for name, help_text, histogram, unit in (
            ("reward_item_seconds", "Time spent computing an item.", counts.item_time_us, 1e-6),
            ("reward_call_seconds", "Time from a call's arrival to its answer.", counts.call_time_s, 1.0),
        ):
            family = HistogramMetricFamily(name, help_text)
            family.add_metric([], histogram.cumulative(unit), histogram.total * unit)
            yield family
        events = CounterMetricFamily("reward_worker_events", "What happened to workers.", labels=["event"])
        for event in ("killed", "died", "set_aside", "retried", "shed"):
            events.add_metric([event], getattr(pool.counts, event))
        events.add_metric(["started"], pool.crew.started)
        events.add_metric(["host_restarted"], pool.crew.host_restarts)
        yield events
        queued = GaugeMetricFamily("reward_queued_checks", "Checks that wait for a worker.", labels=["lane"])
        running = GaugeMetricFamily("reward_running_checks", "Checks that run in a worker.", labels=["lane"])
        for lane_name, lane in (("fast", pool.fast), ("second", pool.second), ("slow", pool.slow)):
            queued.add_metric([lane_name], lane.queued)
            running.add_metric([lane_name], lane.running)
        yield queued
        yield running
        yield GaugeMetricFamily("reward_pending_items", "Items accepted and not yet answered.", value=counts.pending)
        yield GaugeMetricFamily("reward_workers", "Worker processes alive.", value=len(pool.crew.process_ids()))
        yield GaugeMetricFamily("reward_cached_verdicts", "Verdicts in the cache.", value=len(self._engine.cache))


def serve_metrics(listen: str, counts: ServerCounts, engine: Engine) -> str:
    """Serve `/metrics` on HOST:PORT in a thread of its own; the address, with the port. Raises ServerStartError."""
    from prometheus_client import CollectorRegistry, start_http_server  # only a server that is asked to pays for it

    host, _, port = listen.rpartition(":")
    registry = CollectorRegistry()
    registry.register(_Collector(counts, engine))
    try:
        server, _ = start_http_server(int(port), addr=host.strip("[]"), registry=registry)
    except (OSError, ValueError, OverflowError) as error:
        raise ServerStartError(f"cannot serve metrics on {listen!r}: {error}") from None
    return f"{host}:{server.server_port}"
