using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>What hydra status prints.</summary>
internal static class StatusText
{
    private const int MostActive = 5;
    private const int Width = 100;

    /// <summary>The lines.</summary>
    public static IEnumerable<string> Lines(StatusDocument status)
        => Server(status).Concat(status.Pools.SelectMany(pool => Pool(pool, status.Pools.Count > 1))).Concat(status.Tasks.SelectMany(Tasks)).Concat(Errors(status));

    private static IEnumerable<string> Server(StatusDocument status)
    {
        RequestsStatus requests = status.Requests;
        yield return $"hydra {status.Version}, pid {Number(status.Pid)}, {status.State} for {Words.Ago(status.Uptime)}{Obstacle(status)}";
        yield return $"at {string.Join(", ", status.Addresses)}{(status.Metrics.Count > 0 ? $"; metrics at {string.Join(", ", status.Metrics)}" : "")}; log level {status.LogLevel}";
        yield return $"{Counted.Of(status.Connections, "connection")}, {Words.Size(status.Rss)} in the front";
        yield return $"{Counted.Of(requests.Total, "request")}{ByClass(requests)}; in the last {Words.Ago(requests.Window)}: {Words.Rate(requests.Rate)}, {Words.Rate(requests.FailedRate)} of them 5xx; "
            + $"p50 {Words.Brief(requests.P50)}, p90 {Words.Brief(requests.P90)}, p99 {Words.Brief(requests.P99)}";
        if (requests.Failures.Count > 0)
        {
            yield return $"failures: {Counts(requests.Failures)}";
        }
    }

    private static IEnumerable<string> Pool(PoolStatus pool, bool isNamed)
    {
        QueueStatus queue = pool.Queue;
        yield return "";
        yield return $"{(isNamed ? $"{Words.Fit(pool.Name, 60)}: " : "")}{Words.Fit(pool.App, 60)}{(pool.Interface.Length > 0 ? $" ({pool.Interface})" : "")}, {Counted.Of(pool.Wanted.Now, "worker")}"
            + (pool.Reloading ? ", a reload is under way" : "");
        yield return $"queue: {Number(queue.Length)} {(queue.Length == 1 ? "waits" : "wait")}{(queue.Length > 0 ? $", the oldest for {Words.Brief(queue.OldestWait)}" : "")}; refused: {Number(queue.RefusedFull)} full, {Number(queue.RefusedLate)} too late";
        yield return $"workers started: {Number(pool.Starts)}; ended: {(pool.Ends.Count == 0 ? "none" : Counts(pool.Ends))}";
        foreach (string line in Workers(pool.Workers).Lines(2))
        {
            yield return line;
        }

        foreach (WorkerStatus worker in pool.Workers.Where(static worker => worker.Active.Count > 0))
        {
            yield return $"  worker {Number(worker.Index)} has:";
            foreach (string line in Active(worker.Active.Take(MostActive)))
            {
                yield return line;
            }

            int more = worker.InFlight + worker.Sessions - Math.Min(MostActive, worker.Active.Count);
            if (more > 0)
            {
                yield return $"    … and {Number(more)} more";
            }
        }
    }

    /// <summary>Why the server wants no requests, where its state does not say it; else nothing.</summary>
    public static string Obstacle(StatusDocument status) => status.NotReady is { } why && why != status.State ? $"; not ready: {why}" : "";

    private static IEnumerable<string> Tasks(TasksStatus tasks)
    {
        yield return "";
        yield return $"tasks of {Words.Fit(tasks.Name, 60)}: {Number(tasks.Queued)} wait, {Number(tasks.Running)} run; {Number(tasks.Done)} done, {Number(tasks.Failed)} failed, "
            + $"{Number(tasks.Retried)} retried, {Number(tasks.Refused)} refused, {Number(tasks.Lost)} lost with their process"
            + (tasks.Schedules > 0 ? $"; {Number(tasks.Schedules)} schedules, {Number(tasks.Skipped)} turns left out" : "");
        foreach (string line in Workers(tasks.Workers).Lines(2))
        {
            yield return line;
        }
    }

    /// <summary>The table of workers.</summary>
    public static TextTable Workers(IEnumerable<WorkerStatus> workers)
    {
        var table = new TextTable(">worker", ">pid", "state", ">age", ">in flight", ">sessions", ">requests", ">cpu", ">memory", ">lag");
        foreach (WorkerStatus worker in workers)
        {
            string? note = worker.StartsIn is { } due ? $"starts in {Words.Ago(due)}" : worker.Silent ? "does not answer" : worker.Reason;
            table.Add(
                Number(worker.Index), worker.Pid is { } pid ? Number(pid) : "-", note is null ? worker.State : $"{worker.State}, {note}", worker.Pid is null ? "-" : Words.Ago(worker.Age),
                Number(worker.InFlight), Number(worker.Sessions), Number(worker.Requests), Words.Percent(worker.Cpu), Words.Size(worker.Rss),
                worker.Pid is null ? "-" : Words.Brief(worker.LoopLag));
        }

        return table;
    }

    private static IEnumerable<string> Active(IEnumerable<ActiveStatus> active)
        => active.Select(static one => $"    {Words.Ago(one.Age),10}  {one.Phase,-10} {Words.Fit($"{one.Method} {one.Path}", Width - 40)}  ({one.Request})");

    private static IEnumerable<string> Errors(StatusDocument status)
    {
        if (status.Errors.Count > 0)
        {
            yield return "";
            yield return $"{(status.ErrorCount == 1 ? "the error" : $"the last of {Number(status.ErrorCount)} errors")} in the log:";
        }

        foreach (ErrorStatus error in status.Errors)
        {
            yield return $"  {error.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}  {Words.Fit(error.Message, Width)}";
        }
    }

    private static string ByClass(RequestsStatus requests)
    {
        string[] parts = [.. requests.Status.Where(static one => one.Value > 0).Select(static one => $"{Number(one.Value)} {one.Key}")];
        return parts.Length == 0 ? "" : $" ({string.Join(", ", parts)})";
    }

    private static string Counts(IReadOnlyDictionary<string, long> counts)
        => string.Join(", ", counts.OrderByDescending(static one => one.Value).Select(static one => $"{one.Key.Replace('_', ' ')} {Number(one.Value)}"));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
