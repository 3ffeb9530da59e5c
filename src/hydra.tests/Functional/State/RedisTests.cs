using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Runtime.Versioning;
using Hydra.Redis;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>--state redis://: what workers share is in a Redis, also for several servers.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RedisTests
{
    [RedisFact]
    public async Task Counters_OfTwoServers_AreExact()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(Spec(redis) with { Workers = 2 });
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? one : two).GetTextAsync("/many?100")));
        string[] once = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? one : two).GetTextAsync($"/once?{i / 4}")));

        Assert.Equal("2001", await one.GetTextAsync("/many?1"));
        Assert.Equal(10, once.Distinct().Count());
        Assert.All(Enumerable.Range(0, 10), i => Assert.Single(once[(i * 4)..((i * 4) + 4)].Distinct()));
        Assert.Equal("set", await one.GetTextAsync("/set?here"));
        Assert.Equal("here", await two.GetTextAsync("/get"));
    }

    [RedisTheory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Lock_OfTwoServers_HasOneHolderForEachPlace(int places)
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(Spec(redis) with { Workers = 2 });
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        string[] seen = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? one : two).GetTextAsync($"/critical?{places}")));

        Assert.All(seen, text => Assert.InRange(int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture), 1, places));
        Assert.Equal(100, seen.Select(static text => text.Split(' ')[1]).Distinct().Count());
    }

    [RedisFact]
    public async Task Lock_WhoseServerIsKilled_IsFreeWhenThatIsKnown_AndNotBefore()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(Spec(redis));
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        Task holder = one.GetTextAsync("/hold");
        long token = long.Parse((await one.Board.WaitAsync("holds"))[0], CultureInfo.InvariantCulture);
        string key = await FrontOfAsync(redis, "held");
        Task<string> waiting = two.GetTextAsync("/wait");
        await Eventually.HoldsAsync(() => redis.Ask("EXISTS", "hydra:redis_app:app:q:held").Number == 1, "somebody who waits");
        Processes.Signal(one.Pid, Processes.Kill);
        while (redis.Ask("EXISTS", key).Number == 1)
        {
            Assert.False(waiting.IsCompleted && redis.Ask("EXISTS", key).Number == 1);
            await Task.Delay(50);
        }

        Assert.True(long.Parse(await waiting, CultureInfo.InvariantCulture) > token);
        await Assert.ThrowsAnyAsync<Exception>(() => holder);
        await one.ExitAsync();
    }

    [RedisFact]
    public async Task Lock_WhoseWorkerIsKilled_IsFreeAtOnceAtTheOtherServer()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(Spec(redis, "--retry", "never"));
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        Task holder = one.GetTextAsync("/hold");
        await one.Board.WaitAsync("holds");
        string key = await FrontOfAsync(redis, "held");
        Task<string> waiting = two.GetTextAsync("/wait");
        Processes.Signal(one.WorkerPids()[0], Processes.Kill);
        await waiting.WithinLimitAsync("the lock");

        // The front is there, so that it is not that which has freed it.
        Assert.NotEqual(0, redis.Ask("EXISTS", key).Number);
        await holder;
        await one.Log.ExpectErrorAsync("SIGKILL");
        await one.Log.ExpectErrorAsync("/hold");
    }

    [RedisFact]
    public async Task Messages_PublishedAtAnyServer_ReachAllClientsOnceAndInOneOrder()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(Spec(redis));
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        List<ClientWebSocket> clients = [];
        for (int i = 0; i < 6; i++)
        {
            clients.Add(await SubscribeAsync(i % 2 == 0 ? one : two));
        }

        string[] reached = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => (i % 2 == 0 ? one : two).GetTextAsync($"/publish?{i}")));
        string[][] got = await Task.WhenAll(clients.Select(static async client =>
        {
            string[] mine = new string[60];
            for (int i = 0; i < mine.Length; i++)
            {
                mine[i] = (await ClientSocket.ReceiveAsync(client))!;
            }

            return mine;
        }));

        Assert.All(reached, static count => Assert.Equal("6", count));
        Assert.Equal(60, got[0].Distinct().Count());
        Assert.All(got, mine => Assert.Equal(got[0], mine));

        // Nothing is behind that.
        await two.GetTextAsync("/publish?last");
        Assert.All(await Task.WhenAll(clients.Select(ClientSocket.ReceiveAsync)), static text => Assert.Equal("last", text));
        clients.ForEach(static client => client.Dispose());
    }

    [RedisFact]
    public async Task Presence_IsOfAllServers()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(Spec(redis));
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        using ClientWebSocket alice = await SubscribeAsync(one, "?alice");
        using ClientWebSocket bob = await SubscribeAsync(two, "?bob");
        Assert.Equal("""{"event":"join","topic":"room","member":"bob","info":null}""", await ClientSocket.ReceiveAsync(alice));
        using ClientWebSocket again = await SubscribeAsync(two, "?alice");

        Assert.Equal("alice=2 bob=1", await one.GetTextAsync("/here"));
        Assert.Equal("alice=2 bob=1", await two.GetTextAsync("/here"));
        again.Abort();
        alice.Abort();
        Assert.Equal("""{"event":"leave","topic":"room","member":"alice","info":null}""", await ClientSocket.ReceiveAsync(bob));
    }

    [RedisFact]
    public async Task Redis_KilledAndStartedAgain_IsMissedAndUsedAgain()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer server = await HydraServer.StartAsync(Spec(redis, "--metrics", "127.0.0.1:0"));
        using ClientWebSocket client = await SubscribeAsync(server);
        Assert.Contains("hydra_state_engine_up 1", await server.ScrapeAsync(), StringComparison.Ordinal);
        await redis.KillAsync();

        Assert.StartsWith("StateUnavailable: Redis cannot be reached: ", await server.GetTextAsync("/incr"), StringComparison.Ordinal);
        await server.Log.WaitAsync("is gone, calls on shared state raise StateUnavailable");
        Assert.Contains("hydra_state_engine_up 0", await server.ScrapeAsync(), StringComparison.Ordinal);
        Assert.Equal("plain", await server.GetTextAsync("/plain"));
        using (var late = new ClientWebSocket())
        {
            await late.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Address.Port}/"), CancellationToken.None);
            Assert.Equal("StateUnavailable", await ClientSocket.ReceiveAsync(late));
        }

        await redis.StartAsync();
        await server.Log.WaitAsync("is back after");
        Assert.Equal("1", await server.GetTextAsync("/incr"));
        await Eventually.HoldsAsync(() => redis.Ask("PUBSUB", "NUMSUB", "hydra:redis_app:app:s:room")[1].AsNumber == 1, "the subscription");
        Assert.Equal("1", await server.GetTextAsync("/publish?again"));
        Assert.Equal("again", await ClientSocket.ReceiveAsync(client));
        Assert.Single(server.Log.Find("is gone, calls"));
        Assert.Single(server.Log.Find("is back after"));
    }

    [RedisFact]
    public async Task Redis_ThatIsStopped_EndsCallsInTimeAndTellsThatTheirOutcomeIsNotKnown()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer server = await HydraServer.StartAsync(Spec(redis, "?timeout=0.5"));
        Assert.Equal("1", await server.GetTextAsync("/incr"));
        Processes.Signal(redis.Pid, Processes.Stop);
        try
        {
            Assert.StartsWith("StateUncertain: whether it was done is not known", await server.GetTextAsync("/incr"), StringComparison.Ordinal);
            Assert.StartsWith("StateUnavailable: Redis does not answer", await server.GetTextAsync("/incr"), StringComparison.Ordinal);
            Assert.Equal("plain", await server.GetTextAsync("/plain"));
        }
        finally
        {
            Processes.Signal(redis.Pid, Processes.Continue);
        }

        await server.Log.WaitAsync("is back after");
        Assert.Equal("3", await server.GetTextAsync("/incr"));
    }

    [RedisFact]
    public async Task Redis_WithoutMemory_RaisesStateFull()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer server = await HydraServer.StartAsync(Spec(redis));
        Assert.Equal("1", await server.GetTextAsync("/incr"));
        redis.Ask("CONFIG", "SET", "maxmemory", "1");

        Assert.Equal("StateFull: Redis has no memory left (maxmemory)", await server.GetTextAsync("/large"));
        Assert.StartsWith("StateFull", await server.GetTextAsync("/incr"), StringComparison.Ordinal);
        redis.Ask("CONFIG", "SET", "maxmemory", "0");
        Assert.Equal("2", await server.GetTextAsync("/incr"));
        await server.Log.WaitAsync("Redis has no memory left for the shared state");
    }

    [RedisFact]
    public async Task Redis_ThatBecomesAReplica_IsNotUsedUntilItIsNone()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using RedisServer master = await RedisServer.StartAsync();
        await using HydraServer server = await HydraServer.StartAsync(Spec(redis));
        redis.Ask("REPLICAOF", "127.0.0.1", "1");

        string said = await server.GetTextAsync("/incr");
        Assert.Contains("is a replica", said, StringComparison.Ordinal);
        Assert.StartsWith("StateUnavailable", said, StringComparison.Ordinal);
        await server.Log.WaitAsync("is gone", "is a replica");
        redis.Ask("REPLICAOF", "NO", "ONE");
        await server.Log.WaitAsync("is back after");
        Assert.Equal("1", await server.GetTextAsync("/incr"));
    }

    [RedisFact]
    public async Task Hosts_ThatAreReplicas_ArePassedOver()
    {
        int first = FreePort.Find();
        int second = FreePort.Find();
        await using RedisServer replica = await RedisServer.StartAsync("--port", $"{first}", "--bind", "127.0.0.1");
        await using RedisServer redis = await RedisServer.StartAsync("--port", $"{second}", "--bind", "127.0.0.1");
        replica.Ask("REPLICAOF", "127.0.0.1", $"{second}");
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("redis_app:app") { Arguments = ["--state", $"redis://127.0.0.1:{first},127.0.0.1:{second}/3"] });
        Assert.Equal("1", await server.GetTextAsync("/incr"));
        redis.Ask("REPLICAOF", "127.0.0.1", $"{first}");
        replica.Ask("REPLICAOF", "NO", "ONE");
        await server.Log.WaitAsync("is back after");

        Assert.Matches("^[12]$", await server.GetTextAsync("/incr"));
    }

    [RedisTheory]
    [InlineData("redis://:s3cret-wrong@HOST", "does not take the user and the password")]
    [InlineData("redis://HOST", "wants a password")]
    [InlineData("redis://:s3cret@HOST/99", "has no database 99")]
    public async Task Start_WithWhatRedisRefuses_EndsWithASentenceWithoutThePassword(string url, string sentence)
    {
        int port = FreePort.Find();
        await using RedisServer redis = await RedisServer.StartAsync("--port", $"{port}", "--bind", "127.0.0.1", "--requirepass", "s3cret");
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("redis_app:app") { Arguments = ["--state", url.Replace("HOST", $"127.0.0.1:{port}", StringComparison.Ordinal)] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync(sentence);
        Assert.DoesNotContain("s3cret", server.Log.Text, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task Password_IsInNoLogAndNoMetric()
    {
        int port = FreePort.Find();
        await using RedisServer redis = await RedisServer.StartAsync("--port", $"{port}", "--bind", "127.0.0.1", "--requirepass", "s3cret");
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("redis_app:app")
        {
            Arguments = ["--metrics", "127.0.0.1:0", "--log-level", "debug"],
            Variables = new Dictionary<string, string?> { ["HYDRA_STATE"] = $"redis://:s3cret@127.0.0.1:{port}/1" },
        });
        Assert.Equal("1", await server.GetTextAsync("/incr"));
        await redis.KillAsync();
        await server.Log.WaitAsync("is gone");

        Assert.DoesNotContain("s3cret", await server.GetTextAsync("/incr"), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", await server.ScrapeAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", server.Log.Text, StringComparison.Ordinal);
        Assert.All(server.Tree(), static pid => Assert.DoesNotContain("s3cret", Processes.CommandLine(pid), StringComparison.Ordinal));
    }

    [LinuxFact]
    public async Task Start_WithWhatIsNoRedis_SaysSo()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptSocketAsync();
            await socket.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            await socket.ReceiveAsync(new byte[1000]);
        });
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("redis_app:app") { Arguments = ["--state", $"redis://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"] });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("what answers there is no Redis");
    }

    [RedisFact]
    public async Task Start_BeforeRedis_WaitsForIt()
    {
        await using RedisServer redis = RedisServer.Prepare();
        await using HydraServer server = await HydraServer.LaunchAsync(Spec(redis));
        await server.Log.WaitAsync("the server starts when Redis at", "is there");
        await redis.StartAsync();
        await server.WaitUntilReadyAsync();

        Assert.Equal("1", await server.GetTextAsync("/incr"));
        Assert.Single(server.Log.Find("the server starts when Redis at"));
    }

    [LinuxFact]
    public async Task Start_WithoutRedis_CanBeStopped()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("redis_app:app") { Arguments = ["--state", "unix:///nowhere/redis.sock"] });
        await server.Log.WaitAsync("the server starts when Redis at unix:///nowhere/redis.sock is there");

        Assert.Equal(0, await server.StopAsync());
    }

    [LinuxFact]
    public async Task Url_ThatIsNone_EndsWithASentence()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("redis_app:app") { Arguments = ["--state", "redis://:s3cret@host:0"] });

        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains("--state", server.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", server.Log.Text, StringComparison.Ordinal);
        server.Log.ExpectAnyErrors("");
    }

    [RedisFact]
    public async Task Mounts_SeeNothingOfEachOther_AndPrefixesTellServersApart()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer one = await HydraServer.StartAsync(new ServerSpec("redis_app:app")
        {
            Arguments = ["--state", $"{redis.Url}?prefix=shop:", "--mount", $"/other=redis_app:app,app-dir={Path.Combine(Repository.Apps, ".", "broken", "..")}"],
        });
        await using HydraServer two = await HydraServer.StartAsync(Spec(redis));
        Assert.Equal("1", await one.GetTextAsync("/incr"));
        Assert.Equal("1", await one.GetTextAsync("/other/incr"));
        Assert.Equal("2", await one.GetTextAsync("/incr"));
        Assert.Equal("1", await two.GetTextAsync("/incr"));

        string[] keys = [.. redis.Ask("KEYS", "*:v:n").Items!.Select(static key => key.Text).Order(StringComparer.Ordinal)];
        Assert.Equal(3, keys.Length);
        Assert.Equal("hydra:redis_app:app:v:n", keys[0]);
        Assert.All(keys[1..], static key => Assert.StartsWith("shop:redis_app:app@", key, StringComparison.Ordinal));
    }

    [RedisFact]
    public async Task Upgrade_AndReload_HaveTheSameState()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer server = await HydraServer.StartAsync(Spec(redis));
        Assert.Equal("1", await server.GetTextAsync("/incr"));
        server.Signal(Processes.Hangup);
        await server.Log.WaitUntilReadyAsync(0, 2);
        Assert.Equal("2", await server.GetTextAsync("/incr"));
        server.Signal(Processes.User2);
        string line = await server.Log.WaitAsync("the new server (pid", "has taken over");
        int successor = int.Parse(line.Split("(pid ")[1].Split(')')[0], CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(server.Pid), "the end of the old server", () => server.Log.Text);
        Assert.Equal("3", await server.GetTextAsync("/incr"));
        Processes.Signal(successor, Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }

    [RedisFact]
    public async Task Stop_LeavesNothingBehindThatBelongsToTheServer()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using HydraServer server = await HydraServer.StartAsync(Spec(redis));
        Task holder = server.GetTextAsync("/hold");
        await server.Board.WaitAsync("holds");
        string key = await FrontOfAsync(redis, "held");
        server.Board.Open("hold");
        await holder;
        await server.StopAsync();

        Assert.Equal(0, redis.Ask("EXISTS", key, "hydra:redis_app:app:l:held").Number);
    }

    // A URL of the test's Redis; what begins with a question mark belongs to it.
    private static ServerSpec Spec(RedisServer redis, params string[] arguments)
    {
        string query = arguments.FirstOrDefault(static one => one.StartsWith('?')) ?? "";
        return new ServerSpec("redis_app:app") { Arguments = ["--state", redis.Url + query, .. arguments.Where(static one => !one.StartsWith('?'))] };
    }

    private static async Task<ClientWebSocket> SubscribeAsync(HydraServer server, string query = "")
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Address.Port}/{query}"), CancellationToken.None);
        Assert.Equal("subscribed", await ClientSocket.ReceiveAsync(client));
        return client;
    }

    // The key of the server that holds a lock.
    private static async Task<string> FrontOfAsync(RedisServer redis, string name)
    {
        RespValue held = await Eventually.GetAsync(() => redis.Ask("HVALS", $"hydra:redis_app:app:l:{name}") is { Count: > 0 } found ? found : (RespValue?)null, "the lock");
        return "hydra:front:" + held[0].Text.Split('|')[1];
    }
}
