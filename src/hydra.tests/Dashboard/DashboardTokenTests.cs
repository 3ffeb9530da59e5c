using Hydra.Dashboard;
using Xunit;

namespace Hydra.Tests.Dashboard;

public sealed class DashboardTokenTests
{
    [Theory]
    [InlineData("0123456789abcdef", true)]
    [InlineData("0123456789abcdeF", false)]
    [InlineData("0123456789abcde", false)]
    [InlineData("0123456789abcdef0", false)]
    [InlineData("", false)]
    public void Is_Text_IsItOrNot(string text, bool expected) => Assert.Equal(expected, new DashboardToken("0123456789abcdef").Is(text));

    [Fact]
    public void Make_Twice_IsNotTheSameAndHas128Bits()
    {
        string[] made = [DashboardToken.Make(), DashboardToken.Make()];

        Assert.NotEqual(made[0], made[1]);
        Assert.All(made, static token => Assert.Matches("^[0-9a-f]{32}$", token));
    }
}
