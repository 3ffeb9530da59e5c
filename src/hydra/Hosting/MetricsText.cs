using System.Globalization;
using System.Text;
using Hydra.Diagnostics;
using Hydra.Http;
using Hydra.Jobs;
using Hydra.Protocol;
using Hydra.State;
using Hydra.Topics;
using Hydra.Workers.Supervision;

namespace Hydra.Hosting;

/// <summary>Everything that is measured, as text for Prometheus. What each pool has is told apart by a label where there are several.</summary>
internal static class MetricsText
{
    /// <summary>The answer to one scrape.</summary>
    /// <param name="requests">What is counted of all requests.</param>
    /// <param name="pools">What each pool has.</param>
    /// <param name="front">What the server's own process has; null for nothing.</param>
    /// <param name="tasks">What is done behind requests; null for nothing.</param>
    public static string Write(RequestMetrics requests, IReadOnlyList<PoolFigures> pools, FrontFigures? front = null, IReadOnlyList<JobFigures>? tasks = null)
    {
        var text = new StringBuilder();
        requests.Write(text);
        WriteQueue(text, pools);
        WriteWorkers(text, pools);
        WriteState(text, pools);
        WriteTopics(text, pools);
        WriteResumptions(text, pools);
        WriteTotals(text, pools);
        TaskText.Write(text, tasks ?? []);
        var applications = new ApplicationText(pools);
        if (front is not null)
        {
            FrontText.Write(text, front, applications);
        }

        FrontText.WriteBuild(text, front?.OpenSsl ?? "");
        applications.WriteRest(text);
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
            PrometheusText.Sample(text, "hydra_requests_refused_total", pool.RefusedFull, Labels(pools, pool, ("reason", "full")));
            PrometheusText.Sample(text, "hydra_requests_refused_total", pool.RefusedLate, Labels(pools, pool, ("reason", "timeout")));
        }

