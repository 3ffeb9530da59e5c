using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Directories whose names are no UTF-8.</summary>
public sealed class OddDirectoryTests
{
    private const string Here = "cd \"$ODD/current\"; export PWD; exec \"$@\"";

    [Theory]
    [InlineData(Here, "--no-preload")]
    [InlineData(Here, "--preload")]
    [InlineData("exec \"$@\" --app-dir \"$ODD/current\"", "--no-preload")]
    [InlineData("exec \"$@\" --app-dir \"$ODD/current\"", "--preload")]
    [InlineData("exec \"$@\" --chdir \"$ODD/current\"", "--no-preload")]
    [InlineData("cd \"$ODD\"; exec \"$@\" --chdir current", "--no-preload")]
    [InlineData("cd \"$ODD\"; exec \"$@\" --app-dir=current", "--no-preload")]
    [InlineData("export HYDRA_CHDIR=\"$ODD/current\"; exec \"$@\"", "--no-preload")]
    public async Task Application_InADirectoryThatIsNoText_IsServedAndReloaded(string start, string preload)
    {
        using OddDirectory odd = Releases();
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("process_probe:app") { AppDirectory = ".", Launcher = odd.Launcher(start), Arguments = [preload] });

        Assert.Equal(odd.Text + "/one/process_probe.py", await TextAsync(server, "/file"));
        odd.Shell("ln -sfn two \"$ODD/current\"");
        server.Signal(Processes.Hangup);
        await server.Log.WaitAsync("1 worker was replaced");

        Assert.Equal(odd.Text + "/two/process_probe.py", await TextAsync(server, "/file"));
    }

    [Fact]
    public async Task WorkingDirectory_ThatIsNoText_IsWhereRelativeNamesBegin()
    {
        using OddDirectory odd = Releases();
        odd.Shell("echo GIVEN=file > \"$ODD/one/values.env\"");
        await using HydraServer server = await HydraServer.StartAsync(new ServerSpec("process_probe:app")
        {
            AppDirectory = ".",
            Port = null,
            Launcher = odd.Launcher(Here),
            Arguments = ["--pid", "hydra.pid", "--env-file", "values.env", "--bind", "127.0.0.1:0", "--bind", "unix:hydra.sock"],
        });
        odd.Shell($"test \"$(cat \"$ODD/one/hydra.pid\")\" = {server.Pid}; test -S \"$ODD/one/hydra.sock\"");

        Assert.Equal(odd.Text + "/one", await TextAsync(server, "/directory"));
        Assert.Equal("file", await TextAsync(server, "/?GIVEN"));
        Assert.Equal(0, await server.StopAsync());
        odd.Shell("test ! -e \"$ODD/one/hydra.pid\"; test ! -e \"$ODD/one/hydra.sock\"");
    }

    [Theory]
    [InlineData("exec \"$@\" --python \"$ODD/venv/bin/python\"")]
    [InlineData("export VIRTUAL_ENV=\"$ODD/venv\"; exec \"$@\"")]
    [InlineData("mv \"$ODD/venv\" \"$ODD/one/.venv\"; ln -s one/.venv \"$ODD/venv\"; exec \"$@\" --app-dir \"$ODD/one\"")]
    public async Task Python_OfAnEnvironmentWhoseNameIsNoText_HasItsPackages(string start)
    {
        using OddDirectory odd = Releases();
        odd.Shell($"{Repository.Python} -m venv --without-pip {odd.Parent}/venv; mv {odd.Parent}/venv \"$ODD\"");
        await using HydraServer server = await HydraServer.StartAsync(
            new ServerSpec("process_probe:app") { Python = null, Launcher = odd.Launcher(start) });

        Assert.StartsWith(odd.Text, await TextAsync(server, "/prefix"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--app-dir")]
    [InlineData("--chdir")]
    public async Task Directory_MissingWithANameThatIsNoText_SaysSoAndExitsWith3(string option)
    {
        using OddDirectory odd = Releases();
        await using HydraServer server = await HydraServer.LaunchAsync(
            new ServerSpec("process_probe:app") { Launcher = odd.Launcher($"exec \"$@\" {option} \"$ODD/none\"") });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("none", "there is no such directory");
    }

    // "current" leads to the first of two.
    private static OddDirectory Releases()
    {
        var odd = new OddDirectory();
        odd.Shell($"mkdir \"$ODD/one\" \"$ODD/two\"; for r in one two; do cp {Repository.Apps}/process_probe.py \"$ODD/$r\"; done; ln -s one \"$ODD/current\"");
        return odd;
    }

    private static async Task<string> TextAsync(HydraServer server, string path)
    {
        await using RawConnection connection = await server.ConnectAsync();
        return (await connection.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).Text;
    }
}
