using System.Net.WebSockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.pubsub: what is published, and who gets it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class TopicsTests
{
    [Theory]
    [InlineData("memory", "uds", null, "auto")]
    [InlineData("memory", "tcp", null, "asyncio")]
    [InlineData("memory", "uds", "sockets", "auto")]
    [RedisData("uds", null, "auto")]
    [RedisData("uds", "sockets", "auto")]
    public async Task Publish_FromAnyWorker_ReachesEachWebSocketOnceAndInOrder(string engine, string workerTransport, string? transport, string loop)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app", "--loop", loop) with { Workers = 2, WorkerTransport = workerTransport, Transport = transport });
        List<ClientWebSocket> clients = [];
        HashSet<int> workers = [];
        for (int i = 0; i < 40; i++)
        {
            clients.Add(await SubscribeAsync(server, "room", pid => workers.Add(pid)));
        }

        Assert.Equal(2, workers.Count);
        Task<string>[] publishing = [.. Enumerable.Range(0, 4).Select(i => server.GetTextAsync($"/publish-many?topic=room&name={i}&count=50"))];
        string[][] got = await Task.WhenAll(clients.Select(static async client =>
        {
            string[] mine = new string[200];
            for (int i = 0; i < mine.Length; i++)
            {
                mine[i] = (await ClientSocket.ReceiveAsync(client))!;
            }

            return mine;
        }));
        Assert.All(await Task.WhenAll(publishing), static reached => Assert.Equal("[40, 40]", reached));

        // All of them once, those of each worker in their order, and the same for all.
        Assert.All(got, one => Assert.Equal(got[0], one));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(Enumerable.Range(0, 50).Select(n => $"{i}-{n}"), got[0].Where(text => text.StartsWith($"{i}-", StringComparison.Ordinal)));
        }

        // Nothing is behind that.
        await PublishAsync(server, "room", "last");
        Assert.All(await Task.WhenAll(clients.Select(ClientSocket.ReceiveAsync)), static text => Assert.Equal("last", text));
        await CloseAsync(clients);
    }

    [Fact]
    public async Task Publish_TextAndBytesOfAnySize_ComeCompressedWhereThatIsAgreed()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app"));
        using var packed = new ClientWebSocket();
        packed.Options.DangerousDeflateOptions = new WebSocketDeflateOptions { ClientContextTakeover = false, ServerContextTakeover = false };
        await packed.ConnectAsync(new Uri($"ws://{server.Address.Authority}/?early=room"), default);
        ClientWebSocket plain = await SubscribeAsync(server, "room");
        await server.GetTextAsync("/publish?topic=room&bytes=200");
        await server.GetTextAsync("/big?topic=room&size=300000&count=2");
        await PublishAsync(server, "room", "é");
        foreach (ClientWebSocket client in (ClientWebSocket[])[packed, plain])
        {
            byte[] buffer = new byte[1000];
            ValueWebSocketReceiveResult bytes = await client.ReceiveAsync(buffer.AsMemory(), default);
            Assert.Equal((WebSocketMessageType.Binary, 200), (bytes.MessageType, bytes.Count));
            Assert.Equal(new string('x', 300_000), await ClientSocket.ReceiveAsync(client));
            Assert.Equal(new string('x', 300_000), await ClientSocket.ReceiveAsync(client));
            Assert.Equal("é", await ClientSocket.ReceiveAsync(client));
        }

        await CloseAsync([packed, plain]);
    }

    [Theory]
    [InlineData("memory", "auto")]
    [InlineData("memory", "off")]
    [RedisData("auto")]
    public async Task Messages_AroundASubscription_KeepTheirOrder(string engine, string speedups)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app", "--speedups", speedups) with { Workers = 2 });
        ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/");
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal("before", await ClientSocket.AskAsync(client, $$"""["around", "own-{{i}}"]"""));
            Assert.Equal("published", await ClientSocket.ReceiveAsync(client));
            Assert.Equal("behind", await ClientSocket.ReceiveAsync(client));
        }

        await CloseAsync([client]);
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Unsubscribe_GetsNothingMore_AndWhoLeavesIsForgotten(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app") with { Workers = 2 });
        ClientWebSocket client = await SubscribeAsync(server, "room");
        Assert.Equal("""["done", true]""", await ClientSocket.AskAsync(client, """["unsubscribe", "room"]"""));
        Assert.Equal("""["done", false]""", await ClientSocket.AskAsync(client, """["unsubscribe", "room"]"""));
        Assert.Equal(0, await PublishAsync(server, "room", "nobody"));
        await ClientSocket.AskAsync(client, """["subscribe", "room", {}]""");
        Assert.Equal(1, await PublishAsync(server, "room", "somebody"));
        Assert.Equal("somebody", await ClientSocket.ReceiveAsync(client));
        client.Abort();

        await NobodyAsync(server, "room");
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Presence_SaysWhoIsThere_ComesAndLeaves(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app") with { Workers = 2 });
        ClientWebSocket watcher = await SubscribeAsync(server, "room", options: """{"events": true}""");
        ClientWebSocket first = await SubscribeAsync(server, "room", options: """{"member": "alice", "info": {"age": 3}}""");
        Assert.Equal("""{"event":"join","topic":"room","member":"alice","info":{"age":3}}""", await ClientSocket.ReceiveAsync(watcher));
        ClientWebSocket second = await SubscribeAsync(server, "room", options: """{"member": "alice"}""");
        ClientWebSocket bob = await SubscribeAsync(server, "room", options: """{"member": "böb"}""");
        Assert.Equal("""{"event":"join","topic":"room","member":"böb","info":null}""", await ClientSocket.ReceiveAsync(watcher));
        Assert.Equal("""[[["alice", {"age": 3}, 2], ["b\u00f6b", null, 1]], 4]""", await server.GetTextAsync("/presence?topic=room"));
        first.Abort();
        bob.Abort();
        Assert.Equal("""{"event":"leave","topic":"room","member":"böb","info":null}""", await ClientSocket.ReceiveAsync(watcher));
        second.Abort();

        Assert.Equal("""{"event":"leave","topic":"room","member":"alice","info":{"age":3}}""", await ClientSocket.ReceiveAsync(watcher));
        await CloseAsync([watcher]);
    }

    [Theory]
    [InlineData("memory", false)]
    [InlineData("memory", true)]
    [RedisData(false)]
    public async Task Stream_GetsEvents_BetweenWhatItsApplicationSends(string engine, bool isCompressed)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app", isCompressed ? ["--compress"] : []) with { Workers = 2 });
        using var client = new HttpClient(new HttpClientHandler { AutomaticDecompression = System.Net.DecompressionMethods.GZip }) { BaseAddress = server.Address };
        using HttpResponseMessage response = await client.GetAsync(new Uri("/stream?topic=news", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(":", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        string[] sent = [.. Enumerable.Range(0, 30).Select(static i => $"message {i}")];
        foreach (string text in sent)
        {
            Assert.Equal(1, await PublishAsync(server, "news", text));
        }

        List<string> got = [];
        while (got.Count < sent.Length)
        {
            string line = (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)))!;
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                got.Add(line[6..]);
            }
        }

        Assert.Equal(sent, got);
        response.Dispose();
        await NobodyAsync(server, "news");
        await server.Board.WaitAsync("beats");
    }

    [Theory]
    [InlineData("rsgi", "auto")]
    [InlineData("rsgi", "off")]
    [InlineData("raw", "auto")]
    [InlineData("raw", "off")]
    public async Task OtherInterfaces_WebSocketsAndStreams_Subscribe(string app, string speedups)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, app, "--interface", app, "--speedups", speedups));
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri("/", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": subscribed", await reader.ReadLineAsync().WithinLimitAsync("the stream"));
        using ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/");
        Assert.Equal("subscribed", await ClientSocket.ReceiveAsync(client));

        Assert.Equal("hello", await ClientSocket.AskAsync(client, "hello"));
        string? line = "";
        while (line?.StartsWith("data: ", StringComparison.Ordinal) == false)
        {
            // It may have come before the stream has subscribed.
            Assert.Equal("hello", await ClientSocket.AskAsync(client, "hello"));
            line = await reader.ReadLineAsync().WithinLimitAsync("an event");
        }

        Assert.Equal("data: hello", line);
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Stream_WhoseLengthIsKnown_TakesNone(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app"));

        Assert.Equal("aVErr", await server.GetTextAsync("/stream?topic=news&length=5"));
    }

    [Fact]
    public async Task SlowClients_LoseTheirOwnMessagesAlone()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app") with { Workers = 2 });
        ClientWebSocket oldest = await SubscribeAsync(server, "room", options: """{"queue": 2}""");
        ClientWebSocket newest = await SubscribeAsync(server, "room", options: """{"queue": 2, "slow": "drop"}""");
        ClientWebSocket closed = await SubscribeAsync(server, "room", options: """{"queue": 2, "slow": "close"}""");
        ClientWebSocket quick = await SubscribeAsync(server, "quick");
        await SubscribeAgainAsync(quick, "room");
        Task<List<int>> reading = Task.Run(async () =>
        {
            List<int> sizes = [];
            while (await ClientSocket.ReceiveAsync(quick) is { Length: > 10 } text)
            {
                sizes.Add(text.Length);
            }

            return sizes;
        });

        // More than the sockets of clients that read nothing take.
        await server.GetTextAsync("/big?topic=room&size=1000000&count=40");
        Assert.Equal(["1013"], await server.Board.WaitAsync("left"));
        await PublishAsync(server, "quick", "end");
        Assert.Equal(40, (await reading).Count);
        Assert.Equal(3, await PublishAsync(server, "room", "end"));

        Assert.Equal("end", await LastAsync(oldest));
        Assert.NotEqual("end", await LastAsync(newest, most: 1));
        Assert.Null(await LastAsync(closed));
        Assert.Equal(1013, (int)closed.CloseStatus!);
        await CloseAsync([oldest, quick]);
        newest.Abort();
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Worker_ThatDies_CostsTheOthersNothing(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app", "--retry", "never") with { Workers = 2 });
        Dictionary<int, List<ClientWebSocket>> clients = [];
        for (int i = 0; i < 20; i++)
        {
            int worker = 0;
            ClientWebSocket client = await SubscribeAsync(server, "room", pid => worker = pid);
            clients.TryAdd(worker, []);
            clients[worker].Add(client);
        }

        int dead = clients.Keys.First();
        Processes.Signal(dead, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        Assert.All(await Task.WhenAll(clients[dead].Select(ClientSocket.ReceiveAsync)), Assert.Null);
        Assert.All(clients[dead], static client => Assert.Equal(1012, (int)client.CloseStatus!));
        List<ClientWebSocket> others = clients[clients.Keys.Last()];
        Assert.Equal(others.Count, await PublishAsync(server, "room", "still here"));
        Assert.All(await Task.WhenAll(others.Select(ClientSocket.ReceiveAsync)), static text => Assert.Equal("still here", text));
        await CloseAsync(others);
    }

    [Fact]
    public async Task Worker_ThatFloods_LeavesRoomForTheOthers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app", "--pubsub-memory", "8m") with { Workers = 2 });
        ClientWebSocket[] crowd = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SubscribeAsync(server, "crowd")));
        Task[] reading = [.. crowd.Select(static client => Task.Run(async () =>
        {
            while (await ClientSocket.ReceiveAsync(client) is not null)
            {
            }
        }))];
        Task<string> flood = server.GetTextAsync("/flood?count=20000");
        ClientWebSocket quiet = await SubscribeAsync(server, "quiet");
        Assert.False((await server.Board.WaitAsync("flooded"))[0].StartsWith("0 ", StringComparison.Ordinal));

        // It still has all that it could get.
        int other = 0;
        for (int i = 0; i < 20; i++)
        {
            ClientWebSocket client = await SubscribeAsync(server, $"late-{i}", pid => other = pid);
            Assert.Equal(1, await PublishAsync(server, $"late-{i}", "hello"));
            Assert.Equal("hello", await ClientSocket.ReceiveAsync(client));
            await CloseAsync([client]);
        }

        Assert.Equal(1, await PublishAsync(server, "quiet", "hello"));
        Assert.Equal("hello", await ClientSocket.ReceiveAsync(quiet));
        server.Board.Open("drained");
        Assert.Equal("true", await flood);
        await CloseAsync([quiet]);
        foreach (ClientWebSocket client in crowd)
        {
            await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", default);
        }

        await Task.WhenAll(reading);
    }

    [Theory]
    [InlineData()]
    [InlineData("--preload")]
    [InlineData("--speedups", "off")]
    public async Task Code_OfAWorker_ListensInLoopsThreadsAndChildren(params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app", arguments) with { Workers = 2 });

        Assert.Equal("""[[["", "one", "message"], ["-other", "b'\\x00two'", "message"], ["-third", "three", "message"]], []]""", await server.GetTextAsync("/listen?topic=t"));
        Assert.Equal("true", await server.GetTextAsync("/threads"));
        Assert.Equal(
            """[[["7", "8", "9"], 7, "TimeoutError"], [["0", "1", "2"], 7, "TimeoutError"], [["0", "1", "2"], 1, "TooSlow"]]""", await server.GetTextAsync("/slow"));
        Assert.Equal("""["ok:2", "go"]""", await server.GetTextAsync("/forked"));
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Code_InTrio_ListensAndSubscribes(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "trio_app", "--loop", "trio"));

        Assert.Equal("""["hello", 0]""", await server.GetTextAsync("/"));
        ClientWebSocket client = await SubscribeAsync(server, "room");
        Assert.Equal("before", await ClientSocket.AskAsync(client, """["around", "own"]"""));
        Assert.Equal("published", await ClientSocket.ReceiveAsync(client));
        Assert.Equal("behind", await ClientSocket.ReceiveAsync(client));
        await CloseAsync([client]);
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Code_InThreads_ListensToOtherWorkers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "wsgi", "--threads", "1") with { Workers = 2 });
        Task<string> listening = server.GetTextAsync("/listen");
        await server.Board.WaitAsync("listens");
        long[] publisher = Numbers(await server.GetTextAsync("/publish"));
        JsonElement heard = JsonSerializer.Deserialize<JsonElement>(await listening);

        Assert.Equal(1, publisher[0]);
        Assert.Equal("from a thread", heard[0].GetString());
        Assert.NotEqual(publisher[1], heard[1].GetInt64());
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Calls_ThatMakeNoSense_RaiseWhatTheySay(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app"));

        Assert.Equal(
            ["ValueError", "ValueError", "TypeError", "TypeError", "ValueTooLarge", "ValueError", "ValueError", "ValueError", "ValueError", "ValueError", "False", "StateError"],
            JsonSerializer.Deserialize<string[]>(await server.GetTextAsync("/wrong"))!);
    }

    [Theory]
    [InlineData("--pubsub-memory", "StateUnavailable", "\"value\"")]
    [InlineData("--state-memory", null, "\"StateUnavailable\"")]
    public async Task OneOfTheTwo_SwitchedOff_LeavesTheOther(string option, string? publishing, string values)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app", option, "0"));

        Assert.Equal(publishing is null, (await server.GetTextAsync("/publish?topic=room&text=x")).StartsWith('['));
        Assert.Equal(values, await server.GetTextAsync("/values"));
        ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/");
        Assert.Contains(publishing ?? "done", await ClientSocket.AskAsync(client, """["subscribe", "room", {}]"""), StringComparison.Ordinal);
        await CloseAsync([client]);
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Reload_LeavesWhatTheNewWorkersSubscribeTo(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app"));
        ClientWebSocket old = await SubscribeAsync(server, "room");
        server.Signal(Processes.Hangup);
        await server.Log.WaitUntilReadyAsync(0, 2);
        ClientWebSocket fresh = await SubscribeAsync(server, "room");
        await PublishAsync(server, "room", "hello");
        Assert.Equal("hello", await ClientSocket.ReceiveAsync(fresh));
        string? first = await ClientSocket.ReceiveAsync(old);
        Assert.True(first is null or "hello");
        await CloseAsync([fresh]);
        old.Abort();
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task ChannelLayer_KeepsTheRulesOfChannels(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("layer_app:application") { Arguments = place.Arguments });

        Assert.Equal(
            """{"message": true, "specific": "local", "own": true, "full": [false, false, false, true], "order": ["0", "1", "2"], "one": [false, true], "group": [["0", "1", "2"], "0"], "discarded": true, "flushed": true, "names": 3, "expired": true}""",
            await server.GetTextAsync("/rules"));
        Assert.Equal("""{"lost": 0}""", await server.GetTextAsync("/cancelled"));
    }

    [Theory]
    [InlineData("memory", "application")]
    [InlineData("memory", "wsgi")]
    [RedisData("application")]
    public async Task ChannelLayer_InThreadsAndSeveralLoops_IsOne(string engine, string application)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("layer_app:" + application) { Arguments = place.Arguments, Workers = 2 });

        Assert.StartsWith("""{"got": ["0", "1", "2"], "own": "own",""", await server.GetTextAsync("/threads"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task ChannelLayer_Groups_AreOfAllWorkers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("layer_app:application") { Arguments = place.Arguments, Workers = 2 });
        List<ClientWebSocket> clients = [];
        HashSet<string?> workers = [];
        for (int i = 0; i < 10; i++)
        {
            clients.Add(await ClientSocket.OpenAsync(server.Address, "/room"));
            workers.Add(await ClientSocket.ReceiveAsync(clients[i]));
        }

        Assert.Equal(2, workers.Count);
        for (int i = 0; i < 20; i++)
        {
            await server.GetTextAsync($"/say?text=hello-{i}");
            Assert.All(await Task.WhenAll(clients.Select(ClientSocket.ReceiveAsync)), text => Assert.Equal($"hello-{i}", text));
        }

        ClientWebSocket direct = await ClientSocket.OpenAsync(server.Address, "/direct");
        Assert.Equal("here", await ClientSocket.ReceiveAsync(direct));
        Assert.Equal("sent on", await ClientSocket.AskAsync(direct, "sent on"));
        await CloseAsync([.. clients, direct]);
    }

    [NewestPackagesTheory]
    [InlineData("socketio_app", "websocket")]
    [InlineData("socketio_app", "polling", "--affinity", "cookie:lb", "--affinity-cookie", "--graceful-timeout", "1")]
    [InlineData("socketio_threads", "polling", "--affinity", "cookie:lb", "--affinity-cookie", "--threads", "40")]
    public async Task SocketIO_ManagersOfAllWorkers_HearEachOther(string app, string transport, params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec($"{app}:app") { Workers = 2, Python = NewestPackages.Python, Arguments = arguments });
        using var directory = new TestDirectory();
        await using var command = new RunningCommand(
            [NewestPackages.Python, Path.Combine(Repository.Apps, "socketio_client.py"), server.Address.ToString(), transport], directory.Path, new Dictionary<string, string?>());

        Assert.True(await command.ExitAsync() == 0, command.Log.Text);
    }

    private static ServerSpec Spec(StateEngine? place, string app, params string[] arguments)
        => new("topics_app:" + app) { Arguments = [.. place?.Arguments ?? [], .. arguments] };

    private static long[] Numbers(string json) => JsonSerializer.Deserialize<long[]>(json)!;

    private static async Task<long> PublishAsync(HydraServer server, string topic, string text)
        => Numbers(await server.GetTextAsync($"/publish?topic={topic}&text={Uri.EscapeDataString(text)}"))[0];

    // Waits until a topic has no subscriptions any more.
    private static async Task NobodyAsync(HydraServer server, string topic)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (await PublishAsync(server, topic, "x") != 0)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task<ClientWebSocket> SubscribeAsync(HydraServer server, string topic, Action<int>? worker = null, string options = "{}")
    {
        ClientWebSocket client = await ClientSocket.OpenAsync(server.Address, "/");
        worker?.Invoke(await SubscribeAgainAsync(client, topic, options));
        if (worker is null)
        {
            await SubscribeAgainAsync(client, topic, options);
        }

        return client;
    }

    private static async Task<int> SubscribeAgainAsync(ClientWebSocket client, string topic, string options = "{}")
    {
        string? answer = await ClientSocket.AskAsync(client, $"""["subscribe", "{topic}", {options}]""");
        Assert.StartsWith("""["done",""", answer, StringComparison.Ordinal);
        return JsonSerializer.Deserialize<JsonElement>(answer!)[1].GetInt32();
    }

    // The last of what has come up to a close or to "end".
    private static async Task<string?> LastAsync(ClientWebSocket client, int most = int.MaxValue)
    {
        string? last;
        do
        {
            last = await ClientSocket.ReceiveAsync(client);
        }
        while (last is not (null or "end") && --most > 0);
        return last;
    }

    private static async Task CloseAsync(IEnumerable<ClientWebSocket> clients)
    {
        foreach (ClientWebSocket client in clients)
        {
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default);
            client.Dispose();
        }
    }
}
