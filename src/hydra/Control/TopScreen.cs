using System.Globalization;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>What the workers are sorted by.</summary>
internal enum TopOrder
{
    /// <summary>Their numbers.</summary>
    Number,

    /// <summary>What they use of processors.</summary>
    Cpu,

    /// <summary>Their memory.</summary>
    Memory,

    /// <summary>The requests that they have.</summary>
    Requests,

    /// <summary>How late their event loops are.</summary>
    Lag,
}

/// <summary>The screen of hydra top: what it shows, as lines that fit. What keys do to it is its state; the rest comes from the server.</summary>
internal sealed class TopScreen
{
    private const int MostSlow = 10;

    // What a narrow terminal does without, the least important first; what the workers are sorted by stays.
    private static readonly (string Heading, TopOrder? Order)[] Spare = [("sessions", null), ("lag", TopOrder.Lag), ("age", null), ("requests", null), ("cpu", TopOrder.Cpu), ("memory", TopOrder.Memory)];

    /// <summary>What the workers are sorted by.</summary>
    public TopOrder Order { get; private set; }

    /// <summary>Takes a key.</summary>
    /// <returns>False where it is the one to end with.</returns>
    public bool Press(char key)
    {
        Order = char.ToLowerInvariant(key) switch
        {
            'n' => TopOrder.Number,
            'c' => TopOrder.Cpu,
            'm' => TopOrder.Memory,
            'r' => TopOrder.Requests,
            'l' => TopOrder.Lag,
            _ => Order,
        };
        return key is not ('q' or 'Q' or '\u001b' or '\u0003');
    }

    /// <summary>The screen.</summary>
    /// <param name="status">What the server has said; null where it does not answer.</param>
    /// <param name="trouble">Why not; null where it does.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Lines.</param>
    public IReadOnlyList<string> Render(StatusDocument? status, string? trouble, int width, int height)
    {
        List<string> lines = [];
        if (trouble is not null)
        {
            lines.Add(trouble);
            lines.Add("");
        }

        if (status is not null)
        {
            AddHead(lines, status);
            AddSlow(lines, status, Math.Clamp(height / 4, 1, MostSlow));
            AddWorkers(lines, status, width);
        }

        string keys = $"q quit   sort: n number  c cpu  m memory  r requests  l lag   (by {Order.ToString().ToLowerInvariant()})";
        lines = [.. lines.Take(Math.Max(1, height - 1)).Select(line => Words.Fit(line, width))];
        while (lines.Count < height - 1)
        {
            lines.Add("");
        }

        if (height > 1)
        {
            lines.Add(Words.Fit(keys, width));
        }

        return lines;
    }

    /// <summary>The bytes that draw the screen: at its beginning, each line to its end, and what is below.</summary>
    public static string Draw(IReadOnlyList<string> lines)
        => "\e[H" + string.Join("\r\n", lines.Select(static line => line + "\e[K")) + "\e[J";

    private static void AddHead(List<string> lines, StatusDocument status)
    {
        RequestsStatus requests = status.Requests;
        int queued = status.Pools.Sum(static pool => pool.Queue.Length);
        double wait = status.Pools.Count == 0 ? 0 : status.Pools.Max(static pool => pool.Queue.OldestWait);
        lines.Add($"hydra {status.Version}  pid {Number(status.Pid)}  {status.State}{StatusText.Obstacle(status)}  up {Words.Ago(status.Uptime)}  {string.Join(", ", status.Addresses)}");
        lines.Add(
            $"{Words.Rate(requests.Rate)}  5xx {Words.Rate(requests.FailedRate)}  p50 {Words.Brief(requests.P50)}  p90 {Words.Brief(requests.P90)}  p99 {Words.Brief(requests.P99)}"
            + $"  connections {Number(status.Connections)}  queue {Number(queued)}{(queued > 0 ? $" (oldest {Words.Brief(wait)})" : "")}");
        lines.Add($"{Counted.Of(requests.Total, "request")}  {Counted.Of(status.ErrorCount, "error")} in the log{(status.Errors.Count > 0 ? $", the last: {status.Errors[^1].Message}" : "")}");
        lines.Add("");
    }

    private static void AddSlow(List<string> lines, StatusDocument status, int most)
    {
        (WorkerStatus Worker, ActiveStatus Active)[] slow = [.. status.Pools.SelectMany(static pool => pool.Workers)
            .SelectMany(static worker => worker.Active.Select(active => (worker, active)))
            .Where(static one => one.active.Phase != "session").OrderByDescending(static one => one.active.Age).Take(most)];
        if (slow.Length == 0)
        {
            return;
        }

        var table = new TextTable(">slowest", ">worker", "phase", "request", "");
        foreach ((WorkerStatus worker, ActiveStatus active) in slow)
        {
            table.Add(Words.Brief(active.Age), Number(worker.Index), active.Phase, $"{active.Method} {active.Path}", active.Request);
        }

        lines.AddRange(table.Lines());
        lines.Add("");
    }

    private void AddWorkers(List<string> lines, StatusDocument status, int width)
    {
        foreach (PoolStatus pool in status.Pools)
        {
            if (status.Pools.Count > 1)
            {
                lines.Add($"{pool.Name}: {pool.App}");
            }

            lines.AddRange(StatusText.Workers(Sorted(pool.Workers)).Lines(0, width, [.. Spare.Where(one => one.Order != Order).Select(static one => one.Heading)]));
        }
    }

    private IEnumerable<WorkerStatus> Sorted(IReadOnlyList<WorkerStatus> workers) => Order switch
    {
        TopOrder.Cpu => workers.OrderByDescending(static worker => worker.Cpu ?? 0),
        TopOrder.Memory => workers.OrderByDescending(static worker => worker.Rss),
        TopOrder.Requests => workers.OrderByDescending(static worker => worker.InFlight),
        TopOrder.Lag => workers.OrderByDescending(static worker => worker.LoopLag),
        _ => workers,
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
