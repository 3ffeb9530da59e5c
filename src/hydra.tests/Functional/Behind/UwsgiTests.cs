using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Http;
using Xunit;

namespace Hydra.Tests.Functional.Behind;

/// <summary>nginx in front with uwsgi_pass, and those who only pretend to be it.</summary>
public sealed class UwsgiTests(ServerPool pool) : PooledTests(pool)
{
    private const string Pass = "include /etc/nginx/uwsgi_params; uwsgi_pass ";

    [NginxTheory]
    [InlineData("starlette_app", "loop")]
    [InlineData("flask_app", "loop")]
    [InlineData("django_wsgi", "loop")]
    [InlineData("django_asgi", "loop")]
    [InlineData("flask_app", "sockets")]
    public async Task Framework_BehindUwsgiPass_SeesTheClientAndItsScheme(string app, string transport)
    {
        HydraServer server = await Pool.GetAsync(Spec("behind:" + app, "--transport", transport));
        await using Nginx nginx = await Nginx.StartAsync($"location / {{ {Pass}{To(server)}; uwsgi_param REMOTE_ADDR 1.2.3.4; uwsgi_param HTTPS on; uwsgi_param HTTP_HOST shop.example; }}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/show");
        request.Headers.Add("X-Forwarded-For", "6.6.6.6");
        request.Headers.Add("X-Forwarded-Proto", "http");
        using HttpResponseMessage response = await nginx.Client.SendAsync(request);
        JsonElement seen = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        // What the client says of itself is believed of nobody but those of --forwarded-allow-ips, by the client's own address.
        Assert.Equal(("1.2.3.4", true, "shop.example", "https://shop.example/show"), (
            seen.GetProperty("client").GetString(), seen.GetProperty("secure").GetBoolean(), seen.GetProperty("host").GetString(), seen.GetProperty("url").GetString()));
        Assert.Equal("[]", seen.GetProperty("forwarded").GetRawText());
    }

