using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Tls;
using Xunit;

namespace Hydra.Tests.Functional.Tls;

/// <summary>HTTP/3, with the client of .NET, which uses the same library.</summary>
public sealed class Http3Tests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority;

    public Http3Tests() => _authority = new TestAuthority(_directory.Path);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Http3_WithoutItsLibrary_IsASentenceAndTheOthersAreSpoken()
    {
        await using HydraServer server = await StartAsync();

        using HttpClient client = Client(server, HttpVersion.Version20);
        using HttpResponseMessage response = await client.GetAsync(new Uri("/hello", UriKind.Relative));
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal(QuicFactAttribute.IsThere, response.Headers.Contains("Alt-Svc"));
        Assert.Equal(!QuicFactAttribute.IsThere, server.Log.Text.Contains("HTTP/3 is not spoken, the older versions are: libmsquic", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("is always encrypted: --ssl-certfile names a certificate")]
    [InlineData("has no room for the PROXY protocol", "--ssl-self-signed", "--proxy-protocol", "v1")]
    [InlineData("are not taken over HTTP/3", "--ssl-self-signed", "--ssl-cert-reqs", "2")]
    public async Task Http3_WhereItCannotBe_IsASentence(string sentence, params string[] arguments)
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--http-protocols", "h1,h2,h3", .. arguments] });

        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains(sentence, server.Log.Text, StringComparison.Ordinal);
        server.Log.ExpectAnyErrors("");
    }

    [QuicFact]
    public async Task Http3_Request_HasItsVersionSchemeAndTheExtension()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = Client(server);

        JsonElement scope = JsonDocument.Parse(await client.GetStringAsync(new Uri("/scope?a=%20b", UriKind.Relative))).RootElement;
        Assert.Equal(("https", "3"), (scope.GetProperty("scheme").GetString(), scope.GetProperty("http_version").GetString()));
        Assert.Equal("127.0.0.1", scope.GetProperty("client")[0].GetString());
        Assert.Equal(server.Address.Port, scope.GetProperty("server")[1].GetInt32());
        JsonElement tls = scope.GetProperty("extensions").GetProperty("tls");
        Assert.Equal((0x0304, JsonValueKind.Null), (tls.GetProperty("tls_version").GetInt32(), tls.GetProperty("cipher_suite").ValueKind));
    }

    [QuicFact]
    public async Task Http3_BodiesOfAnySize_AreByteExactBothWays()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = Client(server);
        foreach (int size in new[] { 0, 1, 1000, 50_000 })
        {
            byte[] body = new byte[size];
            new Random(3).NextBytes(body);
            using HttpResponseMessage response = await client.PostAsync(new Uri("/mirror", UriKind.Relative), new ByteArrayContent(body));
            Assert.Equal(HttpVersion.Version30, response.Version);
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        }

        // No echo: the client sends all of it before it reads.
        byte[] large = new byte[5_000_000];
        new Random(4).NextBytes(large);
        using HttpResponseMessage read = await client.PostAsync(new Uri("/body", UriKind.Relative), new ByteArrayContent(large));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(large)), JsonDocument.Parse(await read.Content.ReadAsStringAsync()).RootElement.GetProperty("sha256").GetString());
    }

    [QuicFact]
    public async Task Http3_Wsgi_ServesItToo()
    {
        await using HydraServer server = await StartAsync("wsgi_probe:bare");
        using HttpClient client = Client(server);

        JsonElement environ = JsonDocument.Parse(await client.GetStringAsync(new Uri("/environ", UriKind.Relative))).RootElement;
        Assert.Equal(("https", "HTTP/3"), (environ.GetProperty("wsgi.url_scheme").GetString(), environ.GetProperty("SERVER_PROTOCOL").GetString()));
    }

    [QuicFact]
    public async Task Http3_Trailers_AreBehindTheBody()
    {
        await using HydraServer server = await StartAsync("trailers:app");
        using HttpClient client = Client(server);

        using HttpResponseMessage response = await client.GetAsync(new Uri("/sum", UriKind.Relative));
        Assert.Equal(29_000, (await response.Content.ReadAsByteArrayAsync()).Length);
        Assert.NotEmpty(response.TrailingHeaders);
    }

    [QuicFact]
    public async Task Http3_ManyRequestsAtOnce_AreServed()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--workers", "2");
        using HttpClient client = Client(server);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.GetStringAsync(new Uri($"/echo-path/{i}", UriKind.Relative))));
        Assert.Equal(500, answers.Distinct().Count());
    }

    [QuicFact]
    public async Task Http3_ClientLeavesAStream_TheApplicationHearsOfItAndTheConnectionGoesOn()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = Client(server);
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> left = client.GetAsync(new Uri("/wait-for-leaving/gone", UriKind.Relative), leaving.Token);
        await server.Board.WaitAsync("gone");

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal("http.disconnect", (await server.Board.WaitAsync("gone", 2))[1]);
        Assert.Equal("hello", await client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
    }

    [QuicFact]
    public async Task Http3_ServerThatStops_FinishesWhatRuns()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = Client(server);
        Task<string> slow = client.GetStringAsync(new Uri("/slow/last", UriKind.Relative));
        await server.Board.WaitAsync("last");

        server.Signal(Processes.Terminate);
        await server.Log.WaitAsync("stopping");
        server.Board.Open("last");
        Assert.Equal("finished", await slow);
        Assert.Equal(0, await server.ExitAsync());
    }

    private async Task<HydraServer> StartAsync(string app = "asgi_probe:app", params string[] arguments)
    {
        IssuedFiles files = _authority.Issue("server", "localhost", "127.0.0.1");
        return await HydraServer.StartAsync(new ServerSpec(app)
        {
            Port = FreePort.Find().ToString(CultureInfo.InvariantCulture),
            Arguments = ["--ssl-certfile", files.Certificate, "--ssl-keyfile", files.Key, "--http-protocols", "h3,h2,h1", .. arguments],
        });
    }

    private HttpClient Client(HydraServer server, Version? version = null) => _authority.Client(server.Address, version ?? HttpVersion.Version30);
}
