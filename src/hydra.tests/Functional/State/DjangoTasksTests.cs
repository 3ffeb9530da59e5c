using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.State;

/// <summary>hydra_server.django_tasks: the backend for tasks of Django.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DjangoTasksTests
{
    [Theory]
    [InlineData("wsgi", "")]
    [InlineData("asgi", "a")]
    public async Task Enqueue_HasTheTaskDoneElsewhere_AndItsResultIsThereForAllWorkers(string app, string prefix)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec($"django_tasks_app:{app}") { Workers = 2 });
        IReadOnlyList<int> workers = server.WorkerPids();
        string id = await server.GetTextAsync($"/{prefix}enqueue?f=add&a=[1,2]");
        string done = await ResultAsync(server, prefix, "add", id);
        Assert.Matches(@"^\[""SUCCESSFUL"", \{""sum"": 3, ""pid"": \d+\}, 1, ""tttt"", 0, \[1, 2\], \[\]\]$", done);
        Assert.All(workers, pid => Assert.DoesNotContain($"\"pid\": {pid}}}", done, StringComparison.Ordinal));
        Assert.Equal([$"HydraTaskBackend {id} READY 0 0"], server.Board.Records("enqueued"));
        Assert.Equal([$"HydraTaskBackend {id} RUNNING 1 0"], server.Board.Records("started"));
        Assert.Equal([$"HydraTaskBackend {id} SUCCESSFUL 1 0"], server.Board.Records("finished"));

        string coroutine = await server.GetTextAsync($"/{prefix}enqueue?f=later&a=[\"x\"]");
        Assert.Equal("[\"SUCCESSFUL\", \"x\", 1, \"tttt\", 0, [\"x\"], []]", await ResultAsync(server, prefix, "later", coroutine));
        Assert.Equal("TaskResultDoesNotExist: 17", await TextAsync(server, $"/{prefix}result?f=add&id=17"));
        Assert.StartsWith("InvalidTask: ", await TextAsync(server, $"/{prefix}enqueue?f=add&u={{\"queue_name\":\"other\"}}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enqueue_WithATimeAndAContext_WaitsForItAndKnowsItsAttempt()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("django_tasks_app:wsgi") { Arguments = ["--task-threads", "1"] });
        string later = await server.GetTextAsync("/enqueue?f=attempts&a=[\"later\"]&u={\"after\":3600}");
        Assert.Equal("[\"READY\", null, 0, \"t---\", 5, [\"later\"], []]", await server.GetTextAsync($"/result?f=attempts&id={later}"));
        string id = await server.GetTextAsync("/enqueue?f=attempts&a=[\"gate\"]");
        Assert.Equal([$"{id} 1"], await server.Board.WaitAsync("gate"));
        Assert.Equal("[\"RUNNING\", null, 1, \"ttt-\", 5, [\"gate\"], []]", await server.GetTextAsync($"/result?f=attempts&id={id}"));

        // What is urgent is done first, as Django has it.
        foreach ((string key, int priority) in ((string, int)[])[("low", -100), ("usual", 0), ("high", 100)])
        {
            server.Board.Open(key);
            await server.GetTextAsync($"/enqueue?f=attempts&a=[\"{key}\"]&u={{\"priority\":{priority}}}");
        }

        server.Board.Open("gate");
        await server.Board.WaitAsync("low");
        IReadOnlyList<string> order = [.. server.Board.Records("started").Select(static line => line.Split(' ')[1])];
        IReadOnlyList<string> expected = ["gate", "high", "usual", "low"];
        Assert.Equal(expected.Select(key => server.Board.Records(key)[0].Split(' ')[0]), order);
        Assert.Empty(server.Board.Records("later"));
        Assert.Equal(0, await server.StopAsync());
        await server.Log.ExpectErrorAsync("1 tasks were not run before the server ended, and are lost: django_tasks_app:attempts (1)");
    }

    [Theory]
    [InlineData("fail", "KeyError|KeyError: 'it fails'", "builtins.")]
    [InlineData("local", "local.<locals>.Local|django_tasks_app.local.<locals>.Local: only here", "django_tasks_app.")]
    [InlineData("strange", "TypeError|", "builtins.")]
    public async Task Enqueue_OfWhatRaises_HasFailed_WithItsTraceback(string function, string expected, string module)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("django_tasks_app:wsgi"));
        string id = await server.GetTextAsync($"/enqueue?f={function}");
        string failed = await ResultAsync(server, "", function, id);
        Assert.StartsWith($"[\"FAILED\", null, 1, \"tttt\", 0, [], [\"{module}{expected}", failed, StringComparison.Ordinal);
        Assert.Equal([$"HydraTaskBackend {id} FAILED 1 1"], server.Board.Records("finished"));
        await server.Log.ExpectErrorAsync($"(django_tasks_app:{function}): attempt 1 has raised");
        await server.Log.ExpectErrorAsync($"(django_tasks_app:{function}) has failed, and is not begun once more: that was attempt 1");
    }

    [Fact]
    public async Task Enqueue_WithRetriesAndATimeout_IsFinishedOnce()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("django_tasks_app:asgi")
        {
            Variables = new Dictionary<string, string?> { ["TASK_OPTIONS"] = "{\"retries\": 1, \"backoff\": 0.01, \"timeout\": 0.2}" },
        });
        string id = await server.GetTextAsync("/aenqueue?f=wait");
        string failed = await ResultAsync(server, "a", "wait", id);
        Assert.StartsWith("[\"FAILED\", null, 2, \"tttt\", 0, [], [\"hydra_server.tasks.TaskTimeout|", failed, StringComparison.Ordinal);
        Assert.EndsWith("The time for this task is over.\"]]", failed, StringComparison.Ordinal);
        Assert.Equal([$"HydraTaskBackend {id} FAILED 2 1"], server.Board.Records("finished"));
        await server.Log.ExpectErrorAsync("(django_tasks_app:wait): attempt 1 has taken too long");
        await server.Log.ExpectErrorAsync("(django_tasks_app:wait): attempt 2 has taken too long");
        await server.Log.ExpectErrorAsync("(django_tasks_app:wait) has failed, and is not begun once more: that was attempt 2");
    }

    private static async Task<string> ResultAsync(HydraServer server, string prefix, string function, string id)
    {
        string result = "";
        await Eventually.HoldsAsync(
            () => (result = TextAsync(server, $"/{prefix}result?f={function}&id={id}").Result) is not (['[', '"', 'R', ..]), "the end of the task", () => result);
        return result;
    }

    private static async Task<string> TextAsync(HydraServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(path);
        return await response.Content.ReadAsStringAsync();
    }
}
