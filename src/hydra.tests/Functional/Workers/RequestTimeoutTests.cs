using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--request-timeout: the client gets 504, the log the stack, and the worker its thread or its loop back.</summary>
public sealed class RequestTimeoutTests
{
    [Fact]
    public async Task Wsgi_EndlessLoopInOneThread_IsStoppedAndTheOtherRequestUntouched()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("stuck:wsgi", "--threads", "2"));
        string key = Board.NewKey();
        string other = Board.NewKey();
        string before = await server.GetTextAsync("/hello/1");
        await using RawConnection streaming = await server.ConnectAsync();
        await streaming.GetAsync($"/pieces/{other}");
        await streaming.ReadHeadAsync();
        Assert.NotNull(await streaming.ReadChunkAsync());

        Assert.Equal(504, await StatusAsync(server, $"/loop/{key}"));

        await ExpectStackAsync(server, $"GET /loop/{key}", "in spin");
        Assert.Equal(["begun", "RequestTimeout"], await server.Board.WaitAsync(key, 2));
        server.Board.Open(other);
        Assert.Equal("ended\n", System.Text.Encoding.ASCII.GetString((await streaming.ReadChunkAsync())!));
        Assert.Equal(before, await server.GetTextAsync("/hello/1"));
    }

    [Fact]
    public async Task Wsgi_EndlessLoopInTheOnlyThread_IsStopped()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("stuck:wsgi"));
        string key = Board.NewKey();
        string before = await server.GetTextAsync("/hello/1");

        Assert.Equal(504, await StatusAsync(server, $"/loop/{key}"));

        await ExpectStackAsync(server, $"GET /loop/{key}", "in spin");
        Assert.Equal(before, await server.GetTextAsync("/hello/1"));
    }

    [Fact]
    public async Task Asgi_WaitsForEver_IsCancelled()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("stuck:asgi"));
        string key = Board.NewKey();
        string before = await server.GetTextAsync("/hello/1");

        Assert.Equal(504, await StatusAsync(server, $"/waits/{key}"));

        await ExpectStackAsync(server, $"GET /waits/{key}", "in wait_for_ever");
        Assert.Equal(["begun", "CancelledError"], await server.Board.WaitAsync(key, 2));
        Assert.Equal(before, await server.GetTextAsync("/hello/1"));
    }

    [Fact]
    public async Task Asgi_EndlessLoop_GivesTheLoopBack()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("stuck:asgi"));
        string key = Board.NewKey();
        string before = await server.GetTextAsync("/hello/1");

        Assert.Equal(504, await StatusAsync(server, $"/loop/{key}"));

        await ExpectStackAsync(server, $"GET /loop/{key}", "in spin");
        Assert.Equal(["begun", "RequestTimeout"], await server.Board.WaitAsync(key, 2));
        Assert.Equal(before, await server.GetTextAsync("/hello/1"));
    }

    [Theory]
    [InlineData("deaf", "has not come back")]
    [InlineData("holds", "has not answered")]
    public async Task Wsgi_WorkerThatDoesNotComeBack_IsReplacedByOneThatIsReady(string way, string reason)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            Spec("stuck:wsgi", "--worker-timeout", "1s", "--graceful-timeout", "1s"));
        string key = Board.NewKey();
        int old = Assert.Single(server.WorkerPids());

        Assert.Equal(504, await StatusAsync(server, $"/{way}/{key}"));

        await server.Log.ExpectErrorAsync($"worker 0 (pid {old})", reason);
        await ReplacedAsync(server, old);

        // One that holds the interpreter neither comes back nor answers; which of the two is found first does not matter.
        server.Log.ExpectAnyErrors("has not come back");
        server.Log.ExpectAnyErrors("has not answered");
        server.Log.ExpectAnyErrors($"/{way}/{key}");
    }

    [Fact]
    public async Task Asgi_BusyButAnswering_IsNotReplaced()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("stuck:asgi") { Arguments = ["--worker-timeout", "300ms"] });
        string key = Board.NewKey();
        string before = await server.GetTextAsync("/hello/1");
        Task<string> slow = server.GetTextAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => server.GetTextAsync($"/hello/{i}")));
        server.Board.Open(key);

        Assert.Equal($"slow {key}", await slow);
        Assert.Equal(before, await server.GetTextAsync("/hello/1"));
    }

    [Fact]
    public async Task Wsgi_ResponseBegunOrBodyUnderWay_IsNotLimited()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("stuck:wsgi", "--threads", "3"));
        string key = Board.NewKey();
        string loop = Board.NewKey();
        await using RawConnection streaming = await server.ConnectAsync();
        await streaming.GetAsync($"/pieces/{key}");
        await streaming.ReadHeadAsync();
        await using RawConnection uploading = await server.ConnectAsync();
        await uploading.SendAsync($"POST /upload/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");

        // This one's time begins later and is over; theirs would be, too.
        Assert.Equal(504, await StatusAsync(server, $"/loop/{loop}"));
        await ExpectStackAsync(server, $"GET /loop/{loop}", "in spin");

        await uploading.SendAsync("cd");
        Assert.Equal("abcd", (await uploading.ReadResponseAsync()).Text);
        server.Board.Open(key);
        Assert.NotNull(await streaming.ReadChunkAsync());
        Assert.NotNull(await streaming.ReadChunkAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wsgi_ClientLeaves_IsStoppedIfAskedFor(bool isAskedFor)
    {
        string[] arguments = isAskedFor ? ["--cancel-on-disconnect"] : [];
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("stuck:wsgi") { Arguments = [.. arguments, "--threads", "2", "--graceful-timeout", "1s"] });
        string key = Board.NewKey();
        await using (RawConnection connection = await server.ConnectAsync())
        {
            await connection.GetAsync($"/loop/{key}");
            await server.Board.WaitAsync(key);
            connection.Reset();
        }

        if (isAskedFor)
        {
            Assert.Equal(["begun", "RequestAbandoned"], await server.Board.WaitAsync(key, 2));
        }

        Assert.StartsWith("hello 1", await server.GetTextAsync("/hello/1"), StringComparison.Ordinal);
        if (!isAskedFor)
        {
            Assert.Equal(["begun"], server.Board.Records(key));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Asgi_ClientLeaves_IsCancelledAfterTheGraceIfAskedFor(bool isReset)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("stuck:asgi") { Arguments = ["--cancel-on-disconnect=100ms"] });
        string key = Board.NewKey();
        await using RawConnection connection = await server.ConnectAsync();
        await connection.GetAsync($"/waits/{key}");
        await server.Board.WaitAsync(key);
        if (isReset)
        {
            connection.Reset();
        }
        else
        {
            await connection.DisposeAsync();
        }

        Assert.Equal(["begun", "CancelledError"], await server.Board.WaitAsync(key, 2));
    }

    [Fact]
    public async Task Worker_StoppedForAWhile_OthersServeAndItComesBackUnconfused()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec("stuck:asgi") with { Workers = 2 });
        int stopped = server.WorkerPids()[0];
        Processes.Signal(stopped, Processes.Stop);
        (int Status, string Text)[] during = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => GetAsync(server, i)));
        Processes.Signal(stopped, Processes.Continue);

        Assert.All(during, answer => Assert.True(answer.Status is 200 or 504, $"{answer.Status}"));
        Assert.Contains(during, answer => answer.Status == 200);
        await Eventually.HoldsAsync(
            () => server.Log.Find("no response within").Count == during.Count(a => a.Status == 504), "a record for each 504", () => server.Log.Text);
        for (int round = 0; round < 10; round++)
        {
            (int Status, string Text)[] after = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => GetAsync(server, i)));
            Assert.All(after.Select((answer, i) => (answer, i)), pair =>
            {
                Assert.Equal(200, pair.answer.Status);
                Assert.StartsWith($"hello {pair.i} from ", pair.answer.Text, StringComparison.Ordinal);
            });
        }

        Assert.Contains(stopped, server.WorkerPids());
        server.Log.ExpectAnyErrors("no response within");
    }

    [Fact]
    public async Task Worker_StoppedForGood_IsReplaced()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            Spec("stuck:asgi", "--worker-timeout", "1s", "--graceful-timeout", "1s"));
        int stopped = Assert.Single(server.WorkerPids());
        Processes.Signal(stopped, Processes.Stop);

        await server.Log.ExpectErrorAsync($"worker 0 (pid {stopped})", "has not answered");
        await ReplacedAsync(server, stopped);
    }

    private static ServerSpec Spec(string app, params string[] arguments)
        => new(app) { Arguments = ["--request-timeout", "1s", .. arguments] };

    private static async Task<int> StatusAsync(HydraServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
        return (int)response.StatusCode;
    }

    private static async Task<(int Status, string Text)> GetAsync(HydraServer server, int number)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri($"/hello/{number}", UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    // The new worker is ready before the old one goes; what still comes to the old one until then times out.
    private static async Task ReplacedAsync(HydraServer server, int old)
    {
        await server.Log.WaitUntilReadyAsync(worker: 0, times: 2);
        (int Status, string Text) answer = await GetAsync(server, 1);
        while (answer.Status == 504)
        {
            answer = await GetAsync(server, 1);
        }

        Assert.StartsWith("hello 1 from ", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"from {old}", answer.Text, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => !Processes.IsAlive(old), "the end of the old worker", () => server.Log.Text);
        server.Log.ExpectAnyErrors("GET /hello/1: no response within");

        // Logged too when the worker was asked to give a request up before it fell silent for good.
        server.Log.ExpectAnyErrors("has not come back");
    }

    // One event by the front, one record with the stack by the worker.
    private static async Task ExpectStackAsync(HydraServer server, string request, string function)
    {
        await server.Log.ExpectErrorAsync(request, "no response within 1 s", "504");
        string record = await server.Log.ExpectErrorAsync(request, "is interrupted (request 0.", function);
        Assert.DoesNotContain("hydra_worker", record, StringComparison.Ordinal);
    }
}
