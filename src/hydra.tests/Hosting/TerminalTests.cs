using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

/// <summary>What SIGHUP means.</summary>
public sealed class TerminalTests
{
    [Theory]
    [InlineData(true, false, false, true)]
    [InlineData(true, false, true, false)]
    [InlineData(true, true, false, false)]
    [InlineData(false, false, false, false)]
    public void HasHungUp_TerminalIsGone_UnlessThereWasNoneOrNohup(bool had, bool ignores, bool has, bool expected)
        => Assert.Equal(expected, new Terminal(had, ignores, () => has).HasHungUp);

    [Theory]
    [InlineData("0000000000000001", true)]
    [InlineData("0000000001001001", true)]
    [InlineData("0000000000001000", false)]
    [InlineData("nothing", false)]
    public void IgnoresHangup_SigIgn_HasItsBit(string set, bool expected)
        => Assert.Equal(expected, Terminal.IgnoresHangup(["Name:\thydra", $"SigIgn:\t{set}", "SigCgt:\tffff"]));

    [Fact]
    public void IgnoresHangup_NoSuchLine_IsFalse() => Assert.False(Terminal.IgnoresHangup(["Name:\thydra"]));
}
