using Microsoft.Extensions.Primitives;

namespace Hydra.Http;

/// <summary>Field values that are lists of tokens (RFC 9110, section 5.6.1).</summary>
internal static class FieldList
{
    /// <summary>Whether one of the elements is this token, in any case.</summary>
    /// <param name="lines">The value of each line of the field.</param>
    /// <param name="token">The token.</param>
    public static bool Contains(StringValues lines, string token)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (Contains(lines[i], token))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether one of the elements is this token, in any case.</summary>
    public static bool Contains(ReadOnlySpan<char> line, string token)
    {
        foreach (Range element in line.Split(','))
        {
            if (line[element].Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
