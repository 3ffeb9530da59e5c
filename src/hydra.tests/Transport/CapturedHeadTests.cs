using System.Text;
using Hydra.Transport;
using Xunit;

namespace Hydra.Tests.Transport;

/// <summary>One head, line by line: what it becomes for the worker, what Kestrel reads instead, and what is refused.</summary>
public sealed class CapturedHeadTests
{
    private readonly CapturedHead _head = new(takesPathAsHost: false, longestField: 2000);

    [Theory]
    [InlineData("GET / HTTP/1.1", "GET", "/")]
    [InlineData("M-SEARCH /a?b=c%20&d={} HTTP/1.0", "M-SEARCH", "/a?b=c%20&d={}")]
    [InlineData("OPTIONS * HTTP/1.1", "OPTIONS", "*")]
    [InlineData("GET / HTTP/2.0", "GET", "/")]
    public void TakeRequestLine_AsItShouldBe_IsKept(string line, string method, string target)
    {
        Assert.Equal(HeadFault.None, _head.TakeRequestLine(Bytes(line)));
        Assert.Equal((method, target, false), (Text(_head.Method), Text(_head.Target), _head.IsAltered));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET")]
    [InlineData("GET /")]
    [InlineData("GET  / HTTP/1.1")]
    [InlineData("GET /  HTTP/1.1")]
    [InlineData("GET / HTTP/1.1 ")]
    [InlineData(" GET / HTTP/1.1")]
    [InlineData("GET\t/ HTTP/1.1")]
    [InlineData("GET / HTTP/1.10")]
    [InlineData("GET / HTTP/1,1")]
    [InlineData("GET / http/1.1")]
    [InlineData("GET / HTTP/x.1")]
    [InlineData("GET /a b HTTP/1.1")]
    [InlineData("GET /a#b HTTP/1.1")]
    [InlineData("GET /a\tb HTTP/1.1")]
    [InlineData("GET /\u00e4 HTTP/1.1")]
    [InlineData("G[T / HTTP/1.1")]
    [InlineData("G\u00e4T / HTTP/1.1")]
    [InlineData("GET nope HTTP/1.1")]
    [InlineData("GET a:80 HTTP/1.1")]
    [InlineData("OPTIONS nope HTTP/1.0")]
    [InlineData("GET *a HTTP/1.1")]
    [InlineData("GET ftp://a/b HTTP/1.1")]
    public void TakeRequestLine_AnythingElse_IsRefused(string line) => Assert.Equal(HeadFault.Line, _head.TakeRequestLine(Bytes(line)));

    // What Kestrel would refuse, or take in a way of its own: it reads the line on the right, which means the same to it.
    [Theory]
    [InlineData("GET /a HTTP/1.2", "GET /a HTTP/1.1", false)]
    [InlineData("GET /a HTTP/1.9", "GET /a HTTP/1.1", false)]
    [InlineData("POST /a HTTP/1.0", "POSt /a HTTP/1.0", true)]
    [InlineData("PUT /a HTTP/1.0", "PUt /a HTTP/1.0", true)]
    [InlineData("GET /a%00b%00?%00 HTTP/1.1", "GET /a%01b%01?%01 HTTP/1.1", true)]
    [InlineData("GET http://a.b/c?d HTTP/1.1", "GET /c?d           HTTP/1.1", true)]
    [InlineData("GET HTTP://a:/ HTTP/1.1", "GET /          HTTP/1.1", true)]
    [InlineData("GET hTTps://[::1]:80 HTTP/1.1", "GET /                HTTP/1.1", true)]
    [InlineData("GET http://a?b HTTP/1.2", "GET /?b        HTTP/1.1", true)]
    [InlineData("POST http://a/%00 HTTP/1.0", "POSt /%01         HTTP/1.0", true)]
    public void TakeRequestLine_KestrelWouldRefuseIt_IsOverwrittenForKestrelAlone(string line, string read, bool isOther)
    {
        byte[] bytes = Bytes(line);
        Assert.Equal(HeadFault.None, _head.TakeRequestLine(bytes));

        Assert.Equal(read, Text(bytes));
        Assert.Equal(line, $"{Text(_head.Method)} {Text(_head.Target)}{line[line.LastIndexOf(' ')..]}");
        Assert.Equal((true, isOther), (_head.IsAltered, _head.IsLineAltered));
    }

    [Theory]
    [InlineData("http:///a")]
    [InlineData("http://")]
    [InlineData("http://user@host/a")]
    [InlineData("http://user:word@host/a")]
    [InlineData("http://a,b/")]
    [InlineData("http://[::1/")]
    public void TakeRequestLine_AbsoluteTargetWithoutAHost_IsRefused(string target)
        => Assert.Equal(HeadFault.Host, _head.TakeRequestLine(Bytes($"GET {target} HTTP/1.1")));

    [Theory]
    [InlineData("", "")]
    [InlineData("Host: a", "host|a")]
    [InlineData("X-B:1\nx-a: \t 2 \t\nX-B: 3", "x-b|1|x-a|2|x-b|3")]
    [InlineData("Empty:\nBlank:   ", "empty||blank|")]
    [InlineData("Colons: a:b:c\nBytes: \u00e4\u00ff", "colons|a:b:c|bytes|\u00e4\u00ff")]
    [InlineData("!#$%&'*+-.^_`|~0Az: x", "!#$%&'*+-.^_`!~0az|x")]
    public void TakeField_Lines_BecomeNamesAndValues(string lines, string expected)
    {
        Assert.Equal(HeadFault.None, Take("GET / HTTP/1.1", lines));
        Assert.Equal(expected.Replace('!', '|'), Text(_head.Block).Replace('\0', '|').Replace('!', '|'));
    }

    [Theory]
    [InlineData("no colon")]
    [InlineData(": no name")]
    [InlineData("")]
    [InlineData(" folded")]
    [InlineData("\tfolded")]
    [InlineData("A : b")]
    [InlineData("[X]: b")]
    [InlineData("X/Y: b")]
    [InlineData("\u00e4: b")]
    [InlineData("A\u007f: b")]
    public void TakeField_NameIsNoToken_IsRefused(string line)
    {
        Assert.Equal(HeadFault.None, _head.TakeRequestLine(Bytes("GET / HTTP/1.1")));
        Assert.Equal(HeadFault.Field, _head.TakeField(Bytes(line)));
    }

    [Fact]
    public void TakeField_SecondContentType_IsRefused()
    {
        Assert.Equal(HeadFault.Field, Take("GET / HTTP/1.1", "Content-Type: a/b\nX: 1\ncontent-type: a/b"));
        Assert.Equal(HeadFault.None, Take("GET / HTTP/1.1", "Content-Type: a/b"));
    }

    // RFC 9112, section 6.3.
    [Theory]
    [InlineData("Content-Length: 12", 12, false)]
    [InlineData("CONTENT-LENGTH:0", 0, false)]
    [InlineData("Content-Lengths: 12", 0, false)]
    [InlineData("Transfer-Encoding: chunked", 0, true)]
    [InlineData("TRANSFER-ENCODING:\tChunked ", 0, true)]
    [InlineData("X: 1", 0, false)]
    public void End_Framing_IsWhatTheFieldsSay(string lines, long length, bool isChunked)
    {
        Assert.Equal(HeadFault.None, Take("POST / HTTP/1.1", lines));
        Assert.Equal((length, isChunked, false), (_head.ContentLength, _head.IsChunked, _head.Closes));
    }

    [Fact]
    public void End_ChunksInHttp10_Close()
    {
        Assert.Equal(HeadFault.None, Take("POST / HTTP/1.0", "Transfer-Encoding: chunked"));
        Assert.True(_head.Closes);
        Assert.Equal(HeadFault.None, Take("POST / HTTP/1.0", "Content-Length: 1"));
        Assert.False(_head.Closes);
    }

    [Theory]
    [InlineData("Content-Length: 3\nTransfer-Encoding: chunked\nX: content-length", "transfer-encoding|chunked|x|content-length")]
    [InlineData("X: content-length\nTransfer-Encoding: chunked\nContent-Length: 3", "x|content-length|transfer-encoding|chunked")]
    public void End_LengthBesideACoding_IsNotForwarded(string lines, string expected)
    {
        Assert.Equal(HeadFault.None, Take("POST / HTTP/1.1", lines));
        Assert.Equal(expected, Text(_head.Block).Replace('\0', '|'));
        Assert.True(_head.IsChunked);
    }

    // RFC 9112, section 3.2.2.
    [Theory]
    [InlineData("Host: other\nX: 1", "host|a.b:1|x|1")]
    [InlineData("X: 1\nHOST: [no such]\n", "x|1|host|a.b:1")]
    [InlineData("X: 1", "x|1|host|a.b:1")]
    [InlineData("", "host|a.b:1")]
    public void End_AbsoluteTarget_NamesTheHost(string lines, string expected)
    {
        Assert.Equal(HeadFault.None, Take("GET http://a.b:1/c HTTP/1.1", lines.TrimEnd('\n')));
        Assert.Equal(expected, Text(_head.Block).Replace('\0', '|'));
    }

    [Theory]
    [InlineData("Host: a:", "Host: hh")]
    [InlineData("Host:[::] ", "Host:hhhh ")]
    [InlineData("Host: a.b:80", "Host: a.b:80")]
    [InlineData("Host:", "Host:")]
    public void TakeField_HostThatKestrelMayRefuse_IsOverwrittenForKestrelAlone(string line, string read)
    {
        byte[] bytes = Bytes(line);
        Assert.Equal(HeadFault.None, _head.TakeRequestLine(Bytes("GET / HTTP/1.1")));
        Assert.Equal(HeadFault.None, _head.TakeField(bytes));

        Assert.Equal(read, Text(bytes));
        Assert.Equal("host|" + line[5..].Trim(), Text(_head.Block).Replace('\0', '|'));
    }

    [Fact]
    public void TakeField_LongerThanALineMayBe_IsRefused()
    {
        Assert.Equal(HeadFault.None, _head.TakeRequestLine(Bytes("GET / HTTP/1.1")));
        Assert.Equal(HeadFault.None, _head.TakeField(Bytes($"X: {new string('x', 1997)}")));
        Assert.Equal(HeadFault.TooLarge, _head.TakeField(Bytes($"X: {new string('x', 1998)}")));
    }

    [Fact]
    public void TakeField_MoreThanAnyHead_IsRefused()
    {
        Assert.Equal(HeadFault.None, _head.TakeRequestLine(Bytes("GET / HTTP/1.1")));
        int lines = 0;
        while (_head.TakeField(Bytes($"X: {new string('x', 1020)}")) is HeadFault.None)
        {
            lines++;
        }

        Assert.InRange(lines, 160, 256);
    }

    [Fact]
    public void Clear_Twice_LeavesNothing()
    {
        Assert.Equal(HeadFault.None, Take("GET / HTTP/1.1", "A: b"));
        _head.Clear();
        _head.Clear();
        Assert.True(_head.Method.IsEmpty && _head.Target.IsEmpty && _head.Block.IsEmpty);
    }

    private HeadFault Take(string line, string lines)
    {
        HeadFault fault = _head.TakeRequestLine(Bytes(line));
        foreach (string field in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            fault = fault is HeadFault.None ? _head.TakeField(Bytes(field)) : fault;
        }

        return fault is HeadFault.None ? _head.End() : fault;
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
