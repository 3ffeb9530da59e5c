using Hydra.Hosting;
using Hydra.Workers.Processes;
using Xunit;

namespace Hydra.Tests.Hosting;

public class ProcessorSharesTests
{
    private readonly ManualClock _clock = new();
    private readonly ProcessorShares _shares;

    public ProcessorSharesTests() => _shares = new ProcessorShares(TimeSpan.FromSeconds(10), _clock);

    [Fact]
    public void Read_SinceTheOldestSample_IsTheShareOfOneProcessor()
    {
        _shares.Add([1, 2], static pid => pid == 1 ? TimeSpan.FromSeconds(5) : null);
        _clock.Advance(TimeSpan.FromSeconds(4));
        _shares.Add([1, 2], static pid => TimeSpan.FromSeconds(pid == 1 ? 6 : 1));
        _clock.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(0.5, _shares.Read(1, TimeSpan.FromSeconds(9)));
        Assert.Equal(0.25, _shares.Read(2, TimeSpan.FromSeconds(2)));
        Assert.Null(_shares.Read(3, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Latest_BetweenTheLastTwoSamples_IsTheSumOfThoseInBoth()
    {
        _shares.Add([1], static _ => TimeSpan.FromSeconds(1));
        Assert.Null(_shares.Latest([1]));
        _clock.Advance(TimeSpan.FromSeconds(2));
        _shares.Add([1, 2], static _ => TimeSpan.FromSeconds(2));
        Assert.Equal(0.5, _shares.Latest([1, 2]));
        _clock.Advance(TimeSpan.FromSeconds(2));
        _shares.Add([1, 2, 3], static pid => TimeSpan.FromSeconds(pid == 1 ? 4 : 3));

        Assert.Equal(1.5, _shares.Latest([1, 2, 3]));
        Assert.Equal(0.5, _shares.Latest([2]));
        Assert.Null(_shares.Latest([3, 4]));
    }

    [Fact]
    public void Read_TooSoon_IsNotKnown()
    {
        _shares.Add([1], static _ => TimeSpan.Zero);

        Assert.Null(_shares.Read(1, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("12 (python3) T 1 12", "its process is stopped, by SIGSTOP or a debugger")]
    [InlineData("12 (a ) S) R 1 12", "it computes, in C code that keeps the interpreter's lock")]
    [InlineData("12 (python3) S 1 12", "it waits, in C code that keeps the interpreter's lock")]
    [InlineData("12 (python3", "")]
    [InlineData("", "")]
    public void DescribeState_OfProcStat_IsWhatTheProcessDoes(string stat, string expected) => Assert.Equal(expected, ProcessTime.DescribeState(stat));

    [Fact]
    public void Used_OfThisProcess_IsSomething()
    {
        Assert.True(ProcessTime.Used(Environment.ProcessId) > TimeSpan.Zero);
        Assert.Null(ProcessTime.Used(int.MaxValue));
    }
}
