using System.Net;
using System.Runtime.Versioning;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.state: what all workers of an application share.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SharedStateTests
{
    [Theory]
    [InlineData("memory", "uds", null)]
    [InlineData("memory", "tcp", null)]
    [InlineData("memory", "uds", "sockets")]
    [RedisData("uds", null)]
    [RedisData("uds", "sockets")]
    public async Task Values_OfEveryKind_AreKept(string engine, string workerTransport, string? transport)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app") with { WorkerTransport = workerTransport, Transport = transport });

        Assert.Equal(
            """["\u00e9", [0, 255], -5, 1180591620717411303424, null, "default", true, false, true, false, true, false, "changed", 2, 1, [["new", 1], ["number", 1]], 2, true, 60, "once", "once", true, true, true]""",
            await server.GetTextAsync("/values"));
    }

    [Theory]
    [InlineData("memory", "auto")]
    [InlineData("memory", "asyncio")]
    [InlineData("memory", "trio")]
    [RedisData("auto")]
    public async Task Values_AwaitedInAnyLoop_AreKept(string engine, string loop)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "asgi", "--loop", loop));

        if (loop != "trio")
        {
            Assert.Equal(
                """["\u00e9", "default", false, true, false, 2, [["number", 2], ["text", "changed"]], "once", true, 60, 100]""", await server.GetTextAsync("/values"));
        }

        long[][] inside = [.. (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.GetTextAsync(loop == "trio" ? "/trio" : "/critical")))).Select(static text => JsonSerializer.Deserialize<long[]>(text)!)];
        Assert.All(inside, static one => Assert.Equal(1, one[0]));
    }

    [Fact]
    public async Task Calls_ThatMakeNoSense_RaiseWhatTheySay()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app", "--state-memory", "2m"));

        Assert.Equal(
            ["NotANumber", "KeyError", "OverflowError", "ValueTooLarge", "StateFull", "TypeError", "ValueError", "AttributeError", "ValueError", "ValueError", "StateError"],
            JsonSerializer.Deserialize<string[]>(await server.GetTextAsync("/refused"))!.Select(static name => name is "PicklingError" ? "AttributeError" : name));
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Counter_OfManyWorkersThatAreKilled_LosesNothingAndCountsNothingTwice(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app", "--retry", "always") with { Workers = 4 });
        const int calls = 300;
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (int i = Interlocked.Increment(ref next); i < calls; i = Interlocked.Increment(ref next))
            {
                Assert.InRange(int.Parse(await server.GetTextAsync($"/counted?{i}")), 1, calls);
            }
        }));

        Assert.Equal($"{calls}", await server.GetTextAsync("/count"));
        server.Log.ExpectAnyErrors("SIGKILL");
        await server.StopAsync();
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Theory]
    [InlineData("memory", 20_000)]
    [RedisData(5_000)]
    public async Task Counters_UnderFire_KeepWhatWasAcknowledgedAndCountNothingTwice(string engine, int steps)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "asgi", "--retry", "always") with { Workers = 4 });
        const int each = 50;
        int next = -1;
        int answered = 0;
        int kills = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (int i = Interlocked.Increment(ref next); i < steps / each; i = Interlocked.Increment(ref next))
            {
                string? worker = null;
                while (worker is null)
                {
                    // One that has lost several workers is refused: its client comes again.
                    using HttpResponseMessage response = await server.Client.GetAsync($"/fire?{i * each}");
                    worker = response.StatusCode is HttpStatusCode.OK ? await response.Content.ReadAsStringAsync() : null;
                }

                if (Interlocked.Increment(ref answered) % 10 == 0)
                {
                    Processes.Signal(int.Parse(worker), Processes.Kill);
                    Interlocked.Increment(ref kills);
                }
            }
        }));

        long[] sums = JsonSerializer.Deserialize<long[]>(await server.GetTextAsync("/sums"))!;
        long[][] acknowledged = [.. server.Board.Records("acknowledged").Select(static line => Array.ConvertAll(line.Split(' '), long.Parse))];
        Assert.NotEqual(0, kills);

        // A step has one sum, also where it was done again, and no sum is of two.
        long[][] exact = [.. acknowledged.Select(static note => note[..2]).DistinctBy(static pair => (pair[0], pair[1]))];
        Assert.Equal(steps, sums[0]);
        Assert.Equal(Enumerable.Range(0, steps).Select(static number => (long)number), exact.Select(static pair => pair[0]).Order());
        Assert.Equal(Enumerable.Range(1, steps).Select(static sum => (long)sum), exact.Select(static pair => pair[1]).Order());

        // Without a key what was done in the moment of a kill is done once more.
        Assert.Equal(acknowledged.Length, acknowledged.Select(static note => note[2]).Distinct().Count());
        Assert.True(acknowledged.Max(static note => note[2]) <= sums[1]);
        server.Log.ExpectAnyErrors("SIGKILL");
        server.Log.ExpectAnyErrors("/fire");
        await server.StopAsync();
        server.Log.ExpectAnyErrors("SIGKILL");
    }

    [Theory]
    [InlineData("memory", "app", 8)]
    [InlineData("memory", "asgi", 1)]
    [RedisData("app", 8)]
    public async Task Lock_HasOneHolderInAllWorkers(string engine, string app, int threads)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, app, "--threads", $"{threads}") with { Workers = 3 });
        long[][] seen = [.. (await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => server.GetTextAsync(app == "app" ? "/shared" : "/critical")))).Select(static text => JsonSerializer.Deserialize<long[]>(text)!)];

        Assert.All(seen, static one => Assert.Equal(1, one[0]));
        Assert.Equal(100, seen.Select(static one => one[1]).Distinct().Count());
    }

    [Theory]
    [InlineData("memory", "app")]
    [InlineData("memory", "asgi")]
    [RedisData("app")]
    public async Task Lock_WhoseHolderIsKilled_IsTheNextOnesAtOnce(string engine, string app)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, app, "--retry", "never") with { Workers = 2 });
        Task<RawResponse> holder = SendAsync(server, "/hold");
        string[] holds = (await server.Board.WaitAsync("holds"))[0].Split(' ');
        Task<string> waiting = server.GetTextAsync(app == "app" ? "/wait" : "/critical");
        Processes.Signal(int.Parse(holds[0]), Processes.Kill);
        Assert.Equal(502, (await holder).Status);
        long[] next = JsonSerializer.Deserialize<long[]>(await waiting)!;

        Assert.True(next[1] > long.Parse(holds[1]));
        await server.Log.ExpectErrorAsync("SIGKILL");
        await server.Log.ExpectErrorAsync("/hold");
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Tasks_ThatAreCancelledWhileTheyWait_LeaveTheLockToOthers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "asgi"));

        Assert.Equal("[false, 5]", await server.GetTextAsync("/cancelled"));
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Tasks_OfTrioThatAreCancelled_LeaveTheLockToOthers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "asgi", "--loop", "trio"));

        Assert.Equal("true", await server.GetTextAsync("/triocancelled"));
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Lock_OfAParent_IsNotItsChilds(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app"));

        Assert.Equal("[false, true]", await server.GetTextAsync("/inherited"));
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Rates_AreOfAllWorkersTogether(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app") with { Workers = 2 });

        Assert.Equal("[true, true, true, false, false, true, true, true, false, false]", await server.GetTextAsync("/rates"));
    }

    [Theory]
    [InlineData()]
    [InlineData("--preload")]
    public async Task State_UsedByThreadsChildrenAndWhileImported_IsTheSame(params string[] arguments)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec(null, "app", arguments) with { Workers = 2 });

        Assert.Equal("\"is there\"", await server.GetTextAsync("/imported"));
        Assert.Equal("1600", await server.GetTextAsync("/threads"));
        Assert.Equal("11", await server.GetTextAsync("/forked"));
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task State_OutlivesAReloadAndItsWorkers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(Spec(place, "app"));
        await server.GetTextAsync("/set?here");
        int pid = int.Parse(await server.GetTextAsync("/pid"));
        server.Signal(Processes.Hangup);
        await server.Log.WaitUntilReadyAsync(0, 2);
        await Eventually.HoldsAsync(() => !server.WorkerPids().Contains(pid), "the old worker gone", () => server.Log.Text);

        Assert.Equal("\"here\"", await server.GetTextAsync("/get"));
        Processes.Signal(server.WorkerPids()[0], Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");
        Assert.Equal("\"here\"", await server.GetTextAsync("/get"));
    }

    [Fact]
    public async Task State_SwitchedOff_SaysSo()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec(null, "app", "--state-memory", "0"));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("StateUnavailable", "--state-memory");
        server.Log.ExpectAnyErrors("");
    }

    [Theory]
    [InlineData("memory")]
    [RedisData]
    public async Task Django_CacheAndSessions_AreOfAllWorkers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("django_shared:application") { Arguments = place.Arguments, Workers = 3 });
        using var browser = new HttpClient { BaseAddress = server.Address };

        // Else its connection would stay with its worker.
        browser.DefaultRequestHeaders.ConnectionClose = true;
        for (int i = 1; i <= 12; i++)
        {
            Assert.Equal($"{i}", await browser.GetStringAsync("/count"));
        }

        Assert.Equal("ok", await server.GetTextAsync("/cache"));
        Assert.Equal("ok", await server.GetTextAsync("/async-cache"));
    }

    [PythonModuleTheory("flask_caching")]
    [InlineData("memory")]
    [RedisData]
    public async Task Cachelib_FlaskCachingAndTheCacheItself_AreOfAllWorkers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("flask_cached:app") { Arguments = place.Arguments, Workers = 3 });
        using var browser = new HttpClient { BaseAddress = server.Address };

        // Else its connection would stay with its worker.
        browser.DefaultRequestHeaders.ConnectionClose = true;
        string maker = await browser.GetStringAsync("/made-once");
        for (int i = 1; i <= 9; i++)
        {
            Assert.Equal(maker, await browser.GetStringAsync("/made-once"));
            Assert.Equal($"{i}", await browser.GetStringAsync("/counted"));
        }

        Assert.Equal("ok", await browser.GetStringAsync("/forgotten"));
        Assert.Equal(
            "[1, None, [{'c': [2]}, None], {'a': 1}, False, True, True, False, -1, True, False, ['b', 'new'], False, False]", await browser.GetStringAsync("/calls"));
    }

    [PythonModuleTheory("flask_limiter")]
    [InlineData("memory")]
    [RedisData]
    public async Task FlaskLimiter_CountsForAllWorkers(string engine)
    {
        await using StateEngine place = await StateEngine.StartAsync(engine);
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("flask_limited:app") { Arguments = place.Arguments, Workers = 2 });
        foreach (string path in (string[])["/fixed", "/moving"])
        {
            List<int> statuses = [];
            for (int i = 0; i < 7; i++)
            {
                statuses.Add((await SendAsync(server, path)).Status);
            }

            Assert.Equal([200, 200, 200, 200, 200, 429, 429], statuses);
        }
    }

    private static ServerSpec Spec(StateEngine? place, string app, params string[] arguments)
        => new($"shared_state:{app}") { Arguments = [.. place?.Arguments ?? [], .. arguments] };

    private static async Task<RawResponse> SendAsync(HydraServer server, string path)
    {
        await using RawConnection connection = await server.ConnectAsync();
        return await connection.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    }
}
