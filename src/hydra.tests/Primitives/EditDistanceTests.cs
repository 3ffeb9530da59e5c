using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class EditDistanceTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("ABC", "abc", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("wokers", "workers", 1)]
    [InlineData("inof", "info", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Between_TwoWords_CountsTheSlips(string first, string second, int expected)
    {
        Assert.Equal(expected, EditDistance.Between(first, second));
        Assert.Equal(expected, EditDistance.Between(second, first));
    }

    [Theory]
    [InlineData("uvlop", "uvloop")]
    [InlineData("x", null)]
    [InlineData("", null)]
    [InlineData("something-else", null)]
    public void Nearest_Word_IsFoundWhenItIsNear(string written, string? expected)
        => Assert.Equal(expected, EditDistance.Nearest(written, ["auto", "asyncio", "uvloop"]));
}
