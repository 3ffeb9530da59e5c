using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Rsgi;

/// <summary>The same RSGI application under granian, where RSGI comes from, and under hydra: clients see the same.</summary>
public sealed class GranianTests
{
    private const int Large = 700_000;

    private static readonly (string Method, string Path, int Body)[] Requests =
    [
        ("GET", "/scope/a%20b/%C3%BC?x=1&y=%20", 0),
        ("DELETE", "/scope", 0),
        ("GET", "/empty", 0),
        ("GET", "/empty/200", 0),
        ("GET", "/text", 0),
        ("HEAD", "/text", 0),
        ("GET", "/large", 0),
        ("HEAD", "/large", 0),
        ("GET", "/twice", 0),
        ("POST", "/echo", 0),
        ("POST", "/echo", 5),
        ("POST", "/echo", Large),
        ("POST", "/lengths", Large),
        ("POST", "/again", 10),
        ("GET", "/stream", 0),
        ("GET", "/stream/0", 0),
        ("GET", "/fails", 0),
        ("GET", "/fails_later", 0),
        ("GET", "/nothing", 0),
        ("GET", "/file", 0),
        ("HEAD", "/file", 0),
        ("GET", "/file/rsgi_probe.py/10/500", 0),
        ("GET", "/file/rsgi_probe.py/10/100000000", 0),
        ("GET", "/file/nowhere", 0),
    ];

    [NewestPackagesFact]
    public async Task Responses_OfBoth_AreTheSame()
    {
        await using Granian granian = await Granian.StartAsync();
        await using HydraServer server = await StartAsync();
        foreach ((string method, string path, int body) in Requests)
        {
            string expected = await SeeAsync(granian.Client, method, path, body);
            string found = await SeeAsync(server.Client, method, path, body);
            Assert.True(expected == found, $"{method} {path}: granian\n{expected}\nhydra\n{found}");
        }

        await server.Log.ExpectErrorAsync("ValueError: as asked");
        await server.Log.ExpectErrorAsync("ValueError: after the response");
        await server.Log.ExpectErrorAsync("returned without a response");
        Assert.Equal(["RSGIProtocolError"], granian.Board.Records("again"));
        Assert.Equal(["RSGIProtocolError"], server.Board.Records("again"));
    }

    [NewestPackagesFact]
    public async Task WebSockets_OfBoth_AreTheSame()
    {
        await using Granian granian = await Granian.StartAsync();
        await using HydraServer server = await StartAsync();
        foreach (string last in new[] { "close", "return", "fail", "" })
        {
            Assert.Equal(await TalkAsync(granian.Address, granian.Board, last), await TalkAsync(server.Address, server.Board, last));
        }

        foreach (int status in new[] { 403, 404 })
        {
            Assert.Equal(status, await DeniedAsync(granian.Address, status));
            Assert.Equal(status, await DeniedAsync(server.Address, status));
        }

        await server.Log.ExpectErrorAsync("ValueError: as asked");
    }

    private static Task<HydraServer> StartAsync() => HydraServer.StartAsync(new ServerSpec("rsgi_probe:app") { Python = NewestPackages.Python });

    // Not compared: Date, Server, and the words of the servers' own errors.
    private static async Task<string> SeeAsync(HttpClient client, string method, string path, int size)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("x-one", ["1", "2"]);
        if (method == "POST")
        {
            request.Content = new ByteArrayContent([.. Enumerable.Range(0, size).Select(static i => (byte)(i * 13))]);
        }

        using HttpResponseMessage response = await client.SendAsync(request);
        HttpContentHeaders content = response.Content.Headers;
        bool own = response.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.NotFound;
        byte[] body = await response.Content.ReadAsByteArrayAsync();

        // The length of a file is said here, and not there; there it is a matter of time whether a stream that is empty has a length.
        string framing = path.StartsWith("/file", StringComparison.Ordinal) || path == "/stream/0" ? "" : $"length={content.ContentLength} chunked={response.Headers.TransferEncodingChunked}";
        string fields = string.Join(" ", response.Headers.Where(static pair => pair.Key.StartsWith("x-", StringComparison.Ordinal)).SelectMany(static pair => pair.Value));
        return string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {fields} ")
            + (own ? "" : $"{content.ContentType} {framing} {body.Length} {Convert.ToHexString(SHA256.HashData(body))} {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 1000)))}");
    }

    private static async Task<string> TalkAsync(Uri address, Board board, string last)
    {
        string key = Board.NewKey();
        using ClientWebSocket client = await ClientSocket.OpenAsync(address, "/socket/" + key);
        var seen = new List<string?> { await ClientSocket.AskAsync(client, "hëllo"), await ClientSocket.AskAsync(client, new string('x', 200_000)) };
        seen.Add((await ClientSocket.AskAsync(client, "proto"))!.Replace(key, "", StringComparison.Ordinal));
        if (last.Length > 0)
        {
            seen.Add(await ClientSocket.AskAsync(client, last));
        }
        else
        {
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            seen.AddRange(await board.WaitAsync(key));
        }

        return string.Join("\n", seen);
    }

    private static async Task<int> DeniedAsync(Uri address, int status)
    {
        using var client = new ClientWebSocket();
        client.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => client.ConnectAsync(new Uri($"ws://{address.Authority}/deny/{status}"), default));
        return (int)client.HttpStatusCode;
    }

    private sealed class Granian : IAsyncDisposable
    {
        private readonly RunningCommand _command;
        private readonly TestDirectory _directory;

        private Granian(int port, TestDirectory directory)
        {
            _directory = directory;
            Address = new Uri($"http://127.0.0.1:{port}");
            Board = new Board(directory.Path);
            Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address, Timeout = Eventually.Limit };
            string[] arguments = ["-m", "granian", "--interface", "rsgi", "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "rsgi_probe:app"];
            _command = new RunningCommand(
                [NewestPackages.Python, .. arguments], directory.Path, new Dictionary<string, string?> { ["PROBE_DIR"] = directory.Path, ["PYTHONPATH"] = Repository.Apps });
        }

        public Uri Address { get; }

        public Board Board { get; }

        public HttpClient Client { get; }

        public static async Task<Granian> StartAsync()
        {
            int port = FreePort.Find();
            var granian = new Granian(port, new TestDirectory());
            await Eventually.HoldsAsync(() => Listens(port), "granian to listen", () => granian._command.Log.Text);
            return granian;
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _command.DisposeAsync();
            _directory.Dispose();
        }

        private static bool Listens(int port)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
