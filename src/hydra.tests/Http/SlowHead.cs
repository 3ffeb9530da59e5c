using System.Globalization;
using System.Text.RegularExpressions;

namespace Hydra.Tests.Http;

/// <summary>
/// Reads a head by the letter of RFC 9112 and RFC 9110, with no thought of what it costs: what the strict look is compared with. Targets of the
/// absolute form are not among what it is given.
/// </summary>
internal static partial class SlowHead
{
    /// <summary>What a head is that must be refused.</summary>
    public const string Refused = "refused";

    /// <summary>Method, target, length and header block with NUL between them; null as long as the head may go on.</summary>
    public static string? Read(string text)
    {
        while (text.StartsWith("\r\n", StringComparison.Ordinal))
        {
            text = text[2..];
        }

        // A line ends with the first LF, and has no control byte but the tab before its CR.
        List<string> lines = [];
        while (true)
        {
            int end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end < 0)
            {
                return null;
            }

            string line = text[..end];
            text = text[(end + 1)..];
            if (!line.EndsWith('\r') || Control().IsMatch(line[..^1]))
            {
                return Refused;
            }

            line = line[..^1];
            if (lines.Count > 0 && line.Length == 0)
            {
                return Whole(lines);
            }

            if (!(lines.Count == 0 ? RequestLine() : FieldLine()).IsMatch(line) || !IsGood(lines, line))
            {
                return Refused;
            }

            lines.Add(line);
        }
    }

    private static bool IsGood(List<string> before, string line)
    {
        if (before.Count == 0)
        {
            // RFC 9112, section 3.2.
            string[] parts = line.Split(' ');
            return parts[1].StartsWith('/') || parts[1] == "*" || parts[0] == "CONNECT";
        }

        (string name, string value) = Field(line);
        return (name != "content-length" && name != "transfer-encoding" && name != "host")
            || (name == "content-length" && Digits().IsMatch(value) && !before.Skip(1).Any(static other => Field(other).Name == "content-length"));
    }

    private static string Whole(List<string> lines)
    {
        string[] parts = lines[0].Split(' ');
        (string Name, string Value)[] fields = [.. lines.Skip(1).Select(Field)];
        string length = fields.FirstOrDefault(static field => field.Name == "content-length").Value ?? "0";
        return string.Join(
            '\0', parts[0], parts[1], long.Parse(length, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
            string.Join('\0', fields.Select(static field => $"{field.Name}\0{field.Value}")));
    }

    private static (string Name, string Value) Field(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? ("", "") : (line[..colon].ToLowerInvariant(), line[(colon + 1)..].Trim(' ', '\t'));
    }

    [GeneratedRegex(@"[\x00-\x08\x0a-\x1f\x7f]")]
    private static partial Regex Control();

    [GeneratedRegex(@"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21\x22\x24-\x7e]+ HTTP/[0-9]\.[0-9]\z")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:")]
    private static partial Regex FieldLine();

    [GeneratedRegex(@"^[0-9]{1,18}\z")]
    private static partial Regex Digits();
}
