using Hydra.Http;
using Hydra.Protocol;
using Hydra.Tests.Http.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ResponseHeadTests
{
    private readonly HttpResponse _response = new DefaultHttpContext().Response;

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(299)]
    [InlineData(599)]
    [InlineData(600)]
    [InlineData(999)]
    public void TryApply_FinalStatus_IsTaken(int status)
    {
        Assert.Null(Apply(status));
        Assert.Equal(status, _response.StatusCode);
    }

    // RFC 9110, section 15: an interim status is no response, and a status has three digits.
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(199)]
    [InlineData(1000)]
    [InlineData(65_535)]
    public void TryApply_AnotherStatus_IsRefusedByItsNumber(int status)
    {
        Assert.Contains($"status {status} ", Apply(status, ("X-A", "1")), StringComparison.Ordinal);
        NothingWasApplied();
    }

    // RFC 9110, sections 5.1 and 5.5: names are tokens, values have no control characters; a line break would be another header.
    [Theory]
    [InlineData("", "b", "the name is empty")]
    [InlineData("a b", "c", "section 5.1")]
    [InlineData("a:", "b", "section 5.1")]
    [InlineData("a\r\nb", "c", "section 5.1")]
    [InlineData("\u00e4", "b", "section 5.1")]
    [InlineData("a", "b\r\nSet-Cookie: c", "control character")]
    [InlineData("a", "b\nc", "control character")]
    [InlineData("a", "b\u007f", "control character")]
    public void TryApply_NameOrValueThatBreaksARule_IsRefusedWithItsPosition(string name, string value, string rule)
    {
        string? problem = Apply(200, ("X-First", "1"), (name, value), ("X-Third", "3"));

        Assert.Contains("header number 2 ", problem, StringComparison.Ordinal);
        Assert.Contains(rule, problem, StringComparison.Ordinal);
        NothingWasApplied();
    }

    [Fact]
    public void TryApply_LastNameWithoutValue_IsRefused()
    {
        Assert.Contains("it has no value", ApplyBlock(200, "a\0b\0c"u8.ToArray(), out _), StringComparison.Ordinal);
        NothingWasApplied();
    }

    // PEP 3333: the application's phrase, which no field can be taken for.
    [Theory]
    [InlineData(":reason\0My Reason\0X-A\0b", "My Reason", "b")]
    [InlineData(":reason\0\u00e4\0X-A\0b", "\u00e4", "b")]
    [InlineData(":reason\0My Reason", "My Reason", "")]
    [InlineData("X-A\0b", null, "b")]
    public void TryApply_Reason_IsThePhrase(string block, string? reason, string value)
    {
        Assert.Null(ApplyBlock(299, System.Text.Encoding.Latin1.GetBytes(block), out _));
        Assert.Equal(reason, _response.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase);
        Assert.Equal(value, _response.Headers["X-A"].ToString());
        Assert.Equal(value.Length, _response.Headers.Count);
    }

    [Theory]
    [InlineData(":reason\0a\r\nX: b")]
    [InlineData(":reason\0a\u007f\0X-A\0b")]
    [InlineData(":status\0200")]
    public void TryApply_ReasonThatIsNone_IsRefused(string block)
    {
        Assert.NotNull(ApplyBlock(200, System.Text.Encoding.Latin1.GetBytes(block), out _));
        NothingWasApplied();
    }

    [Theory]
    [InlineData("close", "close")]
    [InlineData("X, Close", "close")]
    [InlineData("closed", "")]
    public void TryApply_ConnectionThatNamesClose_Closes(string value, string expected)
    {
        Assert.Null(Apply(200, ("Connection", value)));
        Assert.Equal(expected, _response.Headers.Connection.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\tb c")]
    [InlineData("\u0080\u00e4\u00ff")]
    public void TryApply_ValueOfAnyOtherBytes_IsTakenAsItIs(string value)
    {
        Assert.Null(Apply(200, ("X-A", value)));
        Assert.Equal(value, _response.Headers["X-A"]);
    }

    // RFC 9110, section 8.6: digits alone.
    [Theory]
    [InlineData("0", 0)]
    [InlineData("12", 12)]
    [InlineData("007", 7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void TryApply_ContentLength_IsGivenBackAndSet(string value, long expected)
    {
        Assert.Null(Apply(200, out long? length, ("content-length", value)));
        Assert.Equal(expected, length);
        Assert.Equal(expected, _response.ContentLength);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+5")]
    [InlineData("-5")]
    [InlineData(" 5")]
    [InlineData("5 ")]
    [InlineData("5, 5")]
    [InlineData("0x5")]
    [InlineData("5.0")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999")]
    public void TryApply_ContentLengthThatIsNoNumber_IsRefused(string value)
    {
        Assert.Contains("Content-Length", Apply(200, ("X-A", "1"), ("Content-Length", value)), StringComparison.Ordinal);
        NothingWasApplied();
    }

    [Fact]
    public void TryApply_ContentLengthTwice_MustAgree()
    {
        Assert.Null(Apply(200, out long? length, ("Content-Length", "5"), ("content-length", "05")));
        Assert.Equal(5, length);
        Assert.Equal("5", _response.Headers["Content-Length"]);

        _response.Clear();
        Assert.Contains("two that differ", Apply(200, ("Content-Length", "5"), ("content-length", "6")), StringComparison.Ordinal);
        NothingWasApplied();
    }

    [Fact]
    public void TryApply_NoContentLength_GivesNone()
    {
        Assert.Null(Apply(200, out long? length, ("Content-Type", "text/plain")));
        Assert.Null(length);
        Assert.Null(_response.ContentLength);
    }

    // RFC 9110, sections 8.6 and 15.3.6: a client that finds one there would wait for a body.
    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    public void TryApply_ContentLengthWhereNoneMayBe_IsLeftOut(int status)
    {
        Assert.Null(Apply(status, ("Content-Length", "5"), ("X-A", "1")));
        Assert.Null(_response.ContentLength);
        Assert.Equal("1", _response.Headers["X-A"]);
    }

    // RFC 9110, section 8.6: there it says how long the body would be.
    [Fact]
    public void TryApply_ContentLengthOfNotModified_IsKept()
    {
        Assert.Null(Apply(304, ("Content-Length", "5")));
        Assert.Equal(5, _response.ContentLength);
    }

    // RFC 9110, section 7.6.1: they concern the connection to the worker, which is none of the client's.
    [Theory]
    [InlineData("Connection", "keep-alive")]
    [InlineData("connection", "upgrade")]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("PROXY-CONNECTION", "close")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("Upgrade", "websocket")]
    public void TryApply_HeaderOfTheConnection_IsLeftOut(string name, string value)
    {
        Assert.Null(Apply(200, (name, value), ("X-A", "1")));
        Assert.Equal(["X-A"], _response.Headers.Keys);
    }

    // RFC 9112, section 9.6: an application may end the connection.
    [Theory]
    [InlineData("close")]
    [InlineData("Close")]
    public void TryApply_ConnectionClose_IsKept(string value)
    {
        Assert.Null(Apply(200, ("connection", value)));
        Assert.Equal("close", _response.Headers.Connection);
    }

    // RFC 6265, section 3: cookies are never folded into one header.
    [Fact]
    public void TryApply_NameThatIsRepeated_KeepsAllValuesInOrder()
    {
        Assert.Null(Apply(200, ("Set-Cookie", "a=1"), ("X-A", "x"), ("set-cookie", "b=2"), ("SET-COOKIE", "a=3"), ("x-a", "y")));
        Assert.Equal("a=1|b=2|a=3", string.Join('|', _response.Headers.SetCookie.ToArray()));
        Assert.Equal("x|y", string.Join('|', _response.Headers["X-A"].ToArray()));
    }

    [Fact]
    public void TryApply_Names_HaveTheirUsualSpellingOrTheApplications()
    {
        Assert.Null(Apply(200, ("content-type", "text/plain"), ("etag", "\"1\""), ("x-myHeader", "1")));
        Assert.Equal(["Content-Type", "ETag", "x-myHeader"], _response.Headers.Keys);
    }

    // RFC 9110, section 6.4.1; methods are case-sensitive (section 9.1).
    [Theory]
    [InlineData("HEAD", 200, true)]
    [InlineData("HEAD", 500, true)]
    [InlineData("GET", 204, true)]
    [InlineData("POST", 205, true)]
    [InlineData("GET", 304, true)]
    [InlineData("GET", 200, false)]
    [InlineData("GET", 404, false)]
    [InlineData("head", 200, false)]
    [InlineData("HEADER", 200, false)]
    public void HasNoBody_ByMethodAndStatus_IsWhatTheRfcSays(string method, int status, bool expected)
        => Assert.Equal(expected, ResponseHead.HasNoBody(method, status));

    private void NothingWasApplied()
    {
        Assert.Empty(_response.Headers);
        Assert.Equal(200, _response.StatusCode);
    }

    private string? Apply(int status, params (string, string)[] headers) => Apply(status, out _, headers);

    private string? Apply(int status, out long? length, params (string, string)[] headers)
        => ApplyBlock(status, HeaderLists.Block(headers), out length);

    private string? ApplyBlock(int status, byte[] block, out long? length)
        => ResponseHead.TryApply(_response, new ResponseMessage { Status = (ushort)status, Headers = block }, out length);
}
