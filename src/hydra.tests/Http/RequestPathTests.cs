using System.Text;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="RequestPath"/>.</summary>
public sealed class RequestPathTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/", "/a/")]
    [InlineData("//a///b/", "/a/b/")]
    [InlineData("/%61%2fb", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/../../b", "/b")]
    [InlineData("/a/..", "/")]
    [InlineData("/./a/.", "/a")]
    [InlineData("/.a/..b", "/.a/..b")]
    [InlineData("/%2e%2e/b", "/b")]
    [InlineData("/%25a", "/%a")]
    [InlineData("/%", "/%")]
    [InlineData("/%c3%a4", "/\u00e4")]
    public void Plain_AnySpelling_IsThePathThatItMeans(string path, string expected) => Assert.Equal(expected, RequestPath.Plain(Encoding.Latin1.GetBytes(path)));

    [Theory]
    [InlineData("/a/b", false)]
    [InlineData("/a.b/..c/d..", false)]
    [InlineData("/a/..", true)]
    [InlineData("/./a", true)]
    [InlineData("/a/%2E./b", true)]
    [InlineData("/a%2f..%2fb", true)]
    [InlineData("/a\\..\\b", true)]
    public void HasSteps_Path_IsThoseWithAPartOfDots(string path, bool expected) => Assert.Equal(expected, RequestPath.HasSteps(Encoding.Latin1.GetBytes(path)));
}
