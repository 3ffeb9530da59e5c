using System.Text;

namespace Hydra.Tests.Functional.Harness;

/// <summary>A response as it stood on the wire.</summary>
/// <param name="StatusLine">The first line.</param>
/// <param name="Headers">Names as sent, values, in order.</param>
/// <param name="Body">The body without its framing.</param>
/// <param name="IsComplete">Whether the framing said that the body is complete; false when the connection ended before.</param>
public sealed record RawResponse(string StatusLine, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body, bool IsComplete)
{
    /// <summary>The fields behind the last chunk, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Trailers { get; init; } = [];

    /// <summary>The status code.</summary>
    public int Status => int.Parse(StatusLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The body as Latin-1.</summary>
    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>The values of a header, in order.</summary>
    public IReadOnlyList<string> Values(string name)
        => [.. Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value)];

    /// <summary>The one value of a header, or null.</summary>
    public string? Value(string name) => Values(name).SingleOrDefault();
}
