using System.Text;
using System.Text.Unicode;

namespace Hydra.Files;

/// <summary>
/// Reads the path of a request as that of a file. Whatever could mean another file to some file system than it says, or to somebody who has
/// looked at the request before, is no path of a file: steps upwards, encoded slashes, backslashes, control characters, names that Windows
/// reads otherwise. It is decoded once, so that what is encoded twice is a name with a percent sign in it.
/// </summary>
internal static class FilePath
{
    // PATH_MAX of Linux.
    private const int Longest = 4096;

    private const string WellKnown = ".well-known";

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

    /// <summary>Decodes a path.</summary>
    /// <param name="path">The path of a request's target, as it came.</param>
    /// <param name="decoded">The path: it begins with a slash, has no empty part but the last, and no part that begins with a dot.</param>
    /// <returns>False where it is no file's.</returns>
    public static bool TryRead(ReadOnlySpan<byte> path, out string decoded)
    {
        decoded = "";
        if (path.IsEmpty || path[0] != '/' || path.Length > 3 * Longest)
        {
            return false;
        }

        byte[] bytes = new byte[path.Length];
        int count = 0;
        for (int i = 0; i < path.Length; i++)
        {
            byte value = path[i];
            if (value == '%')
            {
                if (i + 2 >= path.Length || !char.IsAsciiHexDigit((char)path[i + 1]) || !char.IsAsciiHexDigit((char)path[i + 2]))
                {
                    return false;
                }

                value = (byte)((Uri.FromHex((char)path[i + 1]) << 4) | Uri.FromHex((char)path[i + 2]));
                i += 2;
                if (value == '/')
                {
                    return false;
                }
            }

            if (value is < 0x20 or 0x7f or (byte)'\\' or (byte)':')
            {
                return false;
            }

            bytes[count++] = value;
        }

        // Overlong forms are no UTF-8.
        if (count > Longest || !Utf8.IsValid(bytes.AsSpan(0, count)))
        {
            return false;
        }

        decoded = Encoding.UTF8.GetString(bytes, 0, count);
        return HasPlainParts(decoded);
    }

    /// <summary>The path as clients send it: what has to be encoded is, and nothing else.</summary>
    public static string Encode(string path)
    {
        var text = new StringBuilder(path.Length + 16);
        foreach (byte value in Encoding.UTF8.GetBytes(path))
        {
            bool isPlain = char.IsAsciiLetterOrDigit((char)value) || "-._~!$&'()*+,;=:@/".Contains((char)value, StringComparison.Ordinal);
            _ = isPlain ? text.Append((char)value) : text.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    /// <summary>Whether a path is encoded as <see cref="Encode"/> does, or not at all: one of the ways to encode it, of which there are many.</summary>
    /// <param name="path">The path as it came.</param>
    /// <param name="decoded">What <see cref="TryRead"/> has made of it.</param>
    public static bool IsEncoded(ReadOnlySpan<byte> path, string decoded)
        => path.IndexOf((byte)'%') < 0 || path.SequenceEqual(Encoding.ASCII.GetBytes(Encode(decoded)));

    /// <summary>Whether a part of a path, or the name of a file, may be asked for.</summary>
    /// <param name="part">The part, not empty.</param>
    public static bool IsPlainPart(ReadOnlySpan<char> part) => part[0] != '.' && part[^1] is not ('.' or ' ') && !IsDevice(part);

    private static bool HasPlainParts(string path)
    {
        for (int start = 1; start < path.Length;)
        {
            int slash = path.IndexOf('/', start);
            int end = slash < 0 ? path.Length : slash;
            ReadOnlySpan<char> part = path.AsSpan(start, end - start);
            bool isWellKnown = start == 1 && part.SequenceEqual(WellKnown);
            if (part.IsEmpty || (!isWellKnown && !IsPlainPart(part)))
            {
                return false;
            }

            start = end + 1;
        }

        return true;
    }

    // Windows takes them for devices in every directory and with every end.
    private static bool IsDevice(ReadOnlySpan<char> part)
    {
        int dot = part.IndexOf('.');
        ReadOnlySpan<char> stem = (dot < 0 ? part : part[..dot]).TrimEnd(' ');
        foreach (string device in Devices)
        {
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return stem.Length == 4 && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && (char.IsAsciiDigit(stem[3]) || stem[3] is '\u00b9' or '\u00b2' or '\u00b3');
    }
}
