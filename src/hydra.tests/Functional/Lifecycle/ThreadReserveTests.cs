using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Lifecycle;

/// <summary>Where there is a limit of threads, the server has its own before it is ready, or does not start.</summary>
public sealed class ThreadReserveTests(ServerPool pool) : PooledTests(pool)
{
    [Fact]
    public async Task Threads_OfThePool_AreThereWhenTheServerIsReady()
    {
        HydraServer server = await Pool.GetAsync(new ServerSpec("asgi_probe:app"));
        int before = PoolThreads(server.Pid);
        string[] texts = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => server.GetTextAsync("/hello")));

        Assert.All(texts, static text => Assert.Equal("hello", text));
        Assert.Equal(Math.Max(12, Environment.ProcessorCount), before);
        Assert.Equal(before, PoolThreads(server.Pid));
    }

    [Fact]
    public async Task Start_WhereTheyAreNotToBeHad_SaysWhichLimitItIs()
    {
        // The limit counts all threads of a user, and not for root.
        using var copy = new UnprivilegedCopy(64321);
        await using var command = new RunningCommand(
            [.. copy.Prefix, "prlimit", "--nproc=8:8", copy.Executable, "asgi_probe:app", "--app-dir", Repository.Apps, "--python", Repository.Python, "--port", "0"],
            copy.Directory, []);

        Assert.Equal(3, await command.ExitAsync());
        Assert.Contains("pids.max of the control group, or ulimit -u", await command.Log.ExpectErrorAsync("[CRIT]"), StringComparison.Ordinal);
    }

    private static int PoolThreads(int process) => Directory.GetDirectories($"/proc/{process}/task")
        .Count(static thread => File.ReadAllText(thread + "/comm").StartsWith(".NET TP Worker", StringComparison.Ordinal));
}
