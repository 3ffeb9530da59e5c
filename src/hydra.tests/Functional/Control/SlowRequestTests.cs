using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>--slow-request: where a request is that takes long, once, and it goes on.</summary>
public sealed class SlowRequestTests
{
    [Theory]
    [InlineData("asgi_probe:app", "/slow/", "await gate(key)", "finished")]
    [InlineData("wsgi_probe:app", "/meet/", "in meet", null)]
    public async Task SlowRequest_TakesLonger_IsInTheLogOnceAndGoesOn(string app, string path, string where, string? body)
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec(app) { Arguments = ["--slow-request", "200ms"] });
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"{path}{key}?token=secret");
        await server.Board.WaitAsync(key);
        string record = await server.Log.WaitAsync("[WARN]", $"GET {path}{key} has taken longer than 0.2 s, and goes on");
        Assert.Contains(where, record, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", record, StringComparison.Ordinal);

        // Another one that is noted has been looked at later.
        string other = Board.NewKey();
        if (app.StartsWith("asgi", StringComparison.Ordinal))
        {
            await using RawConnection next = await server.ConnectAsync();
            await next.GetAsync($"{path}{other}");
            await server.Log.WaitAsync("[WARN]", $"GET {path}{other} has taken longer");
            server.Board.Open(other);
            Assert.Equal(200, (await next.ReadResponseAsync()).Status);
        }

        server.Board.Open(key);
        RawResponse response = await running.ReadResponseAsync();
        Assert.Equal(200, response.Status);
        Assert.True(body is null || response.Text == body, response.Text);
        Assert.Single(server.Log.Find($"GET {path}{key} has taken longer"));
    }

    [Theory]
    [InlineData("stuck:asgi")]
    [InlineData("stuck:wsgi")]
    public async Task SlowRequest_ThatComputes_IsNotInterrupted(string app)
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec(app) { Arguments = ["--slow-request", "200ms", "--graceful-timeout", "0"] });
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/loop/{key}");
        Assert.Contains("in spin", await server.Log.WaitAsync($"GET /loop/{key} has taken longer than 0.2 s"), StringComparison.Ordinal);

        Assert.Equal(["begun"], server.Board.Records(key));
    }

    [Fact]
    public async Task SlowRequest_InterpreterIsHeld_SaysThatNothingIsToBeHeard()
    {
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("stuck:wsgi") { Arguments = ["--slow-request", "200ms", "--graceful-timeout", "0"] });
        string key = Board.NewKey();
        await using RawConnection running = await server.ConnectAsync();
        await running.GetAsync($"/holds/{key}");

        await server.Log.WaitAsync($"GET /holds/{key} has taken longer", "its worker does not say: ", "keeps the interpreter's lock");
    }
}
