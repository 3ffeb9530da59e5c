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
}