    [NginxTheory]
    [InlineData("wsgi_probe:app", "/prove/k", "on")]
    [InlineData("wsgi_probe:app", "/prove/k", "off")]
    [InlineData("asgi_probe:app", "/body", "on")]
    [InlineData("asgi_probe:app", "/body", "off")]
    public async Task Body_OfAnyLengthAndFraming_ArrivesWhole(string app, string path, string buffering)
    {
        HydraServer server = await Pool.GetAsync(Spec(app));
        await using Nginx nginx = await Nginx.StartAsync($"client_max_body_size 0; location / {{ {Pass}{To(server)}; uwsgi_request_buffering {buffering}; }}");
        foreach (int length in (int[])[0, 1, 3000, 3_000_000])
        {
            byte[] body = RandomNumberGenerator.GetBytes(length);
            foreach (bool isChunked in (bool[])[false, true])
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
                request.Headers.TransferEncodingChunked = isChunked;
                using HttpResponseMessage response = await nginx.Client.SendAsync(request);
                Assert.Contains(Convert.ToHexString(SHA256.HashData(body)), await response.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [NginxFact]
    public async Task Answer_OfEveryKind_ComesThroughOnAConnectionThatStays()
    {
        HydraServer server = await Pool.GetAsync(Spec("wsgi_probe:app"));
        await using Nginx nginx = await Nginx.StartAsync($"location / {{ {Pass}{To(server)}; }}");
        await using RawConnection client = await RawConnection.OpenAsync(nginx.Port);

        RawResponse hello = await client.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((200, true), (hello.Status, hello.IsComplete));
        RawResponse head = await client.ExchangeAsync("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true);
        Assert.Equal((200, hello.Value("Content-Length")), (head.Status, head.Value("Content-Length")));
        Assert.Equal(304, (await client.ExchangeAsync("GET /status/304 HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        Assert.Equal(418, (await client.ExchangeAsync("GET /status/418 HTTP/1.1\r\nHost: a\r\n\r\n")).Status);
        Assert.Equal(8_000_000, (await client.ExchangeAsync("GET /large/8000000 HTTP/1.1\r\nHost: a\r\n\r\n")).Body.Length);

        // Without a length it ends with nginx's connection to the server, and no chunk of ours comes through.
        RawResponse pieces = await client.ExchangeAsync("GET /empty-strings HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((200, "chunked", true), (pieces.Status, pieces.Value("Transfer-Encoding"), pieces.IsComplete));
        Assert.Equal("text", pieces.Text);
    }

    [NginxFact]
    public async Task Answer_ThatIsCompressed_IsSoForTheClient()
    {
        HydraServer server = await Pool.GetAsync(Spec("coded:app", "--compress"));
        await using Nginx nginx = await Nginx.StartAsync($"location / {{ {Pass}{To(server)}; uwsgi_buffering off; }}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/stream?uwsgi");
        request.Headers.Add("Accept-Encoding", "gzip");
        using HttpResponseMessage response = await nginx.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        // A stream that is over before its head leaves is too short to be compressed.
        for (int i = 0; i < 3; i++)
        {
            server.Board.Open($"uwsgi-{i}");
        }

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
    }

    [NginxFact]
    public async Task UnixSocket_BehindUwsgiPass_Serves()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "h.sock");
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--bind", "uwsgi://unix:" + path] });
        Assert.Contains("uwsgi://unix:" + path, await server.Log.WaitAsync("is ready at"), StringComparison.Ordinal);
        await using Nginx nginx = await Nginx.StartAsync($"location / {{ {Pass}unix:{path}; }}");
        JsonElement scope = JsonDocument.Parse(await nginx.Client.GetStringAsync("/scope?a=b")).RootElement;

        Assert.Equal(("http", "1.1", "127.0.0.1"), (scope.GetProperty("scheme").GetString(), scope.GetProperty("http_version").GetString(), scope.GetProperty("client")[0].GetString()));
        Assert.Equal($"[\"127.0.0.1\", {nginx.Port}]", scope.GetProperty("server").GetRawText());
    }

    [NginxFact]
    public async Task ScriptName_OfTheProxyAndMounts_AddUp()
    {
        HydraServer server = await Pool.GetAsync(Spec("wsgi_probe:bare", "--mount", "/api=asgi_probe:app"));
        await using Nginx nginx = await Nginx.StartAsync(
            $"location / {{ {Pass}{To(server)}; }} location /shop/ {{ {Pass}{To(server)}; uwsgi_param SCRIPT_NAME /shop; }}");
        JsonElement plain = JsonDocument.Parse(await nginx.Client.GetStringAsync("/environ")).RootElement;
        JsonElement below = JsonDocument.Parse(await nginx.Client.GetStringAsync("/shop/environ")).RootElement;
        JsonElement mounted = JsonDocument.Parse(await nginx.Client.GetStringAsync("/shop/api/scope")).RootElement;

        Assert.Equal(("", "/environ"), (plain.GetProperty("SCRIPT_NAME").GetString(), plain.GetProperty("PATH_INFO").GetString()));
        Assert.Equal(("/shop", "/environ"), (below.GetProperty("SCRIPT_NAME").GetString(), below.GetProperty("PATH_INFO").GetString()));
        Assert.Equal(("/shop/api", "/shop/api/scope"), (mounted.GetProperty("root_path").GetString(), mounted.GetProperty("path").GetString()));
    }

    [NginxFact]
    public async Task Client_ThatLeavesNginx_IsToldToTheApplication()
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app"));
        await using Nginx nginx = await Nginx.StartAsync($"location / {{ {Pass}{To(server)}; }}");
        await using (RawConnection client = await RawConnection.OpenAsync(nginx.Port))
        {
            await client.GetAsync("/wait-for-leaving/uwsgi");
            await server.Board.WaitAsync("uwsgi", 1);
            client.Reset();
        }

        await server.Board.WaitAsync("uwsgi", 2);
    }

    [NginxFact]
    public async Task Answer_ThatBreaksOff_DoesNotLookComplete()
    {
        HydraServer server = await Pool.GetAsync(Spec("wsgi_probe:app"));
        await using Nginx nginx = await Nginx.StartAsync($"location / {{ {Pass}{To(server)}; }}");
        await using RawConnection client = await RawConnection.OpenAsync(nginx.Port);
        RawResponse response = await client.ExchangeAsync("GET /close/k HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.False(response.IsComplete);
        await server.Log.ExpectErrorAsync("half way");
        await server.Log.ExpectErrorAsync("the response was cut off and its connection aborted");
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task Packet_WithItsBodyInPieces_IsOneRequestForEachConnection(string transport)
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app", "--transport", transport));
        await using RawConnection connection = await RawConnection.OpenAsync(server.Address.Port);
        byte[] all = [.. UwsgiBytes.Packet("REQUEST_METHOD=POST", "REQUEST_URI=/body", "PATH_INFO=/body", "CONTENT_LENGTH=5", "SERVER_PROTOCOL=HTTP/2.0"), .. "hello"u8, .. "GET /evil"u8];
        foreach (byte[] piece in all.Chunk(7))
        {
            await connection.SendAsync(piece);
        }

        string answer = Encoding.Latin1.GetString(await connection.ReadToEndAsync());
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\"length\": 5", answer, StringComparison.Ordinal);
        Assert.Equal(1, answer.Split("HTTP/1.1 ").Length - 1);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "it seems to speak HTTP at an address for the uwsgi protocol")]
    [InlineData("\u0005\u0000\u0000\u0000", 400, "with a modifier that is not served")]
    [InlineData("\u0000\u0002\u0000\u0000\u00ff\u00ff", 400, "has lengths that do not add up")]
    public async Task Connection_ThatIsNoProxys_IsRefusedCountedAndLogged(string bytes, int status, string text)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi_probe:app", "--metrics", "127.0.0.1:0"));
        await using RawConnection connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(bytes);
        RawResponse response = await connection.ReadResponseAsync();

        Assert.Equal(status, response.Status);
        Assert.Contains($"; the client got {status}", await server.Log.WaitAsync(text), StringComparison.Ordinal);
        Assert.Contains("hydra_failures_total{reason=\"bad_packet\"} 1\n", await MetricsAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peer_ThatIsNotAllowed_SaysNothingOfAnyClient()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("asgi_probe:app", "--uwsgi-allow-from", "10.0.0.0/8", "--metrics", "127.0.0.1:0"));
        await using RawConnection connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(UwsgiBytes.Get("/hello"));

        Assert.Equal(403, (await connection.ReadResponseAsync()).Status);
        await server.Log.WaitAsync("is not among those of --uwsgi-allow-from");
        Assert.Contains("hydra_failures_total{reason=\"not_a_proxy\"} 1\n", await MetricsAsync(server), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CONTENT_LENGTH=-1", 400)]
    [InlineData("CONTENT_LENGTH=1x", 400)]
    [InlineData("CONTENT_LENGTH=99999999999999999999", 400)]
    [InlineData("HTTP_HOST=a b", 400)]
    [InlineData("HTTP_A=\u00e4", 200)]
    public async Task Packet_WithARequestThatHttpWouldNotHave_IsJudgedAsOfHttp(string variable, int status)
    {
        HydraServer server = await Pool.GetAsync(Spec("asgi_probe:app"));
        await using RawConnection connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(UwsgiBytes.Packet("REQUEST_METHOD=GET", "PATH_INFO=/hello", variable));

        Assert.Equal(status, (await connection.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Body_ThatIsShorterThanItsLength_IsNotTakenForWhole()
    {
        HydraServer server = await Pool.GetAsync(Spec("wsgi_probe:app"));
        await using RawConnection connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync((byte[])[.. UwsgiBytes.Packet("REQUEST_METHOD=POST", "PATH_INFO=/prove/k", "CONTENT_LENGTH=10"), .. "short"u8]);
        connection.FinishSending();

        Assert.DoesNotContain(" 200 ", Encoding.Latin1.GetString(await connection.ReadToEndAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpAndUwsgi_AtTwoAddresses_AreServedByOneApplication()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "u.sock");
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--bind", "http://127.0.0.1:0", "--bind", "uwsgi://unix:" + path] });
        Assert.Equal("hello", await server.Client.GetStringAsync("/hello"));
        await using RawConnection connection = await RawConnection.OpenUnixAsync(path);
        await connection.SendAsync(UwsgiBytes.Get("/hello"));

        Assert.Equal("hello", (await connection.ReadResponseAsync()).Text);
    }

    private static string To(HydraServer server) => $"127.0.0.1:{server.Address.Port}";

    private static async Task<string> MetricsAsync(HydraServer server)
    {
        string address = (await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim();
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(new Uri(address), "/metrics"));
    }

    private static ServerSpec Spec(string app, params string[] arguments) => new(app) { Transport = null, Arguments = ["--protocol", "uwsgi", .. arguments] };
}
