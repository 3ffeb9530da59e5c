using System.Globalization;
using System.Text;
using Hydra.Cli;
using Hydra.Diagnostics;
using Hydra.Http;

namespace Hydra.Hosting;

/// <summary>What is measured of the server's own process, as text for Prometheus: by the names that its client libraries have for processes, where there are such.</summary>
internal static class FrontText
{
    /// <summary>Writes the samples.</summary>
    /// <param name="text">Takes them.</param>
    /// <param name="front">What there is.</param>
    /// <param name="applications">Who has metrics of the same names, of processes of their own.</param>
    public static void Write(StringBuilder text, FrontFigures front, ApplicationText applications)
    {
        WriteProcess(text, front, applications);
        WriteRuntime(text, front);
        if (front.Connections is { } connections)
        {
            WriteConnections(text, connections, front.SpeaksTls);
        }
    }

    /// <summary>Writes what runs.</summary>
    public static void WriteBuild(StringBuilder text, string openSsl)
    {
        PrometheusText.Head(text, "hydra_build_info", "gauge", "The version that runs; always 1.");
        (string, string)[] labels = [("version", VersionText.Number), ("dotnet", Environment.Version.ToString()), .. openSsl.Length > 0 ? [("openssl", openSsl)] : Array.Empty<(string, string)>()];
        PrometheusText.Sample(text, "hydra_build_info", 1, labels);
    }

    private static void WriteProcess(StringBuilder text, FrontFigures front, ApplicationText applications)
    {
        Write("process_start_time_seconds", "gauge", "When the process was started, in seconds since the Unix epoch.", front.StartTime);
        Write("process_cpu_seconds_total", "counter", "Processor time that the process has used.", front.Cpu.TotalSeconds);
        Write("process_resident_memory_bytes", "gauge", "Memory of the process that is resident.", front.Resident);
        if (front.Descriptors is { } descriptors)
        {
            Write("process_open_fds", "gauge", "Descriptors that the process has open.", descriptors.Open);
            Write("process_max_fds", "gauge", "Descriptors that the process may have open.", descriptors.Most);
        }

        void Write(string name, string kind, string help, double value)
        {
            PrometheusText.Single(text, name, kind, help, value);
            applications.WriteBehind(text, name, kind);
        }
    }

    private static void WriteRuntime(StringBuilder text, FrontFigures front)
    {
        PrometheusText.Single(text, "hydra_gc_heap_bytes", "gauge", "The heap of the server's own runtime.", front.Heap);
        PrometheusText.Head(text, "hydra_gc_collections_total", "counter", "Collections of that heap, by the oldest generation that they took.");
        for (int i = 0; i < front.Collections.Count; i++)
        {
            PrometheusText.Sample(text, "hydra_gc_collections_total", front.Collections[i], ("generation", i.ToString(CultureInfo.InvariantCulture)));
        }

        PrometheusText.Single(text, "hydra_gc_pause_seconds_total", "counter", "How long collections have held the server up.", front.Pauses.TotalSeconds);
        PrometheusText.Single(text, "hydra_pool_threads", "gauge", "Threads of the server's pool, beside its event loops.", front.PoolThreads);
    }

    private static void WriteConnections(StringBuilder text, ClientConnections connections, bool speaksTls)
    {
        bool[] kinds = speaksTls ? [false, true] : [false];
        PrometheusText.Head(text, "hydra_connections", "gauge", "Connections of clients that are open.");
        foreach (bool isTls in kinds)
        {
            PrometheusText.Sample(text, "hydra_connections", connections.Open(isTls), ("tls", isTls ? "true" : "false"));
        }

        PrometheusText.Head(text, "hydra_connections_accepted_total", "counter", "Connections of clients that were accepted, where TLS is spoken once that was agreed on.");
        foreach (bool isTls in kinds)
        {
            PrometheusText.Sample(text, "hydra_connections_accepted_total", connections.Accepted(isTls), ("tls", isTls ? "true" : "false"));
        }

        if (speaksTls)
        {
            PrometheusText.Single(text, "hydra_tls_handshakes_failed_total", "counter", "Connections that ended before TLS was agreed on.", connections.FailedHandshakes);
        }
    }
}
