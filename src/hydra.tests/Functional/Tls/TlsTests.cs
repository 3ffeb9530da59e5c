using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Tls;
using Xunit;

namespace Hydra.Tests.Functional.Tls;

/// <summary>TLS with certificates of the test's own, over HTTP/1.1 and HTTP/2, with clients of .NET, curl and OpenSSL.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority;

    public TlsTests() => _authority = new TestAuthority(_directory.Path);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("--http1.1", "1.1")]
    [InlineData("--http2", "2")]
    public async Task Tls_Request_HasItsSchemeVersionAndTheExtension(string flag, string version)
    {
        await using HydraServer server = await StartAsync();

        JsonElement scope = JsonDocument.Parse(await CurlAsync(server, "/scope?a=%20b", flag)).RootElement;
        Assert.Equal(("https", version), (scope.GetProperty("scheme").GetString(), scope.GetProperty("http_version").GetString()));
        JsonElement tls = scope.GetProperty("extensions").GetProperty("tls");
        Assert.Equal(0x0304, tls.GetProperty("tls_version").GetInt32());
        Assert.Equal(0x13, tls.GetProperty("cipher_suite").GetInt32() >> 8);
        Assert.Equal(0, tls.GetProperty("client_cert_chain").GetArrayLength());
    }

    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2")]
    public async Task Tls_LargeBodies_AreByteExactBothWays(string flag)
    {
        await using HydraServer server = await StartAsync();
        byte[] body = new byte[5_000_000];
        new Random(3).NextBytes(body);
        string path = Path.Combine(_directory.Path, "body");
        await File.WriteAllBytesAsync(path, body);

        await CurlAsync(server, "/mirror", flag, "--data-binary", "@" + path, "-o", path + ".back");
        Assert.Equal(body, await File.ReadAllBytesAsync(path + ".back"));
    }

    // Kestrel resets the stream behind such an answer, and curl takes an answer that it reads together with that for one that has failed.
    [Fact]
    public async Task Http2_AnswerBeforeTheBodyIsRead_ReachesCurl()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--limit-body", "1m");
        string path = Path.Combine(_directory.Path, "body");
        await File.WriteAllBytesAsync(path, new byte[2_000_000]);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("413", await CurlAsync(server, "/mirror", "--http2", "--data-binary", "@" + path, "-o", path + ".back", "-w", "%{http_code}"));
        }
    }

    [Fact]
    public async Task Tls_WsgiRequest_HasHttpsAndTheProtocol()
    {
        await using HydraServer server = await StartAsync("wsgi_probe:bare");

        JsonElement environ = JsonDocument.Parse(await CurlAsync(server, "/environ", "--http2")).RootElement;
        Assert.Equal(("https", "on", "TLSv1.3", "NONE", "HTTP/2"), (
            environ.GetProperty("wsgi.url_scheme").GetString(), environ.GetProperty("HTTPS").GetString(), environ.GetProperty("SSL_PROTOCOL").GetString(),
            environ.GetProperty("SSL_CLIENT_VERIFY").GetString(), environ.GetProperty("SERVER_PROTOCOL").GetString()));
    }

    [Fact]
    public async Task Tls_ConnectionsAndHandshakesThatFail_AreInTheMetrics()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--metrics", "127.0.0.1:0");
        await using (RawConnection plain = await server.ConnectAsync())
        {
            await plain.SendAsync("GET / HTTP/1.1\r\n\r\n");
        }

        Assert.Equal("CN=localhost", await ShownAsync(server, "localhost"));
        IReadOnlyDictionary<string, double> samples = await server.SamplesAsync(static samples => samples["hydra_tls_handshakes_failed_total"] == 1);
        Assert.True(samples["hydra_connections_accepted_total{tls=\"true\"}"] >= 1);
        Assert.Contains(samples.Keys, static name => name.StartsWith("hydra_build_info", StringComparison.Ordinal) && name.Contains("openssl=\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tls_SeveralCertificates_AreChosenByTheNameThatTheClientAsksFor()
    {
        IssuedFiles other = _authority.Issue("other", "*.other.test");
        await using HydraServer server = await StartAsync("asgi_probe:app", "--ssl-certfile", other.Certificate, "--ssl-keyfile", other.Key);

        Assert.Equal("CN=localhost", await ShownAsync(server, "localhost"));
        Assert.Equal("CN=*.other.test", await ShownAsync(server, "a.other.test"));
        Assert.Equal("CN=localhost", await ShownAsync(server, "unknown.test"));
    }

    [Fact]
    public async Task Tls_CertificateIsReplaced_ShowsTheNewOneWithoutARestart()
    {
        await using HydraServer server = await StartAsync();
        Assert.Equal("CN=localhost", await ShownAsync(server, "localhost"));

        _authority.Issue("server", "renewed.test", "localhost");
        string shown = "";
        while (shown != "CN=renewed.test")
        {
            shown = await ShownAsync(server, "localhost");
        }

        await server.Log.WaitAsync("the certificates have changed and were loaded again");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls12, false, "--ssl-min-version", "1.3")]
    [InlineData(SslProtocols.Tls13, true, "--ssl-min-version", "tls1.3")]
    public async Task Tls_Version_IsSpokenOrNot(SslProtocols version, bool isSpoken, params string[] arguments)
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", arguments);
        Task<string> shown = ShownAsync(server, "localhost", version);

        if (isSpoken)
        {
            Assert.Equal("CN=localhost", await shown);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => shown);
        }
    }

    [Fact]
    public async Task Tls_ClientsHaveToShowCertificates_OnlyGoodOnesAreServed()
    {
        using var stranger = new TestAuthority(_directory.Path, "Stranger");
        IssuedFiles good = _authority.Issue("good", "Ada, Countess", "ada.test");
        IssuedFiles revoked = _authority.Issue("bad", "Mallory");
        IssuedFiles foreign = stranger.Issue("foreign", "Eve");
        await using HydraServer server = await StartAsync(
            "asgi_probe:app", "--ssl-cert-reqs", "2", "--ssl-ca-certs", _authority.File, "--ssl-crl", _authority.Revoke(true, revoked));

        JsonElement tls = JsonDocument.Parse(await CurlAsync(server, "/scope", "--cert", good.Certificate, "--key", good.Key))
            .RootElement.GetProperty("extensions").GetProperty("tls");
        Assert.Equal("CN=Ada\\, Countess", tls.GetProperty("client_cert_name").GetString());
        Assert.Equal((await File.ReadAllTextAsync(good.Certificate)).Split("-----END")[0].Trim(), tls.GetProperty("client_cert_chain")[0].GetString()!.Split("-----END")[0].Trim());
        Assert.Equal("", await CurlAsync(server, "/scope"));
        Assert.Equal("", await CurlAsync(server, "/scope", "--cert", revoked.Certificate, "--key", revoked.Key));
        Assert.Equal("", await CurlAsync(server, "/scope", "--cert", foreign.Certificate, "--key", foreign.Key));
    }

    [Fact]
    public async Task Tls_ClientsMayShowCertificates_ThoseWithoutAreServed()
    {
        using var stranger = new TestAuthority(_directory.Path, "Stranger");
        IssuedFiles foreign = stranger.Issue("foreign", "Eve");
        await using HydraServer server = await StartAsync("asgi_probe:app", "--ssl-cert-reqs", "optional", "--ssl-ca-certs", _authority.File);

        Assert.Equal("hello", await CurlAsync(server, "/hello"));
        Assert.Equal("", await CurlAsync(server, "/hello", "--cert", foreign.Certificate, "--key", foreign.Key));
    }

    [Fact]
    public async Task Tls_SelfSigned_ServesLocalhost()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--ssl-self-signed"] });

        Assert.Equal("hello", await CurlAsync(server, "/hello", "--insecure"));
        Assert.Equal("CN=localhost", await ShownAsync(server, "localhost"));
    }

    [Fact]
    public async Task Tls_WebSocket_GoesThroughIt()
    {
        await using HydraServer server = await StartAsync("sockets:app");
        using var client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.RemoteCertificateChainErrors;
        await client.ConnectAsync(new UriBuilder(server.Address) { Scheme = "wss", Path = "/echo" }.Uri, CancellationToken.None);

        Assert.Equal("hello", await ClientSocket.AskAsync(client, "hello"));
        string text = new('x', 300_000);
        Assert.Equal(text, await ClientSocket.AskAsync(client, text));
    }

    [Fact]
    public async Task Http2_ClientLeavesAStream_TheApplicationHearsOfItAndTheConnectionGoesOn()
    {
        await using HydraServer server = await StartAsync();
        using HttpClient client = Http2Client(server);
        using var leaving = new CancellationTokenSource();
        Task<HttpResponseMessage> left = client.GetAsync(new Uri("/wait-for-leaving/gone", UriKind.Relative), leaving.Token);
        await server.Board.WaitAsync("gone");

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal("http.disconnect", (await server.Board.WaitAsync("gone", 2))[1]);
        Assert.Equal("hello", await client.GetStringAsync(new Uri("/hello", UriKind.Relative)));
    }

    [Fact]
    public async Task Http2_ManyRequestsAtOnce_AreServedOnOneConnection()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--workers", "2");
        using HttpClient client = Http2Client(server);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.GetStringAsync(new Uri($"/echo-path/{i}", UriKind.Relative))));
        Assert.Equal(500, answers.Distinct().Count());
    }

    [Fact]
    public async Task Http2_HeadThatHttp1CouldNotHave_Is400()
    {
        await using HydraServer server = await StartAsync();

        Assert.Equal("400", await CurlAsync(server, "/hello", "--http2", "-o", "/dev/null", "-w", "%{http_code}", "--request-target", "/hello HTTP/1.1"));
        Assert.Equal("hello", await CurlAsync(server, "/hello", "--http2", "-H", "TE: trailers"));
    }

    [Fact]
    public async Task Http2_NotOffered_IsNotSpoken()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--http-protocols", "h1");

        Assert.Equal("1.1", JsonDocument.Parse(await CurlAsync(server, "/scope", "--http2")).RootElement.GetProperty("http_version").GetString());
    }

    [Fact]
    public async Task Tls_FilesThatAreNoGood_AreASentence()
    {
        string missing = Path.Combine(_directory.Path, "missing.pem");
        foreach (string[] more in new string[][] { [], ["--check-config"] })
        {
            await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--ssl-certfile", missing, .. more] });

            Assert.Equal(3, await server.ExitAsync());
            Assert.Contains($"{missing} cannot be read: there is no such file.", server.Log.Text, StringComparison.Ordinal);
            server.Log.ExpectAnyErrors("");
        }
    }

    private async Task<HydraServer> StartAsync(string app = "asgi_probe:app", params string[] arguments)
    {
        IssuedFiles files = _authority.Issue("server", "localhost", "127.0.0.1");
        return await HydraServer.StartAsync(
            new ServerSpec(app) { Arguments = ["--ssl-certfile", files.Certificate, "--ssl-keyfile", files.Key, "--http-protocols", "h1,h2", .. arguments] });
    }

    private HttpClient Http2Client(HydraServer server) => _authority.Client(server.Address, HttpVersion.Version20);

    // What curl prints; nothing where it cannot connect.
    private async Task<string> CurlAsync(HydraServer server, string path, params string[] arguments)
    {
        var start = new ProcessStartInfo("curl", ["--silent", "--cacert", _authority.File, "--max-time", "60", .. arguments, new Uri(server.Address, path).AbsoluteUri])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    private static async Task<string> ShownAsync(HydraServer server, string name, SslProtocols versions = SslProtocols.None)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Address.Port);
        await using var stream = new SslStream(client.GetStream(), false, (_, shown, _, _) => shown is not null);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = versions });
        return stream.RemoteCertificate!.Subject;
    }
}
