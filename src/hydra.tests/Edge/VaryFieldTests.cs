using Hydra.Edge;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Edge;

public sealed class VaryFieldTests
{
    [Theory]
    [InlineData(null, "Accept-Encoding")]
    [InlineData("", "Accept-Encoding")]
    [InlineData("Cookie", "Cookie, Accept-Encoding")]
    [InlineData("accept-encoding", "accept-encoding")]
    [InlineData("Cookie, Accept-Encoding", "Cookie, Accept-Encoding")]
    [InlineData("*", "*")]
    [InlineData("Accept-Encoding-Of-Mine", "Accept-Encoding-Of-Mine, Accept-Encoding")]
    public void Add_Present_IsMergedOnce(string? present, string expected)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        if (present is not null)
        {
            headers.Vary = present;
        }

        VaryField.Add(headers, "Accept-Encoding");
        Assert.Equal(expected, Assert.Single(headers.Vary));
        VaryField.Add(headers, "Accept-Encoding");
        Assert.Equal(expected, Assert.Single(headers.Vary));
    }

    [Fact]
    public void Add_TwoLines_BecomeOne()
    {
        IHeaderDictionary headers = new HeaderDictionary { ["Vary"] = new(["Cookie", "Accept-Language"]) };
        VaryField.Add(headers, "Accept-Encoding");
        Assert.Equal("Cookie,Accept-Language, Accept-Encoding", Assert.Single(headers.Vary));
    }
}
