using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Http;

/// <summary>Sockets that listen already when the server is started.</summary>
public sealed partial class InheritedSocketTests
{
    private static readonly string Launcher = Path.Combine(Repository.Apps, "pass_sockets.py");

    [Theory]
    [InlineData("loop")]
    [InlineData("sockets")]
    public async Task Systemd_PassesSockets_BothAreServedAndOutliveTheServer(string transport)
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "web.sock");
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Transport = transport,
            Launcher = [Repository.Python, Launcher, "systemd", path],
        });

        Assert.Equal(Port(server), server.Address.Port);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await using (RawConnection unix = await RawConnection.OpenUnixAsync(path))
        {
            Assert.Equal("hello", (await unix.ExchangeAsync("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        }

        // The next start of the service finds the sockets as they are.
        Assert.Equal(0, await server.StopAsync());
        await server.Log.WaitAsync("the sockets still listen");
        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("--fd", "3")]
    [InlineData("--bind", "fd://3")]
    public async Task Option_NamesADescriptor_IsServed(string option, string value)
    {
        using var directory = new TestDirectory();
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Port = null,
            Arguments = [option, value],
            Launcher = [Repository.Python, Launcher, "fd", Path.Combine(directory.Path, "web.sock")],
        });

        Assert.Equal(Port(server), server.Address.Port);
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Fact]
    public async Task Workers_OfAServerWithPassedSockets_HaveNoneOfThem()
    {
        using var directory = new TestDirectory();
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Workers = 2,
            Launcher = [Repository.Python, Launcher, "systemd", Path.Combine(directory.Path, "web.sock")],
        });
        string[] inodes = [.. Sockets(server.FrontPid(), "3", "4")];

        Assert.Equal(2, inodes.Length);
        Assert.All(server.WorkerPids(), pid => Assert.Empty(Sockets(pid).Intersect(inodes)));
        Assert.All(server.WorkerPids(), pid => Assert.DoesNotContain("LISTEN_", File.ReadAllText($"/proc/{pid}/environ"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Option_NamesADescriptorThatIsNotOpen_SaysSo()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--fd", "77"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("fd://77", "no such descriptor was open");
    }

    [Fact]
    public async Task Notify_StartAndStop_AreToldToSystemd()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "notify.sock");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Variables = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = path } });

        Assert.Equal($"READY=1\nMAINPID={server.Pid}", await ReceiveAsync(socket));
        server.Signal(Processes.User2);
        Assert.StartsWith("READY=1\nMAINPID=", await ReceiveAsync(socket), StringComparison.Ordinal);
        string main = await ReceiveAsync(socket);
        Assert.StartsWith("MAINPID=", main, StringComparison.Ordinal);
        int successor = int.Parse(main["MAINPID=".Length..], CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        Processes.Signal(successor, Processes.Terminate);
        Assert.Equal("STOPPING=1", await ReceiveAsync(socket));
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Notify_ReloadAndWatchdog_AreToldToSystemd()
    {
        using var directory = new TestDirectory();
        string path = Path.Combine(directory.Path, "notify.sock");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Variables = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "200000" },
        });
        Assert.StartsWith("READY=1", await ReceiveAsync(socket), StringComparison.Ordinal);
        Assert.Equal("WATCHDOG=1", await ReceiveAsync(socket));
        server.Signal(Processes.Hangup);
        Assert.Matches(@"^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", await OtherAsync());
        Assert.StartsWith("READY=1", await OtherAsync(), StringComparison.Ordinal);
        await server.Log.WaitAsync("replaced in ");

        // Neither is for the workers.
        Assert.DoesNotContain("WATCHDOG_USEC", System.Text.Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{server.WorkerPids()[0]}/environ")), StringComparison.Ordinal);

        async Task<string> OtherAsync()
        {
            string message;
            do
            {
                message = await ReceiveAsync(socket);
            }
            while (message == "WATCHDOG=1");
            return message;
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        int count = await socket.ReceiveAsync(buffer).WithinLimitAsync("a message to systemd");
        return System.Text.Encoding.UTF8.GetString(buffer, 0, count);
    }

    private static IEnumerable<string> Sockets(int pid, params string[] only)
        => Directory.EnumerateFiles($"/proc/{pid}/fd")
            .Where(file => only.Length == 0 || only.Contains(Path.GetFileName(file)))
            .Select(file => new FileInfo(file).LinkTarget)
            .OfType<string>()
            .Where(target => target.StartsWith("socket:", StringComparison.Ordinal));

    private static int Port(HydraServer server) => int.Parse(PortPattern().Match(server.Log.Text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"PORT (\d+)")]
    private static partial Regex PortPattern();
}
