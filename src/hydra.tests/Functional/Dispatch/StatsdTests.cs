using System.Net;
using System.Net.Sockets;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Dispatch;

/// <summary>--statsd-host: what a daemon hears of a server.</summary>
public sealed class StatsdTests
{
    [Fact]
    public async Task Daemon_OfUdp_HearsOfRequestsUnderGunicornsNames()
    {
        using var daemon = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        daemon.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using HydraServer server = await StartAsync(
            "--statsd-host", $"{daemon.LocalEndPoint}", "--statsd-prefix", "shop", "--dogstatsd-tags", "env:test", "--enable-backlog-metric");
        for (int i = 0; i < 3; i++)
        {
            await server.GetTextAsync("/hello");
        }

        using HttpResponseMessage missing = await server.Client.GetAsync("/no-such-route");
        var heard = new Heard(daemon);

        await heard.UntilAsync(() => heard.Sum("shop.gunicorn.request.status.200") == 3 && heard.Sum("shop.gunicorn.requests") >= 4);
        await heard.UntilAsync(() => heard.Lines.Contains("shop.gunicorn.workers:1|g|#env:test") && heard.Lines.Contains("shop.gunicorn.backlog:0|g|#env:test"));
        Assert.Contains(heard.Lines, static line => line.StartsWith("shop.gunicorn.request.duration:", StringComparison.Ordinal) && line.EndsWith("|ms|#env:test", StringComparison.Ordinal));
        Assert.All(heard.Lines, static line => Assert.EndsWith("|#env:test", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Daemon_OfAUnixSocket_HearsWhatWasLastAtTheEnd()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "statsd.sock");
        using var daemon = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        daemon.Bind(new UnixDomainSocketEndPoint(path));
        await using HydraServer server = await StartAsync("--statsd-host", $"unix://{path}");
        await server.GetTextAsync("/hello");
        Assert.Equal(0, await server.StopAsync());

        var heard = new Heard(daemon);
        await heard.UntilAsync(() => heard.Sum("gunicorn.request.status.200") == 1);
    }

    [Fact]
    public async Task Daemon_ThatIsNotThere_IsOneWarning()
    {
        using var directory = new TestDirectory();
        await using HydraServer server = await StartAsync("--statsd-host", $"unix:{directory.Path}/nobody.sock");
        await server.Log.WaitAsync("does not get what it is told");

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        Assert.Equal(0, await server.StopAsync());
        await server.Log.WaitAsync("stopped");
        Assert.Single(server.Log.Find("does not get what it is told"));
    }

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = arguments });

    /// <summary>What has come at a daemon's socket.</summary>
    private sealed class Heard(Socket daemon)
    {
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

        public List<string> Lines { get; } = [];

        public long Sum(string name) => Lines.Where(line => line.StartsWith(name + ":", StringComparison.Ordinal))
            .Sum(line => long.Parse(line[(name.Length + 1)..line.IndexOf('|', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture));

        public async Task UntilAsync(Func<bool> holds)
        {
            byte[] buffer = new byte[65536];
            using var limit = new CancellationTokenSource(Deadline);
            while (!holds())
            {
                int count = await daemon.ReceiveAsync(buffer, limit.Token);
                Lines.AddRange(Encoding.UTF8.GetString(buffer, 0, count).Split('\n'));
            }
        }
    }
}
