using System.Text;
using Hydra.Http;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ResponseTrailersTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("x-sum\07\0grpc-status\00", null)]
    [InlineData("etag\0\"1\"\0server-timing\0db;dur=53", null)]
    [InlineData("x\0y\0Host\0h", "its trailer Host would have to be known before the body (RFC 9110, section 6.5.1)")]
    [InlineData("x\0y\0x y\0z", "its trailer number 2 is invalid: the name has a character that RFC 9110, section 5.1 forbids")]
    [InlineData("x\0y\nz", "its trailer number 1 is invalid: the value has a control character")]
    [InlineData("x\0y\0z", "its trailer number 2 is invalid: it has no value")]
    public void Check_Block_IsJudged(string block, string? expected)
        => Assert.Equal(expected, ResponseTrailers.Check(Encoding.Latin1.GetBytes(block)));

    [Theory]
    [InlineData("HTTP/1.1", "GET", 200, null, "trailers", true)]
    [InlineData("HTTP/1.1", "POST", 500, null, "gzip, trailers", true)]
    [InlineData("HTTP/1.1", "GET", 200, 5L, "trailers", false)]
    [InlineData("HTTP/1.1", "HEAD", 200, null, "trailers", false)]
    [InlineData("HTTP/1.1", "GET", 204, null, "trailers", false)]
    [InlineData("HTTP/1.1", "GET", 200, null, "gzip", false)]
    [InlineData("HTTP/1.1", "GET", 200, null, null, false)]
    [InlineData("HTTP/1.0", "GET", 200, null, "trailers", false)]
    [InlineData("HTTP/2", "GET", 200, null, "trailers", false)]
    public void AreFramed_Response_IsSoWhereTrailersCanFollowAndAreTaken(string protocol, string method, int status, long? length, string? te, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Protocol = protocol;
        context.Request.Method = method;
        context.Request.Headers.TE = te;
        context.Response.StatusCode = status;
        context.Response.ContentLength = length;

        Assert.Equal(expected, ResponseTrailers.AreFramed(context));
    }

    [Fact]
    public void Add_NobodyToTakeThem_DoesNothing() => ResponseTrailers.Add(new DefaultHttpContext(), "x-sum\07"u8);
}
