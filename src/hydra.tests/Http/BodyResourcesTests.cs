using Hydra.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class BodyResourcesTests
{
    [Theory]
    [InlineData(100L, false, 0, true)]
    [InlineData(101L, false, 0, false)]
    [InlineData(null, false, 99, true)]
    [InlineData(null, false, 100, false)]
    [InlineData(50L, true, 0, false)]
    [InlineData(null, true, 0, false)]
    public void ReadsAhead_WithoutADisk_OnlyWhatIsSmallAndOnItsWay(long? length, bool expects, long arrived, bool expected)
        => Assert.Equal(expected, Resources(null).ReadsAhead(length, expects, arrived));

    [Theory]
    [InlineData(1_000_000L, false, 0, true)]
    [InlineData(1_000_000L, false, 100, false)]
    [InlineData(50L, true, 0, true)]
    [InlineData(null, true, 0, true)]
    public void ReadsAhead_AThreadWouldWait_AsMuchAsMayBeHeld(long? length, bool expects, long arrived, bool expected)
        => Assert.Equal(expected, Resources(null).ReadsAhead(length, expects, arrived, wantsWhole: true));

    [Theory]
    [InlineData(101L, false, 0)]
    [InlineData(null, false, 100)]
    [InlineData(50L, true, 0)]
    public void ReadsAhead_WithADisk_Everything(long? length, bool expects, long arrived)
    {
        var spool = new Spool(["/nowhere"], 1, TimeProvider.System, NullLogger.Instance);
        Assert.True(Resources(spool).ReadsAhead(length, expects, arrived));
    }

    [Fact]
    public void Memory_OfRequestsAndResponses_IsApart()
    {
        BodyResources resources = Resources(null);
        Assert.True(resources.RequestMemory.TryTake(1000));
        Assert.False(resources.RequestMemory.TryTake(1));
        Assert.True(resources.ResponseMemory.TryTake(1000));
        Assert.False(resources.ResponseMemory.TryTake(1));
    }

    private static BodyResources Resources(Spool? spool)
        => new(new ForwarderOptions { BufferBody = 100, BufferMemory = 1000 }, spool, NullLogger.Instance);
}
