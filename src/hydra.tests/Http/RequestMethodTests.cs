using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="RequestMethod"/>.</summary>
public sealed class RequestMethodTests
{
    [Theory]
    [InlineData("GET", true)]
    [InlineData("HEAD", true)]
    [InlineData("OPTIONS", true)]
    [InlineData("TRACE", true)]
    [InlineData("POST", false)]
    [InlineData("get", false)]
    [InlineData("QUERY", false)]
    public void IsSafe_Method_IsThatOfTheseAlone(string method, bool expected) => Assert.Equal(expected, RequestMethod.IsSafe(method));

    [Fact]
    public void Is_MethodInOtherLetters_IsAnother()
    {
        Assert.True(RequestMethod.IsGet("GET") && RequestMethod.IsHead("HEAD") && RequestMethod.IsConnect("CONNECT"));
        Assert.False(RequestMethod.IsGet("get") || RequestMethod.IsHead("Head") || RequestMethod.IsConnect("connect"));
    }
}
