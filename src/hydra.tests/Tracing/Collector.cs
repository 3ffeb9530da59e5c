using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;

namespace Hydra.Tests.Tracing;

/// <summary>A collector of OTLP over HTTP: says what a test has it say, and keeps what it gets.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int, string?> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;
    private int _count;

    /// <summary>Begins to listen.</summary>
    /// <param name="answer">The whole answer to the request of this number, from 1; null to say nothing and leave the connection open. Null for 200 always.</param>
    /// <param name="certificate">With which TLS is spoken; null for none.</param>
    public Collector(Func<int, string?>? answer = null, X509Certificate2? certificate = null)
    {
        _answer = answer ?? (static _ => Ok);
        _certificate = certificate;
        _listener.Start();
        _run = RunAsync();
    }

    /// <summary>What most have to say.</summary>
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

    /// <summary>Its address.</summary>
    public string Url => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Heads of the requests.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>Their bodies.</summary>
    public ConcurrentQueue<JsonElement> Bodies { get; } = new();

    /// <summary>The spans that it has got, in their order.</summary>
    public IReadOnlyList<CollectedSpan> Spans => [.. Bodies.SelectMany(static body => body.GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray())
        .Select(static span => new CollectedSpan(span))];

    /// <summary>Waits until it has spans that are as they should be.</summary>
    public async Task<IReadOnlyList<CollectedSpan>> WaitAsync(Func<IReadOnlyList<CollectedSpan>, bool> holds)
    {
        await Eventually.HoldsAsync(() => holds(Spans), "spans at the collector", () => string.Join('\n', Bodies));
        return Spans;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _run;
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient owned = client;
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
                stream = tls;
            }

            string head = await ReadHeadAsync(stream);
            byte[] body = new byte[int.Parse(Field(head, "content-length"), System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body, _end.Token);
            if (head.Contains("Content-Encoding: gzip", StringComparison.Ordinal))
            {
                using var plain = new MemoryStream();
                await new GZipStream(new MemoryStream(body), CompressionMode.Decompress).CopyToAsync(plain);
                body = plain.ToArray();
            }

            Heads.Enqueue(head);
            Bodies.Enqueue(JsonDocument.Parse(body).RootElement);
            if (_answer(Interlocked.Increment(ref _count)) is { } answer)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), _end.Token);
            }
            else
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or the test is over.
        }
    }

    private async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _end.Token);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private static string Field(string head, string name)
        => head.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();
}

/// <summary>A span as a collector reads it.</summary>
/// <param name="Json">All of it.</param>
internal sealed record CollectedSpan(JsonElement Json)
{
    public string Name => Json.GetProperty("name").GetString()!;

    public int Kind => Json.GetProperty("kind").GetInt32();

    public string Trace => Json.GetProperty("traceId").GetString()!;

    public string Id => Json.GetProperty("spanId").GetString()!;

    public string? Parent => Text("parentSpanId");

    public string? State => Text("traceState");

    public long Start => long.Parse(Text("startTimeUnixNano")!, System.Globalization.CultureInfo.InvariantCulture);

    public long End => long.Parse(Text("endTimeUnixNano")!, System.Globalization.CultureInfo.InvariantCulture);

    public bool IsError => Json.TryGetProperty("status", out JsonElement status) && status.GetProperty("code").GetInt32() == 2;

    /// <summary>The names of its events.</summary>
    public IEnumerable<string> Events => Json.TryGetProperty("events", out JsonElement events) ? events.EnumerateArray().Select(static one => one.GetProperty("name").GetString()!) : [];

    /// <summary>An attribute as text; null where it has none of the name.</summary>
    public string? this[string name] => Json.GetProperty("attributes").EnumerateArray().Where(one => one.GetProperty("key").GetString() == name)
        .Select(static one => one.GetProperty("value").EnumerateObject().Single().Value.GetString()).SingleOrDefault();

    private string? Text(string name) => Json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
