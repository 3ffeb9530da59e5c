using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class SipHashTests
{
    // The vectors of the reference implementation of SipHash-2-4: the key is 00 01 … 0f, the data 00 01 … as long as said.
    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31)]
    [InlineData(1, 0x74f839c593dc67fd)]
    [InlineData(7, 0xab0200f58b01d137)]
    [InlineData(8, 0x93f5f5799a932462)]
    [InlineData(15, 0xa129ca6149be45e5)]
    public void Of_VectorsOfThePaper_AreAsThere(int length, ulong expected)
        => Assert.Equal(expected, SipHash.Of(0x0706050403020100, 0x0f0e0d0c0b0a0908, [.. Enumerable.Range(0, length).Select(static i => (byte)i)]));
}
