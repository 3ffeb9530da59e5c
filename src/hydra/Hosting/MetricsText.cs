using System.Globalization;
using System.Text;
using Hydra.Cli;
using Hydra.Diagnostics;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>Everything that is measured, as text for Prometheus. What each pool has is told apart by a label where there are several.</summary>
internal static class MetricsText
{
    /// <summary>The answer to one scrape.</summary>
    /// <param name="requests">What is counted of all requests.</param>
    /// <param name="pools">What each pool has.</param>
    public static string Write(RequestMetrics requests, IReadOnlyList<PoolFigures> pools)
    {
        var text = new StringBuilder();
        requests.Write(text);
        WriteQueue(text, pools);
        WriteWorkers(text, pools);
        PrometheusText.Head(text, "hydra_build_info", "gauge", "The version that runs; always 1.");
        text.Append(CultureInfo.InvariantCulture, $"hydra_build_info{{version=\"{VersionText.Number}\"}} 1\n");
        return text.ToString();
    }

    private static void WriteQueue(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        Each(text, pools, "hydra_queue_requests", "gauge", "Requests that wait for a worker.", static pool => pool.QueueLength);
        Each(text, pools, "hydra_queue_bytes", "gauge", "Bytes of the requests that wait for a worker.", static pool => pool.QueueBytes);
        Each(
            text, pools, "hydra_queue_delay_seconds", "gauge", "How long requests wait for a worker at present.",
            static pool => pool.QueueDelay.TotalSeconds);
        PrometheusText.Head(
            text, "hydra_requests_refused_total", "counter", "Requests that were refused with 503, by the bound of the queue that they met.");
        foreach (PoolFigures pool in pools)
        {
            Sample(text, "hydra_requests_refused_total", Labels(pools, pool, ("reason", "full")), pool.RefusedFull);
            Sample(text, "hydra_requests_refused_total", Labels(pools, pool, ("reason", "timeout")), pool.RefusedLate);
        }

        WriteKeys(text, pools);
        PoolFigures[] adapted = [.. pools.Where(static pool => pool.Concurrency is not null)];
        if (adapted.Length > 0)
        {
            PrometheusText.Head(
                text, "hydra_concurrency_limit", "gauge", "Requests that a worker is given at the same time (--limit-concurrency auto), beside responses that come.");
            Array.ForEach(adapted, pool => Sample(text, "hydra_concurrency_limit", Labels(pools, pool), pool.Concurrency!.Value.Limit));
            PrometheusText.Head(text, "hydra_concurrency_usual_seconds", "gauge", "How long requests take until they are answered when nothing holds them up; 0 while that is not known.");
            Array.ForEach(adapted, pool => Sample(text, "hydra_concurrency_usual_seconds", Labels(pools, pool), pool.Concurrency!.Value.Usual.TotalSeconds));
        }
    }

    private static void WriteKeys(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        PoolFigures[] keyed = [.. pools.Where(static pool => pool.Keys is not null)];
        if (keyed.Length == 0)
        {
            return;
        }

        PrometheusText.Head(
            text, "hydra_affinity_requests_total", "counter", "Requests with a key (--affinity), by whether their worker process was the last one to serve it.");
        foreach (PoolFigures pool in keyed)
        {
            (long served, long moved) = pool.Keys!.Value;
            Sample(text, "hydra_affinity_requests_total", Labels(pools, pool, ("moved", "0")), served - moved);
            Sample(text, "hydra_affinity_requests_total", Labels(pools, pool, ("moved", "1")), moved);
        }
    }

    private static void WriteWorkers(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        PrometheusText.Head(text, "hydra_workers", "gauge", "Worker processes, by what they do.");
        foreach (PoolFigures pool in pools)
        {
            foreach (WorkerState state in Enum.GetValues<WorkerState>().Where(static state => state is not WorkerState.Stopped))
            {
                string labels = Labels(pools, pool, ("state", state.ToString().ToLowerInvariant()));
                Sample(text, "hydra_workers", labels, pool.Workers.Count(worker => worker.State == state));
            }
        }

        EachWorker(
            text, pools, "hydra_worker_requests", "Requests that a worker has, by its number. While it is replaced, both have it.",
            static worker => worker.InFlight);
        EachWorker(
            text, pools, "hydra_worker_websockets", "WebSockets that are open, by the number of their worker.", static worker => worker.Sessions);
        WriteWorkerInfo(text, pools);
        Each(text, pools, "hydra_worker_starts_total", "counter", "Worker processes that were started.", static pool => pool.Launched);
    }

    // While a worker is replaced by one that says the same, both are one sample.
    private static void WriteWorkerInfo(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        PrometheusText.Head(
            text, "hydra_worker_info", "gauge", "What a worker has said of itself, by its number: what the log has when it is ready; always 1.");
        foreach (PoolFigures pool in pools)
        {
            IEnumerable<string> samples = pool.Workers.Where(static worker => worker.Info is not null).OrderBy(static worker => worker.Index)
                .Select(worker => Labels(
                    pools,
                    pool,
                    ("worker", worker.Index.ToString(CultureInfo.InvariantCulture)),
                    ("interface", worker.Info!.Interface),
                    ("python", worker.Info.Python),
                    ("loop", worker.Info.Loop)));
            foreach (string labels in samples.Distinct())
            {
                Sample(text, "hydra_worker_info", labels, 1);
            }
        }
    }

    // A gauge with one sample for each number of a worker.
    private static void EachWorker(StringBuilder text, IReadOnlyList<PoolFigures> pools, string name, string help, Func<WorkerFigures, int> value)
    {
        PrometheusText.Head(text, name, "gauge", help);
        foreach (PoolFigures pool in pools)
        {
            foreach (IGrouping<int, WorkerFigures> same in pool.Workers.GroupBy(static worker => worker.Index).OrderBy(static group => group.Key))
            {
                Sample(text, name, Labels(pools, pool, ("worker", same.Key.ToString(CultureInfo.InvariantCulture))), same.Sum(value));
            }
        }
    }

    // A metric with one sample for each pool.
    private static void Each(
        StringBuilder text, IReadOnlyList<PoolFigures> pools, string name, string type, string help, Func<PoolFigures, double> value)
    {
        PrometheusText.Head(text, name, type, help);
        foreach (PoolFigures pool in pools)
        {
            Sample(text, name, Labels(pools, pool), value(pool));
        }
    }

    private static void Sample(StringBuilder text, string name, string labels, double value)
        => text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {value}\n");

    private static string Labels(IReadOnlyList<PoolFigures> pools, PoolFigures pool, params (string Name, string Value)[] own)
    {
        string[] labels =
        [
            .. pools.Count > 1 ? [$"pool=\"{Escape(pool.Name)}\""] : Array.Empty<string>(),
            .. own.Select(static label => $"{label.Name}=\"{Escape(label.Value)}\""),
        ];
        return labels.Length == 0 ? "" : "{" + string.Join(',', labels) + "}";
    }

    private static string Escape(string text)
        => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
