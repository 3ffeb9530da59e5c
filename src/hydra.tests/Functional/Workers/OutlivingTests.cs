using System.Globalization;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>Programs that the application starts and that are there for longer than its worker.</summary>
public sealed class OutlivingTests
{
    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Program_RawOutputAndServerStopped_GoesOnAndPrints(string preload)
    {
        await using HydraServer server = await StartAsync("raw", preload);
        (string key, int program) = await StartProgramAsync(server);
        server.Signal(Processes.Terminate);
        await EndOfAsync(server, server.Pid);

        Assert.True(Processes.IsAlive(program));
        await FinishAsync(server, key);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains($"printed by {key}", server.Log.Output);
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Program_RawOutputAndReload_GoesOnAndPrints(string preload)
    {
        await using HydraServer server = await StartAsync("raw", preload);
        (string key, _) = await StartProgramAsync(server);
        await ReloadAsync(server);

        await FinishAsync(server, key);
        await Eventually.HoldsAsync(() => server.Log.Output.Contains($"printed by {key}"), "the line on standard output", () => server.Log.Text);
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Program_RawOutputAndUpgrade_GoesOnAndPrints(string preload)
    {
        await using HydraServer server = await StartAsync("raw", preload);
        (string key, int program) = await StartProgramAsync(server);
        server.Signal(Processes.User2);
        await EndOfAsync(server, server.Pid);

        Assert.True(Processes.IsAlive(program));
        await FinishAsync(server, key);
        await Eventually.HoldsAsync(() => server.Log.Output.Contains($"printed by {key}"), "the line on standard output", () => server.Log.Text);
        Processes.Signal(server.FrontPid(), Processes.Terminate);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Program_PrefixedOutputAndReload_IsReadAsLongAsTheServerLives(string preload)
    {
        await using HydraServer server = await StartAsync("prefixed", preload);
        (string key, _) = await StartProgramAsync(server);
        await ReloadAsync(server);

        await FinishAsync(server, key);
        await server.Log.WaitAsync($"stdout: printed by {key}");
    }

    private static Task<HydraServer> StartAsync(string output, string preload)
        => HydraServer.StartAsync(new ServerSpec("outliving:app") { Arguments = ["--worker-output", output, preload] });

    private static async Task<(string Key, int Program)> StartProgramAsync(HydraServer server)
    {
        string key = Board.NewKey();
        return (key, int.Parse(await server.GetTextAsync("/" + key), CultureInfo.InvariantCulture));
    }

    // Until neither the worker nor the template that it came from is there.
    private static async Task ReloadAsync(HydraServer server)
    {
        IReadOnlyList<int> old = server.WorkerPids();
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("1 worker was replaced");
        foreach (int worker in old)
        {
            await EndOfAsync(server, worker);
        }
    }

    private static Task EndOfAsync(HydraServer server, int process)
        => Eventually.HoldsAsync(() => !Processes.IsAlive(process), $"the end of process {process}", () => server.Log.Text);

    private static async Task FinishAsync(HydraServer server, string key)
    {
        server.Board.Open(key);
        await server.Board.WaitAsync(key);
    }
}
