using System.Security.Cryptography;
using Hydra.Configuration;
using Hydra.Http;
using Hydra.Transport;

namespace Hydra.Hosting;

/// <summary>What is measured of the server's own process, at one moment.</summary>
internal sealed record FrontFigures
{
    /// <summary>When it was started, in seconds since the Unix epoch.</summary>
    public double StartTime { get; init; }

    /// <summary>Processor time that it has used.</summary>
    public TimeSpan Cpu { get; init; }

    /// <summary>Bytes of memory that are resident.</summary>
    public long Resident { get; init; }

    /// <summary>Descriptors that are open, and how many may be; null where the system does not say.</summary>
    public (long Open, double Most)? Descriptors { get; init; }

    /// <summary>Bytes of .NET's heap.</summary>
    public long Heap { get; init; }

    /// <summary>Its collections, by the oldest generation that they took.</summary>
    public IReadOnlyList<int> Collections { get; init; } = [];

    /// <summary>How long collections have held everything up.</summary>
    public TimeSpan Pauses { get; init; }

    /// <summary>Threads of .NET's pool.</summary>
    public int PoolThreads { get; init; }

    /// <summary>The connections of clients; null before there can be any.</summary>
    public ClientConnections? Connections { get; init; }

    /// <summary>Whether TLS is spoken.</summary>
    public bool SpeaksTls { get; init; }

    /// <summary>The version of OpenSSL; empty where it is not used.</summary>
    public string OpenSsl { get; init; } = "";

    /// <summary>Looks.</summary>
    /// <param name="options">Whether TLS is spoken.</param>
    /// <param name="startTime">When the process was started, in seconds since the Unix epoch.</param>
    /// <param name="connections">The connections of clients.</param>
    public static FrontFigures Read(ServerOptions options, double startTime, ClientConnections? connections) => new()
    {
        StartTime = startTime,
        Cpu = Environment.CpuUsage.TotalTime,
        Resident = Environment.WorkingSet,
        Descriptors = ReadDescriptors(),
        Heap = GC.GetTotalMemory(forceFullCollection: false),
        Collections = [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)],
        Pauses = GC.GetTotalPauseDuration(),
        PoolThreads = ThreadPool.ThreadCount,
        Connections = connections,
        SpeaksTls = SpeaksTlsAnywhere(options),
        OpenSsl = SpeaksTlsAnywhere(options) && !OperatingSystem.IsWindows() ? VersionOf(SafeEvpPKeyHandle.OpenSslVersion) : "",
    };

    /// <summary>A version number of OpenSSL as text: OPENSSL_VERSION_NUMBER(3).</summary>
    public static string VersionOf(long number)
    {
        long major = number >> 28;
        long minor = (number >> 20) & 0xff;
        long patch = (number >> 4) & 0xff;

        // 1.1.1 had a number of its own for "fix", and letters for what came behind it.
        return major >= 3 ? $"{major}.{minor}.{patch}" : $"{major}.{minor}.{(number >> 12) & 0xff}{(patch > 0 ? ((char)('a' + patch - 1)).ToString() : "")}";
    }

    private static bool SpeaksTlsAnywhere(ServerOptions options) => options.Addresses.Binds.Any(bind => bind.IsTls ?? options.Tls.IsOn);

    private static (long Open, double Most)? ReadDescriptors()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            // One of them is the one by which they are counted.
            ulong limit = LoopSyscalls.DescriptorLimit();
            return (Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount() - 1, limit == ulong.MaxValue ? double.PositiveInfinity : limit);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
