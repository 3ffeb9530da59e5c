using System.Globalization;
using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>What an operator sees when something goes wrong: at the dashboard, with hydra status and top, and in the metrics, each by itself.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task KilledWorker_IsSeenAndUnderstoodEverywhere()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--workers", "2");
        int killed = server.WorkerPids()[0];
        Processes.Signal(killed, Processes.Kill);
        await server.Log.ExpectErrorAsync("SIGKILL");

        JsonElement status = await server.DashboardStatusAsync(static status => status.States() is ["0 ready", "1 ready"] && Pool(status).GetProperty("starts").GetInt64() == 3);
        Assert.Equal(1, Pool(status).GetProperty("ends").GetProperty("died").GetInt64());
        string error = Assert.Single(status.GetProperty("errors").EnumerateArray()).GetProperty("message").GetString()!;
        Assert.Contains($"(pid {killed})", error, StringComparison.Ordinal);
        Assert.Contains("was ended by SIGKILL", error, StringComparison.Ordinal);

        await server.DashboardSampleAsync(static sample => sample.GetProperty("pools")[0].GetProperty("died").GetInt32() == 1);

        Assert.Equal(1, Pool(await server.StatusAsync()).GetProperty("ends").GetProperty("died").GetInt64());
        (_, string top, _) = await server.RunAsync("top");
        Assert.Contains("was ended by SIGKILL", top, StringComparison.Ordinal);

        IReadOnlyDictionary<string, double> metrics = await MetricsAsync(server);
        Assert.Equal(1, metrics["hydra_worker_ends_total{reason=\"died\"}"]);
        Assert.Equal(3, metrics["hydra_worker_starts_total"]);
    }

    // It is stopped, so that not even the thread runs in it that answers for the others.
    [Fact]
    public async Task HungWorker_IsSeenAndUnderstoodEverywhere()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--worker-timeout", "1h");
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/slow/{key}");
        await server.Board.WaitAsync(key);
        int worker = Assert.Single(server.WorkerPids());
        Processes.Signal(worker, Processes.Stop);
        try
        {
            JsonElement status = await server.DashboardStatusAsync(static status => status.Workers()[0].GetProperty("silent").GetBoolean());
            Assert.Equal($"/slow/{key}", status.Workers()[0].GetProperty("active")[0].GetProperty("path").GetString());
            await server.DashboardSampleAsync(static sample => sample.GetProperty("pools")[0].GetProperty("silent").GetInt32() == 1);
            RawResponse stack = await server.AskDashboardAsync("GET /v1/workers/0/stack");
            Assert.Equal(504, stack.Status);
            Assert.Contains("its process is stopped, by SIGSTOP or a debugger", stack.Text, StringComparison.Ordinal);

            Assert.True((await server.StatusAsync()).Workers()[0].GetProperty("silent").GetBoolean());
            (_, string top, _) = await server.RunAsync("top");
            Assert.Contains($"/slow/{key}", top, StringComparison.Ordinal);
            Assert.Contains("does not answer", top, StringComparison.Ordinal);
            Assert.Equal(1, (await MetricsAsync(server))["hydra_worker_silent{worker=\"0\"}"]);
        }
        finally
        {
            Processes.Signal(worker, Processes.Continue);
        }

        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
        await server.DashboardStatusAsync(static status => !status.Workers()[0].GetProperty("silent").GetBoolean());
    }

    [Fact]
    public async Task BlockedLoop_IsSeenAndItsStackSaysWhere()
    {
        await using HydraServer server = await StartAsync("asgi_probe:app", "--worker-timeout", "1h");
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/block/{key}");
        await server.Board.WaitAsync(key);

        JsonElement status = await server.DashboardStatusAsync(static status => status.Workers()[0].GetProperty("loop_lag").GetDouble() > 0.5);
        Assert.Equal($"/block/{key}", status.Workers()[0].GetProperty("active")[0].GetProperty("path").GetString());
        await server.DashboardSampleAsync(static sample => sample.GetProperty("pools")[0].GetProperty("lag").GetDouble() > 0.5);
        Assert.True((await server.StatusAsync()).Workers()[0].GetProperty("loop_lag").GetDouble() > 0.5);
        Assert.True((await MetricsAsync(server))["hydra_worker_loop_lag_seconds{worker=\"0\"}"] > 0.5);
        Assert.Contains("blocking_gate", (await server.AskDashboardAsync("GET /v1/workers/0/stack")).Text, StringComparison.Ordinal);

        server.Board.Open(key);
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Overload_IsSeenAndUnderstoodEverywhere()
    {
        await using HydraServer server = await StartAsync("wsgi_probe:bare", "--threads", "1", "--queue-size", "3");
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync("/meet/all");
        await server.Board.WaitAsync("all");
        Task<HttpResponseMessage>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => server.Client.GetAsync("/hello"))];

        JsonElement queue = Pool(await server.DashboardStatusAsync(static status => Pool(status).GetProperty("queue").GetProperty("refused_full").GetInt64() == 5)).GetProperty("queue");
        Assert.Equal(3, queue.GetProperty("length").GetInt32());
        Assert.True(queue.GetProperty("oldest_wait").GetDouble() > 0);
        JsonElement sample = await server.DashboardSampleAsync(static sample => sample.GetProperty("pools")[0].GetProperty("queue").GetInt32() == 3);
        Assert.True(sample.GetProperty("pools")[0].GetProperty("wait").GetDouble() > 0);
        await server.DashboardSampleAsync(static sample => sample.GetProperty("pools")[0].GetProperty("refused").GetDouble() > 0 && sample.GetProperty("status")[4].GetDouble() > 0);

        JsonElement status = await server.StatusAsync();
        Assert.Equal((3, 5), (Pool(status).GetProperty("queue").GetProperty("length").GetInt32(), status.GetProperty("requests").GetProperty("failures").GetProperty("queue_full").GetInt32()));
        (_, string top, _) = await server.RunAsync("top");
        Assert.Contains("queue 3 (oldest", top, StringComparison.Ordinal);
        IReadOnlyDictionary<string, double> metrics = await MetricsAsync(server);
        Assert.Equal(3, metrics["hydra_queue_requests"]);
        Assert.Equal(5, metrics["hydra_requests_refused_total{reason=\"full\"}"]);
        Assert.True(metrics["hydra_queue_delay_seconds"] > 0);

        server.Board.Open("all");
        Assert.Equal(200, (await running.ReadResponseAsync()).Status);
        await Task.WhenAll(waiting);
    }

    private static Task<HydraServer> StartAsync(string app, params string[] arguments)
        => DashboardServer.StartAsync(app, ["--control-socket", ControlServer.Socket, "--metrics", "unix:m.sock", .. arguments]);

    private static JsonElement Pool(JsonElement status) => status.GetProperty("pools")[0];

    private static async Task<IReadOnlyDictionary<string, double>> MetricsAsync(HydraServer server)
    {
        await using RawConnection connection = await server.ConnectToUnixAsync("m.sock");
        RawResponse response = await connection.ExchangeAsync("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
        return response.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line[0] != '#')
            .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
