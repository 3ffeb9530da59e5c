using System.Globalization;

namespace Hydra.Control;

/// <summary>A request at the control socket.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">The path, with its version.</param>
/// <param name="Query">Names and values of the query; those that are null are left out.</param>
internal sealed record ControlRequest(string Method, string Path, params (string Name, string? Value)[] Query)
{
    /// <summary>The version of the paths.</summary>
    public const string Version = "/v1";

    /// <summary>How the server is.</summary>
    public static ControlRequest Status { get; } = new("GET", Version + "/status");

    /// <summary>Path and query as they are sent.</summary>
    public string Target
    {
        get
        {
            string query = string.Join('&', Query.Where(static one => one.Value is not null).Select(static one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));
            return query.Length == 0 ? Path : $"{Path}?{query}";
        }
    }

    /// <summary>About one worker.</summary>
    public static ControlRequest OfWorker(string method, int index, string what, string? pool)
        => new(method, string.Create(CultureInfo.InvariantCulture, $"{Version}/workers/{index}/{what}"), ("pool", pool));
}
