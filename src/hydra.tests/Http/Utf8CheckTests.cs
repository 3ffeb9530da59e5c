using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class Utf8CheckTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("6162", true)]
    [InlineData("61C3BC62", true)]
    [InlineData("E282AC", true)]
    [InlineData("F09F9880F09F9880", true)]
    [InlineData("F48FBFBF", true)]
    [InlineData("EFBFBF", true)]
    [InlineData("C328", false)]
    [InlineData("80", false)]
    [InlineData("61BF", false)]
    [InlineData("C080", false)]
    [InlineData("E08080", false)]
    [InlineData("EDA080", false)]
    [InlineData("F4908080", false)]
    [InlineData("F8888080", false)]
    [InlineData("FE", false)]
    [InlineData("E282", false)]
    [InlineData("F09F98", false)]
    [InlineData("6161C3", false)]
    [InlineData("CEBAE1BDB9CF83CEBCCEB5EDA080656469746564", false)]
    public void Add_CutAnywhere_IsTheSame(string hex, bool expected)
    {
        byte[] bytes = Convert.FromHexString(hex);
        for (int one = 0; one <= bytes.Length; one++)
        {
            for (int two = one; two <= bytes.Length; two++)
            {
                Utf8Check check = default;
                bool isValid = check.Add(bytes.AsSpan(0, one)) && check.Add(bytes.AsSpan(one..two)) && check.Add(bytes.AsSpan(two)) && check.End();
                Assert.Equal(expected, isValid);
            }
        }

        Utf8Check each = default;
        bool isEach = true;
        foreach (byte b in bytes)
        {
            isEach = isEach && each.Add([b]);
        }

        Assert.Equal(expected, isEach && each.End());
    }

    [Fact]
    public void End_TheNextText_BeginsAnew()
    {
        Utf8Check check = default;
        Assert.True(check.Add([0xC3]));
        Assert.False(check.End());
        Assert.True(check.Add("a"u8) && check.End());
    }
}
