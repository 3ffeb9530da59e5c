using System.Text;
using Hydra.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Diagnostics;

/// <summary>Formats of the access log: <see cref="AccessFormat"/>, <see cref="AccessLine"/>, <see cref="AccessJson"/> and <see cref="AccessText"/>.</summary>
public sealed class AccessFormatTests
{
    [Fact]
    public void Combined_Request_IsAsApacheWritesIt()
        => Assert.Equal(
            "127.0.0.1 - frank [24/Nov/2026:01:44:54 +0100] \"GET /path?x=1 HTTP/1.1\" 200 1234 \"http://a/\" \"curl/8\"",
            Line("combined", ("Referer", "http://a/"), ("User-Agent", "curl/8"), ("Authorization", "Basic " + Convert.ToBase64String("frank:secret"u8))));

    [Fact]
    public void Combined_NoHeaders_HasDashes()
        => Assert.EndsWith("\"GET /path?x=1 HTTP/1.1\" 200 1234 \"-\" \"-\"", Line("combined"), StringComparison.Ordinal);

    [Theory]
    [InlineData("a\" 200 \"b", "a\\\" 200 \\\"b")]
    [InlineData("a\\", "a\\\\")]
    [InlineData("a\r\n127.0.0.1 - - [", "a\\r\\n127.0.0.1 - - [")]
    [InlineData("\e[2J\0\u007f", "\\x1B[2J\\x00\\x7F")]
    [InlineData("caf\u00c3\u00a9", "caf\\xC3\\xA9")]
    [InlineData("\u20ac\ud83d\ude00", "\\xE2\\x82\\xAC\\xF0\\x9F\\x98\\x80")]
    public void Combined_Field_CannotForgeAnything(string agent, string expected)
        => Assert.EndsWith($" \"{expected}\"", Line("combined", ("User-Agent", agent)), StringComparison.Ordinal);

    [Fact]
    public void Combined_NameOfAUserWithSpacesAndLines_IsOneField()
        => Assert.StartsWith("127.0.0.1 - a%20b\\n\\\"c [", Line("combined", ("Authorization", "Basic " + Convert.ToBase64String("a b\n\"c:x"u8))), StringComparison.Ordinal);

    [Theory]
    [InlineData("%(h)s %(l)s %(m)s %(U)s %(q)s %(H)s %(s)s %(b)s %(B)s", "127.0.0.1 - GET /path x=1 HTTP/1.1 200 1234 1234")]
    [InlineData("%(T)s %(M)s %(D)s %(L)s", "1 1500 1500250 1.500250")]
    [InlineData("%({X-One}i)s %({x-two}o)s %({x-none}i)s %({HYDRA_NOT_SET}e)s 100%%", "1 2 - - 100%")]
    [InlineData("[%(time)s] %(addr)s - \"%(method)s %(path)s %(protocol)s\" %(status)d %(dt_ms).3f", "[2026-11-24 01:44:54.123 +0100] 127.0.0.1 - \"GET /path HTTP/1.1\" 200 1500.250")]
    [InlineData("%(header{X-One})s %(query_string)s %(scheme)s", "1 x=1 https")]
    [InlineData("%(R)s %(st)s %(S)s %(Uq)s", "GET /path?x=1 HTTP/1.1 OK https /path?x=1")]
    [InlineData("%(client)s %(host)s %(worker)s %(queue_ms)s %(request_id)s %(failure)s %(timestamp)s", "127.0.0.1:51234 example.org 3 0.500 abc - 2026-11-24T00:44:54.123Z")]
    public void Text_Places_AreFilled(string format, string expected)
        => Assert.Equal(expected, Line(format, ("X-One", "1"), ("Host", "example.org")));

