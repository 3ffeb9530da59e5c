using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>Somebody looks at a worker with a debugger: what stands still there does not hang.</summary>
public sealed class DebuggerTests
{
    [Theory]
    [InlineData("debugged:wsgi")]
    [InlineData("debugged:asgi")]
    public async Task Request_AtAPrompt_HasAllTheTimeItWants(string app)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec(app) { Workers = 2, Arguments = ["--request-timeout", "3s", "--worker-timeout", "1s"] });
        await server.Log.WaitUntilReadyAsync(0);
        await server.Log.WaitUntilReadyAsync(1);
        IReadOnlyList<int> before = server.WorkerPids();
        string key = Board.NewKey();
        Task<string> standing = server.GetTextAsync($"/prompt/{key}");
        await server.Board.WaitAsync(key);
        await server.Log.WaitAsync("is being debugged");

        // This one's time begins later and is over; that of the other would be, too.
        string loop = Board.NewKey();
        using HttpResponseMessage overdue = await server.Client.GetAsync($"/loop/{loop}");
        Assert.Equal(504, (int)overdue.StatusCode);
        Assert.False(standing.IsCompleted);
        server.Board.Open(key);

        Assert.Equal($"went on with {key}", await standing);
        Assert.Equal(before.Order(), server.WorkerPids().Order());
        Assert.Single(server.Log.Find("is being debugged"));
        await server.Log.ExpectErrorAsync($"GET /loop/{loop} is interrupted", "in spin");
        await server.Log.ExpectErrorAsync($"/loop/{loop}");
    }

    [Fact]
    public async Task Import_AtAPrompt_HasAllTheTimeItWants()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("debugged:wsgi")
        {
            Arguments = ["--start-timeout", "3s"],
            Variables = new Dictionary<string, string?> { ["DEBUG_IMPORT"] = "1" },
        });
        await server.Board.WaitAsync("import");
        await server.Log.WaitAsync("has been loading the application for 5 s");
        server.Board.Open("import");

        await server.WaitUntilReadyAsync();
        Assert.Equal(1, server.Log.ReadyCount());
    }
}
