using Hydra.Coding;
using Hydra.Edge;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Edge;

public sealed class CompressionRulesTests
{
    private static CompressionRules Rules(params string[] excluded)
        => new([ContentCoding.Brotli, ContentCoding.Gzip], CodingLevels.Default, new CompressibleTypes([]), 1024, excluded);

    [Theory]
    [InlineData(200, 5000, "", true)]
    [InlineData(200, null, "", true)]
    [InlineData(404, 5000, "", true)]
    [InlineData(200, 1023, "", false)]
    [InlineData(200, 1024, "", true)]
    [InlineData(204, null, "", false)]
    [InlineData(205, null, "", false)]
    [InlineData(206, 5000, "", false)]
    [InlineData(304, null, "", false)]
    [InlineData(416, 5000, "Content-Range: bytes */9", false)]
    [InlineData(200, 5000, "Content-Range: bytes 0-1/9", false)]
    [InlineData(200, 5000, "Content-Encoding: br", false)]
    [InlineData(200, 5000, "Content-Encoding: aws-chunked", false)]
    [InlineData(200, 5000, "Content-Encoding: identity", true)]
    [InlineData(200, 5000, "Content-Encoding: ", true)]
    [InlineData(200, 5000, "Cache-Control: public, no-transform", false)]
    [InlineData(200, 5000, "Cache-Control: public", true)]
    [InlineData(200, 5000, "Content-MD5: x", false)]
    [InlineData(200, 5000, "Content-Digest: sha-256=:x:", false)]
    [InlineData(200, 5000, "Repr-Digest: sha-256=:x:", false)]
    [InlineData(200, 5000, "Digest: sha-256=x", false)]
    [InlineData(200, 5000, "Trailer: x-sum, content-digest", false)]
    [InlineData(200, 5000, "Trailer: x-sum", true)]
    [InlineData(200, 5000, "Accept-Ranges: bytes", true)]
    [InlineData(200, 2000000, "Accept-Ranges: bytes", false)]
    [InlineData(200, 2000000, "Accept-Ranges: none", true)]
    [InlineData(200, 5000, "Content-Type: image/png", false)]
    public void CanCompress_Response_IsDecidedByItsHead(int status, int? length, string field, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html";
        if (field.Length > 0)
        {
            string[] parts = field.Split(": ");
            context.Response.Headers[parts[0]] = parts[1];
        }

        Assert.Equal(expected, Rules().CanCompress(context.Request, context.Response, length));
    }

    [Theory]
    [InlineData("gzip, identity;q=0", 10, true)]
    [InlineData("gzip, identity;q=0", 0, false)]
    [InlineData("gzip", 10, false)]
    public void CanCompress_IdentityRefused_ShortBodiesToo(string accepted, int length, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.AcceptEncoding = accepted;
        context.Response.ContentType = "text/html";
        Assert.Equal(expected, Rules().CanCompress(context.Request, context.Response, length));
    }

    [Theory]
    [InlineData("/login", false)]
    [InlineData("/login/", false)]
    [InlineData("/login/x", false)]
    [InlineData("/logins", true)]
    [InlineData("/", true)]
    public void Includes_ExcludedPath_IsASegment(string path, bool expected) => Assert.Equal(expected, Rules("/login").Includes(path));

    [Fact]
    public void Includes_RootExcluded_IsNothing() => Assert.False(Rules("").Includes("/x"));

    [Theory]
    [InlineData("br, gzip", ContentCoding.Brotli)]
    [InlineData("zstd", ContentCoding.Identity)]
    [InlineData(null, ContentCoding.Identity)]
    internal void Choose_Client_GetsWhatItLikesOfTheOffer(string? accepted, ContentCoding expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.AcceptEncoding = accepted;
        Assert.Equal(expected, Rules().Choose(context.Request));
    }
}