        WriteKeys(text, pools);
        EachThatHas(
            text, pools, "hydra_concurrency_limit", "gauge", "Requests that a worker is given at the same time (--limit-concurrency auto), beside responses that come.",
            static pool => pool.Concurrency?.Limit);
        EachThatHas(
            text, pools, "hydra_concurrency_usual_seconds", "gauge",
            "How long requests take until they are answered when nothing holds them up; 0 while that is not known.", static pool => pool.Concurrency?.Usual.TotalSeconds);
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
            PrometheusText.Sample(text, "hydra_affinity_requests_total", served - moved, Labels(pools, pool, ("moved", "0")));
            PrometheusText.Sample(text, "hydra_affinity_requests_total", moved, Labels(pools, pool, ("moved", "1")));
        }
    }

    // Where an application has several pools each says the same of what they share.
    private static void WriteState(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        void Write(string name, string type, string help, Func<StateFigures, double?> value)
            => EachThatHas(text, pools, name, type, help, pool => pool.State is { } state ? value(state) : null);

        Write("hydra_state_entries", "gauge", "Entries of the state that workers share.", static state => state.Entries);
        Write("hydra_state_bytes", "gauge", "Bytes that they take.", static state => state.Bytes);
        Write("hydra_state_limit_bytes", "gauge", "Bytes that they may take.", static state => state.Limit);
        Write("hydra_state_locks", "gauge", "Places in locks and semaphores that somebody has.", static state => state.Locks);
        Write("hydra_state_calls_total", "counter", "Calls on the state that workers share.", static state => state.Calls);
        Write("hydra_state_evictions_total", "counter", "Values that have gone for others to have room.", static state => state.Evicted);
        Write("hydra_state_refused_total", "counter", "Calls that found no room.", static state => state.Refused);
        Write("hydra_state_engine_up", "gauge", "Whether the Redis that has the state is there and answers (--state).", static state => state.Engine is { } engine ? engine.IsUp ? 1 : 0 : null);
        Write("hydra_state_engine_lost_total", "counter", "How often it has gone.", static state => state.Engine?.Lost);
        Write("hydra_state_engine_waiting", "gauge", "Calls that it has not answered yet.", static state => state.Engine?.Waiting);
        Write("hydra_state_engine_unknown_total", "counter", "Calls of which nobody knows whether it has done them.", static state => state.Engine?.Unknown);
    }

    private static void WriteTopics(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        void Write(string name, string type, string help, Func<TopicFigures, double> value)
            => EachThatHas(text, pools, name, type, help, pool => pool.Topics is { } topics ? value(topics) : null);

        Write("hydra_topics", "gauge", "Topics that somebody has subscribed to.", static topics => topics.Topics);
        Write("hydra_topic_subscriptions", "gauge", "Subscriptions, of connections and of code in workers.", static topics => topics.Subscriptions);
        Write("hydra_topic_bytes", "gauge", "Bytes that topics, subscriptions, channels and waiting messages take.", static topics => topics.Bytes);
        Write("hydra_topic_limit_bytes", "gauge", "Bytes that they may take.", static topics => topics.Limit);
        Write("hydra_topic_published_total", "counter", "Messages that were published.", static topics => topics.Published);
        Write("hydra_topic_delivered_total", "counter", "Messages that subscribers were given.", static topics => topics.Delivered);
        Write("hydra_topic_dropped_total", "counter", "Messages that subscribers did not get because they were too slow.", static topics => topics.Dropped);
        Write("hydra_topic_refused_total", "counter", "Calls that found no room.", static topics => topics.Refused);
    }

    private static void WriteResumptions(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        PoolFigures[] those = [.. pools.Where(static pool => pool.Resume is not null)];
        if (those.Length == 0)
        {
            return;
        }

        PrometheusText.Head(text, "hydra_resumed_total", "counter", "Connections that went on in another worker (hydra_server.resume), by why they had to.");
        foreach (PoolFigures pool in those)
        {
            foreach (ResumeReason reason in Enum.GetValues<ResumeReason>())
            {
                PrometheusText.Sample(text, "hydra_resumed_total", pool.Resume!.ReadResumed(reason), Labels(pools, pool, ("reason", reason.ToString().ToLowerInvariant())));
            }
        }

        void Write(string name, string type, string help, Func<ResumeDesk, double> value)
            => EachThatHas(text, pools, name, type, help, pool => pool.Resume is { } desk ? value(desk) : null);

        Write("hydra_resume_failed_total", "counter", "Connections that were to go on in another worker and could not: they were closed.", static desk => desk.Failed);
        Write("hydra_resume_lapsed_total", "counter", "Connections whose application acknowledged too little to go on elsewhere.", static desk => desk.Lapsed);
        Write("hydra_resume_bytes", "gauge", "Bytes of what is saved of connections, and of messages that are not acknowledged.", static desk => desk.Memory.Used);
        Write("hydra_resume_limit_bytes", "gauge", "Bytes that they may take.", static desk => desk.Memory.Capacity);
    }

    private static void WriteWorkers(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        PrometheusText.Head(text, "hydra_workers", "gauge", "Worker processes, by what they do.");
        foreach (PoolFigures pool in pools)
        {
            foreach (WorkerState state in Enum.GetValues<WorkerState>().Where(static state => state is not WorkerState.Stopped))
            {
                PrometheusText.Sample(
                    text, "hydra_workers", pool.Workers.Count(worker => worker.State == state), Labels(pools, pool, ("state", state.ToString().ToLowerInvariant())));
            }
        }

        EachWorker(
            text, pools, "hydra_worker_requests", "Requests that a worker has, by its number. While it is replaced, both have it.",
            static same => same.Sum(static worker => worker.InFlight));
        EachWorker(
            text, pools, "hydra_worker_websockets", "WebSockets that are open, by the number of their worker.", static same => same.Sum(static worker => worker.Sessions));
        EachWorker(
            text, pools, "hydra_worker_silent", "Whether a worker does not answer: 1 where it does not, by its number.", static same => same.Sum(static worker => worker.IsSilent ? 1 : 0));
        EachWorker(
            text, pools, "hydra_worker_resident_memory_bytes", "Memory of worker processes that is resident.", static same => same.Sum(static worker => worker.Resident));
        EachWorker(
            text, pools, "hydra_worker_loop_lag_seconds", "By how much the event loop of a worker is late, at the last look, by its number.",
            static same => same.Max(static worker => worker.LoopLag.TotalSeconds));
        EachWorker(
            text, pools, "hydra_worker_start_time_seconds", "When the youngest process with this number was started, in seconds since the Unix epoch.",
            static same => same.Max(static worker => worker.StartedOn.ToUnixTimeMilliseconds()) / 1000.0);
        WriteWorkerInfo(text, pools);
        Each(text, pools, "hydra_worker_starts_total", "counter", "Worker processes that were started.", static pool => pool.Launched);
    }

    // Of all processes that have had a number, so that they never get less.
    private static void WriteTotals(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        EachTotal(
            text, pools, "hydra_worker_assigned_requests_total", "Requests that the workers with a number were given, also those that have ended.",
            static total => total.Requests);
        EachTotal(
            text, pools, "hydra_worker_cpu_seconds_total", "Processor time that the workers with a number have used, also those that have ended.",
            static total => total.Cpu.TotalSeconds);
        PrometheusText.Head(text, "hydra_worker_ends_total", "counter", "Worker processes that have ended, by why.");
        foreach (PoolFigures pool in pools)
        {
            foreach (string reason in FleetHistory.Names)
            {
                PrometheusText.Sample(text, "hydra_worker_ends_total", pool.Ends.GetValueOrDefault(reason), Labels(pools, pool, ("reason", reason)));
            }
        }
    }

    // While a worker is replaced by one that says the same, both are one sample.
    private static void WriteWorkerInfo(StringBuilder text, IReadOnlyList<PoolFigures> pools)
    {
        PrometheusText.Head(
            text, "hydra_worker_info", "gauge", "What a worker has said of itself, by its number: what the log has when it is ready; always 1.");
        foreach (PoolFigures pool in pools)
        {
            var known = pool.Workers.Where(static worker => worker.Info is not null).OrderBy(static worker => worker.Index)
                .Select(static worker => (worker.Index, worker.Info!.Interface, worker.Info.Python, worker.Info.Loop));
            foreach ((int index, string name, string python, string loop) in known.Distinct())
            {
                PrometheusText.Sample(
                    text, "hydra_worker_info", 1, Labels(pools, pool, ("worker", Number(index)), ("interface", name), ("python", python), ("loop", loop)));
            }
        }
    }

    // A gauge with one sample for each number of a worker.
    private static void EachWorker(
        StringBuilder text, IReadOnlyList<PoolFigures> pools, string name, string help, Func<IEnumerable<WorkerFigures>, double> value)
    {
        PrometheusText.Head(text, name, "gauge", help);
        foreach (PoolFigures pool in pools)
        {
            foreach (IGrouping<int, WorkerFigures> same in pool.Workers.GroupBy(static worker => worker.Index).OrderBy(static group => group.Key))
            {
                PrometheusText.Sample(text, name, value(same), Labels(pools, pool, ("worker", Number(same.Key))));
            }
        }
    }

    private static void EachTotal(StringBuilder text, IReadOnlyList<PoolFigures> pools, string name, string help, Func<WorkerTotal, double> value)
    {
        PrometheusText.Head(text, name, "counter", help);
        foreach (PoolFigures pool in pools)
        {
            foreach ((int index, WorkerTotal total) in pool.Totals)
            {
                PrometheusText.Sample(text, name, value(total), Labels(pools, pool, ("worker", Number(index))));
            }
        }
    }

    // A metric with one sample for each pool that has it; nothing where none has.
    private static void EachThatHas(
        StringBuilder text, IReadOnlyList<PoolFigures> pools, string name, string type, string help, Func<PoolFigures, double?> value)
    {
        (PoolFigures Pool, double? Value)[] values = [.. pools.Select(pool => (pool, value(pool))).Where(static one => one.Item2 is not null)];
        if (values.Length == 0)
        {
            return;
        }

        PrometheusText.Head(text, name, type, help);
        foreach ((PoolFigures pool, double? number) in values)
        {
            PrometheusText.Sample(text, name, number!.Value, Labels(pools, pool));
        }
    }

    // A metric with one sample for each pool.
    private static void Each(
        StringBuilder text, IReadOnlyList<PoolFigures> pools, string name, string type, string help, Func<PoolFigures, double> value)
    {
        PrometheusText.Head(text, name, type, help);
        foreach (PoolFigures pool in pools)
        {
            PrometheusText.Sample(text, name, value(pool), Labels(pools, pool));
        }
    }

    private static (string Name, string Value)[] Labels(IReadOnlyList<PoolFigures> pools, PoolFigures pool, params (string Name, string Value)[] own)
        => pools.Count > 1 ? [("pool", pool.Name), .. own] : own;

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);
}
