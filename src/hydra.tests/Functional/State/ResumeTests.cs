using System.Globalization;
using System.Net.WebSockets;
using System.Runtime.Versioning;
using Hydra.Tests.Functional.Control;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.resume: connections that go on in other workers.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ResumeTests
{
    private const int Hangup = 1;

    [Theory]
    [InlineData("auto", "auto", false)]
    [InlineData("off", "asyncio", false)]
    [InlineData("auto", "auto", true)]
    public async Task WorkerKilled_WithTraffic_NoMessageIsLostOrComesTwice(string speedups, string loop, bool preload)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(["--speedups", speedups, "--loop", loop, .. preload ? ["--preload"] : (string[])[]]) with { Workers = 2 });
        Traffic[] clients = await Traffic.BeginAsync(server, 20);
        for (int i = 0; i < 3; i++)
        {
            int[] pids = [.. server.WorkerPids()];
            await Traffic.MovedOnAsync(clients, 5);
            await KillAsync(server, await PidAsync(server));
            await Eventually.HoldsAsync(() => !server.WorkerPids().SequenceEqual(pids) && server.WorkerPids().Count >= 2, "another worker");
        }

        await Traffic.EndAsync(clients);
        Assert.All(server.Board.Records("resumed"), static line => Assert.StartsWith("crash ", line, StringComparison.Ordinal));
        Assert.NotEmpty(server.Board.Records("resumed"));
    }

    [Theory]
    [InlineData("auto", "uds")]
    [InlineData("off", "tcp")]
    public async Task Reload_WithTraffic_EachGoesOnInTheNewCode(string speedups, string workerTransport)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--speedups", speedups) with { Workers = 2, WorkerTransport = workerTransport });
        Traffic[] clients = await Traffic.BeginAsync(server, 20);
        for (int i = 0; i < 2; i++)
        {
            HashSet<int> before = [.. server.WorkerPids()];
            await Traffic.MovedOnAsync(clients, 5);
            server.Signal(Hangup);
            await server.Board.WaitAsync("resumed", 20 * (i + 1));
            await Eventually.HoldsAsync(() => !server.WorkerPids().Any(before.Contains), "the old workers have ended");
        }

        await Traffic.EndAsync(clients);
        Assert.All(server.Board.Records("resumed"), static line => Assert.StartsWith("reload ", line, StringComparison.Ordinal));

        // Nothing moved twice in a reload, and each was told.
        Assert.Equal((40, 40), (server.Board.Records("resumed").Count, server.Board.Records("left").Count(static code => code == "1012")));
        Assert.Contains(server.Log.Find("go on in others"), static line => line.Contains("20 connections", StringComparison.Ordinal) || line.Contains("connections that it has", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--max-requests", "5", "recycle")]
    [InlineData(null, null, "restart")]
    public async Task WorkerGoes_ForAnotherReason_IsTold(string? option, string? value, string reason)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(option is null ? ["--control-socket", ControlServer.Socket] : [option, value!]) with { Workers = option is null ? 2 : 1 });
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        Assert.Equal("one", await ClientSocket.AskAsync(client, "one"));
        if (option is null)
        {
            await server.CtlAsync("restart-worker", "0");
            await server.CtlAsync("restart-worker", "1");
        }
        else
        {
            for (int i = 0; i < 10; i++)
            {
                await server.GetTextAsync("/");
            }
        }

        Assert.StartsWith($"{reason} ", (await server.Board.WaitAsync("resumed"))[0], StringComparison.Ordinal);
        Assert.Equal("two", await ClientSocket.AskAsync(client, "two"));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Compressed_WithSubprotocol_GoesOn(string version)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Workers = 2 });
        using var client = new ClientWebSocket();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        client.Options.HttpVersion = Version.Parse(version);
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.Options.AddSubProtocol("chat");
        client.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        await client.ConnectAsync(new Uri($"ws://{server.Address.Authority}/echo"), invoker, default);
        string text = string.Concat(Enumerable.Range(0, 2000));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(text + i, await ClientSocket.AskAsync(client, text + i));
            await KillAsync(server, int.Parse((await ClientSocket.AskAsync(client, "!pid"))!, CultureInfo.InvariantCulture));
        }

        Assert.Equal("last", await ClientSocket.AskAsync(client, "last"));
        Assert.All(server.Board.Records("resumed"), static line => Assert.EndsWith(" chat", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Died_BetweenSavingAndSending_TheApplicationKnows()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Workers = 2 });
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");

        // It has saved and not sent: the next one sends.
        Assert.Equal("!die-saved", await ClientSocket.AskAsync(client, "!die-saved"));
        await server.Log.ExpectErrorAsync("SIGKILL");
        Assert.Equal("next", await ClientSocket.AskAsync(client, "next"));
    }

    [Fact]
    public async Task Died_InTheMiddleOfAMessage_ClosesTheClientWith1012()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Workers = 1 });
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        int worker = int.Parse((await ClientSocket.AskAsync(client, "!pid"))!, CultureInfo.InvariantCulture);
        await ClientSocket.SendAsync(client, "!half");
        byte[] buffer = new byte[1 << 20];
        WebSocketReceiveResult received = await client.ReceiveAsync(buffer, default).WaitAsync(Eventually.Limit);
        Assert.False(received.EndOfMessage);
        await KillAsync(server, worker);
        while (received.MessageType is not WebSocketMessageType.Close)
        {
            received = await client.ReceiveAsync(buffer, default).WaitAsync(Eventually.Limit);
        }

        Assert.Equal(1012, (int)client.CloseStatus!);
    }

    [Fact]
    public async Task Subscriptions_StayThroughTheGap_AndPresenceDoesNotFlap()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Workers = 2 });
        using ClientWebSocket watcher = await ClientSocket.OpenAsync(server.Address, "/echo?topic=room&member=watcher&events=1");
        Assert.Equal("ready", await ClientSocket.AskAsync(watcher, "ready"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo?topic=room&member=alice");
        Assert.Equal("ready", await ClientSocket.AskAsync(client, "ready"));
        Assert.StartsWith("""{"event":"join",""", await ClientSocket.ReceiveAsync(watcher), StringComparison.Ordinal);
        for (int i = 0; i < 3; i++)
        {
            await KillAsync(server, int.Parse((await ClientSocket.AskAsync(client, "!pid"))!, CultureInfo.InvariantCulture));
            for (int n = 0; n < 20; n++)
            {
                Assert.Equal("2", await server.GetTextAsync($"/publish?topic=room&text={i}-{n}"));
            }

            foreach (ClientWebSocket each in (ClientWebSocket[])[client, watcher])
            {
                for (int n = 0; n < 20; n++)
                {
                    Assert.Equal($"{i}-{n}", await ClientSocket.ReceiveAsync(each));
                }
            }

            Assert.Equal("ready", await ClientSocket.AskAsync(client, "ready"));
            Assert.Equal("ready", await ClientSocket.AskAsync(watcher, "ready"));
        }

        Assert.Equal("""["watcher", "alice"]""", await server.GetTextAsync("/presence?topic=room"));
        client.Abort();
        Assert.StartsWith("""{"event":"leave",""", await ClientSocket.ReceiveAsync(watcher), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kills_EachWorkerThatHasIt_IsClosedWith1011_AndOthersStay()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec() with { Workers = 2 });
        List<ClientWebSocket> innocent = [];
        for (int i = 0; i < 10; i++)
        {
            innocent.Add(await ClientSocket.OpenAsync(server.Address, "/echo"));
            Assert.Equal("hello", await ClientSocket.AskAsync(innocent[i], "hello"));
        }

        using ClientWebSocket poison = await ClientSocket.OpenAsync(server.Address, "/echo");
        await ClientSocket.SendAsync(poison, "!die");
        Assert.Null(await ClientSocket.ReceiveAsync(poison));
        Assert.Equal(1011, (int)poison.CloseStatus!);
        for (int i = 0; i < 3; i++)
        {
            await server.Log.ExpectErrorAsync("SIGKILL");
        }

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("still", await ClientSocket.AskAsync(innocent[i], "still"));
            innocent[i].Dispose();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?accepts=1")]
    public async Task Kills_WhoeverGoesOnWithIt_IsFoundAmongThoseThatDoNothing(string query)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        List<ClientWebSocket> innocent = [];
        for (int i = 0; i < 4; i++)
        {
            innocent.Add(await ClientSocket.OpenAsync(server.Address, "/echo"));
            Assert.Equal("hello", await ClientSocket.AskAsync(innocent[i], "hello"));
        }

        using ClientWebSocket killer = await ClientSocket.OpenAsync(server.Address, "/killer" + query);
        await KillAsync(server, int.Parse((await ClientSocket.ReceiveAsync(killer))!, CultureInfo.InvariantCulture));
        Assert.Null(await ClientSocket.ReceiveAsync(killer));
        Assert.Equal(1011, (int)killer.CloseStatus!);
        foreach (ClientWebSocket client in innocent)
        {
            Assert.Equal("still", await ClientSocket.AskAsync(client, "still"));
            client.Dispose();
        }

        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Fact]
    public async Task WorkerThatHangs_IsTold()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--worker-timeout", "1s"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        Processes.Signal(int.Parse((await ClientSocket.AskAsync(client, "!pid"))!, CultureInfo.InvariantCulture), Processes.Stop);

        Assert.StartsWith("hang ", (await server.Board.WaitAsync("resumed"))[0], StringComparison.Ordinal);
        Assert.Equal("two", await ClientSocket.AskAsync(client, "two"));
        server.Log.ExpectAnyErrors("has not answered");
        server.Log.ExpectAnyErrors("did not stop");
    }

    [Fact]
    public async Task ClientFloods_WhileThereIsNoWorker_WaitsInItsConnection()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--metrics", "127.0.0.1:0"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        int pid = int.Parse((await ClientSocket.AskAsync(client, "!pid"))!, CultureInfo.InvariantCulture);
        await ClientSocket.SendAsync(client, "!hold");
        string text = new('x', 10_000);
        using var end = new CancellationTokenSource();
        int sent = 0;
        Task flood = Task.Run(async () =>
        {
            for (; !end.IsCancellationRequested; sent++)
            {
                await ClientSocket.SendAsync(client, sent.ToString(CultureInfo.InvariantCulture) + text);
            }
        });
        await Eventually.HoldsAsync(() => sent > 20, "it floods");
        await KillAsync(server, pid);
        int before;
        do
        {
            before = sent;
            await Task.Delay(500);
        }
        while (sent != before);

        // It stands: neither the server nor the worker takes more.
        Assert.InRange(Processes.Resident(server.FrontPid()), 1, 300_000_000);
        server.Board.Open("held");
        Task<string?[]> receiving = Task.Run(async () =>
        {
            string?[] got = new string?[before];
            for (int i = 0; i < got.Length; i++)
            {
                got[i] = await ClientSocket.ReceiveAsync(client);
            }

            return got;
        });
        await end.CancelAsync();
        string?[] all = await receiving.WaitAsync(Eventually.Limit);
        Assert.Equal(Enumerable.Range(0, before).Select(i => i + text), all);
        await flood.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task AcknowledgesNothing_ServesOn_AndIsToldInTheLog()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/lazy");
        string text = new('x', 100_000);
        for (int i = 0; i < 15; i++)
        {
            await ClientSocket.SendAsync(client, text);
        }

        Assert.StartsWith("16 ", await ClientSocket.AskAsync(client, "?"), StringComparison.Ordinal);
        await server.Log.WaitAsync("since its last save_state()");
    }

    [Fact]
    public async Task NoWorker_WithinTheQueueTimeout_ClosesWith1012()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--queue-timeout", "1s"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/echo");
        int pid = int.Parse((await ClientSocket.AskAsync(client, "!pid"))!, CultureInfo.InvariantCulture);
        server.Board.Open("blocked");
        await KillAsync(server, pid);
        Assert.Null(await ClientSocket.ReceiveAsync(client));
        Assert.Equal(1012, (int)client.CloseStatus!);
        server.Board.Open("go");
    }

    [Fact]
    public async Task Refused_SaysWhy()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec());
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/wrong");
        Assert.Equal("ValueTooLarge", await ClientSocket.ReceiveAsync(client));
        Assert.Equal("TypeError", await ClientSocket.ReceiveAsync(client));
        Assert.Equal("ok", await server.GetTextAsync("/length"));
    }

    [Fact]
    public async Task Off_ConnectionsEndWithTheirWorker()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--resume-memory", "0"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/wrong");
        Assert.Equal("ValueTooLarge", await ClientSocket.ReceiveAsync(client));
        using ClientWebSocket plain = await ClientSocket.OpenAsync(server.Address, "/plain");
        int pid = int.Parse((await ClientSocket.ReceiveAsync(plain))!, CultureInfo.InvariantCulture);
        await KillAsync(server, pid);
        Assert.Null(await ClientSocket.ReceiveAsync(plain));
        Assert.Equal(1012, (int)plain.CloseStatus!);
    }

    [Theory]
    [InlineData("auto", 0)]
    [InlineData("off", 100_000)]
    public async Task EventStream_GoesOn_WithEachEventOnce(string speedups, int size)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("--speedups", speedups, "--compress") with { Workers = 2 });
        using var reader = new StreamReader(await server.Client.GetStreamAsync($"/events?count=200&size={size}&reload=1"));
        HashSet<string> pids = [];
        int number = 0;
        while (await reader.ReadLineAsync().WaitAsync(Eventually.Limit) is { } line && line != "data: end")
        {
            if (line.Length == 0)
            {
                continue;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal($"{++number}", words[1]);
            if (number == 100)
            {
                server.Signal(Hangup);
            }
            else if (number == 30 && size == 0)
            {
                await KillAsync(server, int.Parse(words[2], CultureInfo.InvariantCulture));
            }

            pids.Add(words[2]);
        }

        Assert.Equal(200, number);
        Assert.InRange(pids.Count, 2, 4);
    }

    private static ServerSpec Spec(params string[] arguments) => new("resume_app:app") { Arguments = arguments };

    private static Task<string> KillAsync(HydraServer server, int pid)
    {
        Processes.Signal(pid, Processes.Kill);
        return server.Log.ExpectErrorAsync("SIGKILL");
    }

    private static async Task<int> PidAsync(HydraServer server) => int.Parse(await server.GetTextAsync("/"), CultureInfo.InvariantCulture);

    // A client that numbers its messages, has a few under way, and looks at what comes back.
    private sealed class Traffic(ClientWebSocket client)
    {
        private readonly CancellationTokenSource _end = new();
        private Task<int> _sending = null!;
        private Task<int> _receiving = null!;
        private int _got;

        public static async Task<Traffic[]> BeginAsync(HydraServer server, int count)
        {
            var all = new Traffic[count];
            for (int i = 0; i < count; i++)
            {
                all[i] = new Traffic(await ClientSocket.OpenAsync(server.Address, "/echo"));
                all[i].Begin();
            }

            return all;
        }

        public static async Task MovedOnAsync(Traffic[] all, int messages)
        {
            int[] before = [.. all.Select(static one => Volatile.Read(ref one._got))];
            await Eventually.HoldsAsync(() => all.Select((one, i) => Volatile.Read(ref one._got) - before[i]).All(more => more >= messages), "all go on");
        }

        public static async Task EndAsync(Traffic[] all)
        {
            await MovedOnAsync(all, 3);
            foreach (Traffic one in all)
            {
                await one._end.CancelAsync();
                int sent = await one._sending.WaitAsync(Eventually.Limit);
                Assert.Equal(sent, await one._receiving.WaitAsync(Eventually.Limit));
            }
        }

        private void Begin()
        {
            _sending = Task.Run(async () =>
            {
                int sent = 0;
                while (!_end.IsCancellationRequested)
                {
                    await ClientSocket.SendAsync(client, $"{++sent}");
                    while (sent - Volatile.Read(ref _got) > 5 && !_end.IsCancellationRequested)
                    {
                        await Task.Delay(1);
                    }
                }

                await ClientSocket.SendAsync(client, "end");
                return sent;
            });
            _receiving = Task.Run(async () =>
            {
                while (await ClientSocket.ReceiveAsync(client) is var text && text != "end")
                {
                    Assert.Equal($"{_got + 1}", text);
                    Volatile.Write(ref _got, _got + 1);
                }

                client.Dispose();
                return _got;
            });
        }
    }
}
