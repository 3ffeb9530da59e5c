using System.Runtime.Versioning;
using System.Text;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--python names a script that puts another program around the interpreter: docs/wrapping.md.</summary>
[SupportedOSPlatform("linux")]
public sealed class WrappedPythonTests
{
    [Theory]
    [InlineData("app")]
    [InlineData("asgi")]
    public async Task Profiler_WritesWhatTheWorkerDid(string app)
    {
        await using HydraServer server = await StartAsync(app, "exec PYTHON -m cProfile -o profile \"$@\"");
        await server.GetTextAsync("/");
        Assert.Equal(0, await server.StopAsync());

        Assert.Contains("wrapped.py", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(server.FilePath("profile"))), StringComparison.Ordinal);
    }

    [PythonModuleFact("coverage")]
    public async Task Coverage_WritesWhichLinesRan()
    {
        await using HydraServer server = await StartAsync("app", "exec PYTHON -m coverage run --source=" + Repository.Apps + " --data-file=lines \"$@\"");
        await server.GetTextAsync("/");
        Assert.Equal(0, await server.StopAsync());

        Assert.Contains("wrapped.py", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(server.FilePath("lines"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app")]
    [InlineData("asgi")]
    public async Task Nice_WorkerHasThePriority(string app)
    {
        await using HydraServer server = await StartAsync(app, "exec nice -n 19 PYTHON \"$@\"");

        Assert.Equal("19", (await server.GetTextAsync("/")).Split(' ')[0]);
    }

    [Fact]
    public async Task Taskset_WorkerHasTheProcessor()
    {
        await using HydraServer server = await StartAsync("app", "exec taskset -c \"$HYDRA_WORKER_ID\" PYTHON \"$@\"");

        Assert.Equal(["1", "0"], (await server.GetTextAsync("/")).Split(' ')[1..]);
    }

    private static Task<HydraServer> StartAsync(string app, string command) => HydraServer.StartAsync(new ServerSpec("wrapped:" + app)
    {
        Python = "./wrapper",
        Prepare = async directory =>
        {
            string path = Path.Combine(directory, "wrapper");
            await File.WriteAllTextAsync(path, "#!/bin/sh\n" + command.Replace("PYTHON", Repository.Python ?? "python3", StringComparison.Ordinal) + "\n");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        },
    });
}
