using System.Diagnostics;
using System.Text.RegularExpressions;
using Hydra.Tests.Functional.Harness;
using Hydra.Tests.Functional.Load;
using Xunit;

namespace Hydra.Tests.Functional.Chaos;

/// <summary>Each row of the chaos test (bench/chaos.sh) for a few seconds; what it promises about speed is for the long run.</summary>
[Collection(nameof(AloneCollection))]
public sealed partial class ChaosTests
{
    private static readonly string[] Keys =
    [
        "kill-idempotent", "kill-wsgi", "kill-post", "recycle", "stop", "loop", "reload", "syntax-error", "upgrade", "terminate",
        "front-kill", "overload", "slow-clients", "mixed", "disk-full", "temp-removed", "descriptors",
    ];

    /// <summary>The faults, by the keys of bench/chaos.sh.</summary>
    public static TheoryData<string> Faults => new(Keys);

    [LinuxTheory]
    [MemberData(nameof(Faults))]
    public async Task Fault_WhileClientsAsk_KeepsItsPromise(string fault)
    {
        (int code, string output) = await RunAsync("--short", "--only", $"^{fault}$");

        Assert.True(code == 0, output);
    }

    [LinuxFact]
    public async Task Faults_OfTheChaosTest_AreAllHere()
    {
        (int code, string output) = await RunAsync("--list");

        Assert.Equal(0, code);
        Assert.Equal(Keys.Order(), FirstWord().Matches(output).Select(match => match.Value).Order());
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.Python, [RepositoryFiles.At("bench", "chaos.py"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HYDRA_BIN"] = Repository.Executable },
        };
        using Process process = Process.Start(start)!;
        string[] output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }

    [GeneratedRegex(@"^\S+", RegexOptions.Multiline)]
    private static partial Regex FirstWord();
}
