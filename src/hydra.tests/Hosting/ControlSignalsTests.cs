using System.Runtime.Versioning;
using Hydra.Hosting;
using Hydra.Primitives;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>The signals are sent to the process of the tests itself, which they would end if nobody listened.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ControlSignalsTests
{
    private const int Hangup = 1;
    private const int TerminalInput = 21;
    private const int TerminalOutput = 22;

    [PosixTheory]
    [InlineData(Hangup, "reload")]
    [InlineData(TerminalInput, "grow")]
    [InlineData(TerminalOutput, "shrink")]
    public async Task Signal_Sent_DoesWhatItStandsFor(int signal, string expected)
    {
        var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var signals = new ControlSignals(
            () => done.TrySetResult("reload"), () => done.TrySetResult("grow"), () => done.TrySetResult("shrink"), static () => { }, NullLogger.Instance);

        Assert.Equal(0, LibC.Kill(Environment.ProcessId, signal));

        Assert.Equal(expected, await done.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [PosixFact]
    public async Task LogRotation_Sent_OpensTheLogsAgain()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var signals = new ControlSignals(static () => { }, static () => { }, static () => { }, () => done.TrySetResult(), NullLogger.Instance);

        Assert.Equal(0, LibC.Kill(Environment.ProcessId, OperatingSystem.IsMacOS() ? 30 : 10));

        await done.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
