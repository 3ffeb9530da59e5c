namespace Hydra.Primitives;

/// <summary>How often one client may do something.</summary>
/// <param name="Path">The path below which it counts, decoded: "/login" is for that and for all below "/login/"; empty for every path.</param>
/// <param name="Count">Requests in a period, at least 1.</param>
/// <param name="Period">The period: a second, a minute or an hour.</param>
/// <param name="Burst">Requests that may come at once, at least 1.</param>
internal sealed record RateLimit(string Path, int Count, TimeSpan Period, int Burst)
{
    /// <summary>Whether it is for requests to this path.</summary>
    public bool Covers(string path)
        => Path.Length == 0 || (path.StartsWith(Path, StringComparison.Ordinal) && (path.Length == Path.Length || Path[^1] == '/' || path[Path.Length] == '/'));
}
