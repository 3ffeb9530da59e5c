using System.Text;
using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public class RequestHeadTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 3, 1, 16)]
    [InlineData("POST /a?b HTTP/1.0\r\nA: b\r\n\r\n", 4, 4, 20)]
    [InlineData("GET / HTTP/1.1\r\n", 3, 1, -1)]
    [InlineData("GET  / HTTP/1.1\r\n\r\n", 3, 1, -1)]
    [InlineData("\r\nGET / HTTP/1.1\r\n\r\n", 3, 1, -1)]
    [InlineData("GET / HTTP/1.1\n\n", 3, 1, -1)]
    [InlineData("", 3, 1, -1)]
    public void SkipRequestLine_OfThisLength_IsMeasured(string head, int method, int target, int expected)
        => Assert.Equal(expected, RequestHead.SkipRequestLine(Bytes(head), method, target));

    [Fact]
    public void SkipRequestLine_DecodedPathWithLineEnds_IsNotFooled()
    {
        // "/%0d%0aX:%20y", after it was decoded in place.
        byte[] head = Bytes("GET /\r\nX: yX:%20y HTTP/1.1\r\nA: b\r\n\r\n");
        int start = RequestHead.SkipRequestLine(head, 3, 13);

        Assert.Equal("A: b\r\n\r\n", Encoding.Latin1.GetString(head.AsSpan(start)));
    }

    [Theory]
    [InlineData("\r\n", "")]
    [InlineData("Host: a\r\n\r\n", "host|a|")]
    [InlineData("X-B:1\r\nx-a: \t 2 \t\r\nX-B: 3\r\n\r\n", "x-b|1|x-a|2|x-b|3|")]
    [InlineData("Empty:\r\nBlank:   \r\n\r\n", "empty||blank||")]
    [InlineData("Colons: a:b:c\r\nBytes: \u00e4\u00ff\r\n\r\n", "colons|a:b:c|bytes|\u00e4\u00ff|")]
    public void WriteBlock_Lines_BecomesNamesAndValues(string lines, string expected)
    {
        byte[] target = new byte[lines.Length];
        int count = RequestHead.WriteBlock(Bytes(lines), target, out LengthHeader length);

        Assert.Equal(expected, Encoding.Latin1.GetString(target, 0, count).Replace('\0', '|'));
        Assert.Equal(LengthHeader.None, length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A: b\r\n")]
    [InlineData("A: b\n\n")]
    [InlineData("A: b\r\n\r\nC: d\r\n\r\n")]
    [InlineData("no colon\r\n\r\n")]
    [InlineData(": no name\r\n\r\n")]
    [InlineData("A: b\0c\r\n\r\n")]
    [InlineData("\u00e4: b\r\n\r\n")]
    public void WriteBlock_NotAsItShouldBe_IsRefused(string lines)
        => Assert.Equal(-1, RequestHead.WriteBlock(Bytes(lines), new byte[lines.Length], out _));

    [Theory]
    [InlineData("Content-Length: 12\r\n\r\n", 1)]
    [InlineData("CONTENT-LENGTH:0\r\n\r\n", 1)]
    [InlineData("Content-Length: +1\r\n\r\n", 2)]
    [InlineData("Content-Length:\r\n\r\n", 2)]
    [InlineData("Content-Length: 1 2\r\n\r\n", 2)]
    [InlineData("Content-Length: x\r\nContent-Length: 1\r\n\r\n", 2)]
    [InlineData("Content-Lengths: 12\r\n\r\n", 0)]
    public void WriteBlock_ContentLength_IsChecked(string lines, int expected)
    {
        RequestHead.WriteBlock(Bytes(lines), new byte[lines.Length], out LengthHeader length);

        Assert.Equal((LengthHeader)expected, length);
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
