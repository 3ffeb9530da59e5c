using System.Buffers;

namespace Hydra.Primitives;

/// <summary>A field that answers get, or lose.</summary>
/// <param name="Place">The path at and below which answers are meant.</param>
/// <param name="Name">The field.</param>
/// <param name="Value">Its value; null to take it away.</param>
internal sealed record FieldRule(MountPlace Place, string Name, string? Value)
{
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // What makes the message and the connection is for the server to say.
    private static readonly string[] Own = ["connection", "content-length", "date", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

    /// <summary>Reads "Name: value", "Name:" or either behind "/path: ".</summary>
    /// <returns>Null, or what is wrong with it: the rest of a sentence.</returns>
    public static string? Read(string text, out FieldRule rule)
    {
        rule = new FieldRule(MountPlace.Everywhere, "", null);
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        MountPlace place = MountPlace.Everywhere;
        if (rest.StartsWith('/'))
        {
            int end = rest.IndexOf(": ");
            if (end < 0)
            {
                return $"\"{text}\" is not of the form \"/path: Name: value\".";
            }

            string path = rest[..end].TrimEnd('*').TrimEnd('/').ToString();
            if (path.Length > 0 && MountPlace.Read(path, out place) is { } problem)
            {
                return problem;
            }

            rest = rest[(end + 2)..].TrimStart();
        }

        int colon = rest.IndexOf(':');
        if (colon <= 0 || rest[..colon].ContainsAnyExcept(Token))
        {
            return $"\"{text}\" is not of the form \"Name: value\", or \"Name:\" to take a field away.";
        }

        string name = rest[..colon].ToString();
        string value = rest[(colon + 1)..].Trim().ToString();
        if (Own.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return $"{name} is for the server to say.";
        }

        if (value.AsSpan().ContainsAnyInRange('\0', '\u001f') || value.Any(static c => c is '\u007f' or > '\u00ff'))
        {
            return $"the value of {name} has a character that no field may have.";
        }

        rule = new FieldRule(place, name, value.Length == 0 ? null : value);
        return null;
    }
}
