using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>What users of gunicorn and uvicorn give and look at.</summary>
public sealed class PeersWordsTests
{
    private static readonly ServerSpec Spec = new("process_probe:app");

    [Fact]
    public async Task Env_OptionsAndFile_AreInTheWorkersEnvironment()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with
        {
            Variables = new Dictionary<string, string?> { ["SET"] = "before" },
            Arguments = ["--env-file", "values.env", "-e", "GIVEN=option", "-e", "BOTH=option"],
            Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "values.env"), "export FILED='of the file'\nSET=file\nBOTH=file\n"),
        });

        Assert.Equal("of the file", await server.GetTextAsync("/?FILED"));
        Assert.Equal("before", await server.GetTextAsync("/?SET"));
        Assert.Equal("option", await server.GetTextAsync("/?GIVEN"));
        Assert.Equal("option", await server.GetTextAsync("/?BOTH"));
    }

    // As <(sops decrypt ...) of a shell, and a reload starts workers that nobody gives it again.
    [Fact]
    public async Task EnvFile_ThroughAPipe_IsReadOnceForAllWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with
        {
            Launcher = ["/bin/sh", "-c", "mkfifo pipe; echo FILED=piped >pipe & exec \"$@\"", "sh"],
            Arguments = ["--env-file", "pipe"],
        });
        Assert.Equal("piped", await server.GetTextAsync("/?FILED"));

        IReadOnlyList<int> before = server.WorkerPids();
        server.Signal(1);
        await Eventually.HoldsAsync(() => !server.WorkerPids().Intersect(before).Any() && server.WorkerPids().Count == before.Count, "new workers");

        Assert.Equal("piped", await server.GetTextAsync("/?FILED"));
    }

    [Fact]
    public async Task Pid_RelativePath_IsInTheDirectoryOfChdir()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with
        {
            AppDirectory = Repository.Apps,
            Launcher = ["/bin/sh", "-c", "mkdir sub; exec \"$@\"", "sh"],
            Arguments = ["--chdir", "sub", "--pid", "hydra.pid"],
        });

        Assert.Equal($"{server.Pid}\n", await File.ReadAllTextAsync(Path.Combine(await server.GetTextAsync("/directory"), "hydra.pid")));
    }

    [Fact]
    public async Task EnvFile_ThatIsWrong_SaysWhereAndExitsWith3()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec with
        {
            Arguments = ["--env-file", "values.env"],
            Prepare = directory => File.WriteAllTextAsync(Path.Combine(directory, "values.env"), "A=1\nno value\n"),
        });

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("values.env, cannot be used: line 2 is not of the form NAME=VALUE");
    }

    [Fact]
    public async Task Umask_Given_IsThatOfTheWorkers()
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with { Arguments = ["-m", "0o037"] });

        Assert.Equal("37", await server.GetTextAsync("/umask"));
    }

    [Fact]
    public async Task CheckConfig_ApplicationThatCanServe_ExitsWith0()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(Spec with { Workers = 3, Arguments = ["--check-config"] });

        Assert.Equal(0, await server.ExitAsync());
        Assert.Single(server.Log.Find("process_probe:app (wsgi), 1 worker", "it could serve"));
        Assert.DoesNotContain("http://", server.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckConfig_ApplicationThatCannot_SaysWhyAndExitsWith3()
    {
        await using HydraServer server = await HydraServer.LaunchAsync(new ServerSpec("broken.dies_at_import:app") { Arguments = ["--check-config"] });

        Assert.Equal(3, await server.ExitAsync());
        server.Log.ExpectAnyErrors("");
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Arguments_OfTheServer_AreTheApplications(string preload)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with { Arguments = [preload] });

        Assert.Equal(string.Join('\n', [Repository.Executable, .. server.Spec.AllArguments()]), await server.GetTextAsync("/argv"));
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Title_OfAWorker_NamesItAndTheApplication(string preload)
    {
        await using HydraServer server = await HydraServer.StartAsync(Spec with { Workers = 2, Arguments = [preload] });

        string[] titles = [.. server.WorkerPids().Select(Processes.CommandLine)];
        Assert.Contains("hydra: worker 0 process_probe:app", titles);
        Assert.Contains("hydra: worker 1 process_probe:app", titles);
        Assert.Equal(preload == "--preload", titles.Contains("hydra: template process_probe:app"));
    }
}
