using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Control;

/// <summary>hydra top on a terminal.</summary>
public sealed class TopTests
{
    [Fact]
    public async Task Top_OnATerminal_ShowsTheServerTakesKeysAndLeavesTheScreen()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app", "--workers", "2");
        (int code, string shown) = await TalkAsync(server, [("(by number)", "m"), ("(by memory)", "r"), ("(by requests)", "q")]);

        Assert.Equal(0, code);
        Assert.Contains($"pid {server.Pid}", shown, StringComparison.Ordinal);
        Assert.Contains("\e[?1049h", shown, StringComparison.Ordinal);
        Assert.EndsWith("\e[?25h\e[?1049l", shown.TrimEnd('\n', '\r'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Top_ServerEnds_SaysSoAndGoesOn()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        await using RunningCommand top = Talk(server, [("(by number)", ""), ("there is no control socket at", "q")]);
        await Eventually.HoldsAsync(() => top.Log.Output.Any(static line => line.Contains("(by number)", StringComparison.Ordinal)), "the first screen");
        Assert.Equal(0, await server.StopAsync());

        Assert.Equal(0, await top.ExitAsync());
    }

    [Fact]
    public async Task Top_WithoutAServer_SaysSoAndTakesNoScreen()
    {
        await using HydraServer server = await ControlServer.StartAsync("asgi_probe:app");
        Assert.Equal(0, await server.StopAsync());
        (int code, string shown) = await TalkAsync(server, []);

        Assert.Equal(3, code);
        Assert.Contains("there is no control socket at", shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown);
    }

    private static async Task<(int Code, string Shown)> TalkAsync(HydraServer server, (string What, string Say)[] dialogue)
    {
        await using RunningCommand command = Talk(server, dialogue);
        int code = await command.ExitAsync();
        return (code, string.Join('\n', command.Log.Output));
    }

    private static RunningCommand Talk(HydraServer server, (string What, string Say)[] dialogue)
    {
        string steps = JsonSerializer.Serialize(dialogue.Select(static step => new[] { step.What, step.Say }));
        return new RunningCommand(
            [Repository.Python, Path.Combine(Repository.Apps, "at_terminal.py"), steps, Repository.Executable, "top", "--interval", "100ms"],
            server.FilePath("."), [new("HYDRA_CONTROL_SOCKET", ControlServer.Socket), new("TERM", "xterm")]);
    }
}
