using System.Buffers;
using System.Text;
using Hydra.Bridge;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Bridge;

public sealed class RequestHeadTests
{
    private const string Tcp = "http|1.1|10.0.0.7|1234|127.0.0.1|8000|";

    [Fact]
    public void Write_Target_IsAsItCame()
        => Assert.StartsWith("BREW /a%2Fb//../c;x?a=%20&b HTTP/1.1\r\n", Write("BREW", "/a%2Fb//../c;x", "a=%20&b", Tcp, "host|h"), StringComparison.Ordinal);

    [Fact]
    public void Write_Fields_AreThoseOfTheRequestButForTheConnections()
    {
        string head = Write("GET", "/", "", Tcp, "host|h:1|x-odd|f\u00fcr|x-odd|2|connection|x-hop, close|x-hop|1|te|trailers|keep-alive|5|upgrade|h2c|cookie|a=b");

        Assert.Equal(
            "GET / HTTP/1.1\r\nhost: h:1\r\nx-odd: f\u00fcr\r\nx-odd: 2\r\ncookie: a=b\r\n"
            + "x-forwarded-for: 10.0.0.7\r\nx-forwarded-proto: http\r\nx-forwarded-host: h:1\r\nconnection: te\r\nte: trailers\r\n\r\n", head);
    }

    [Theory]
    [InlineData("te|gzip;q=0.5, Trailers", true)]
    [InlineData("te|gzip", false)]
    [InlineData("trailer|x-sum", false)]
    public void Write_ClientThatTakesTrailers_IsOneThatTheProgramHearsOf(string fields, bool expected)
    {
        string head = Write("POST", "/", "", Tcp, "host|h|content-length|0|" + fields);

        Assert.Equal(expected, head.Contains("\r\nconnection: te\r\nte: trailers\r\n", StringComparison.Ordinal));
        Assert.DoesNotContain("gzip", head, StringComparison.Ordinal);
        Assert.DoesNotContain("x-sum", head, StringComparison.Ordinal);
        Assert.EndsWith("content-length: 0\r\n\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ForwardedFields_AreAppendedToOrKept()
    {
        string head = Write(
            "GET", "/", "", "http|1.1|10.0.0.7|1234|127.0.0.1|8000|/shop",
            "x-forwarded-for|1.2.3.4, 5.6.7.8|x-forwarded-proto|https|x-forwarded-for|9.9.9.9|x-forwarded-host|example.org|x-forwarded-prefix|/evil");

        Assert.Contains("x-forwarded-for: 1.2.3.4, 5.6.7.8, 9.9.9.9, 10.0.0.7\r\n", head, StringComparison.Ordinal);
        Assert.Contains("x-forwarded-proto: https\r\n", head, StringComparison.Ordinal);
        Assert.Contains("x-forwarded-host: example.org\r\n", head, StringComparison.Ordinal);
        Assert.Contains("x-forwarded-prefix: /shop\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", head, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ClientWithoutAnAddressOrHost_HasNoneButAHost()
    {
        string head = Write("GET", "/", "", "http|1.0|||/run/a.sock||", "");

        Assert.Equal("GET / HTTP/1.1\r\nhost: localhost\r\nx-forwarded-proto: http\r\n\r\n", head);
    }

    [Theory]
    [InlineData("GET", "", "", true, null)]
    [InlineData("GET", "content-length|0", "", true, "content-length: 0")]
    [InlineData("GET", "content-length|3", "abc", true, "content-length: 3")]
    [InlineData("POST", "", "", true, "content-length: 0")]
    [InlineData("POST", "transfer-encoding|chunked", "abc", true, "content-length: 3")]
    [InlineData("POST", "content-length|30", "abc", false, "content-length: 30")]
    [InlineData("POST", "transfer-encoding|chunked", "abc", false, "transfer-encoding: chunked")]
    public void Write_Body_IsFramedOnce(string method, string fields, string body, bool isWhole, string? expected)
    {
        string head = Write(method, "/", "", Tcp, fields, body, isWhole ? FrameFlags.End : FrameFlags.None, out bool isChunked);

        Assert.Equal(expected, head.Split("\r\n").SingleOrDefault(line => line.StartsWith("content-length", StringComparison.Ordinal) || line.StartsWith("transfer", StringComparison.Ordinal)));
        Assert.Equal(expected == "transfer-encoding: chunked", isChunked);
    }

    [Fact]
    public void Write_Expectation_IsPassedOnWhereTheClientStillWaits()
    {
        Assert.Contains("expect: 100-continue", Write("POST", "/", "", Tcp, "expect|100-continue|content-length|9", "", FrameFlags.ExpectContinue, out _), StringComparison.Ordinal);
        Assert.DoesNotContain("expect", Write("POST", "/", "", Tcp, "expect|100-continue|content-length|9", "", FrameFlags.None, out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Session_AsksWithAKeyOfItsOwn()
    {
        var output = new ArrayBufferWriter<byte>();
        RequestHead.Write(
            output, Request("GET", "/ws", "", Tcp, "connection|Upgrade|upgrade|websocket|sec-websocket-key|theirs|sec-websocket-version|13|sec-websocket-extensions|x|sec-websocket-protocol|a, b", ""),
            FrameFlags.Session | FrameFlags.End, 0, "ours"u8);

        Assert.Equal(
            "GET /ws HTTP/1.1\r\nsec-websocket-protocol: a, b\r\nhost: localhost\r\nx-forwarded-for: 10.0.0.7\r\nx-forwarded-proto: http\r\n"
            + "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ours\r\n\r\n",
            Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("", "x-request-start: t=42")]
    [InlineData("x-request-start|t=7", "x-request-start: t=7")]
    public void Write_RequestStart_IsSaidUnlessSomebodyHas(string fields, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        RequestHead.Write(output, Request("GET", "/", "", Tcp, fields, ""), FrameFlags.End, 42, default);

        Assert.Equal(expected, Assert.Single(Encoding.Latin1.GetString(output.WrittenSpan).Split("\r\n"), line => line.StartsWith("x-request", StringComparison.Ordinal)));
    }

    private static string Write(string method, string path, string query, string connection, string fields)
        => Write(method, path, query, connection, fields, "", FrameFlags.End, out _);

    private static string Write(string method, string path, string query, string connection, string fields, string body, FrameFlags flags, out bool isChunked)
    {
        var output = new ArrayBufferWriter<byte>();
        isChunked = RequestHead.Write(output, Request(method, path, query, connection, fields, body), flags, 0, default);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    private static RequestMessage Request(string method, string path, string query, string connection, string fields, string body) => new()
    {
        Method = Bytes(method),
        RawPath = Bytes(path),
        Query = Bytes(query),
        Connection = Bytes(connection),
        Headers = Bytes(fields),
        Body = Bytes(body),
    };

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text.Replace('|', '\0'));
}
