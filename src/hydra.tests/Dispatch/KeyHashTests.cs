using Hydra.Dispatch;
using Xunit;

namespace Hydra.Tests.Dispatch;

public sealed class KeyHashTests
{
    [Fact]
    public void Hashes_OfOneKey_AreSettledAndSayNothingOfEachOther()
    {
        Assert.Equal(KeyHash.ForPlace("a"u8), KeyHash.ForPlace("a"u8));
        Assert.NotEqual(KeyHash.ForPlace("a"u8), KeyHash.ForPlace("b"u8));
        Assert.Equal(KeyHash.ForMemory("a"u8), KeyHash.ForMemory("a"u8));
        Assert.NotEqual(KeyHash.ForMemory("a"u8), KeyHash.ForPlace("a"u8));
    }
}
