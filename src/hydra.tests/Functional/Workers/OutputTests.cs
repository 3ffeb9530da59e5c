using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>What workers print and log.</summary>
public sealed class OutputTests
{
    [Fact]
    public async Task Output_OfAWorker_IsInTheLogWithTheWorkerNamed()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app"));
        await server.GetTextAsync("/say/words");
        string who = $"worker 0 (pid {Assert.Single(server.WorkerPids())})";

        await server.Log.WaitAsync(who, "printed words");
        await server.Log.WaitAsync(who, "complained words");
        await server.Log.WaitAsync(who, "from below Python words");
        await server.Log.WaitAsync(who, "[WARN]", "probe", "logged words");
        Assert.Empty(server.Log.Output);
    }

    [Fact]
    public async Task Output_ThatNeverEnds_DoesNotStopTheServer()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("broken.prints_endlessly:app"));
        await server.Log.WaitAsync("stdout: chatter");
        long before = Processes.Resident(server.Pid);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal("still here", await server.GetTextAsync("/"));
        }

        Assert.True(Processes.Resident(server.Pid) - before < 30_000_000);
    }

    [Fact]
    public async Task Output_OddBytes_AreShownHarmlessly()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("broken.odd_output:app"));

        Assert.Equal("fine", await server.GetTextAsync("/"));
        await server.Log.WaitAsync("not UTF-8");
        await server.Log.WaitAsync("like a frame");
        string escape = await server.Log.WaitAsync("and bell");
        Assert.DoesNotContain('\x1b', escape);
        Assert.DoesNotContain('\a', escape);
    }

    [Fact]
    public async Task Output_WhateverTheLogLevel_IsShown()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_probe:app") { Port = null, Arguments = ["--log-level", "critical", "--bind", "unix:hydra.sock"] });
        await using RawConnection connection = await server.ConnectToUnixAsync("hydra.sock");
        await connection.ExchangeAsync("GET /say/words HTTP/1.1\r\nHost: a\r\n\r\n");

        await server.Log.WaitAsync("printed words");
        await server.Log.WaitAsync("complained words");
        await server.Log.WaitAsync("from below Python words");
        Assert.DoesNotContain("logged words", server.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Output_Raw_IsOnTheServersOwnStreams(string preload)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--worker-output", "raw", preload] });
        int worker = server.WorkerPids()[^1];
        await server.GetTextAsync("/say/words");

        await Eventually.HoldsAsync(() => server.Log.Output.Contains("printed words"), "the line on standard output", () => server.Log.Text);
        await server.Log.WaitAsync("complained words");
        Assert.Contains("complained words", server.Log.Text.Split('\n'));
        await server.Log.WaitAsync("[WARN]", "probe", "logged words");
        Assert.All([1, 2], number => Assert.Equal(Processes.Link(server.Pid, number), Processes.Link(worker, number)));
    }

    [Fact]
    public async Task Output_Json_IsAnObjectForEachLine()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--worker-output", "json"] });
        await server.GetTextAsync("/say/words");
        await server.GetTextAsync("/say/%7B%22event%22:%22said%22%7D");

        string who = $"\"worker\":0,\"pid\":{Assert.Single(server.WorkerPids())}";
        await server.Log.WaitAsync($"{{\"hydra\":{{{who},\"stream\":\"stdout\"}},\"timestamp\":\"", ",\"message\":\"printed words\"}");
        await server.Log.WaitAsync($"{{\"hydra\":{{{who}}},\"timestamp\":\"", "\"level\":\"warning\",\"logger\":\"probe\",\"message\":\"logged words\"}");
        await server.Log.WaitAsync("\"message\":\"printed {\\\"event\\\":\\\"said\\\"}\"}");
    }

    [Fact]
    public async Task AccessLog_Requests_AreOnStandardOutput()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--access-log"] });
        await server.GetTextAsync("/hello?x=1");
        await server.GetTextAsync("/chunks-of-nothing");
        await server.StopAsync();

        Assert.Contains(server.Log.Output, line => line.Contains("\"GET /hello?x=1 HTTP/1.1\" 200 5 ", StringComparison.Ordinal));
        Assert.Contains(server.Log.Output, line => line.Contains("\"GET /chunks-of-nothing HTTP/1.1\" 404 9 ", StringComparison.Ordinal));
        Assert.Equal(2, server.Log.Output.Count);
    }

    [Fact]
    public async Task AccessLog_HeadsThatAreRefused_AreThereAndInTheMetrics()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Arguments = ["--access-log", "--header-timeout", "1s", "--metrics", "127.0.0.1:0"] });
        (string Sent, int Status, string Line, string Reason)[] refused =
        [
            ("GARBAGE\r\n\r\n", 400, "\"-\" 400 0 ", "bad_head"),
            ($"GET /{new string('x', 17_000)} HTTP/1.1\r\nHost: a\r\n\r\n", 414, "x... HTTP/1.1\" 414 0 ", "target_too_long"),
            ($"GET /large HTTP/1.1\r\nHost: a\r\nX: {new string('x', 70_000)}\r\n\r\n", 431, "\"GET /large HTTP/1.1\" 431 0 ", "head_too_large"),
            ("GET /slow HTTP/1.1\r\nHost:", 408, "\"GET /slow HTTP/1.1\" 408 0 ", "head_too_slow"),
        ];
        foreach ((string sent, int status, _, _) in refused)
        {
            await using RawConnection connection = await server.ConnectAsync();
            await connection.SendAsync(sent);
            Assert.Equal(status, (await connection.ReadResponseAsync()).Status);
        }

        using var metrics = new HttpClient { BaseAddress = new Uri((await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim()) };
        string text = await metrics.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        await server.StopAsync();

        Assert.All(refused, one => Assert.Single(server.Log.Output, line => line.Contains(one.Line, StringComparison.Ordinal)));
        Assert.All(refused, one => Assert.Contains($"hydra_failures_total{{reason=\"{one.Reason}\"}} 1\n", text, StringComparison.Ordinal));
        Assert.Contains("hydra_requests_total{status=\"4xx\"} 4\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessLog_StreamedAndHeadResponses_CountTheBytesOfTheBody()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--access-log"] });
        await server.GetTextAsync("/status/200");
        using (var request = new HttpRequestMessage(HttpMethod.Head, "/hello"))
        {
            using HttpResponseMessage response = await server.Client.SendAsync(request);
        }

        await server.StopAsync();
        Assert.Contains(server.Log.Output, line => line.Contains("\"GET /status/200 HTTP/1.1\" 200 19 ", StringComparison.Ordinal));
        Assert.Contains(server.Log.Output, line => line.Contains("\"HEAD /hello HTTP/1.1\" 200 0 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LogLevel_Error_HidesTheRest()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("asgi_misbehaviours:app") { Port = null, Arguments = ["--log-level", "error", "--bind", "unix:hydra.sock"] });
        await using RawConnection connection = await server.ConnectToUnixAsync("hydra.sock");
        await connection.ExchangeAsync("GET /raises-before-start HTTP/1.1\r\nHost: a\r\n\r\n");
        await server.Log.ExpectErrorAsync("RuntimeError: before the response");
        await server.StopAsync();

        Assert.DoesNotContain("[INFO]", server.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("[WARN]", server.Log.Text, StringComparison.Ordinal);
    }
}
