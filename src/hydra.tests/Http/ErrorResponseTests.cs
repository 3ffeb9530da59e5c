using System.Text;
using Hydra.Dispatch;
using Hydra.Http;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class ErrorResponseTests
{
    private readonly DefaultHttpContext _context = new();
    private readonly MemoryStream _body = new();

    public ErrorResponseTests() => _context.Response.Body = _body;

    [Theory]
    [InlineData(nameof(Failure.WorkerLost), 502, "Bad Gateway\n", false)]
    [InlineData(nameof(Failure.BodyTooLarge), 413, "Payload Too Large\n", true)]
    [InlineData(nameof(Failure.UnknownCoding), 501, "Not Implemented\n", true)]
    public async Task WriteAsync_Failure_IsItsStatusAndReasonAsText(string failure, int status, string body, bool closes)
    {
        await ErrorResponse.WriteAsync(_context, Enum.Parse<Failure>(failure).Rule(), retryAfter: 0, isBodyUnread: false);

        Assert.Equal(status, _context.Response.StatusCode);
        Assert.Equal(body, Encoding.ASCII.GetString(_body.ToArray()));
        Assert.Equal(body.Length, _context.Response.ContentLength);
        Assert.Equal("text/plain; charset=utf-8", _context.Response.ContentType);
        Assert.Equal(closes ? "close" : "", _context.Response.Headers.Connection.ToString());
        Assert.False(_context.Response.Headers.ContainsKey("Retry-After"));
    }

    // RFC 9112, section 9.3: what comes next would be taken for the rest of the body.
    [Fact]
    public async Task WriteAsync_BodyIsNotRead_EndsTheConnection()
    {
        await ErrorResponse.WriteAsync(_context, Failure.ApplicationError.Rule(), retryAfter: 0, isBodyUnread: true);

        Assert.Equal((500, "close"), (_context.Response.StatusCode, _context.Response.Headers.Connection.ToString()));
    }

    // RFC 9110, section 10.2.3: seconds, and there is no sense in none.
    [Theory]
    [InlineData(0, "1")]
    [InlineData(17, "17")]
    public async Task WriteAsync_Refusal_SaysWhenToComeAgain(int retryAfter, string expected)
    {
        await ErrorResponse.WriteAsync(_context, Failure.QueueFull.Rule(), retryAfter, isBodyUnread: false);

        Assert.Equal((503, expected), (_context.Response.StatusCode, _context.Response.Headers.RetryAfter.ToString()));
    }

    // RFC 9110, section 9.3.2: the length that GET would have, and no body.
    [Fact]
    public async Task WriteAsync_Head_HasALengthAndNoBody()
    {
        _context.Request.Method = "HEAD";
        await ErrorResponse.WriteAsync(_context, StatusCodes.Status404NotFound);

        Assert.Equal(("Not Found\n".Length, 0), (_context.Response.ContentLength, _body.Length));
    }
}
