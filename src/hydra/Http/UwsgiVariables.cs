using System.Text;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>The variables of a uwsgi packet, sorted: those that describe the request, and those that are header fields of the client's.</summary>
internal sealed class UwsgiVariables
{
    private static readonly string[] Known =
    [
        "REQUEST_METHOD", "REQUEST_URI", "PATH_INFO", "SCRIPT_NAME", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_PROTOCOL", "REQUEST_SCHEME",
        "HTTPS", "UWSGI_SCHEME", "REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME", "SERVER_PORT",
    ];

    private readonly Dictionary<string, byte[]> _values = [];
    private readonly List<(byte[] Name, byte[] Value)> _fields = [];

    private UwsgiVariables()
    {
    }

    /// <summary>Header fields of the client's, in the order of the packet: lower-case names with hyphens.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Value)> Fields => _fields;

    /// <summary>Reads the variables of a packet.</summary>
    /// <param name="packet">The packet, header included.</param>
    /// <param name="variables">What it says.</param>
    /// <returns>Null, or what is wrong with it: the rest of a sentence that begins with "its uwsgi packet".</returns>
    public static string? Read(ReadOnlySpan<byte> packet, out UwsgiVariables variables)
    {
        variables = new UwsgiVariables();
        ReadOnlySpan<byte> rest = packet[UwsgiPacket.HeaderSize..];
        while (!rest.IsEmpty)
        {
            if (!UwsgiPacket.TryTake(ref rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
            {
                return "has lengths that do not add up";
            }

            if (variables.Take(name, value) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    /// <summary>The value of a variable that describes the request; null where there is none.</summary>
    public byte[]? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>The same as text; empty where there is none.</summary>
    public string Text(string name) => Find(name) is { } value ? Encoding.Latin1.GetString(value) : "";

    private string? Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e))
        {
            return "has a variable whose name is none";
        }

        if (name.StartsWith("HTTP_"u8))
        {
            return TakeField(name[5..], value);
        }

        string text = Encoding.ASCII.GetString(name);
        if (!Known.Contains(text))
        {
            // For the application alone, or for uWSGI: nothing here is decided by it.
            return null;
        }

        // PATH_INFO is decoded, and may well have what is nowhere else allowed.
        if (text is not "PATH_INFO" and not "SCRIPT_NAME" && HasControls(value))
        {
            return $"has control characters in {text}";
        }

        if (text is "REQUEST_METHOD" or "CONTENT_LENGTH" && Find(text) is { } other && !value.SequenceEqual(other))
        {
            return $"has {text} twice";
        }

        // As with uWSGI the last one counts: a line of the proxy's configuration stands behind those that it includes.
        _values[text] = value.ToArray();
        return null;
    }

    private string? TakeField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty || name.ContainsAnyExcept(HeadBytes.Token))
        {
            return "has a header field whose name is none";
        }

        if (HasControls(value))
        {
            return $"has control characters in HTTP_{Encoding.ASCII.GetString(name)}";
        }

        byte[] lower = new byte[name.Length];
        Ascii.ToLower(name, lower, out _);
        lower.AsSpan().Replace((byte)'_', (byte)'-');
        if (lower.AsSpan().SequenceEqual("host"u8))
        {
            // A client that sends several is refused by its proxy: the others are of the proxy's configuration.
            _fields.RemoveAll(static field => field.Name.AsSpan().SequenceEqual("host"u8));
        }

        _fields.Add((lower, value.ToArray()));
        return null;
    }

    private static bool HasControls(ReadOnlySpan<byte> value)
    {
        foreach (byte one in value)
        {
            if (one is (< 0x20 and not (byte)'\t') or 0x7f)
            {
                return true;
            }
        }

        return false;
    }
}
