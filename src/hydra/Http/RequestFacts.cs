using System.Globalization;
using System.Net;
using System.Text;

namespace Hydra.Http;

/// <summary>
/// What is true of a request beside what its head says, as its worker, the access log and the metrics are to see it: by which way it came
/// and from whom. The connection knows it to begin with; parts of the edge that know better (a proxy's headers, a path below which an
/// application is mounted) replace it for the request. Immutable, so that one object serves all requests that have it in common.
/// </summary>
internal sealed record RequestFacts
{
    private byte[]? _block;
    private string? _client;
    private RequestFacts? _below;

    /// <summary>http or https.</summary>
    public required string Scheme { get; init; }

    /// <summary>1.0, 1.1, 2 or 3.</summary>
    public required string HttpVersion { get; init; }

    /// <summary>The client's address; empty where it has none, as on a Unix socket.</summary>
    public string ClientHost { get; init; } = "";

    /// <summary>The client's port; 0 where it has none, or a proxy has not named it.</summary>
    public int ClientPort { get; init; }

    /// <summary>The address that the client has reached: an IP address, or the path of a Unix socket.</summary>
    public string ServerHost { get; init; } = "";

    /// <summary>The port that the client has reached; 0 where there is none.</summary>
    public int ServerPort { get; init; }

    /// <summary>What there is to say of TLS; null where it is not spoken, or not with this server.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>The path below which the application is shown (root_path, SCRIPT_NAME): empty, or a path without a slash at its end.</summary>
    public string RootPath { get; init; } = "";

    /// <summary>
    /// What the target's path lacks in front: a proxy has taken it off, and no worker could tell that from a path that only begins like the
    /// <see cref="RootPath"/>. Mostly empty.
    /// </summary>
    public string PathPrefix { get; init; } = "";

    /// <summary>The host that a proxy says it was asked for, in the place of the request's; null where none does.</summary>
    public string? Host { get; init; }

    /// <summary>The path below which a proxy says that it shows the server, in the place of that of the options; null where none does.</summary>
    public string? OuterPath { get; init; }

    /// <summary>What is different about the header fields; null where they are as the client sent them.</summary>
    public HeaderEdits? Headers { get; init; }

    /// <summary>The connection block of the link protocol.</summary>
    public ReadOnlySpan<byte> Block => _block ??= Encoding.UTF8.GetBytes(string.Join(
        '\0', Scheme, HttpVersion, ClientHost, HasUnknownPort ? "0" : PortText(ClientPort), ServerHost, PortText(ServerPort), RootPath) + Tls?.Text);

    /// <summary>The client for logs: address and port, or "unix".</summary>
    public string Client => _client ??= ClientHost.Length == 0 ? "unix"
        : HasUnknownPort ? ClientHost
        : (ClientHost.Contains(':') ? $"[{ClientHost}]:" : $"{ClientHost}:") + PortText(ClientPort);

    /// <summary>The same with other edits of the header fields; what was derived from the rest stays.</summary>
    public RequestFacts With(HeaderEdits edits)
    {
        RequestFacts facts = this with { Headers = edits };
        _ = Block;
        facts._block = _block;
        facts._client = _client;
        return facts;
    }

    /// <summary>The same for an application below a path.</summary>
    public RequestFacts Below(string rootPath)
    {
        if (rootPath == RootPath)
        {
            return this;
        }

        RequestFacts? below = _below;
        return below is not null && below.RootPath == rootPath ? below : _below = this with { RootPath = rootPath };
    }

    // An address of which a proxy has said no more: to applications it has port 0, as uvicorn has it. A Unix socket's client has none.
    private bool HasUnknownPort => ClientPort == 0 && IPAddress.TryParse(ClientHost, out _);

    // Copies what is given, and nothing that was derived from it.
    private RequestFacts(RequestFacts other)
    {
        Scheme = other.Scheme;
        HttpVersion = other.HttpVersion;
        ClientHost = other.ClientHost;
        ClientPort = other.ClientPort;
        ServerHost = other.ServerHost;
        ServerPort = other.ServerPort;
        Tls = other.Tls;
        RootPath = other.RootPath;
        PathPrefix = other.PathPrefix;
        Host = other.Host;
        OuterPath = other.OuterPath;
        Headers = other.Headers;
    }

    // A Unix socket has a path and no port.
    private static string PortText(int port) => port == 0 ? "" : port.ToString(CultureInfo.InvariantCulture);
}
