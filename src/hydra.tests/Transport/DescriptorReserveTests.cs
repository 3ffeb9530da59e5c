using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>How many descriptors clients may have.</summary>
public class DescriptorReserveTests
{
    [Theory]
    [InlineData(64, 48)]
    [InlineData(1024, 896)]
    [InlineData(20_000, 19_744)]
    [InlineData(8, 1)]
    [InlineData(ulong.MaxValue, int.MaxValue)]
    public void Share_OfALimit_LeavesAnEighth(ulong limit, int share) => Assert.Equal(share, new DescriptorReserve(limit).Share);

    [Fact]
    public void IsUsedUpBy_LastOfTheShare_IsTrue()
    {
        var reserve = new DescriptorReserve(64);

        Assert.False(reserve.IsUsedUpBy(46));
        Assert.True(reserve.IsUsedUpBy(47));
    }

    [PosixFact]
    public void IsUsedUp_ManyLeft_IsFalse() => Assert.False(new DescriptorReserve().IsUsedUp());

    [PosixFact]
    public void IsUsedUp_ShareIsOne_IsTrue() => Assert.True(new DescriptorReserve(1).IsUsedUp());
}
