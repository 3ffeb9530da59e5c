using Hydra.Primitives;

namespace Hydra.Dispatch;

/// <summary>An application as a request's way knows it: where its requests go, and what holds for all of them. Any thread.</summary>
/// <param name="name">What it is called in logs and metrics.</param>
/// <param name="place">Which requests are for it.</param>
/// <param name="outerPath">The path below which a proxy shows it, in front of that of its place: empty, or with a slash in front and none behind.</param>
/// <param name="dispatcher">Gives its requests to its workers.</param>
/// <param name="recovery">What becomes of its requests when workers die.</param>
/// <param name="requestTimeout">How long a worker may take until the response begins; zero for ever. For the log: the watchdog sees to it.</param>
internal sealed class RequestPool(string name, MountPlace place, string outerPath, Dispatcher dispatcher, CrashRecovery recovery, TimeSpan requestTimeout)
{
    /// <summary>What it is called in logs and metrics.</summary>
    public string Name { get; } = name;

    /// <summary>Its number among all applications, from 0.</summary>
    public int Number { get; init; }

    /// <summary>Which requests are for it.</summary>
    public MountPlace Place { get; } = place;

    /// <summary>The path below which a proxy shows it, in front of that of its place: empty, or with a slash in front and none behind.</summary>
    public string OuterPath { get; } = outerPath;

    /// <summary>The path below which clients see it: empty, or with a slash in front and none behind.</summary>
    public string RootPath { get; } = outerPath + place.Path;

    /// <summary>Gives its requests to its workers.</summary>
    public Dispatcher Dispatcher { get; } = dispatcher;

    /// <summary>What becomes of its requests when workers die, with the memory of those that have killed some.</summary>
    public CrashRecovery Recovery { get; } = recovery;

    /// <summary>How long a worker may take until the response begins; zero for ever.</summary>
    public TimeSpan RequestTimeout { get; } = requestTimeout;
}
