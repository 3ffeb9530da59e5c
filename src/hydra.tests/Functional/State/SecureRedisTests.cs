using System.Globalization;
using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Tls;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>--state rediss://: a Redis over TLS.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SecureRedisTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestAuthority _authority;
    private readonly int _port = FreePort.Find();

    public SecureRedisTests() => _authority = new TestAuthority(_directory.Path);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [RedisTheory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task Secure_WithTheAuthorityNamed_IsUsedForCallsAndMessages(string host)
    {
        await using RedisServer redis = await StartAsync("localhost", "127.0.0.1");
        await using HydraServer one = await HydraServer.StartAsync(Spec(host, $"?ca={_authority.File}"));
        await using HydraServer two = await HydraServer.StartAsync(Spec(host, $"?ca={_authority.File}"));
        Assert.Equal("1", await one.GetTextAsync("/incr"));
        Assert.Equal("2", await two.GetTextAsync("/incr"));
        Assert.Equal("set", await one.GetTextAsync("/large"));
        using var client = new System.Net.WebSockets.ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{two.Address.Port}/"), CancellationToken.None);
        Assert.Equal("subscribed", await ClientSocket.ReceiveAsync(client));
        Assert.Equal("1", await one.GetTextAsync("/publish?hello"));
        Assert.Equal("hello", await ClientSocket.ReceiveAsync(client));

        // And it comes again as it was.
        await redis.KillAsync();
        await one.Log.WaitAsync("is gone");
        await redis.StartAsync();
        await one.Log.WaitAsync("is back after");
        Assert.Equal("1", await one.GetTextAsync("/incr"));
    }

    [RedisFact]
    public async Task Secure_WithTheSystemsAuthorities_IsUsed()
    {
        await using RedisServer redis = await StartAsync("localhost");
        await using HydraServer server = await HydraServer.StartAsync(Spec("localhost", "") with { Variables = new Dictionary<string, string?> { ["SSL_CERT_FILE"] = _authority.File } });

        Assert.Equal("1", await server.GetTextAsync("/incr"));
    }

    [RedisTheory]
    [InlineData("localhost", false, "certificate")]
    [InlineData("127.0.0.1", true, "certificate")]
    public async Task Secure_WhoseCertificateIsNotItsOwn_EndsWithASentence(string host, bool isNamed, string sentence)
    {
        await using RedisServer redis = await StartAsync("localhost");
        await using HydraServer server = await HydraServer.LaunchAsync(Spec(host, isNamed ? $"?ca={_authority.File}" : ""));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("rediss://", sentence);
    }

    [RedisTheory]
    [InlineData("/nowhere/ca.pem", "the certificates of ?ca= cannot be read")]
    [InlineData("/dev/null", "the file of ?ca= has no certificates")]
    public async Task Secure_WithAnAuthorityThatIsNone_EndsWithASentence(string file, string sentence)
    {
        await using RedisServer redis = await StartAsync("localhost");
        await using HydraServer server = await HydraServer.LaunchAsync(Spec("localhost", $"?ca={file}"));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync(sentence, file);
    }

    private async Task<RedisServer> StartAsync(params string[] names)
    {
        IssuedFiles files = _authority.Issue("redis", names);
        return await RedisServer.StartAsync(
            "--tls-port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--tls-cert-file", files.Certificate, "--tls-key-file", files.Key, "--tls-ca-cert-file", _authority.File,
            "--tls-auth-clients", "no");
    }

    private ServerSpec Spec(string host, string query) => new("redis_app:app") { Arguments = ["--state", $"rediss://{host}:{_port}/1{query}"] };
}
