using System.Runtime.Versioning;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Functional.Workers;

/// <summary>--speedups: the native part of the worker, where the executable that is tested carries it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SpeedupsTests
{
    private static readonly string[] Paths = ["/hello", "/echo-path/a%20b?c=%C3%A9", "/own-headers", "/headers", "/status/404", "/empty", "/nothing-here"];

    [Fact]
    public async Task Answers_WithAndWithoutSpeedups_AreTheSame()
    {
        await using HydraServer with = await StartAsync("auto");
        await using HydraServer without = await StartAsync("off");

        foreach (string path in Paths)
        {
            Assert.Equal(await AnswerAsync(without, path), await AnswerAsync(with, path));
        }
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("off")]
    public async Task Use_IsInTheLogAndInTheMetrics(string use)
    {
        await using HydraServer server = await StartAsync(use, "--metrics", "127.0.0.1:0");
        bool isUsed = use == "auto" && await IsCarriedAsync();

        string address = (await server.Log.WaitAsync("metrics are served at")).Split(" at ")[1].Trim();
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        string line = Assert.Single(
            (await client.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Split('\n'),
            static line => line.StartsWith("hydra_worker_info{", StringComparison.Ordinal));
        await server.Log.WaitAsync(" is ready at ");

        Assert.Equal(isUsed, line.Contains(", speedups\"} 1", StringComparison.Ordinal));
        Assert.Equal(isUsed, server.Log.Find(", speedups").Any());
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task On_PythonThatCannotLoadThem_IsNamedAndExitsWith3(string preload)
    {
        using TestDirectory directory = WithoutLock();
        await using HydraServer server = await HydraServer.LaunchAsync(Spec(directory, "on", preload));

        Assert.Equal(3, await server.ExitAsync());
        await server.Log.ExpectErrorAsync("--speedups on: the native part of the worker cannot be loaded: it needs the global interpreter lock");
    }

    [Theory]
    [InlineData("--no-preload")]
    [InlineData("--preload")]
    public async Task Auto_PythonThatCannotLoadThem_ServesWithoutAWord(string preload)
    {
        using TestDirectory directory = WithoutLock();
        await using HydraServer server = await HydraServer.StartAsync(Spec(directory, "auto", preload));

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await server.Log.WaitAsync(" is ready at ");
        Assert.Empty(server.Log.Find("speedups"));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("off")]
    public async Task Preload_ForkedWorkers_HaveWhatTheirTemplateHas(string use)
    {
        await using HydraServer server = await StartAsync(use, "--preload");

        Assert.Equal("hello", await server.GetTextAsync("/hello"));
        await server.Log.WaitAsync(" is ready at ");
        Assert.Equal(use == "auto" && await IsCarriedAsync(), server.Log.Find(", speedups").Any());
    }

    // For the shim, a Python that has imported this is one without its lock.
    private static TestDirectory WithoutLock()
    {
        var directory = new TestDirectory();
        directory.Write("sitecustomize.py", "import sys\n\nsys._is_gil_enabled = lambda: False\n");
        return directory;
    }

    private static ServerSpec Spec(TestDirectory directory, params string[] arguments) => new("asgi_probe:app")
    {
        Arguments = ["--speedups", .. arguments],
        Variables = new Dictionary<string, string?> { ["PYTHONPATH"] = directory.Path },
    };

    private static Task<HydraServer> StartAsync(params string[] arguments)
        => HydraServer.StartAsync(new ServerSpec("asgi_probe:app") { Arguments = ["--speedups", .. arguments] });

    private static async Task<bool> IsCarriedAsync()
    {
        await using RunningCommand command = new RunningCommand([Repository.Executable, "--version"], Path.GetTempPath(), []);
        Assert.Equal(0, await command.ExitAsync());
        return command.Log.Output.Any(static line => line.EndsWith("(with speedups)", StringComparison.Ordinal));
    }

    private static async Task<string> AnswerAsync(HydraServer server, string path)
    {
        using HttpResponseMessage response = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
        string fields = string.Join('\n', response.Headers.Concat(response.Content.Headers)
            .Where(static field => field.Key != "Date").Select(static field => $"{field.Key}: {string.Join(',', field.Value)}"));
        return $"{(int)response.StatusCode}\n{fields}\n{await response.Content.ReadAsStringAsync()}";
    }
}