    [Theory]
    [InlineData("combinde", "\"combinde\" is neither combined, common, json, timed or short nor a text with places such as %(h)s; did you mean combined?")]
    [InlineData("%(h)s %x", "\"%x\" does not begin like a place; write %(h)s, and %% for a percent sign.")]
    [InlineData("%(h", "\"%(h\" does not")]
    [InlineData("%(statsu)s", "\"%(statsu)s\" is no place of the access log; did you mean %(status)s?")]
    [InlineData("%(h)d", "\"%(h)d\" is text: write %(h)s.")]
    [InlineData("%(h)s\n", "a line of the log has no line ends in it.")]
    [InlineData("%(h)q", "\"%(h)q\": places end with s, d, f or .3f.")]
    public void TryRead_Mistake_IsSaid(string text, string expected)
        => Assert.StartsWith(expected.Split(" does not\"")[0], AccessFormat.TryRead(text, static _ => null, out _), StringComparison.Ordinal);

    [Fact]
    public void Json_Request_IsAnObject()
        => Assert.Equal(
            "{\"timestamp\":\"2026-11-24T00:44:54.123Z\",\"client\":\"127.0.0.1:51234\",\"method\":\"GET\",\"path\":\"/path\",\"query\":\"x=1\","
            + "\"protocol\":\"HTTP/1.1\",\"status\":200,\"bytes\":1234,\"duration_ms\":1500.250,\"queue_ms\":0.500,\"worker\":3,\"request_id\":\"abc\","
            + "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"user_agent\":\"caf\u00e9 \\\"x\\\"\\u000a\\\\\",\"host\":\"example.org\",\"scheme\":\"https\"}",
            Line("json", ("Host", "example.org"), ("User-Agent", "caf\u00c3\u00a9 \"x\"\n\\"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")));

    [Fact]
    public void Json_RandomFields_AreReadByAParserAndOneLine()
    {
        var random = new Random(20261129);
        for (int i = 0; i < 2000; i++)
        {
            string agent = new([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(random.Next(2) == 0 ? 0x80 : 0x100))]);
            string line = Line("json", ("User-Agent", agent), ("traceparent", agent));
            Assert.DoesNotContain('\n', line);
            System.Text.Json.JsonDocument.Parse(line).Dispose();
            Assert.DoesNotContain(Line("combined", ("User-Agent", agent)), static c => c is < ' ' or > '~');
        }
    }

    [Fact]
    public void Json_Failure_HasItsWord()
    {
        string line = Logged("json", new AccessEntry { Method = "GET", Target = "/", Status = 502, Failure = "worker_lost" });

        Assert.Contains(",\"status\":502,", line, StringComparison.Ordinal);
        Assert.EndsWith(",\"failure\":\"worker_lost\"}", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Combined_HeadThatBrokeOff_IsADash()
        => Assert.EndsWith("] \"-\" 400 0 \"-\" \"-\"", Logged("combined", new AccessEntry { Status = 400 }), StringComparison.Ordinal);

    private static string Line(string format, params (string Name, string Value)[] headers)
    {
        var request = new HeaderDictionary();
        foreach ((string name, string value) in headers)
        {
            request[name] = value;
        }

        return Logged(format, new AccessEntry
        {
            Client = "127.0.0.1:51234",
            ClientHost = "127.0.0.1",
            Scheme = "https",
            Method = "GET",
            Target = "/path?x=1",
            Protocol = "HTTP/1.1",
            Status = 200,
            Bytes = 1234,
            Elapsed = TimeSpan.FromMicroseconds(1_500_250),
            Queued = TimeSpan.FromMicroseconds(500),
            Worker = 3,
            RequestId = "abc",
            RequestHeaders = request,
            ResponseHeaders = new HeaderDictionary { ["X-Two"] = "2" },
        });
    }

    private static string Logged(string text, in AccessEntry entry)
    {
        Assert.Null(AccessFormat.TryRead(text, static _ => null, out AccessFormat format));
        var stream = new MemoryStream();
        using (var log = new AccessLog(stream, NullLogger.Instance, format, [], FixedTime.Default))
        {
            log.Write(entry);
        }

        return Encoding.UTF8.GetString(stream.ToArray())[..^1];
    }
}
