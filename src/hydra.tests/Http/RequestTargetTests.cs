using System.Text;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public class RequestTargetTests
{
    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/a/b?c=d", "/a/b", "c=d")]
    [InlineData("/a?b?c", "/a", "b?c")]
    [InlineData("/a?", "/a", "")]
    [InlineData("/a://b?x", "/a://b", "x")]
    [InlineData("*", "*", "")]
    [InlineData("http://example.com/a?b", "/a", "b")]
    [InlineData("http://example.com", "", "")]
    [InlineData("http://example.com?b=1", "", "b=1")]
    [InlineData("", "", "")]
    public void Split_AnyForm_GivesPathAndQuery(string target, string path, string query)
    {
        (int start, int end, int queryStart) = RequestTarget.Split(Encoding.ASCII.GetBytes(target));

        Assert.Equal(path, target[start..end]);
        Assert.Equal(query, target[queryStart..]);
    }
}
