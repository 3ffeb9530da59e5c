using System.Text;

namespace Hydra.Http;

/// <summary>Paths of requests as applications and what is behind them may read them, for rules that must not be passed by with another spelling.</summary>
internal static class RequestPath
{
    /// <summary>Whether a part of the path is a step (. or ..), written in whatever way.</summary>
    /// <param name="path">The path as the client sent it.</param>
    public static bool HasSteps(ReadOnlySpan<byte> path)
    {
        if (path.IndexOfAny((byte)'.', (byte)'%') < 0)
        {
            return false;
        }

        string decoded = Decode(path);
        foreach (Range part in decoded.AsSpan().SplitAny('/', '\\'))
        {
            if (decoded.AsSpan(part) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The path decoded, with one slash for several, and without steps.</summary>
    /// <param name="path">The path as the client sent it.</param>
    public static string Plain(ReadOnlySpan<byte> path)
    {
        string decoded = path.Contains((byte)'%') ? Decode(path) : Encoding.UTF8.GetString(path);
        if (!decoded.Contains("//", StringComparison.Ordinal) && !decoded.Contains("/.", StringComparison.Ordinal))
        {
            return decoded;
        }

        var parts = new List<string>();
        foreach (string part in decoded.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts) + (decoded.EndsWith('/') && parts.Count > 0 ? "/" : "");
    }

    private static string Decode(ReadOnlySpan<byte> path)
    {
        byte[] bytes = new byte[path.Length];
        int count = 0;
        for (int i = 0; i < path.Length; i++)
        {
            bool isEscape = path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit((char)path[i + 1]) && char.IsAsciiHexDigit((char)path[i + 2]);
            bytes[count++] = isEscape ? Convert.ToByte(Encoding.Latin1.GetString(path.Slice(i + 1, 2)), 16) : path[i];
            i += isEscape ? 2 : 0;
        }

        return Encoding.UTF8.GetString(bytes, 0, count);
    }
}
