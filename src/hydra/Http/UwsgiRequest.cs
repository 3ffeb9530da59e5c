using System.Globalization;
using System.Net;
using System.Text;
using Hydra.Primitives;
using Hydra.Transport;

namespace Hydra.Http;

/// <summary>
/// A request of the uwsgi protocol in HTTP's terms: a head, which is looked at as any other, and what the proxy says of it beside that. The head
/// is of HTTP/1.0, because proxies take what comes back up to the end of the connection, and decode no chunks.
/// </summary>
internal sealed class UwsgiRequest
{
    // RFC 9110, section 7.6.1: of the client's connection with the proxy, which has read the body from there. Its length and type have variables.
    private static readonly string[] Dropped =
    [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "http2-settings", "expect", "content-length",
        "content-type",
    ];

    private UwsgiRequest()
    {
    }

    /// <summary>The head, with the empty line at its end.</summary>
    public required byte[] Head { get; init; }

    /// <summary>http or https.</summary>
    public required string Scheme { get; init; }

    /// <summary>The version of HTTP that the client has spoken, as ASGI names it: 1.0, 1.1, 2 or 3.</summary>
    public required string HttpVersion { get; init; }

    /// <summary>The client; null where the packet names none.</summary>
    public required IPEndPoint? Client { get; init; }

    /// <summary>The server's name as the proxy has it; empty where it has none.</summary>
    public required string ServerHost { get; init; }

    /// <summary>The port that the client has reached; 0 where it is not said.</summary>
    public required int ServerPort { get; init; }

    /// <summary>The path below which the application is shown; empty for none.</summary>
    public required string Script { get; init; }

    /// <summary>The version as a request line names it.</summary>
    public string Protocol => "HTTP/" + HttpVersion;

    /// <summary>Reads a packet.</summary>
    /// <param name="packet">The packet, complete.</param>
    /// <param name="request">The request.</param>
    /// <returns>Null, or what is wrong with it: the rest of a sentence that begins with "its uwsgi packet".</returns>
    public static string? Read(ReadOnlySpan<byte> packet, out UwsgiRequest? request)
    {
        request = null;
        UwsgiTarget target = default;
        string? problem = UwsgiVariables.Read(packet, out UwsgiVariables variables) ?? UwsgiTarget.Read(variables, UwsgiPacket.HasWholePath(packet), out target);
        if (problem is not null)
        {
            return problem;
        }

        string method = variables.Text("REQUEST_METHOD");
        if (method.Length == 0 || method.Contains(' ', StringComparison.Ordinal) || method.Contains('\t', StringComparison.Ordinal))
        {
            return "has no REQUEST_METHOD";
        }

        if (!TryReadClient(variables, out IPEndPoint? client))
        {
            return "has a REMOTE_ADDR that is no address";
        }

        request = new UwsgiRequest
        {
            Head = HeadOf(method, target.Path, variables),
            Scheme = SchemeOf(variables),
            HttpVersion = VersionOf(variables.Text("SERVER_PROTOCOL")),
            Client = client,
            ServerHost = ServerOf(variables),
            ServerPort = PortOf(variables.Text("SERVER_PORT")),
            Script = target.Script,
        };
        return null;
    }

    private static byte[] HeadOf(string method, string target, UwsgiVariables variables)
    {
        var head = new StringBuilder(1024);
        head.Append(method).Append(' ').Append(target).Append(" HTTP/1.0\r\n");
        foreach ((byte[] name, byte[] value) in variables.Fields)
        {
            string text = Encoding.ASCII.GetString(name);
            if (!Dropped.Contains(text))
            {
                Append(head, text, Encoding.Latin1.GetString(value));
            }
        }

        if (variables.Text("CONTENT_TYPE") is { Length: > 0 } type)
        {
            Append(head, "content-type", type);
        }

        if (variables.Text("CONTENT_LENGTH") is { Length: > 0 } length)
        {
            Append(head, "content-length", length);
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static void Append(StringBuilder head, string name, string value) => head.Append(name).Append(": ").Append(value).Append("\r\n");

    private static bool TryReadClient(UwsgiVariables variables, out IPEndPoint? client)
    {
        string text = variables.Text("REMOTE_ADDR");
        client = null;
        if (text is "" or "unix:")
        {
            // nginx's own client has come by a Unix socket.
            return true;
        }

        if (!AddressText.TryRead(text, out IPAddress address))
        {
            return false;
        }

        client = new IPEndPoint(address, PortOf(variables.Text("REMOTE_PORT")));
        return true;
    }

    private static int PortOf(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue ? port : 0;

    // As uWSGI decides it, and REQUEST_SCHEME, which its applications do not see.
    private static string SchemeOf(UwsgiVariables variables)
    {
        string scheme = variables.Text("UWSGI_SCHEME") is { Length: > 0 } named ? named
            : variables.Text("HTTPS").ToLowerInvariant() is "on" or "1" or "true" ? "https"
            : variables.Text("REQUEST_SCHEME");
        return scheme.Equals("https", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
    }

    private static string VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.0" => "1.0",
        "HTTP/2.0" or "HTTP/2" => "2",
        "HTTP/3.0" or "HTTP/3" => "3",
        _ => "1.1",
    };

    // nginx names what server_name says first: it may be a pattern, or nothing. Then the host that was asked for stands for it.
    private static string ServerOf(UwsgiVariables variables)
    {
        byte[] name = variables.Find("SERVER_NAME") ?? [];
        if (name.Length > 0 && name[0] != '.' && HostRules.IsPlain(name))
        {
            return Encoding.ASCII.GetString(name).Split(':')[0];
        }

        foreach ((byte[] field, byte[] value) in variables.Fields)
        {
            if (field.AsSpan().SequenceEqual("host"u8) && value.Length > 0 && HostRules.IsPlain(value))
            {
                return Encoding.ASCII.GetString(value).Split(':')[0];
            }
        }

        return "";
    }
}
