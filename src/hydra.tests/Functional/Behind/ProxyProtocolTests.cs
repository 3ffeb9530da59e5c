using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Behind;

/// <summary>Proxies that name their clients before the connection begins (--proxy-protocol).</summary>
public sealed class ProxyProtocolTests(ServerPool pool) : PooledTests(pool)
{
    private const string Line = "PROXY TCP4 1.2.3.4 10.0.0.1 4444 443\r\n";
    private const string Binary = "\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u0014\u0001\u0002\u0003\u0004\u000a\0\0\u0001\u0011\u005c\u0001\u00bb\u0020\0\u0005\u0001\0\0\0\0";
    private const string Local = "\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0";

    [Theory]
    [InlineData(Line, "loop", "1.2.3.4", false)]
    [InlineData(Binary, "loop", "1.2.3.4", true)]
    [InlineData(Line, "sockets", "1.2.3.4", false)]
    [InlineData(Binary, "sockets", "1.2.3.4", true)]
    [InlineData(Local, "loop", "127.0.0.1", false)]
    [InlineData("PROXY UNKNOWN\r\n", "loop", "127.0.0.1", false)]
    public async Task Header_OfAnAllowedProxy_NamesTheClient(string header, string transport, string client, bool isSecure)
    {
        HydraServer server = await Pool.GetAsync(Spec(transport, "--proxy-protocol"));
        await using RawConnection connection = await server.ConnectAsync();

        // In pieces, and all requests of the connection are the client's.
        await connection.SendAsync(header[..7]);
        await connection.SendAsync(header[7..] + "GET /show HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
        JsonElement seen = (await connection.ReadResponseAsync()).Json();
        await connection.GetAsync("/show");
        JsonElement next = (await connection.ReadResponseAsync()).Json();

        // What is not from a proxy of the PROXY protocol's own machine is for --forwarded-allow-ips to say, by the client's address.
        Assert.Equal(client == "1.2.3.4" ? client : "6.6.6.6", seen.GetProperty("client").GetString());
        Assert.Equal((client, isSecure), (next.GetProperty("client").GetString(), next.GetProperty("secure").GetBoolean()));
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task Header_BeforeTls_NamesTheClient(string transport)
    {
        HydraServer server = await Pool.GetAsync(Spec(transport, "--proxy-protocol=v1", "--ssl-self-signed"));
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", server.Address.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Line));
        await using var tls = new SslStream(socket.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Eventually.Limit);
        await tls.WriteAsync("GET /show HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(tls);
        string answer = await reader.ReadToEndAsync().WaitAsync(Eventually.Limit);

        Assert.Contains("\"1.2.3.4\"", answer, StringComparison.Ordinal);
        Assert.Contains("https://h/show", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "it has no PROXY header", "--proxy-protocol")]
    [InlineData(Line, "version that --proxy-protocol does not allow", "--proxy-protocol=v2")]
    [InlineData("PROXY TCP4 x\r\n", "breaks the rules", "--proxy-protocol")]
    [InlineData(Line + "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "is not among the proxies of --proxy-allow-from", "--proxy-protocol", "--proxy-allow-from", "10.0.0.0/8")]
    [InlineData("PROX", "did not come in time", "--proxy-protocol", "--header-timeout", "1s")]
    public async Task Connection_ThatBeginsOtherwise_IsRefusedWithASentence(string bytes, string sentence, params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, arguments));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync(bytes);

        Assert.Empty(await connection.ReadToEndAsync());
        await Eventually.HoldsAsync(() => server.Log.Text.Contains(sentence, StringComparison.Ordinal), sentence, () => server.Log.Text);
    }

    [Fact]
    public async Task Connection_OfSomebodyElse_IsServedWithoutAHeader()
    {
        HydraServer server = await Pool.GetAsync(Spec(null, "--proxy-protocol", "--proxy-allow-from", "10.0.0.0/8"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync("/show");

        Assert.Equal("127.0.0.1", (await connection.ReadResponseAsync()).Json().GetProperty("client").GetString());
    }

    [Fact]
    public async Task Stop_ConnectionThatHasSaidNothing_KeepsNobodyWaiting()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "--proxy-protocol", "--graceful-timeout", "1h"));
        await using RawConnection connection = await server.ConnectAsync();
        await connection.SendAsync("PROXY ");

        Assert.Equal(0, await server.StopAsync());
    }

    private static ServerSpec Spec(string? transport, params string[] arguments)
    {
        var spec = new ServerSpec("behind:flask_app") { Arguments = arguments };
        return transport is null ? spec : spec with { Transport = transport };
    }
}
