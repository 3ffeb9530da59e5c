namespace Hydra.Dispatch;

/// <summary>An application as a request's way knows it: where its requests go, and what holds for all of them. Any thread.</summary>
/// <param name="name">What it is called in logs and metrics.</param>
/// <param name="rootPath">The path below which it is mounted: empty, or with a slash in front and none behind.</param>
/// <param name="dispatcher">Gives its requests to its workers.</param>
internal sealed class RequestPool(string name, string rootPath, Dispatcher dispatcher)
{
    /// <summary>What it is called in logs and metrics.</summary>
    public string Name { get; } = name;

    /// <summary>The path below which it is mounted: empty, or with a slash in front and none behind.</summary>
    public string RootPath { get; } = rootPath;

    /// <summary>Gives its requests to its workers.</summary>
    public Dispatcher Dispatcher { get; } = dispatcher;
}
