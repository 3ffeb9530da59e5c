using System.Text.Json;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>breakpoint(), pdb and input() of an application: at a terminal, and where there is none.</summary>
public sealed class TerminalTests
{
    private const string Interrupt = "\x03";
    private const string Ready = "Ctrl+C stops the server";

    [Theory]
    [InlineData("asking:wsgi", "/breakpoint")]
    [InlineData("asking:wsgi", "/pdb")]
    [InlineData("asking:asgi", "/breakpoint")]
    public async Task OneWorker_AtATerminal_HasPdbsPrompt(string app, string path)
    {
        string shown = await TalkAsync(
            [app], [(Ready, path), ("(Pdb) ", "p 6 * 7\n"), ("42", ""), ("(Pdb) ", "c\n"), ("answer: went on", Interrupt)]);

        Assert.Contains("return b\"went on\"", shown, StringComparison.Ordinal);
    }

    // Each time is over while the prompt is open.
    [Theory]
    [InlineData("asking:wsgi")]
    [InlineData("asking:asgi")]
    public async Task Dev_AtAPrompt_WaitsAsLongAsItTakes(string app)
    {
        string shown = await TalkAsync(
            ["dev", app, "--request-timeout", "100ms", "--worker-timeout", "200ms", "--start-timeout", "60s"],
            [(Ready, "/breakpoint"), ("(Pdb) ", "import time; time.sleep(3)\n"), ("(Pdb) ", "p 6 * 7\n"), ("42", ""), ("(Pdb) ", "c\n"), ("answer: went on", Interrupt)]);

        Assert.Contains(" GET    /breakpoint 200 ", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("replaced", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("asking:wsgi")]
    [InlineData("asking:asgi")]
    public async Task Dev_InterruptAtAPrompt_EndsTheServer(string app)
    {
        string shown = await TalkAsync(["dev", app], [(Ready, "/breakpoint"), ("(Pdb) ", Interrupt)]);

        Assert.Contains("requests that run have 0 s to finish", shown, StringComparison.Ordinal);
        Assert.Contains("stopped", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("the terminal does not show what is typed", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dev_AtATerminal_SaysWhatItServesAndShowsRequests()
    {
        string shown = await TalkAsync(["dev", "asking:wsgi"], [(Ready, "/there"), (" GET    /there 200 ", Interrupt)]);

        Assert.Contains("the code is watched", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneWorker_AtATerminal_ReadsALine()
    {
        string shown = await TalkAsync(["asking:wsgi"], [(Ready, "/input"), ("Your name: ", "Zoë\n"), ("answer: hello Zoë", Interrupt)]);

        Assert.DoesNotContain("stdout: ", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoWorkers_AtATerminal_PassABreakpointOverAndSaySo()
    {
        string shown = await TalkAsync(["asking:wsgi", "--workers", "2"], [(Ready, "/breakpoint"), ("answer: went on", Interrupt)]);

        Assert.Contains("is passed over: to be asked, start the server on a terminal with one worker", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prefixed_AtATerminal_IsAsBefore()
    {
        string shown = await TalkAsync(
            ["asking:wsgi", "--worker-output", "prefixed"], [(Ready, "/breakpoint"), ("answer: went on", Interrupt)]);

        Assert.Contains("is passed over", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_OnATerminal_LeavesItsModesAndItsWorkersKnowIt()
    {
        string shown = await TalkAsync(["asking:wsgi"], [(Ready, "/term"), ("answer: TERM is xterm", Interrupt)]);

        Assert.DoesNotContain('\u001b', shown);
    }

    [Fact]
    public async Task NoTerminal_Breakpoint_IsPassedOverAndInputExplained()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asking:wsgi"));
        Assert.Equal("went on", await server.GetTextAsync("/breakpoint"));
        await server.Log.WaitAsync("[WARN]", "breakpoint() at ", "asking.py:9 is passed over");

        using HttpResponseMessage response = await server.Client.GetAsync("/input");
        Assert.Equal(500, (int)response.StatusCode);
        await server.Log.WaitAsync("[WARN]", "reads standard input", "nobody is there");
        await server.Log.ExpectErrorAsync("EOFError");
        server.Log.ExpectAnyErrors("/input");
    }

    private static async Task<string> TalkAsync(string[] arguments, (string What, string Say)[] dialogue)
    {
        using var directory = new TestDirectory();
        string steps = JsonSerializer.Serialize(dialogue.Select(step => new[] { step.What, step.Say }));
        await using var command = new RunningCommand(
            [
                Repository.Python, Path.Combine(Repository.Apps, "at_terminal.py"), steps,
                Repository.Executable, .. arguments, "--app-dir", Repository.Apps, "--python", Repository.Python, "--port", "0",
            ],
            directory.Path,
            new Dictionary<string, string?> { ["TERM"] = "xterm", ["NO_COLOR"] = "1" });
        Assert.Equal(0, await command.ExitAsync());
        return string.Join('\n', command.Log.Output);
    }
}
