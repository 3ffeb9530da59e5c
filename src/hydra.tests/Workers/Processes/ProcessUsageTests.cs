using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Workers.Processes;

public class ProcessUsageTests
{
    [Fact]
    public void Parse_ProcStat_IsTimeInHundredthsAndMemoryInPages()
    {
        ProcessUsage? usage = ProcessUsage.Parse("12 (a) b (c) S 1 12 12 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 9 0 10 11 1000 18446744073709551615 1 1 0");

        Assert.Equal(new ProcessUsage(TimeSpan.FromSeconds(1.75), 1000L * Environment.SystemPageSize), usage);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12 (a")]
    [InlineData("12 (a) S 1 2 3")]
    [InlineData("12 (a) S 1 12 12 0 -1 4194560 1 2 3 4 x 25 7 8 20 0 9 0 10 11 1000 18446744073709551615 1 1 0")]
    public void Parse_WhatIsNoProcStat_IsNothing(string text) => Assert.Null(ProcessUsage.Parse(text));

    [Fact]
    public void Of_ThisProcess_IsWhatTheRuntimeSays()
    {
        ProcessUsage usage = ProcessUsage.Of(Environment.ProcessId)!.Value;

        Assert.InRange(usage.Resident, Environment.WorkingSet / 4, Environment.WorkingSet * 4);
        Assert.True(usage.Cpu > TimeSpan.Zero);
        Assert.Null(ProcessUsage.Of(int.MaxValue));
    }
}
