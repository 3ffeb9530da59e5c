using System.Globalization;
using System.Text;
using Hydra.Cli;
using Hydra.Diagnostics;
using Hydra.Dispatch;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>Everything that is measured, as text.</summary>
internal static class MetricsText
{
    /// <summary>Writes everything.</summary>
    public static string Write(RequestMetrics requests, Dispatcher dispatcher, Supervisor supervisor)
    {
        var text = new StringBuilder();
        requests.Write(text);
        WriteQueue(text, dispatcher);
        WriteWorkers(text, supervisor);
        PrometheusText.Head(text, "hydra_build_info", "gauge", "The version that runs; always 1.");
        text.Append(CultureInfo.InvariantCulture, $"hydra_build_info{{version=\"{VersionText.Number}\"}} 1\n");
        return text.ToString();
    }

    private static void WriteQueue(StringBuilder text, Dispatcher dispatcher)
    {
        PrometheusText.Gauge(text, "hydra_queue_requests", "Requests that wait for a worker.", dispatcher.QueueLength);
        PrometheusText.Gauge(text, "hydra_queue_bytes", "Bytes of the requests that wait for a worker.", dispatcher.QueueBytes);
        PrometheusText.Gauge(text, "hydra_queue_delay_seconds", "How long requests wait for a worker at present.", dispatcher.QueueDelay.TotalSeconds);
        PrometheusText.Head(text, "hydra_requests_refused_total", "counter", "Requests that were refused with 503, by the bound of the queue that they met.");
        text.Append(CultureInfo.InvariantCulture, $"hydra_requests_refused_total{{reason=\"full\"}} {dispatcher.RefusedFull}\n");
        text.Append(CultureInfo.InvariantCulture, $"hydra_requests_refused_total{{reason=\"timeout\"}} {dispatcher.RefusedLate}\n");
    }

    private static void WriteWorkers(StringBuilder text, Supervisor supervisor)
    {
        IReadOnlyList<Worker> workers = supervisor.Alive;
        PrometheusText.Head(text, "hydra_workers", "gauge", "Worker processes, by what they do.");
        foreach (WorkerState state in Enum.GetValues<WorkerState>())
        {
            if (state is not WorkerState.Stopped)
            {
                string name = state.ToString().ToLowerInvariant();
                text.Append(CultureInfo.InvariantCulture, $"hydra_workers{{state=\"{name}\"}} {workers.Count(w => w.State == state)}\n");
            }
        }

        PrometheusText.Head(text, "hydra_worker_requests", "gauge", "Requests that a worker has, by its number. While it is replaced, both have it.");
        foreach (IGrouping<int, Worker> same in workers.GroupBy(static worker => worker.Index).OrderBy(static group => group.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"hydra_worker_requests{{worker=\"{same.Key}\"}} {same.Sum(w => w.Handle.InFlight)}\n");
        }

        PrometheusText.Head(text, "hydra_worker_starts_total", "counter", "Worker processes that were started.");
        text.Append(CultureInfo.InvariantCulture, $"hydra_worker_starts_total {supervisor.Launched}\n");
    }
}
