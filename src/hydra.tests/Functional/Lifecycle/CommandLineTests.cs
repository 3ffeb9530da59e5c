using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>The command line of the published executable.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--wrokers", "--workers")]
    [InlineData("--prot", "--port")]
    [InlineData("--no-such-option-at-all", "--no-such-option-at-all")]
    public async Task Option_Mistyped_SaysWhatWasMeantAndExitsWith2(string option, string mention)
    {
        await using RunningCommand command = Run("asgi_probe:app", option, "1");

        Assert.Equal(2, await command.ExitAsync());
        Assert.Contains(mention, command.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", command.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--workers", "many")]
    [InlineData("--workers", "0")]
    [InlineData("--port", "70000")]
    [InlineData("--loop", "trioo")]
    [InlineData("--worker-transport", "pigeon")]
    [InlineData("--graceful-timeout", "soon")]
    public async Task Option_WithAWrongValue_NamesOptionAndValueAndExitsWith2(string option, string value)
    {
        await using RunningCommand command = Run("asgi_probe:app", option, value);

        Assert.Equal(2, await command.ExitAsync());
        Assert.Contains(option, command.Log.Text, StringComparison.Ordinal);
        Assert.Contains(value, command.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_Missing_SaysSoAndExitsWith2()
    {
        await using RunningCommand command = Run();

        Assert.Equal(2, await command.ExitAsync());
        Assert.Contains("MODULE:ATTR", command.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_GivenAsAFile_SaysHowToNameIt()
    {
        await using RunningCommand command = Run("asgi_probe.py");

        Assert.Equal(2, await command.ExitAsync());
        Assert.Contains("\"asgi_probe:app\"", command.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_Asked_IsPrinted()
    {
        await using RunningCommand command = Run("--version");

        Assert.Equal(0, await command.ExitAsync());
        Assert.Contains(command.Log.Output, line => Regex.IsMatch(line, @"^hydra \d+\.\d+\.\d+ \((with|without) speedups\)$"));
        Assert.Equal("", command.Log.Text);
    }

    [Fact]
    public async Task Help_Asked_FitsInto80Columns()
    {
        await using RunningCommand command = Run("--help");

        Assert.Equal(0, await command.ExitAsync());
        Assert.Contains(command.Log.Output, line => line.Contains("--worker-transport", StringComparison.Ordinal));
        Assert.All(command.Log.Output, line => Assert.True(line.Length <= 80, line));
    }

    [Theory]
    [InlineData("HYDRA_WORKERS", "2")]
    [InlineData("WEB_CONCURRENCY", "2")]
    public async Task Variable_ForAnOption_Counts(string name, string value)
    {
        using var directory = new TestDirectory();
        await using var command = new RunningCommand(
            [Repository.Executable, "asgi_probe:app", "--app-dir", Repository.Apps, "--python", Repository.Python, "--port", "0"],
            directory.Path,
            new Dictionary<string, string?> { ["PROBE_DIR"] = directory.Path, [name] = value });
        await command.Log.WaitAsync("is ready at", "2 workers");
        Processes.Signal(command.Pid, Processes.Terminate);

        Assert.Equal(0, await command.ExitAsync());
    }

    [Fact]
    public async Task Workers_Auto_AreAsManyAsTheProcessorsThatMayBeUsed()
    {
        // One processor of this machine's, whatever it has.
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("asgi_probe:app") { Launcher = ["taskset", "--cpu-list", "0"], Arguments = ["--workers", "auto"] });

        Assert.Single(server.WorkerPids());
        await server.Log.WaitAsync("is ready at", "1 worker");
    }

    [Fact]
    public async Task Port_OfTheEnvironment_IsServedOnEveryInterface()
    {
        int port = FreePort.Find();
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app")
        {
            Port = null,
            Variables = new Dictionary<string, string?> { ["PORT"] = $"{port}" },
        });

        await server.Log.WaitAsync($"http://0.0.0.0:{port}");
        Assert.Equal("hello", await server.GetTextAsync("/hello"));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public async Task Banner_OnATerminal_IsColouredUnlessNoColorIsSet(string? noColor, bool isColoured)
    {
        using var directory = new TestDirectory();
        string hydra = $"{Repository.Executable} shapes:function --app-dir {Repository.Apps} --python {Repository.Python} --port 0";
        await using var command = new RunningCommand(
            ["script", "--quiet", "--flush", "--return", "--command", $"exec {hydra}", "/dev/null"],
            directory.Path,
            new Dictionary<string, string?> { ["NO_COLOR"] = noColor, ["TERM"] = "xterm" });
        await Eventually.HoldsAsync(
            () => command.Log.Output.Any(line => line.Contains("Ctrl+C stops the server", StringComparison.Ordinal)),
            "the banner's last line",
            () => string.Join('\n', command.Log.Output));

        string banner = string.Join('\n', command.Log.Output);
        Assert.Equal(isColoured, banner.Contains("\x1b[36mhttp://127.0.0.1:", StringComparison.Ordinal));
        Assert.Contains("shapes:function (asgi)", banner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Banner_AtStart_NamesAddressInterfaceWorkersAndPython()
    {
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Workers = 2 });
        string banner = await server.Log.WaitAsync("is ready at");

        Assert.Contains(server.Address.ToString().TrimEnd('/'), banner, StringComparison.Ordinal);
        Assert.Contains("asgi", banner, StringComparison.Ordinal);
        Assert.Contains("2 workers", banner, StringComparison.Ordinal);
        Assert.Contains("Python 3.", banner, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', server.Log.Text);
    }

    private static RunningCommand Run(params string[] arguments)
        => new([Repository.Executable, .. arguments], Path.GetTempPath(), []);
}
