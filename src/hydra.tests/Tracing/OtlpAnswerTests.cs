using System.Text;
using Hydra.Tracing;
using Xunit;

namespace Hydra.Tests.Tracing;

public sealed class OtlpAnswerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, 0)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, 0)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, 0)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202, 0)]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 58\r\n\r\n{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"\"}}", 200, 3)]
    [InlineData("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1d;x=y\r\n{\"partialSuccess\":{\"rejectedS\r\na\r\npans\":12}}\r\n0\r\n\r\n", 200, 12)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[]no", 200, 0)]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 400, 0)]
    [InlineData("SSH-2.0-OpenSSH\r\n", 0, 0)]
    [InlineData("HTTP/1.1 what\r\n\r\n", 0, 0)]
    public void TryRead_AnAnswer_IsThereWithItsLastByteAndNotBefore(string text, int status, int rejected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Assert.True(OtlpAnswer.TryRead(bytes, isEnd: false, Now, out OtlpAnswer answer));

        Assert.Equal((status, rejected), (answer.Status, (int)answer.Rejected));
        for (int i = 0; i < (status == 0 ? 4 : bytes.Length - (text.EndsWith("0\r\n\r\n", StringComparison.Ordinal) && text.Contains("chunked", StringComparison.Ordinal) ? 2 : 0)); i++)
        {
            Assert.False(OtlpAnswer.TryRead(bytes.AsSpan(0, i), isEnd: false, Now, out _));
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("HTT", 0)]
    [InlineData("HTTP/1.1 200 OK\r\n", 0)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", 200)]
    [InlineData("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\nzz", 503)]
    public void TryRead_AnEnd_IsWhatHasCome(string text, int status)
    {
        Assert.True(OtlpAnswer.TryRead(Encoding.Latin1.GetBytes(text), isEnd: true, Now, out OtlpAnswer answer));
        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("7", 7.0)]
    [InlineData("Mon, 30 Nov 2026 10:00:30 GMT", 30.0)]
    [InlineData("Mon, 30 Nov 2026 09:00:30 GMT", null)]
    [InlineData("soon", null)]
    public void TryRead_RetryAfter_IsSecondsOrADate(string text, double? seconds)
    {
        Assert.True(OtlpAnswer.TryRead(Encoding.Latin1.GetBytes($"HTTP/1.1 503 No\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n"), false, Now, out OtlpAnswer answer));
        Assert.Equal(seconds, answer.RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData(429, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(500, false)]
    [InlineData(400, false)]
    [InlineData(301, false)]
    public void IsRetryable_AStatus_IsByTheSpecification(int status, bool expected) => Assert.Equal(expected, new OtlpAnswer(status, null, 0, "").IsRetryable);
}
